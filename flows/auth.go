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

// TokenRequest is an unsent request to an endpoint that authenticates the client. The client authentication method adds
// its parameters or header fields to it.
type TokenRequest struct {
	Endpoint string // the name that Params use: "token", "device", "introspection" …
	URL      string
	Form     url.Values
	Header   http.Header
	Accept   string          // "" is application/json
	Secrets  []tokens.Secret // values that must not be recorded

	// Input of a client assertion; see addClientAssertion.
	audience string
	algs     []string // announced for assertions; nil when the metadata lists none
	now      time.Time
	id       string // a fresh jti
}

// AuthMethod is one way in which a client authenticates (RFC 6749 2.3).
type AuthMethod struct {
	ID               string // as in token_endpoint_auth_methods_supported, or a variant of it
	Name             string
	Spec             string
	Metadata         string // the value to look for in the metadata; a variant has that of its parent
	NeedsSecret      bool
	NeedsKey         bool // a private key of the client
	NeedsCertificate bool // a client certificate on the connection
	Apply            func(req *TokenRequest, c Client) error
}

// AuthMethods returns the client authentication methods, the preferred ones first. To add one, add a file and a line
// here.
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

// AuthMethodByID returns the method with an ID.
func AuthMethodByID(id string) (AuthMethod, bool) {
	for _, m := range AuthMethods() {
		if m.ID == id {
			return m, true
		}
	}
	return AuthMethod{}, false
}

// missingInput returns an *InputError for what the client lacks to use the method; nil when it lacks nothing.
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

// chooseAuthMethod returns the method that the client names, or else the first one that matches its credentials and the
// announced methods. Without announced methods, a server supports client_secret_basic (RFC 8414 2).
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
	// The client can use none of the announced methods. Send the request: the server's error says more.
	return authBasic, nil
}

// chooseWithoutSecret uses a key or a certificate for authentication only where the server announces the method: both
// have other uses.
func chooseWithoutSecret(c Client, announced []string) AuthMethod {
	for _, m := range AuthMethods() {
		if (m.NeedsKey || m.NeedsCertificate) && m.missingInput(c) == nil && slices.Contains(announced, m.Metadata) {
			return m
		}
	}
	return authNone
}

// AuthMethodIDs returns the IDs of the client authentication methods, in the order of AuthMethods.
func AuthMethodIDs() []string {
	var ids []string
	for _, m := range AuthMethods() {
		ids = append(ids, m.ID)
	}
	return ids
}

// announcedAt returns a metadata list about client authentication at an endpoint. member is the end of its name:
// "auth_methods_supported", "auth_signing_alg_values_supported". An endpoint without a list has that of the token
// endpoint (RFC 8414 2, RFC 9126 5); nil when both are missing.
func announcedAt(m *provider.Metadata, endpoint, member string) []string {
	for _, name := range []string{endpoint, "token"} {
		if list, ok := m.List(name + "_endpoint_" + member); ok {
			return list
		}
	}
	if member == "auth_methods_supported" {
		return m.TokenAuthMethods
	}
	return nil
}

// AuthMethodAt returns the method that the client uses at an endpoint, which has the name that Params use.
func (r *Run) AuthMethodAt(endpoint string) (AuthMethod, error) {
	return chooseAuthMethod(r.Client.forEndpoint(endpoint), announcedAt(r.Provider, endpoint, "auth_methods_supported"))
}

// authenticate chooses the method and applies it to the request.
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

// clientAssertionAudience returns the aud of a client assertion. Every server must accept its issuer, and no other
// server can replay an assertion with that audience (draft-ietf-oauth-rfc7523bis 3).
func (r *Run) clientAssertionAudience(req *TokenRequest) string {
	switch r.Client.Audience {
	case "endpoint":
		return req.URL
	case "token_endpoint":
		return r.Provider.TokenEndpoint
	}
	return cmp.Or(r.Provider.Issuer, r.Provider.TokenEndpoint)
}
