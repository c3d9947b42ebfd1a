package demo

import (
	"net/http"
	"strconv"
	"strings"
)

func introspectionEndpoints() []endpoint {
	return []endpoint{{Method: "POST", Path: "/introspect", Metadata: "introspection_endpoint",
		Handle: (*Server).introspect}}
}

// introspect is the introspection endpoint (RFC 7662). It serves confidential clients, for any token: they represent
// the resources here.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	p, err := bodyParams(r)
	var c client
	if err == nil {
		c, err = s.confidentialClient(r, p)
	}
	if err == nil && !p.Has("token") {
		err = oauthErrorf("invalid_request", "token is missing")
	}
	if err != nil {
		err.write(w)
		return
	}
	answer := s.describeToken(p.Get("token"))
	if answer == nil || s.on(faultInactive) {
		answer = map[string]any{"active": false} // and no other member (RFC 7662 2.2)
	}
	if active, _ := answer["active"].(bool); s.on(faultActiveText) {
		answer["active"] = strconv.FormatBool(active)
	}
	if wantsIntrospectionJWT(r) {
		s.writeIntrospectionJWT(w, c, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// describeToken returns the introspection response of a valid token; nil for any other.
func (s *Server) describeToken(token string) map[string]any {
	if rec, ok := s.store.refresh.Get(token); ok {
		f, active := s.store.families.Get(rec.Family)
		if rec.Used || !active || f.Revoked {
			return nil
		}
		return map[string]any{"active": true, "client_id": rec.Client, "sub": f.User, "username": f.User,
			"iss":   s.issuer,
			"scope": strings.Join(rec.Scopes, " "), "exp": unix(rec.Expires)}
	}
	rec, why := s.checkAccess(token)
	if why != "" {
		return nil
	}
	answer := map[string]any{"active": true, "token_type": rec.Bound.tokenType(), "client_id": rec.Client,
		"sub": rec.Subject, "aud": rec.audience(),
		"iss": s.issuer, "jti": rec.ID, "iat": unix(rec.IssuedAt), "exp": unix(rec.Expires),
		"scope": strings.Join(rec.Scopes, " ")}
	if cnf := rec.Bound.confirmation(); cnf != nil {
		answer["cnf"] = cnf
	}
	if len(rec.Details) > 0 {
		answer["authorization_details"] = rec.Details
	}
	if rec.Act != nil {
		answer["act"] = rec.Act
	}
	if rec.User != "" {
		answer["username"], answer["auth_time"], answer["acr"] = rec.User, unix(rec.AuthTime), rec.ACR
	}
	return answer
}

func revocationEndpoints() []endpoint {
	return []endpoint{{Method: "POST", Path: "/revoke", Metadata: "revocation_endpoint", Handle: (*Server).revoke}}
}

// revoke is the revocation endpoint (RFC 7009). Revoking an unknown token succeeds.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	p, err := bodyParams(r)
	var c client
	if err == nil {
		c, err = s.authenticate(r, p)
	}
	if err == nil && !p.Has("token") {
		err = oauthErrorf("invalid_request", "token is missing")
	}
	if err == nil {
		err = s.revokeToken(p.Get("token"), c)
	}
	if err != nil {
		err.write(w)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

// revokeToken revokes an access token alone, and with a refresh token its whole family (RFC 7009 2.1).
func (s *Server) revokeToken(token string, c client) *oauthError {
	if rec, ok := s.store.refresh.Get(token); ok {
		if rec.Client != c.ID {
			return notIssuedToClient()
		}
		s.revokeFamily(rec.Family)
		return nil
	}
	var foreign bool
	s.store.access.Update(token, func(rec *accessRecord) {
		if foreign = rec.Client != c.ID; !foreign {
			rec.Revoked = true
		}
	})
	if foreign {
		return notIssuedToClient()
	}
	return nil
}

func notIssuedToClient() *oauthError {
	return oauthErrorf("invalid_request", "the token was issued to another client (RFC 7009 2.1)")
}
