package demo

import (
	"encoding/json"
	"fmt"
	"reflect"
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
		case !slices.Contains(tokens.SplitScope(c.Scope), name):
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

// detailTypes are the known types of authorization details (RFC 9396 2), with their meaning for the user.
var detailTypes = map[string]string{"transfer": "transfer money", "orders": "work with some of your orders"}

const maxDetails = 10

func badDetails(format string, args ...any) *oauthError {
	return oauthErrorf("invalid_authorization_details", format, args...)
}

// readDetails reads authorization_details (RFC 9396 2): an array of objects of known types, at known locations.
func (e *environment) readDetails(text string) ([]map[string]any, *oauthError) {
	if text == "" {
		return nil, nil
	}
	var details []map[string]any
	if err := json.Unmarshal([]byte(text), &details); err != nil || len(details) == 0 || len(details) > maxDetails {
		return nil, badDetails("authorization_details is not a JSON array of 1 to %d objects", maxDetails)
	}
	for _, d := range details {
		typ, _ := d["type"].(string)
		if _, known := detailTypes[typ]; !known {
			return nil, badDetails("the type %q is not known here; known are %s", typ, strings.Join(detailTypeNames(),
				" "))
		}
		for _, place := range stringList(d["locations"]) {
			if !slices.Contains(e.resources(), place) {
				return nil, badDetails("the location %q is not known here", place)
			}
		}
	}
	return details, nil
}

func detailTypeNames() []string {
	var names []string
	for name := range detailTypes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// chooseDetails returns the details of a token: all that the approval granted, or those that the token request selects
// (RFC 9396 6.1). A grant without an approval gets what it requests.
func (e *environment) chooseDetails(t *tokenRequest, granted []map[string]any) ([]map[string]any, *oauthError) {
	asked, err := e.readDetails(t.Get("authorization_details"))
	if err != nil || len(asked) == 0 {
		return granted, err
	}
	if grantType := t.Get("grant_type"); grantType != grantAuthorizationCode && grantType != grantRefreshToken &&
		len(granted) == 0 {
		return asked, nil
	}
	for _, a := range asked {
		if !slices.ContainsFunc(granted, func(g map[string]any) bool { return reflect.DeepEqual(a, g) }) {
			return nil, badDetails("one of the authorization details was not granted in the first place")
		}
	}
	return asked, nil
}

// narrowDetails applies the fault: it removes the last action of the last detail or, if there is at most one action,
// the whole detail.
func narrowDetails(details []map[string]any) []map[string]any {
	if len(details) == 0 {
		return nil
	}
	kept := slices.Clone(details[:len(details)-1])
	last := details[len(details)-1]
	if actions := stringList(last["actions"]); len(actions) > 1 {
		less := map[string]any{}
		for name, v := range last {
			less[name] = v
		}
		less["actions"] = actions[:len(actions)-1]
		kept = append(kept, less)
	}
	return kept
}

// detailTexts describes authorization details on the consent page.
func detailTexts(details []map[string]any) []string {
	var texts []string
	for _, d := range details {
		typ, _ := d["type"].(string)
		rest := map[string]any{}
		for name, v := range d {
			if name != "type" {
				rest[name] = v
			}
		}
		text, err := json.Marshal(rest)
		if err != nil {
			continue
		}
		texts = append(texts, fmt.Sprintf("%s: %s", detailTypes[typ], text))
	}
	return texts
}
