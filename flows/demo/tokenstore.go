package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// family is what one approval led to: all its tokens are revoked together (RFC 9700 4.14.2).
type family struct {
	Client    string
	User      string
	SignIn    string // sid
	AuthTime  time.Time
	ACR       string
	Scopes    []string
	Resources []string
	Details   []map[string]any // authorization_details that were granted (RFC 9396)
	Claims    claimsRequest    // asked for by name
	Act       map[string]any   // who acts for the user (RFC 8693 4.1); nil for none
	Revoked   bool
}

func (f *family) offline() bool { return slices.Contains(f.Scopes, "offline_access") }

// accessRecord is the state of an access token.
type accessRecord struct {
	ID             string // jti
	Client         string
	Subject        string
	User           string // "" without a user
	Scopes         []string
	Resource       string
	OtherAudiences []string       // further audiences, after a token exchange
	Act            map[string]any // RFC 8693 4.1
	Details        []map[string]any
	IssuedAt       time.Time // as reported
	Expires        time.Time // as reported
	AuthTime       time.Time
	ACR            string
	Family         string
	Bound          binding
	Revoked        bool
}

// audience returns the aud of the token: one, or an array of several.
func (rec accessRecord) audience() any {
	if len(rec.OtherAudiences) == 0 {
		return rec.Resource
	}
	return append([]string{rec.Resource}, rec.OtherAudiences...)
}

// isFor reports whether the token may be used at the resource.
func (rec accessRecord) isFor(resource string) bool {
	return rec.Resource == resource || slices.Contains(rec.OtherAudiences, resource)
}

// refreshRecord is the state of a refresh token. It can be used once (RFC 9700 4.14.2).
type refreshRecord struct {
	Client string
	Family string
	Scopes []string
	// JKT binds a public client's refresh token to its DPoP key (RFC 9449 5); confidential clients have their own
	// proof.
	JKT string
	// Expires is for responses; the table removes the record by itself.
	Expires time.Time
	Used    bool
}

// tokenStore stores the issued tokens.
type tokenStore struct {
	env      *environment
	keys     *keyring
	families *table[family] // by family ID
	refresh  *table[refreshRecord]
	access   *table[accessRecord]
}

func newTokenStore(env *environment, keys *keyring) *tokenStore {
	return &tokenStore{env, keys,
		newTable[family](env.now, 24*time.Hour, maxFamilies),
		newTable[refreshRecord](env.now, refreshLifetime, maxTokens),
		newTable[accessRecord](env.now, 24*time.Hour, maxTokens)}
}

func (st *tokenStore) newFamily(f family) (id string) {
	id = randomToken()
	st.families.Put(id, f)
	return id
}

func (st *tokenStore) revokeFamily(id string) {
	st.families.Update(id, func(f *family) { f.Revoked = true })
}

// familyActive reports whether the family's tokens are still valid. "" is no family, which cannot be revoked.
func (st *tokenStore) familyActive(id string) bool {
	if id == "" {
		return true
	}
	f, ok := st.families.Get(id)
	return ok && !f.Revoked
}

// newRefresh issues a refresh token; "" for a client that may not use one.
func (st *tokenStore) newRefresh(t *tokenRequest, familyID string, scopes []string) string {
	if !t.Client.MayUse(grantRefreshToken) {
		return ""
	}
	rec := refreshRecord{Client: t.Client.ID, Family: familyID, Scopes: scopes,
		Expires: st.env.reportedTime().Add(refreshLifetime)}
	if t.Client.Public() {
		rec.JKT = t.Bound.JKT
	}
	token := randomToken()
	st.refresh.Put(token, rec)
	return token
}

// checkAccess validates an access token as a resource server does; the string is the reason if it is invalid.
func (st *tokenStore) checkAccess(token string) (accessRecord, string) {
	rec, known := st.access.Get(token)
	if strings.Count(token, ".") == 2 {
		claims, why := st.keys.ownJWT(token)
		switch {
		case why != "":
			return accessRecord{}, why
		case !known && !isAccessTokenType(decodePart(token, 0)):
			return accessRecord{}, "this is a token of another kind, not an access token"
		case !known:
			rec = recordOf(claims)
		}
	} else if !known {
		return accessRecord{}, "the token is not one of this server's, or it expired long ago"
	}
	switch now := st.env.reportedTime(); {
	case !now.Before(rec.Expires):
		return rec, fmt.Sprintf("the token expired %s", tokens.Ago(now.Sub(rec.Expires)))
	case rec.Revoked || !st.familyActive(rec.Family):
		return rec, "the token was revoked"
	}
	return rec, ""
}

func isAccessTokenType(header map[string]any) bool {
	typ, _ := header["typ"].(string)
	return strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "at+jwt")
}

// recordOf reads a JWT access token that is no longer in the store: its claims are enough.
func recordOf(claims map[string]any) accessRecord {
	text := func(name string) string { v, _ := claims[name].(string); return v }
	date := func(name string) time.Time { v, _ := claims[name].(float64); return time.Unix(int64(v), 0) }
	rec := accessRecord{ID: text("jti"), Client: text("client_id"), Subject: text("sub"),
		Scopes: tokens.SplitScope(text("scope")), IssuedAt: date("iat"), Expires: date("exp")}
	if audiences := stringList(claims["aud"]); len(audiences) > 0 {
		rec.Resource, rec.OtherAudiences = audiences[0], audiences[1:]
	}
	rec.Act, _ = claims["act"].(map[string]any)
	for _, d := range listOf(claims["authorization_details"]) {
		if detail, ok := d.(map[string]any); ok {
			rec.Details = append(rec.Details, detail)
		}
	}
	rec.Bound = bindingOf(claims["cnf"])
	if _, person := claims["auth_time"]; person {
		rec.User, rec.AuthTime, rec.ACR = rec.Subject, date("auth_time"), text("acr")
	}
	return rec
}

func listOf(v any) []any { list, _ := v.([]any); return list }

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
