package demo

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
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

// form reads the form of a request and authenticates its client.
func (a *authenticator) form(r *http.Request) (params, client, *oauthError) {
	p, err := bodyParams(r)
	if err != nil {
		return nil, client{}, err
	}
	c, err := a.authenticate(r, p)
	return p, c, err
}

// confidentialForm is form for endpoints that a public client may not use.
func (a *authenticator) confidentialForm(r *http.Request) (params, client, *oauthError) {
	p, c, err := a.form(r)
	if err == nil && c.Public() {
		err = oauthErrorf("invalid_client", "this endpoint needs a client that authenticates; %s is a public client",
			c.ID)
	}
	return p, c, err
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

const (
	authSecretJWT     = "client_secret_jwt"
	authPrivateKeyJWT = "private_key_jwt"

	assertionTypeJWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// assertionAlg returns the alg of a client assertion; "" without one.
func assertionAlg(p params) string {
	alg, _ := decodePart(p.Get("client_assertion"), 0)["alg"].(string)
	return alg
}

// usesSecretJWT and usesPrivateKeyJWT distinguish two methods with the same parameters by the algorithm.
func usesSecretJWT(_ *authenticator, _ *http.Request, p params) bool {
	return p.Has("client_assertion") && strings.HasPrefix(assertionAlg(p), "HS")
}

func usesPrivateKeyJWT(_ *authenticator, _ *http.Request, p params) bool {
	return p.Has("client_assertion") && !strings.HasPrefix(assertionAlg(p), "HS")
}

// assertedClient validates a client assertion (RFC 7523 2.2 and 3, OpenID Connect Core 9). Its audience is the issuer
// or the endpoint.
func (a *authenticator) assertedClient(r *http.Request, p params) (client, *oauthError) {
	assertion := p.Get("client_assertion")
	claims := decodeClaims(assertion)
	iss, _ := claims["iss"].(string)
	jti, _ := claims["jti"].(string)
	audiences := []string{a.env.issuer, a.env.issuer + "/token", a.env.issuer +
		r.URL.Path, targetOf(r), a.env.tlsBase + "/token"}
	if a.env.on(faultAssertionAudience) {
		audiences = []string{a.env.issuer + "/token"}
	}
	c, known := a.clients.find(iss)
	switch {
	case p.Get("client_assertion_type") != assertionTypeJWT:
		return client{}, oauthErrorf("invalid_client", "client_assertion_type is not %s", assertionTypeJWT)
	case claims == nil:
		return client{}, oauthErrorf("invalid_client", "the client assertion is not a JWT")
	case claims["sub"] != iss:
		return client{}, oauthErrorf("invalid_client", "the client assertion's iss and sub differ; both are the client")
	case !known:
		return client{}, a.clients.unknown(iss)
	case jti == "":
		return client{}, oauthErrorf("invalid_client", "the client assertion has no jti (OpenID Connect Core 9)")
	}
	if why := a.assertions.check(assertion, claims, iss, audiences...); why != "" {
		return client{}, oauthErrorf("invalid_client", "the client assertion is invalid: %s", why)
	}
	return c, nil
}

const (
	authTLS           = "tls_client_auth"
	authSelfSignedTLS = "self_signed_tls_client_auth"
)

// usesCertificate returns the Used of a method of RFC 8705: the connection has a certificate, and the client is
// registered for the method. A certificate alone is not enough: it may be there to bind tokens.
func usesCertificate(method string) func(*authenticator, *http.Request, params) bool {
	return func(a *authenticator, r *http.Request, p params) bool {
		c, ok := a.clients.find(p.Get("client_id"))
		return ok && c.AuthMethod == method && !p.Has("client_secret") && !p.Has("client_assertion") &&
			r.Header.Get("Authorization") == ""
	}
}

// certificateClient checks a certificate of an authority, by its subject (RFC 8705 2.1).
func (a *authenticator) certificateClient(r *http.Request, p params) (client, *oauthError) {
	c, cert, err := a.presentedCertificate(r, p)
	if err != nil {
		return client{}, err
	}
	if _, failure := cert.Verify(x509.VerifyOptions{Roots: a.authority.pool(), CurrentTime: a.env.now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); failure != nil {
		return client{}, oauthErrorf("invalid_client", "the client certificate is invalid: %s", failure)
	}
	if subject := cert.Subject.String(); subject != c.SubjectDN {
		return client{}, oauthErrorf("invalid_client", "the certificate's subject is %s, registered is %s", subject,
			c.SubjectDN)
	}
	return c, nil
}

// selfSignedClient checks a certificate by the registered key (RFC 8705 2.2).
func (a *authenticator) selfSignedClient(r *http.Request, p params) (client, *oauthError) {
	c, cert, err := a.presentedCertificate(r, p)
	if err != nil {
		return client{}, err
	}
	var jkt string
	set, failure := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	if failure == nil && len(set.Keys()) == 1 {
		jkt, failure = set.Keys()[0].Thumbprint()
	}
	if failure != nil || jkt == "" {
		return client{}, oauthErrorf("invalid_client", "the certificate's key cannot be read: %v", failure)
	}
	if !slices.ContainsFunc(c.Keys.Keys(), func(k jose.Key) bool {
		known, err := k.Thumbprint()
		return err == nil &&
			known == jkt
	}) {
		return client{}, oauthErrorf("invalid_client", "the certificate's key is not one that the client registered")
	}
	return c, nil
}

func (a *authenticator) presentedCertificate(r *http.Request, p params) (client, *x509.Certificate, *oauthError) {
	c, ok := a.clients.find(p.Get("client_id"))
	switch {
	case !ok:
		return client{}, nil, a.clients.unknown(p.Get("client_id"))
	case certificateThumbprint(r) == "":
		return client{}, nil, oauthErrorf("invalid_client",
			"the client certificate is missing: use the mtls_endpoint_aliases")
	}
	return c, r.TLS.PeerCertificates[0], nil
}

// assertionLifetime is the longest accepted remaining validity of an assertion (RFC 7523 3 (4)).
const assertionLifetime = time.Hour

// assertionChecker validates JWTs of clients.
type assertionChecker struct {
	env     *environment
	clients *clients
	used    *singleUse
}

// check validates a JWT of a registered client, as a grant or for authentication (RFC 7523 3); the string is
// the reason if it is invalid.
func (a *assertionChecker) check(assertion string, claims map[string]any, issuer string,
	audiences ...string) (why string) {
	c, known := a.clients.find(issuer)
	jti, hasJTI := claims["jti"].(string)
	switch {
	case claims == nil:
		return "it is not a JWT"
	case !known:
		return "its iss, " + issuer + ", is not registered here"
	case claims["sub"] == nil || claims["sub"] == "":
		return "it has no sub"
	case !slices.ContainsFunc(stringList(claims["aud"]), func(aud string) bool {
		return slices.Contains(audiences,
			aud)
	}):
		return "its aud is not one of " + strings.Join(audiences, " ")
	case len(jti) > maxParamLength:
		return "its jti is too long"
	}
	if why := a.checkTimes(claims); why != "" {
		return why
	}
	v := jose.Verify(assertion, c.verificationKeys(), jose.VerifyOptions{Algs: requestObjectAlgs})
	switch {
	case v.Verdict != tokens.Good:
		return "its signature is invalid: " + v.Reason
	case hasJTI && !a.used.first("assertion", issuer+" "+jti):
		return "it was used before (jti)"
	}
	return ""
}

// checkTimes checks exp, nbf and iat by this server's clock.
func (a *assertionChecker) checkTimes(claims map[string]any) (why string) {
	now := a.env.now()
	exp, hasExp := claims["exp"].(float64)
	nbf, hasNbf := claims["nbf"].(float64)
	expires := time.Unix(int64(exp), 0)
	switch {
	case !hasExp:
		return "it has no exp"
	case !now.Before(expires):
		return "it has expired"
	case expires.Sub(now) > assertionLifetime:
		return "its exp is more than " + assertionLifetime.String() + " from now"
	case hasNbf && now.Before(time.Unix(int64(nbf), 0)):
		return "it is not valid yet (nbf)"
	}
	return ""
}
