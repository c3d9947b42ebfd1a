package session

import (
	"fob/flows"
	"fob/flows/profile"
)

// ProfileFor is the profile with which to run a grant when the person stands on another: the same one, unless the grant
// is only for confidential clients (RFC 6749 2.1), its client is public, and another profile of the same authorization
// server has a client that can authenticate. One that starts with this very grant is preferred.
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

// isPublic reports whether a profile's client has nothing to authenticate with.
func isPublic(p profile.Profile) bool {
	return p.ClientSecret == nil && (p.AuthMethod == "" || p.AuthMethod == "none")
}
