package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/tokens"
	"fob/tokens/vault"
)

// Profiles returns the profiles of the file.
func (s *Service) Profiles() []profile.Profile { return s.o.Profiles.List() }

// Profile returns a profile, or profile.ErrNotFound.
func (s *Service) Profile(name string) (profile.Profile, error) { return s.o.Profiles.Get(name) }

// AddProfile adds a profile and saves the file; profile.ErrExists if the name is taken. A secret that is not zero is
// stored in the vault under the profile's name before the file refers to it.
func (s *Service) AddProfile(ctx context.Context, p profile.Profile, secret tokens.Secret) error {
	return s.saveProfile(ctx, p, secret, false)
}

// ReplaceProfile is AddProfile for a profile that may exist already.
func (s *Service) ReplaceProfile(ctx context.Context, p profile.Profile, secret tokens.Secret) error {
	return s.saveProfile(ctx, p, secret, true)
}

func (s *Service) saveProfile(ctx context.Context, p profile.Profile, secret tokens.Secret, replace bool) error {
	if err := s.checkWritable("changing the profiles"); err != nil {
		return err
	}
	return s.o.Profiles.Update(ctx, func() error {
		if !replace && slices.Contains(s.o.Profiles.Names(), p.Name) {
			return fmt.Errorf("%w: %s", profile.ErrExists, tokens.VisibleLine(p.Name))
		}
		if !secret.IsZero() {
			if err := s.o.Store.SetSecret(ctx, p.Name, secret); err != nil {
				return fmt.Errorf("storing the client secret of the profile %s: %w", tokens.VisibleLine(p.Name), err)
			}
			p.ClientSecret = &profile.Ref{Vault: p.Name}
		}
		return s.o.Profiles.Put(p)
	})
}

// RemoveProfile removes a profile, saves the file, and deletes the client secret in the vault unless another profile
// refers to it as well. Sessions of the profile stay.
func (s *Service) RemoveProfile(ctx context.Context, name string) error {
	if err := s.checkWritable("changing the profiles"); err != nil {
		return err
	}
	p, err := s.o.Profiles.Get(name)
	if err != nil {
		return err
	}
	if err := s.o.Profiles.Update(ctx, func() error { return s.o.Profiles.Remove(name) }); err != nil {
		return err
	}
	if err := s.o.Store.DeleteSecret(ctx, registrationSecretName(name)); err != nil &&
		!errors.Is(err, vault.ErrNotFound) {
		return fmt.Errorf("the profile %s is removed, but its registration access token is still in the vault: %w",
			tokens.VisibleLine(name), err)
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
		return fmt.Errorf("the profile %s is removed, but its client secret is still in the vault: %w",
			tokens.VisibleLine(name), err)
	}
	return nil
}

// ProfilesOf returns the profiles of an authorization server.
func (s *Service) ProfilesOf(server provider.ResourceServer) []profile.Profile {
	var list []profile.Profile
	for _, p := range s.o.Profiles.List() {
		if p.Issuer == server.Issuer || server.Metadata != nil && p.Issuer != "" &&
			server.Metadata.AcceptsIssuer(p.Issuer) {
			list = append(list, p)
		}
	}
	return list
}

// ProfileFor returns the profile with which to run a grant when another is selected. It is the selected one, unless the
// grant is only for confidential clients (RFC 6749 2.1), its client is public, and another profile of the same
// authorization server has a confidential client. One whose own grant it is is preferred.
func (s *Service) ProfileFor(name string, g flows.Grant) (profile.Profile, error) {
	p, err := s.o.Profiles.Get(name)
	if err != nil || !g.Confidential || !isPublic(p) {
		return p, err
	}
	best := p
	for _, other := range s.o.Profiles.List() {
		if other.Issuer != p.Issuer || isPublic(other) {
			continue
		}
		if other.Grant == g.ID {
			return other, nil
		}
		if isPublic(best) {
			best = other
		}
	}
	return best, nil
}

// isPublic reports whether a profile's client has no credentials.
func isPublic(p profile.Profile) bool {
	return p.ClientSecret == nil && (p.AuthMethod == "" || p.AuthMethod == "none")
}

// FreeProfileName proposes a name for a new profile of a provider or an API: mcp-example for mcp.example.com.
func (s *Service) FreeProfileName(address string) string {
	name := "local"
	if u, err := url.Parse(address); err == nil && net.ParseIP(u.Hostname()) == nil {
		if labels := strings.Split(u.Hostname(), "."); len(labels) > 1 {
			name = strings.Join(labels[:len(labels)-1], "-")
		}
	}
	if profile.CheckName(name) != nil {
		name = "new"
	}
	free := name
	for n := 2; ; n++ {
		if _, err := s.o.Profiles.Get(free); err != nil {
			return free
		}
		free = name + "-" + strconv.Itoa(n)
	}
}
