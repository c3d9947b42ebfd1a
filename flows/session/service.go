package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"fob/flows"
	"fob/flows/dpop"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// New makes a Service. It touches neither the vault nor the network.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Profiles == nil {
		return nil, errors.New("making the session service: a store and a profile file are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Browser == nil {
		o.Browser = redirect.Open
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Recorder == nil {
		o.Recorder = wire.NewRecorder(0)
	}
	return &Service{
		o: o, clients: map[string]*wire.Client{}, known: map[string]*source{}, unstored: map[string]vault.Record{}, nonces: dpop.NewNonces(),
	}, nil
}

// Schema is what a profile file may name, made from what the grants declare. Hand it to profile.Load.
func Schema() profile.Schema {
	s := profile.Schema{Endpoints: append(flows.EndpointNames(), wire.EndpointJWKS)}
	seen := map[string]bool{}
	for _, g := range flows.Grants() {
		if !g.Hidden {
			s.Grants = append(s.Grants, g.ID)
		}
		for _, in := range g.Inputs {
			if !seen[in.Name] && in.Kind != flows.Password {
				seen[in.Name] = true
				s.Inputs = append(s.Inputs, in.Name)
			}
		}
	}
	for _, m := range flows.AuthMethods() {
		s.AuthMethods = append(s.AuthMethods, m.ID)
	}
	return s
}

// VaultName is the name of the vault's backend: "keyring", "memory", "file".
func (s *Service) VaultName() string { return s.o.Store.Backend() }

// ProbeVault finds out whether the vault works.
func (s *Service) ProbeVault(ctx context.Context) error {
	if err := s.o.Store.Probe(ctx); err != nil {
		return fmt.Errorf("trying out the vault: %w", err)
	}
	return nil
}

// Exchanges are the recorded exchanges, redacted, the oldest first.
func (s *Service) Exchanges() []wire.Exchange { return s.o.Recorder.Exchanges() }

// Export writes the recorded exchanges as an HTTP archive (HAR 1.2), redacted.
func (s *Service) Export(w io.Writer) error { return wire.WriteHAR(w, s.Exchanges()) }

// Profiles lists the profiles of the file.
func (s *Service) Profiles() []profile.Profile { return s.o.Profiles.List() }

// Profile finds a profile; profile.ErrNotFound when there is none of the name.
func (s *Service) Profile(name string) (profile.Profile, error) { return s.o.Profiles.Get(name) }

// AddProfile adds or replaces a profile and saves the file. A secret that is not zero goes to the vault under the
// profile's name, and the profile refers to it; it is stored before the file names it.
func (s *Service) AddProfile(ctx context.Context, p profile.Profile, secret tokens.Secret) error {
	if err := s.writes("changing the profiles"); err != nil {
		return err
	}
	if !secret.IsZero() {
		if err := s.o.Store.SetSecret(ctx, p.Name, secret); err != nil {
			return fmt.Errorf("storing the client secret of the profile %s: %w", tokens.VisibleLine(p.Name), err)
		}
		p.ClientSecret = &profile.Ref{Vault: p.Name}
	}
	if err := s.o.Profiles.Put(p); err != nil {
		return err
	}
	return s.o.Profiles.Save()
}

// RemoveProfile removes a profile, saves the file, and deletes the client secret that the vault keeps for it unless
// another profile refers to it as well. Sessions of the profile stay.
func (s *Service) RemoveProfile(ctx context.Context, name string) error {
	if err := s.writes("changing the profiles"); err != nil {
		return err
	}
	p, err := s.o.Profiles.Get(name)
	if err != nil {
		return err
	}
	if err := s.o.Profiles.Remove(name); err != nil {
		return err
	}
	if err := s.o.Profiles.Save(); err != nil {
		return err
	}
	if err := s.o.Store.DeleteSecret(ctx, registrationSecret(name)); err != nil && !errors.Is(err, vault.ErrNotFound) {
		return fmt.Errorf("the profile %s is removed, but what its client is managed with is still in the vault: %w", tokens.VisibleLine(name), err)
	}
	if p.ClientSecret == nil || p.ClientSecret.Vault == "" {
		return nil
	}
	for _, other := range s.o.Profiles.List() {
		if other.ClientSecret != nil && other.ClientSecret.Vault == p.ClientSecret.Vault {
			return nil
		}
	}
	if err := s.o.Store.DeleteSecret(ctx, p.ClientSecret.Vault); err != nil {
		return fmt.Errorf("the profile %s is removed, but its client secret is still in the vault: %w", tokens.VisibleLine(name), err)
	}
	return nil
}
