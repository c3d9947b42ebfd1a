package session

import (
	"context"
	"maps"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
)

// Draft is a login being prepared: everything the form needs, filled from the profile.
type Draft struct {
	Profile    string
	Issuer     string
	ClientID   string
	AuthMethod string // "" chooses by the metadata
	HasSecret  bool   // the profile names where its client secret comes from
	Grant      flows.Grant
	Values     flows.Values                 // defaults, then what the provider is known to need, then the profile's
	Params     flows.Params                 // extra parameters that will be sent: what the provider is known to need, then the profile's
	Preset     string                       // the provider's name, where its ways are known; "" where they are not
	Headers    map[string]map[string]string // header fields by endpoint that it needs
	Notes      []string                     // its traps, one sentence each
	// Resource is the API that the draft was started from, and API where calls with its session begin; nil and ""
	// otherwise.
	Resource    *provider.ResourceMetadata
	API         string
	TLS         wire.Options  // over the profile's, as in LoginRequest
	secret, key tokens.Secret // of the session that the draft was made from, where no profile names them
	// Supported says for each grant ID whether the provider's metadata lists it; nil when there is no metadata.
	Supported map[string]bool
}

// Draft prepares a login for a form: a profile's values over the declared defaults of the grant. An empty profile name
// is the default profile, where there is one; an empty grant is the profile's. A provider that cannot be reached only
// leaves Supported nil.
func (s *Service) Draft(ctx context.Context, profileName, grantID string) (Draft, error) {
	if profileName == "" {
		profileName = s.o.Profiles.Default()
	}
	var p profile.Profile
	if profileName != "" {
		var err error
		if p, err = s.o.Profiles.Get(profileName); err != nil {
			return Draft{}, err
		}
	}
	g, err := chooseGrant(grantID, p.Grant)
	if err != nil {
		return Draft{}, err
	}
	d := draftOf(p, g)
	if p.Name == "" {
		return d, nil
	}
	if src, err := s.authServer(ctx, s.planOfProfile(p)); err == nil && src.metadata.GrantTypes != nil {
		d.Supported = map[string]bool{}
		for _, g := range flows.Grants() {
			d.Supported[g.ID], _ = g.Announced(src.metadata)
		}
	}
	return d, nil
}

// draftOf is the draft of a profile, or of what stands in for one, as far as no server was asked.
func draftOf(p profile.Profile, g flows.Grant) Draft {
	preset := presetOf(p.Issuer)
	return Draft{
		Profile: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, AuthMethod: p.AuthMethod,
		HasSecret: p.ClientSecret != nil,
		Grant:     g, Values: mergeValues(g, preset.values(g), p.Values), Params: preset.Merge(p.Params, p.Values),
		Preset: preset.Name, Headers: preset.Headers, Notes: preset.noteTexts(),
	}
}

// Request is the login that the draft describes.
func (d Draft) Request() LoginRequest {
	values := maps.Clone(d.Values)
	if values == nil {
		values = flows.Values{}
	}
	if !d.key.IsZero() && values[keyInput] == "" {
		values[keyInput] = d.key.Reveal() // goes on to the run, which signs with it
	}
	r := LoginRequest{
		Profile: d.Profile, Issuer: d.Issuer, ClientID: d.ClientID, ClientSecret: d.secret, AuthMethod: d.AuthMethod,
		Grant: d.Grant.ID, Values: values, Params: d.Params, TLS: d.TLS, API: d.API,
	}
	if d.Resource != nil {
		r.PriorChecks = d.Resource.Checks
	}
	return r
}
