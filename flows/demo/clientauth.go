package demo

import (
	"net/http"
	"net/url"
	"strings"

	"fob/tokens"
)

// authMethod is a client authentication method (RFC 6749 2.3, OpenID Connect Core 9).
type authMethod struct {
	ID string // as in token_endpoint_auth_methods_supported
	// Used reports whether the request uses this method; nil for the default.
	Used func(a *authenticator, r *http.Request, p params) bool
	// Client returns the client that the request names, and checks its credentials.
	Client func(a *authenticator, r *http.Request, p params) (client, *oauthError)
}

// authMethods lists them. Another method is another line.
func authMethods() []authMethod {
	return []authMethod{
		{ID: "client_secret_basic", Used: usesBasic, Client: (*authenticator).basicClient},
		{ID: "client_secret_post", Used: usesPost, Client: (*authenticator).postClient},
		{ID: authSecretJWT, Used: usesSecretJWT, Client: (*authenticator).assertedClient},
		{ID: authPrivateKeyJWT, Used: usesPrivateKeyJWT, Client: (*authenticator).assertedClient},
		{ID: authTLS, Used: usesCertificate(authTLS), Client: (*authenticator).certificateClient},
		{ID: authSelfSignedTLS, Used: usesCertificate(authSelfSignedTLS), Client: (*authenticator).selfSignedClient},
		{ID: "none", Client: (*authenticator).noneClient},
	}
}

func authMethodNames() []string {
	var names []string
	for _, m := range authMethods() {
		names = append(names, m.ID)
	}
	return names
}

// authenticator authenticates clients.
type authenticator struct {
	env        *environment
	clients    *clients
	assertions *assertionChecker
	authority  *authority
}

// authenticate finds the client of a request. It must use exactly one method: the registered one.
func (a *authenticator) authenticate(r *http.Request, p params) (client, *oauthError) {
	var used []authMethod
	var otherwise authMethod
	for _, m := range authMethods() {
		switch {
		case m.Used == nil:
			otherwise = m
		case m.Used(a, r, p):
			used = append(used, m)
		}
	}
	switch len(used) {
	case 0:
		return a.authenticateBy(otherwise, r, p)
	case 1:
		return a.authenticateBy(used[0], r, p)
	}
	return client{}, oauthErrorf("invalid_request",
		"the client authenticates by %s and by %s; one at a time is allowed (RFC 6749 2.3)", used[0].ID, used[1].ID)
}

func (a *authenticator) authenticateBy(m authMethod, r *http.Request, p params) (client, *oauthError) {
	c, err := m.Client(a, r, p)
	switch {
	case err != nil:
		return client{}, err
	case c.AuthMethod != m.ID:
		return client{}, oauthErrorf("invalid_client", "the client is registered for %s and used %s", c.AuthMethod,
			m.ID)
	case p.Has("client_id") && p.Get("client_id") != c.ID:
		return client{}, oauthErrorf("invalid_request", "client_id is not the client that authenticated")
	}
	return c, nil
}

// confidentialClient is authenticate for endpoints that a public client may not use.
func (a *authenticator) confidentialClient(r *http.Request, p params) (client, *oauthError) {
	c, err := a.authenticate(r, p)
	if err == nil && c.Public() {
		return client{}, oauthErrorf("invalid_client",
			"this endpoint needs a client that authenticates; %s is a public client", c.ID)
	}
	return c, err
}

func usesBasic(_ *authenticator, r *http.Request, _ params) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic")
}

// basicClient splits user and password and decodes their form encoding (RFC 6749 2.3.1).
func (a *authenticator) basicClient(r *http.Request, _ params) (client, *oauthError) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return client{}, oauthErrorf("invalid_client",
			"the Basic credentials are not base64 of client_id:client_secret")
	}
	decodedID, errID := url.QueryUnescape(id)
	decodedSecret, errSecret := url.QueryUnescape(secret)
	if errID != nil || errSecret != nil {
		return client{}, oauthErrorf("invalid_client",
			"the Basic credentials are not form-encoded before base64 (RFC 6749 2.3.1)")
	}
	return a.withSecret(decodedID, decodedSecret)
}

func usesPost(_ *authenticator, _ *http.Request, p params) bool { return p.Has("client_secret") }

func (a *authenticator) postClient(_ *http.Request, p params) (client, *oauthError) {
	return a.withSecret(p.Get("client_id"), p.Get("client_secret"))
}

func (a *authenticator) withSecret(id, secret string) (client, *oauthError) {
	c, ok := a.clients.find(id)
	if !ok {
		return client{}, a.clients.unknown(id)
	}
	// A client without a secret gets the error about its method later.
	if !c.Secret.IsZero() && !c.Secret.Equal(tokens.NewSecret(secret)) {
		return client{}, oauthErrorf("invalid_client", "the client secret is wrong")
	}
	return c, nil
}

func (a *authenticator) noneClient(_ *http.Request, p params) (client, *oauthError) {
	if !p.Has("client_id") {
		return client{}, oauthErrorf("invalid_client", "no client authentication and no client_id")
	}
	c, ok := a.clients.find(p.Get("client_id"))
	if !ok {
		return client{}, a.clients.unknown(p.Get("client_id"))
	}
	return c, nil
}
