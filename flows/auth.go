package flows

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fob/flows/provider"
	"fob/tokens"
)

// TokenRequest is a request to an endpoint that authenticates the client, before it is sent. A client authentication
// method adds to it.
type TokenRequest struct {
	Endpoint string // the name under which Params address it: "token", "device", "introspection" …
	URL      string
	Form     url.Values
	Header   http.Header
	Accept   string          // "" is application/json
	Secrets  []tokens.Secret // values in it that must not be recorded

	// What an assertion is made of; see assert.
	audience string
	algs     []string // announced for assertions; nil when nothing is
	now      time.Time
	id       string // a fresh jti
}

// AuthMethod is one way in which a client authenticates (RFC 6749 2.3).
type AuthMethod struct {
	ID               string // as in token_endpoint_auth_methods_supported, but for variants of our own
	Name             string
	Spec             string
	Metadata         string // the value looked for in the metadata; a variant shares its parent's
	NeedsSecret      bool
	NeedsKey         bool // a private key of the client
	NeedsCertificate bool // a client certificate on the connection
	Apply            func(req *TokenRequest, c Client) error
}

// AuthMethods lists the client authentication methods, in the order in which they are preferred. Adding one is adding
// a file and a line here.
func AuthMethods() []AuthMethod {
	return []AuthMethod{
		authNone,
		authBasic,
		authBasicRaw,
		authPost,
		authSecretJWT,
		authPrivateKeyJWT,
		authTLS,
		authSelfSignedTLS,
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

// lacks says which input the client would need for the method; nil when it has everything.
func (m AuthMethod) missingInput(c Client) error {
	_, _, hasKey := c.signingKey(nil)
	switch {
	case m.NeedsSecret && c.Secret.IsZero():
		return &InputError{Input: "client_secret", Expected: "a client secret, since the client authenticates with " +
			m.ID}
	case m.NeedsKey && !hasKey:
		return &InputError{Input: "client_key",
			Expected: "a private key that can sign, since the client authenticates with " + m.ID}
	case m.NeedsCertificate && c.Certificate == nil:
		return &InputError{Input: "client certificate",
			Expected: "a certificate and its key, since the client authenticates with " + m.ID}
	}
	return nil
}

// chooseAuthMethod is the method that the client uses: the one it names, or the first of the preferred ones that fits
// what it has and what the server announces. RFC 8414 2 makes client_secret_basic what a silent server supports.
func chooseAuthMethod(c Client, announced []string) (AuthMethod, error) {
	if c.AuthMethod != "" {
		m, ok := AuthMethodByID(c.AuthMethod)
		if !ok {
			return m, &InputError{Input: "auth_method", Value: c.AuthMethod, Expected: "one of " +
				strings.Join(AuthMethodIDs(), ", ")}
		}
		return m, m.missingInput(c)
	}
	if c.Secret.IsZero() {
		return chooseWithoutSecret(c, announced), nil
	}
	for _, m := range AuthMethods() {
		if m.NeedsSecret && (announced == nil || slices.Contains(announced, m.Metadata)) {
			return m, nil
		}
	}
	if m := chooseWithoutSecret(c, announced); m.ID != authNone.ID {
		return m, nil
	}
	// None of the announced methods is one we can do with what we have. The server's own answer says more than we
	// could.
	return authBasic, nil
}

// chooseWithoutSecret takes a key or a certificate for a means of authentication only where the server says that it is
// one: both have other uses.
func chooseWithoutSecret(c Client, announced []string) AuthMethod {
	for _, m := range AuthMethods() {
		if (m.NeedsKey || m.NeedsCertificate) && m.missingInput(c) == nil && slices.Contains(announced, m.Metadata) {
			return m
		}
	}
	return authNone
}

// AuthMethodIDs are the names of the client authentication methods, in the order of AuthMethods.
func AuthMethodIDs() []string {
	var ids []string
	for _, m := range AuthMethods() {
		ids = append(ids, m.ID)
	}
	return ids
}

// announcedAt lists what the metadata says of client authentication at an endpoint, by the end of the member's name:
// "auth_methods_supported", "auth_signing_alg_values_supported". What is not said for an endpoint is as at the token
// endpoint (RFC 8414 2, RFC 9126 5); nil when nothing is said at all.
func announcedAt(m *provider.Metadata, endpoint, member string) []string {
	for _, name := range []string{endpoint, "token"} {
		if list, said := m.List(name + "_endpoint_" + member); said {
			return list
		}
	}
	if member == "auth_methods_supported" {
		return m.TokenAuthMethods
	}
	return nil
}

// AuthMethodAt is the method that the client uses at an endpoint, by the name under which Params address it.
func (r *Run) AuthMethodAt(endpoint string) (AuthMethod, error) {
	return chooseAuthMethod(r.Client.forEndpoint(endpoint), announcedAt(r.Provider, endpoint, "auth_methods_supported"))
}

// authenticate chooses the method and lets it add to the request.
func (r *Run) authenticate(req *TokenRequest) (AuthMethod, error) {
	if r.Client.ID == "" {
		return AuthMethod{}, &InputError{Input: "client_id",
			Expected: "the client's identifier at the authorization server"}
	}
	m, err := r.AuthMethodAt(req.Endpoint)
	if err != nil {
		return m, err
	}
	if req.id, err = r.random(); err != nil {
		return m, err
	}
	req.now, req.audience = r.now(), r.clientAssertionAudience(req)
	req.algs = announcedAt(r.Provider, req.Endpoint, "auth_signing_alg_values_supported")
	if err := m.Apply(req, r.Client); err != nil {
		return m, fmt.Errorf("authenticating the client %s with %s: %w", tokens.VisibleLine(r.Client.ID), m.ID, err)
	}
	return m, nil
}

// clientAssertionAudience is whom an assertion is addressed to. The issuer is what every server must take, and the one
// name that no other server can pass on (draft-ietf-oauth-rfc7523bis 3).
func (r *Run) clientAssertionAudience(req *TokenRequest) string {
	switch r.Client.Audience {
	case "endpoint":
		return req.URL
	case "token_endpoint":
		return r.Provider.TokenEndpoint
	}
	return cmp.Or(r.Provider.Issuer, r.Provider.TokenEndpoint)
}
