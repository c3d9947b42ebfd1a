package demo

import (
	"net/http"
	"strings"
	"time"
)

// Responses that can be JWTs instead of JSON: userinfo (OpenID Connect Core 5.3.2) and introspection (RFC 9701).

func (s *Server) jwtResponseMetadata(m map[string]any) {
	m["id_token_encryption_alg_values_supported"] = encryptionAlgs
	m["id_token_encryption_enc_values_supported"] = encryptionEncs
	m["userinfo_signing_alg_values_supported"] = signingAlgs
	m["userinfo_encryption_alg_values_supported"] = encryptionAlgs
	m["userinfo_encryption_enc_values_supported"] = encryptionEncs
	m["introspection_signing_alg_values_supported"] = signingAlgs
	m["introspection_encryption_alg_values_supported"] = encryptionAlgs
	m["introspection_encryption_enc_values_supported"] = encryptionEncs
}

// writeUserinfo writes the response in the format that the client is registered for.
func (s *Server) writeUserinfo(w http.ResponseWriter, clientID string, claims map[string]any) {
	c, _ := s.findClient(clientID)
	if c.UserinfoAlg == "" && c.UserinfoEncryption.Alg == "" {
		writeJSON(w, http.StatusOK, claims)
		return
	}
	claims["iss"], claims["aud"] = s.issuer, c.ID
	if s.on(faultUserinfoIssuer) {
		claims["iss"] = s.issuer + "/another-issuer"
	}
	if s.on(faultUserinfoAudience) {
		claims["aud"] = "another-client"
	}
	alg := c.UserinfoAlg
	if alg == "" {
		alg = c.IDTokenAlg
	}
	token, err := s.keys.signJWT(alg, "JWT", claims)
	if err == nil && s.on(faultUserinfoSignature) {
		token, err = corruptSignature(token)
	}
	switch {
	case err != nil:
	case s.on(faultUserinfoForAnother):
		token, err = encryptForAnother(c.UserinfoEncryption, token)
	default:
		token, err = encryptFor(c, c.UserinfoEncryption, token)
	}
	s.writeJWT(w, "application/jwt", token, err)
}

// introspectionType is the media type that requests a signed response (RFC 9701 4).
const introspectionType = "application/token-introspection+jwt"

func wantsIntrospectionJWT(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), introspectionType)
}

// writeIntrospectionJWT answers with a JWT for the client that asked (RFC 9701 5).
func (s *Server) writeIntrospectionJWT(w http.ResponseWriter, c client, answer map[string]any) {
	alg := c.IntrospectionAlg
	if alg == "" {
		alg = "RS256" // RFC 9701 6
	}
	typ, claims := "token-introspection+jwt", map[string]any{"iss": s.issuer, "aud": c.ID,
		"iat":                 unix(s.reportedTime()),
		"token_introspection": answer}
	if s.on(faultIntrospectionType) {
		typ = "at+jwt"
	}
	if s.on(faultIntrospectionIssuer) {
		claims["iss"] = s.issuer + "/another-issuer"
	}
	if s.on(faultIntrospectionAudience) {
		claims["aud"] = "another-client"
	}
	if s.on(faultIntrospectionIssuedAt) {
		claims["iat"] = unix(s.reportedTime().Add(time.Hour))
	}
	if s.on(faultIntrospectionEmpty) {
		delete(claims, "token_introspection")
	}
	token, err := s.keys.signJWT(alg, typ, claims)
	if err == nil && s.on(faultIntrospectionSignature) {
		token, err = corruptSignature(token)
	}
	if err == nil {
		token, err = encryptFor(c, c.IntrospectionEncryption, token)
	}
	s.writeJWT(w, introspectionType, token, err)
}

func (s *Server) writeJWT(w http.ResponseWriter, mediaType, token string, err error) {
	if err != nil {
		s.serverError(w, "securing its response", err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(token))
}
