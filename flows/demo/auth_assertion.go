package demo

import (
	"net/http"
	"strings"
)

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
