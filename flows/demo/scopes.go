package demo

import (
	"slices"
	"strings"

	"fob/tokens"
)

// scope is a scope that the server knows.
type scope struct {
	Name     string
	Means    string // for the consent page
	Identity bool   // about a user: makes no sense without one
	Nobody   bool   // known, and never granted: for trying what a narrower grant and a refused call look like
}

var scopes = []scope{
	{Name: "openid", Means: "know who you are", Identity: true},
	{Name: "profile", Means: "see your name", Identity: true},
	{Name: "email", Means: "see your email address", Identity: true},
	{Name: "offline_access", Means: "keep access after you have signed out", Identity: true},
	{Name: scopeDeviceSSO, Means: "sign you in to the maker's other apps on this device", Identity: true},
	{Name: scopeRead, Means: "read your orders"},
	{Name: scopeWrite, Means: "place orders in your name"},
	{Name: scopeAdmin, Means: "administer the API", Nobody: true},
}

const (
	scopeRead  = "api:read"
	scopeWrite = "api:write"
	scopeAdmin = "api:admin"
)

// defaultScope is what a request without a scope gets (RFC 6749 3.3).
const defaultScope = scopeRead

func allScopes() []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

func findScope(name string) (scope, bool) {
	i := slices.IndexFunc(scopes, func(s scope) bool { return s.Name == name })
	if i < 0 {
		return scope{}, false
	}
	return scopes[i], true
}

// grantScopes says which of the scopes that were asked for the client gets, and refuses what nobody knows. withUser
// tells whether a user takes part.
func grantScopes(c client, asked string, withUser bool) ([]string, *oauthError) {
	wanted := tokens.SplitScope(asked)
	if len(wanted) == 0 {
		wanted = []string{defaultScope}
	}
	var granted []string
	for _, name := range wanted {
		known, ok := findScope(name)
		switch {
		case !ok:
			return nil, oauthErrorf("invalid_scope", "the scope %q is not known here; known are %s", name,
				strings.Join(allScopes(), " "))
		case !slices.Contains(c.Scopes, name):
			return nil, oauthErrorf("invalid_scope", "the client may not ask for the scope %q", name)
		case known.Identity && !withUser:
			return nil, oauthErrorf("invalid_scope",
				"the scope %q is about a user, and no user takes part in this grant", name)
		case !known.Nobody:
			granted = append(granted, name)
		}
	}
	if len(granted) == 0 {
		return nil, oauthErrorf("invalid_scope", "none of the scopes that were asked for can be granted")
	}
	return granted, nil
}

// narrowScopes checks that asked is within granted; "" asks for all of it (RFC 6749 6).
func narrowScopes(granted []string, asked string) ([]string, *oauthError) {
	wanted := tokens.SplitScope(asked)
	if len(wanted) == 0 {
		return granted, nil
	}
	for _, name := range wanted {
		if !slices.Contains(granted, name) {
			return nil, oauthErrorf("invalid_scope", "the scope %q was not granted in the first place", name)
		}
	}
	return wanted, nil
}

// resources are the APIs that access tokens can be meant for, by their identifier (RFC 8707 2).
func (s *Server) resources() []string { return []string{s.API(), s.OpaqueResource(), s.MCP()} }

// checkResources refuses what is not one of resources (RFC 8707 2: invalid_target).
func (s *Server) checkResources(asked []string) *oauthError {
	for _, r := range asked {
		if !slices.Contains(s.resources(), r) {
			return oauthErrorf("invalid_target", "the resource %q is not known here; known are %s", r,
				strings.Join(s.resources(), " "))
		}
	}
	return nil
}

// chooseResource picks the one resource of an access token: the one asked for now, within what was granted before; the
// first that was granted; the API.
func (s *Server) chooseResource(granted, asked []string) (string, *oauthError) {
	if err := s.checkResources(asked); err != nil {
		return "", err
	}
	switch {
	case len(asked) > 1:
		return "", oauthErrorf("invalid_target",
			"an access token is for one resource: ask for one at a time (RFC 8707 2.2)")
	case len(asked) == 1 && len(granted) > 0 && !slices.Contains(granted, asked[0]):
		return "", oauthErrorf("invalid_target", "the resource %q was not granted in the first place", asked[0])
	case len(asked) == 1:
		return asked[0], nil
	case len(granted) > 0:
		return granted[0], nil
	}
	return s.API(), nil
}
