package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/wire"
	"fob/tokens"
)

// plan describes a run: request, profile and declared defaults merged. Only this file merges them.
type plan struct {
	profile         string
	issuer          string
	clientID        string
	authMethod      string
	secret          tokens.Secret // as entered; zero: see ref
	ref             *profile.Ref  // the profile's reference to it
	key             tokens.Secret // the private keys as entered; zero: the input client_key refers to them
	dpop            tokens.Secret // the session's DPoP key; zero: none yet
	grant           flows.Grant
	values          flows.Values
	params          flows.Params
	redirect        redirect.Options
	wire            wire.Options      // CAFile, ClientCertFile, ClientKeyFile, Proxy, Insecure, InsecureHTTP
	passphraseGiven bool              // the user entered the client certificate's passphrase: the session stores it
	api             string            // base URL of calls, if not the profile's
	endpoints       map[string]string // configured, if there is no metadata
}

// planLogin merges a login request over its profile, and both over the defaults that the grant declares.
func (s *Service) planLogin(r LoginRequest) (*plan, error) {
	if err := checkLabel(r.Label); err != nil {
		return nil, err
	}
	if r.Profile == "" && r.Issuer == "" {
		r.Profile = s.o.Profiles.Default()
	}
	var p profile.Profile
	if r.Profile != "" {
		var err error
		if p, err = s.o.Profiles.Get(r.Profile); err != nil {
			return nil, err
		}
	}
	m := s.planOfProfile(p)
	if m.issuer != r.Issuer && r.Issuer != "" {
		// The profile's secret must not be sent to another server.
		m.issuer, m.endpoints, m.ref = r.Issuer, nil, nil
	}
	if m.clientID != r.ClientID && r.ClientID != "" {
		m.clientID, m.ref = r.ClientID, nil
	}
	if r.AuthMethod != "" {
		m.authMethod = r.AuthMethod
	}
	m.secret = r.ClientSecret
	var err error
	if m.grant, err = chooseGrant(r.Grant, p.Grant); err != nil {
		return nil, err
	}
	preset := presetOf(m.issuer)
	if err := checkProfileSecrets(m.grant, p.Values); err != nil {
		return nil, err
	}
	m.values = mergeValues(m.grant, preset.values(m.grant), p.Values, r.Values)
	m.params = preset.Merge(mergeParams(p.Params, r.Params), m.values)
	m.redirect = mergeRedirect(m.redirect, r.Redirect)
	m.wire = mergeWire(m.wire, r.TLS)
	m.passphraseGiven = r.TLS.ClientCertPassphrase != nil
	if r.API != p.API {
		m.api = r.API
	}
	m.extractClientKey()
	return m, m.validate()
}

// planOfProfile returns the part of a plan that does not depend on a grant.
func (s *Service) planOfProfile(p profile.Profile) *plan {
	return &plan{
		profile: p.Name, issuer: p.Issuer, clientID: p.ClientID, authMethod: p.AuthMethod, ref: p.ClientSecret,
		endpoints: p.Endpoints, params: p.Params, values: flows.Values(p.Values),
		redirect: redirect.Options{URI: p.RedirectURI, Ports: p.RedirectPorts},
		wire: wire.Options{CAFile: p.TLS.CA, ClientCertFile: p.TLS.Cert, ClientKeyFile: p.TLS.Key,
			Insecure:     p.TLS.Insecure,
			InsecureHTTP: p.TLS.InsecureHTTP, Proxy: p.Proxy, ClientCertPassphrase: s.passphraseOf(p)},
	}
}

// passphraseOf returns a function that reads the passphrase of a profile's client certificate; nil if the profile has
// no reference to one.
func (s *Service) passphraseOf(p profile.Profile) func() (tokens.Secret, error) {
	ref := p.TLS.Passphrase
	if ref == nil {
		return nil
	}
	return func() (tokens.Secret, error) {
		return ref.Resolve(context.Background(), s.o.Getenv, s.o.Store.Secret) // Resolve has its own time limit
	}
}

func (p *plan) validate() error {
	if p.issuer == "" && len(p.endpoints) == 0 {
		return &flows.InputError{Input: "issuer",
			Expected: "the address of an authorization server, or a profile that names one"}
	}
	if p.clientID == "" {
		return &flows.InputError{Input: "client_id", Expected: "the client's identifier at the authorization server"}
	}
	return p.grant.Validate(p.values)
}

// chooseGrant returns the first grant that is named, else the first that is offered.
func chooseGrant(ids ...string) (flows.Grant, error) {
	var offered []string
	for _, g := range flows.Grants() {
		if !g.Hidden {
			offered = append(offered, g.ID)
		}
	}
	for _, id := range append(ids, offered[0]) {
		if id == "" {
			continue
		}
		g, ok := flows.GrantByID(id)
		if !ok || g.Hidden {
			return g, &flows.InputError{Input: "grant", Value: id, Expected: "one of " + strings.Join(offered, ", ")}
		}
		return g, nil
	}
	return flows.Grant{}, errors.New("there is no grant to choose from")
}

// mergeValues merges the grant's inputs. A name that is present overrides even if its value is empty: that removes a
// default.
func mergeValues(g flows.Grant, layers ...map[string]string) flows.Values {
	merged := g.Defaults()
	for _, in := range g.Inputs {
		for _, layer := range layers {
			if v, ok := layer[in.Name]; ok {
				merged[in.Name] = v
			}
		}
	}
	return merged
}

func mergeParams(layers ...map[string]map[string][]string) flows.Params {
	merged := flows.Params{}
	for _, layer := range layers {
		for endpoint, params := range layer {
			if merged[endpoint] == nil {
				merged[endpoint] = map[string][]string{}
			}
			maps.Copy(merged[endpoint], params)
		}
	}
	return merged
}

func mergeRedirect(base, over redirect.Options) redirect.Options {
	if over.URI != "" || len(over.Ports) > 0 {
		base.URI, base.Ports = over.URI, over.Ports
	}
	if over.Path != "" {
		base.Path = over.Path
	}
	if over.Host != "" {
		base.Host = over.Host
	}
	return base
}

func mergeWire(base, over wire.Options) wire.Options {
	if over.CAFile != "" {
		base.CAFile = over.CAFile
	}
	if over.ClientCertFile != "" || over.ClientKeyFile != "" {
		base.ClientCertFile, base.ClientKeyFile = over.ClientCertFile, over.ClientKeyFile
		base.ClientCertPassphrase = nil // it belongs to the other file
	}
	if over.ClientCertPassphrase != nil {
		base.ClientCertPassphrase = over.ClientCertPassphrase
	}
	if over.Proxy != "" {
		base.Proxy = over.Proxy
	}
	base.Insecure = base.Insecure || over.Insecure
	base.InsecureHTTP = base.InsecureHTTP || over.InsecureHTTP
	return base
}

// clientSecret returns the client secret, as entered or from the profile's reference; zero for a public client.
func (s *Service) clientSecret(ctx context.Context, p *plan) (tokens.Secret, error) {
	if !p.secret.IsZero() || p.ref == nil {
		return p.secret, nil
	}
	secret, err := p.ref.Resolve(ctx, s.o.Getenv, s.o.Store.Secret)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("reading the client secret of the profile %s: %w",
			tokens.VisibleLine(p.profile), err)
	}
	return secret, nil
}
