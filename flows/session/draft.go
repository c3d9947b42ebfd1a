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

// Draft is a login in preparation: everything that the form needs, filled from the profile.
type Draft struct {
	Profile    string
	Issuer     string
	ClientID   string
	AuthMethod string // "" chooses by the metadata
	HasSecret  bool   // the profile names where its client secret comes from
	Grant      flows.Grant
	Values     flows.Values                 // defaults, then those of the provider's preset, then the profile's
	Params     flows.Params                 // extra parameters: of the provider's preset, then of the profile
	Preset     string                       // the provider's name if it has a preset; else ""
	Headers    map[string]map[string]string // header fields that the provider needs, by endpoint
	Notes      []string                     // the provider's pitfalls, one sentence each
	// Resource is the API that the draft was started from, and API the base URL of calls with its session; else nil and
	// "".
	Resource    *provider.ResourceMetadata
	API         string
	TLS         wire.Options  // overrides the profile's, as in LoginRequest
	secret, key tokens.Secret // of the session that the draft was made from, where no profile has them
	// Supported says for each grant ID whether the provider's metadata lists it; nil without metadata.
	Supported map[string]bool
}

// Draft prepares a login for a form: a profile's values over the defaults that the grant declares. An empty profile
// name is the default profile, if any; an empty grant is the profile's. If the provider cannot be reached, only
// Supported is nil.
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

// draftOf returns the draft of a profile, which may be unsaved, without a request to the server.
func draftOf(p profile.Profile, g flows.Grant) Draft {
	preset := presetOf(p.Issuer)
	return Draft{
		Profile: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, AuthMethod: p.AuthMethod,
		HasSecret: p.ClientSecret != nil,
		Grant:     g, Values: mergeValues(g, preset.values(g), p.Values), Params: preset.Merge(p.Params, p.Values),
		Preset: preset.Name, Headers: preset.Headers, Notes: preset.noteTexts(),
	}
}

// Request returns the login that the draft describes.
func (d Draft) Request() LoginRequest {
	values := maps.Clone(d.Values)
	if values == nil {
		values = flows.Values{}
	}
	if !d.key.IsZero() && values[keyInput] == "" {
		values[keyInput] = d.key.Reveal() // the run signs with it
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
