package flows

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
)

// TokenRequest is a request to an endpoint that authenticates the client, before it is sent. A client authentication
// method adds to it.
type TokenRequest struct {
	Endpoint string // the name under which Params address it: "token", "device", "introspection" …
	URL      string
	Form     url.Values
	Header   http.Header
	Secrets  []tokens.Secret // values in it that must not be recorded
}

// AuthMethod is one way in which a client authenticates (RFC 6749 2.3).
type AuthMethod struct {
	ID          string // as in token_endpoint_auth_methods_supported, but for variants of our own
	Name        string
	Spec        string
	Metadata    string // the value looked for in the metadata; a variant shares its parent's
	NeedsSecret bool
	Apply       func(req *TokenRequest, c Client) error
}

// AuthMethods lists the client authentication methods, in the order in which they are preferred. Adding one is adding
// a file and a line here.
func AuthMethods() []AuthMethod {
	return []AuthMethod{
		authNone,
		authBasic,
		authBasicRaw,
		authPost,
	}
}

// AuthMethodByID finds a method by its ID.
func AuthMethodByID(id string) (AuthMethod, bool) {
	for _, m := range AuthMethods() {
		if m.ID == id {
			return m, true
		}
	}
	return AuthMethod{}, false
}

// ChooseAuthMethod is the method that the client uses: the one it names, or the first of the preferred ones that fits
// what it has and what the server announces. RFC 8414 2 makes client_secret_basic what a silent server supports.
func ChooseAuthMethod(c Client, announced []string) (AuthMethod, error) {
	if c.AuthMethod != "" {
		m, ok := AuthMethodByID(c.AuthMethod)
		switch {
		case !ok:
			return m, &InputError{Input: "auth_method", Value: c.AuthMethod, Expected: "one of " + strings.Join(authMethodIDs(), ", ")}
		case m.NeedsSecret && c.Secret.IsZero():
			return m, &InputError{Input: "client_secret", Expected: "a client secret, since the client authenticates with " + m.ID}
		}
		return m, nil
	}
	var first AuthMethod
	for _, m := range AuthMethods() {
		if m.NeedsSecret == c.Secret.IsZero() {
			continue
		}
		if first.ID == "" {
			first = m
		}
		if announced == nil || slices.Contains(announced, m.Metadata) {
			return m, nil
		}
	}
	// None of the announced methods is one we can do with what we have. The server's own answer says more than we could.
	return first, nil
}

func authMethodIDs() []string {
	var ids []string
	for _, m := range AuthMethods() {
		ids = append(ids, m.ID)
	}
	return ids
}

// authenticate chooses the method and lets it add to the request.
func (r *Run) authenticate(req *TokenRequest) (AuthMethod, error) {
	if r.Client.ID == "" {
		return AuthMethod{}, &InputError{Input: "client_id", Expected: "the client's identifier at the authorization server"}
	}
	m, err := ChooseAuthMethod(r.Client, r.Provider.TokenAuthMethods)
	if err != nil {
		return m, err
	}
	if err := m.Apply(req, r.Client); err != nil {
		return m, fmt.Errorf("authenticating the client %s with %s: %w", tokens.VisibleLine(r.Client.ID), m.ID, err)
	}
	return m, nil
}
