package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/vault"
)

// ErrNotRegistered means that the registration of the profile's client cannot be managed: it was registered elsewhere,
// or its server does not support that.
var ErrNotRegistered = errors.New("fob did not register the profile's client and cannot manage it")

// RegisterRequest describes the client to register (RFC 7591).
type RegisterRequest struct {
	Server  string // a profile or an issuer
	Profile string // the profile to create; an existing one is not replaced
	// Metadata is the client metadata; registration.NativeClient makes that of a native app.
	Metadata           registration.Metadata
	InitialAccessToken tokens.Secret // zero: the endpoint is open
	SoftwareStatement  tokens.Secret // may be zero
	// KeyAlg generates a key for the signature algorithm, registers its public key as jwks, and stores the private key
	// in the vault for the profile; "" generates none.
	KeyAlg string
	Values map[string]string
	API    string
	TLS    wire.Options // overrides the profile's, as in LoginRequest; saved in the new profile
}

// RegistrationWarning says, before a registration, which part of it will be lost with this process; "" if all of it is
// stored.
func (s *Service) RegistrationWarning() string {
	if s.VaultName() != "memory" {
		return ""
	}
	return "The vault is in memory: the client secret and registration access token are lost when fob ends, while " +
		"the profile stays in its file. Nothing can then use the secret, or change or delete the registration."
}

// Register registers a client and creates a profile of it: the client secret and the registration access token go to
// the vault. The error is a *flows.EndpointError if the server does not support registration, and a *flows.OAuthError
// if it rejects the request. An error with a client means that the client is registered but the profile could not be
// saved.
func (s *Service) Register(ctx context.Context, r RegisterRequest) (*registration.Client, error) {
	if err := s.checkWritable("registering a client"); err != nil {
		return nil, err
	}
	if _, err := s.o.Profiles.Get(r.Profile); err == nil {
		return nil, &flows.InputError{Input: "profile", Value: r.Profile,
			Expected: "the name of a new profile: this one exists already"}
	}
	if profile.CheckName(r.Profile) != nil {
		return nil, &flows.InputError{Input: "profile", Value: r.Profile,
			Expected: "the name of a new profile: letters, digits, - _ and ."}
	}
	if err := s.ProbeVault(ctx); err != nil {
		return nil, err
	}
	p, err := s.planForServer(r.Server)
	if err != nil {
		return nil, err
	}
	p.wire = mergeWire(p.wire, r.TLS)
	src, err := s.authServer(ctx, p)
	if err != nil {
		return nil, err
	}
	if src.metadata.RegistrationEndpoint == "" {
		named, meant := src.metadata.InvalidEndpoint("registration")
		return nil, &flows.EndpointError{Endpoint: "registration", Issuer: src.metadata.Issuer, URL: named,
			Suggestion: meant}
	}
	metadata, values, err := s.addKey(ctx, r)
	if err != nil {
		return nil, err
	}
	c, err := registration.Register(ctx, src.client, registration.Request{Endpoint: src.metadata.RegistrationEndpoint,
		InitialAccessToken: r.InitialAccessToken, Metadata: metadata, SoftwareStatement: r.SoftwareStatement})
	if err != nil {
		if r.KeyAlg != "" {
			// The key is useless without a client, and replaced by the next attempt.
			_ = s.o.Store.DeleteSecret(ctx, keySecretName(r.Profile))
		}
		return nil, fmt.Errorf("registering a client at %s: %w", tokens.VisibleLine(src.metadata.Issuer), err)
	}
	made := profile.Profile{Name: r.Profile, Issuer: p.issuer, ClientID: c.ID,
		AuthMethod: supportedAuthMethod(c.AuthMethod), Values: values, API: r.API,
		RedirectURI: bestRedirectURI(c), Endpoints: p.endpoints, Proxy: p.wire.Proxy,
		TLS: profile.TLS{CA: p.wire.CAFile, Cert: p.wire.ClientCertFile, Key: p.wire.ClientKeyFile,
			Insecure: p.wire.Insecure, InsecureHTTP: p.wire.InsecureHTTP}}
	if err := s.storeRegistration(ctx, r.Profile, c); err != nil {
		return c, err
	}
	return c, s.AddProfile(ctx, made, c.Secret)
}

// addKey generates the requested key, and returns the client metadata and the profile's values with it. The private key
// is stored in the vault before the public key is sent.
func (s *Service) addKey(ctx context.Context, r RegisterRequest) (registration.Metadata, map[string]string, error) {
	if r.KeyAlg == "" {
		return r.Metadata, r.Values, nil
	}
	key, err := s.makeKey(r.KeyAlg)
	if err != nil {
		return nil, nil, err
	}
	set := jose.NewKeySet(key)
	if err := s.storeClientKeys(ctx, r.Profile, set); err != nil {
		return nil, nil, err
	}
	public, err := set.PublicJSON()
	if err != nil {
		return nil, nil, err
	}
	metadata, values := maps.Clone(r.Metadata), maps.Clone(r.Values)
	if values == nil {
		values = map[string]string{}
	}
	metadata["jwks"], values[keyInput] = json.RawMessage(public), keyRef(r.Profile)
	return metadata, values, nil
}

// supportedAuthMethod returns the method if fob supports it; else "", which means that the metadata decides.
func supportedAuthMethod(id string) string {
	if _, ok := flows.AuthMethodByID(id); !ok {
		return ""
	}
	return id
}

// storedRegistration is the stored form of registration.Management. It is secret: its owner can change the client.
type storedRegistration struct {
	URI   string `json:"uri"`
	Token string `json:"token"`
}

func registrationSecretName(profileName string) string { return profileName + "/registration" }

// storeRegistration stores the client's configuration endpoint and registration access token, if the server sent them.
func (s *Service) storeRegistration(ctx context.Context, profileName string, c *registration.Client) error {
	if c.Management.URI == "" {
		return nil
	}
	text, err := json.Marshal(storedRegistration{c.Management.URI, c.Management.Token.Reveal()})
	if err == nil {
		err = s.o.Store.SetSecret(ctx, registrationSecretName(profileName), tokens.NewSecret(string(text)))
	}
	if err != nil {
		return fmt.Errorf("storing the registration access token of the client %s: %w", tokens.VisibleLine(c.ID), err)
	}
	return nil
}

// loadManagement loads the configuration endpoint and registration access token of a profile's client, or returns
// ErrNotRegistered.
func (s *Service) loadManagement(
	ctx context.Context, profileName string,
) (p profile.Profile, src *authServer, m registration.Management, err error) {
	if p, err = s.o.Profiles.Get(profileName); err != nil {
		return p, nil, m, err
	}
	text, err := s.o.Store.Secret(ctx, registrationSecretName(profileName))
	if errors.Is(err, vault.ErrNotFound) {
		return p, nil, m, fmt.Errorf("%w: %s", ErrNotRegistered, tokens.VisibleLine(profileName))
	}
	if err != nil {
		return p, nil, m, fmt.Errorf("reading the registration access token of %s: %w",
			tokens.VisibleLine(profileName), err)
	}
	var stored storedRegistration
	if json.Unmarshal([]byte(text.Reveal()), &stored) != nil {
		return p, nil, m, fmt.Errorf("reading the registration access token of %s: %w",
			tokens.VisibleLine(profileName), vault.ErrDamaged)
	}
	if src, err = s.authServer(ctx, s.planOfProfile(p)); err != nil {
		return p, nil, m, err
	}
	src.client.Know(tokens.NewSecret(stored.Token))
	return p, src, registration.Management{URI: stored.URI, Token: tokens.NewSecret(stored.Token)}, nil
}

// ProfileClient is a client of an authorization server that a profile has.
type ProfileClient struct {
	Profile profile.Profile
	Managed bool // fob registered it, and can read, update and delete the registration (RFC 7592)
}

// ClientsOf returns the clients that profiles have at an authorization server, in the order of the file.
func (s *Service) ClientsOf(ctx context.Context, m *provider.Metadata) ([]ProfileClient, error) {
	var list []ProfileClient
	for _, p := range s.ProfilesOf(provider.ResourceServer{Issuer: m.Issuer, Metadata: m}) {
		_, err := s.o.Store.Secret(ctx, registrationSecretName(p.Name))
		if err != nil && !errors.Is(err, vault.ErrNotFound) {
			return nil, fmt.Errorf("reading the registration access token of %s: %w",
				tokens.VisibleLine(p.Name), err)
		}
		list = append(list, ProfileClient{p, err == nil})
	}
	return list, nil
}

// Registration reads the registration of a profile's client (RFC 7592 2.1).
func (s *Service) Registration(ctx context.Context, profileName string) (*registration.Client, error) {
	p, src, m, err := s.loadManagement(ctx, profileName)
	if err != nil {
		return nil, err
	}
	c, err := registration.Read(ctx, src.client, m)
	if err != nil {
		return nil, fmt.Errorf("reading the registration of %s: %w", tokens.VisibleLine(profileName), err)
	}
	return c, s.applyRegistration(ctx, p, c)
}

// UpdateRegistration updates the client metadata of a profile's client (RFC 7592 2.2); change edits the registered
// metadata.
func (s *Service) UpdateRegistration(ctx context.Context, profileName string,
	change func(registration.Metadata)) (*registration.Client, error) {
	if err := s.checkWritable("changing a registration"); err != nil {
		return nil, err
	}
	p, src, m, err := s.loadManagement(ctx, profileName)
	if err != nil {
		return nil, err
	}
	c, err := registration.Read(ctx, src.client, m)
	if err != nil {
		return nil, fmt.Errorf("reading the registration of %s: %w", tokens.VisibleLine(profileName), err)
	}
	metadata := registration.Metadata{}
	for name, raw := range c.Metadata {
		var value any
		if json.Unmarshal(raw, &value) == nil {
			metadata[name] = value
		}
	}
	change(metadata)
	updated, err := registration.Update(ctx, src.client, c, metadata)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("changing the registration of %s: %w", tokens.VisibleLine(profileName),
			err), s.applyRegistration(ctx, p, c))
	}
	if err := s.applyRegistration(ctx, p, updated); err != nil {
		return updated, err
	}
	return updated, s.updateRedirect(ctx, profileName, updated)
}

// bestRedirectURI returns the registered redirect URI that a client signs in with. fob must be able to listen there.
// One with a port comes first, since a server that compares ports accepts only that one. "" is any loopback port.
func bestRedirectURI(c *registration.Client) string {
	list := registeredRedirects(c)
	best, most := "", 0
	for _, uri := range list {
		u, err := url.Parse(uri)
		n := 1
		switch {
		case err != nil:
			continue
		case u.Scheme == "http" && tokens.IsLoopback(u.Hostname()) && u.Port() != "":
			n = 3
		case u.Scheme == "http" && tokens.IsLoopback(u.Hostname()):
			n = 2
		}
		if n > most {
			most, best = n, uri
		}
	}
	if best == registration.LoopbackRedirect {
		return "" // same as no redirect URI
	}
	return best
}

func registeredRedirects(c *registration.Client) []string {
	var list []string
	_ = json.Unmarshal(c.Metadata["redirect_uris"], &list) // another type than a list of strings means none
	return list
}

// updateRedirect saves the redirect URI of a changed registration if the profile's own is no longer registered.
func (s *Service) updateRedirect(ctx context.Context, profileName string, c *registration.Client) error {
	p, err := s.o.Profiles.Get(profileName)
	if err != nil {
		return err
	}
	if list := registeredRedirects(c); len(list) == 0 || p.RedirectURI != "" && slices.Contains(list, p.RedirectURI) {
		return nil
	}
	if p.RedirectURI == bestRedirectURI(c) {
		return nil
	}
	p.RedirectURI = bestRedirectURI(c)
	return s.ReplaceProfile(ctx, p, tokens.Secret{})
}

// applyRegistration stores the client secret and the registration access token of a response: a server may renew both
// each time.
func (s *Service) applyRegistration(ctx context.Context, p profile.Profile, c *registration.Client) error {
	if err := s.storeRegistration(ctx, p.Name, c); err != nil {
		return err
	}
	if c.Secret.IsZero() {
		return nil
	}
	p.AuthMethod = supportedAuthMethod(c.AuthMethod)
	return s.ReplaceProfile(ctx, p, c.Secret)
}

// Unregister deletes the registration of a profile's client (RFC 7592 2.3) and removes the profile, since its client is
// invalid.
func (s *Service) Unregister(ctx context.Context, profileName string) error {
	if err := s.checkWritable("ending a registration"); err != nil {
		return err
	}
	_, src, m, err := s.loadManagement(ctx, profileName)
	if err != nil {
		return err
	}
	if err := registration.Delete(ctx, src.client, m); err != nil {
		return fmt.Errorf("ending the registration of %s: %w", tokens.VisibleLine(profileName), err)
	}
	return s.RemoveProfile(ctx, profileName)
}
