package demo

import (
	"net/http"
	"strconv"
	"strings"
)

type introspection struct {
	env   *environment
	auth  *authenticator
	keys  *keyring
	store *tokenStore
}

// serve is the introspection endpoint (RFC 7662). It serves confidential clients, for any token: they represent
// the resources here.
func (in *introspection) serve(w http.ResponseWriter, r *http.Request) {
	p, err := bodyParams(r)
	var c client
	if err == nil {
		c, err = in.auth.confidentialClient(r, p)
	}
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
		in.writeJWT(w, c, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// describe returns the introspection response of a valid token; nil for any other.
func (st *tokenStore) describe(token string) map[string]any {
	if rec, ok := st.refresh.Get(token); ok {
		f, active := st.families.Get(rec.Family)
		if rec.Used || !active || f.Revoked {
			return nil
		}
		return map[string]any{"active": true, "client_id": rec.Client, "sub": f.User, "username": f.User,
			"iss":   st.env.issuer,
			"scope": strings.Join(rec.Scopes, " "), "exp": unix(rec.Expires)}
	}
	rec, why := st.checkAccess(token)
	if why != "" {
		return nil
	}
	answer := map[string]any{"active": true, "token_type": rec.Bound.tokenType(), "client_id": rec.Client,
		"sub": rec.Subject, "aud": rec.audience(),
		"iss": st.env.issuer, "jti": rec.ID, "iat": unix(rec.IssuedAt), "exp": unix(rec.Expires),
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

type revocation struct {
	auth  *authenticator
	store *tokenStore
}

// serve is the revocation endpoint (RFC 7009). Revoking an unknown token succeeds.
func (rv *revocation) serve(w http.ResponseWriter, r *http.Request) {
	p, err := bodyParams(r)
	var c client
	if err == nil {
		c, err = rv.auth.authenticate(r, p)
	}
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

// revoke revokes an access token alone, and with a refresh token its whole family (RFC 7009 2.1).
func (st *tokenStore) revoke(token string, c client) *oauthError {
	if rec, ok := st.refresh.Get(token); ok {
		if rec.Client != c.ID {
			return notIssuedToClient()
		}
		st.revokeFamily(rec.Family)
		return nil
	}
	var foreign bool
	st.access.Update(token, func(rec *accessRecord) {
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
