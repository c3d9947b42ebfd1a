package demo

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// introspection describes tokens to resource servers.
type introspection struct {
	env   *environment
	auth  *authenticator
	keys  *keyring
	store *tokenStore
}

// serve is the introspection endpoint (RFC 7662). It serves confidential clients, for any token: they represent
// the resources here.
func (in *introspection) serve(w http.ResponseWriter, r *http.Request) {
	p, c, err := in.auth.confidentialForm(r)
	if err == nil && !p.Has("token") {
		err = oauthErrorf("invalid_request", "token is missing")
	}
	if err != nil {
		err.write(w)
		return
	}
	answer := in.store.describe(p.Get("token"))
	if answer == nil || in.env.on(faultInactive) {
		answer = map[string]any{"active": false} // and no other member (RFC 7662 2.2)
	}
	if active, _ := answer["active"].(bool); in.env.on(faultActiveText) {
		answer["active"] = strconv.FormatBool(active)
	}
	if wantsIntrospectionJWT(r) {
		in.writeSigned(w, c, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// revocation revokes tokens for their clients.
type revocation struct {
	auth  *authenticator
	store *tokenStore
}

// serve is the revocation endpoint (RFC 7009). Revoking an unknown token succeeds.
func (rv *revocation) serve(w http.ResponseWriter, r *http.Request) {
	p, c, err := rv.auth.form(r)
	if err == nil && !p.Has("token") {
		err = oauthErrorf("invalid_request", "token is missing")
	}
	if err == nil {
		err = rv.store.revoke(p.Get("token"), c)
	}
	if err != nil {
		err.write(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

// introspectionType is the media type that requests a signed response (RFC 9701 4).
const introspectionType = "application/token-introspection+jwt"

func wantsIntrospectionJWT(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), introspectionType)
}

// writeSigned answers with a JWT for the client that asked (RFC 9701 5).
func (in *introspection) writeSigned(w http.ResponseWriter, c client, answer map[string]any) {
	alg := c.IntrospectionAlg
	if alg == "" {
		alg = "RS256" // RFC 9701 6
	}
	typ, claims := "token-introspection+jwt", map[string]any{"iss": in.env.issuer, "aud": c.ID,
		"iat":                 unix(in.env.reportedTime()),
		"token_introspection": answer}
	if in.env.on(faultIntrospectionType) {
		typ = "at+jwt"
	}
	if in.env.on(faultIntrospectionIssuer) {
		claims["iss"] = in.env.issuer + "/another-issuer"
	}
	if in.env.on(faultIntrospectionAudience) {
		claims["aud"] = "another-client"
	}
	if in.env.on(faultIntrospectionIssuedAt) {
		claims["iat"] = unix(in.env.reportedTime().Add(time.Hour))
	}
	if in.env.on(faultIntrospectionEmpty) {
		delete(claims, "token_introspection")
	}
	token, err := in.keys.signFor(c, c.introspectionEncryption(), alg, typ, claims, faultIntrospectionSignature)
	writeJWT(w, introspectionType, token, err)
}
