package demo

import (
	"net/http"
	"strings"
	"time"
)

// Responses that can be JWTs instead of JSON: userinfo (OpenID Connect Core 5.3.2) and introspection (RFC 9701).

// write writes the response in the format that the client is registered for.
func (ui *userinfo) write(w http.ResponseWriter, clientID string, claims map[string]any) {
	c, _ := ui.clients.find(clientID)
	if c.UserinfoAlg == "" && c.UserinfoEncryption.Alg == "" {
		writeJSON(w, http.StatusOK, claims)
		return
	}
	claims["iss"], claims["aud"] = ui.env.issuer, c.ID
	if ui.env.on(faultUserinfoIssuer) {
		claims["iss"] = ui.env.issuer + "/another-issuer"
	}
	if ui.env.on(faultUserinfoAudience) {
		claims["aud"] = "another-client"
	}
	alg := c.UserinfoAlg
	if alg == "" {
		alg = c.IDTokenAlg
	}
	token, err := ui.keys.sign(alg, "JWT", claims, faultUserinfoSignature)
	switch {
	case err != nil:
	case ui.env.on(faultUserinfoForAnother):
		token, err = encryptForAnother(c.UserinfoEncryption, token)
	default:
		token, err = encryptFor(c, c.UserinfoEncryption, token)
	}
	writeJWT(w, "application/jwt", token, err)
}

// introspectionType is the media type that requests a signed response (RFC 9701 4).
const introspectionType = "application/token-introspection+jwt"

func wantsIntrospectionJWT(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), introspectionType)
}

// writeJWT answers with a JWT for the client that asked (RFC 9701 5).
func (in *introspection) writeJWT(w http.ResponseWriter, c client, answer map[string]any) {
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
	token, err := in.keys.signFor(c, c.IntrospectionEncryption, alg, typ, claims, faultIntrospectionSignature)
	writeJWT(w, introspectionType, token, err)
}

func writeJWT(w http.ResponseWriter, mediaType, token string, err error) {
	if err != nil {
		serverError(w, "securing its response", err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(token))
}
