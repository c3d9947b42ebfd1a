package demo

import (
	"slices"
	"strings"

	"fob/tokens"
)

// scope is a scope that the server knows.
type scope struct {
	Name         string
	Means        string // for the consent page
	Identity     bool   // about a user: invalid without one
	NeverGranted bool   // known, but never granted: to test a narrower grant and a rejected call
}

var scopes = []scope{
	{Name: "openid", Means: "know who you are", Identity: true},
	{Name: "profile", Means: "see your name", Identity: true},
	{Name: "email", Means: "see your email address", Identity: true},
	{Name: "offline_access", Means: "keep access after you have signed out", Identity: true},
	{Name: scopeRead, Means: "read your orders"},
	{Name: scopeWrite, Means: "place orders in your name"},
	{Name: scopeAdmin, Means: "administer the API", NeverGranted: true},
}

const (
	scopeRead  = "api:read"
	scopeWrite = "api:write"
	scopeAdmin = "api:admin"
)

// defaultScope is the scope of a request without one (RFC 6749 3.3).
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

// grantScopes returns the requested scopes that the client gets, and rejects unknown ones. withUser reports whether a
// user takes part.
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
		case !known.NeverGranted:
			granted = append(granted, name)
		}
	}
	if len(granted) == 0 {
		return nil, oauthErrorf("invalid_scope", "none of the scopes that were asked for can be granted")
	}
	return granted, nil
}

// narrowScopes checks that asked is within granted; "" means all of it (RFC 6749 6).
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
