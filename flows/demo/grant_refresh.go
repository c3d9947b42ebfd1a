package demo

import "time"

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

type refreshGrant struct {
	env    *environment
	store  *tokenStore
	tokens *tokenIssuer
}

// redeem rotates the refresh token: reuse of one revokes its whole family.
func (g *refreshGrant) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	token := t.Get("refresh_token")
	rec, known := g.store.refresh.Get(token)
	switch {
	case token == "":
		return nil, oauthErrorf("invalid_request", "refresh_token is missing")
	case !known:
		return nil, oauthErrorf("invalid_grant", "the refresh token is not known, or has expired")
	case rec.Client != t.Client.ID:
		return nil, oauthErrorf("invalid_grant", "the refresh token was issued to another client")
	case rec.JKT != "" && rec.JKT != t.Bound.JKT:
		return nil, oauthErrorf("invalid_grant",
			"the refresh token is bound to a DPoP key, and the proof has another key or is missing")
	case g.env.on(faultFamilyRevoked):
		g.store.revokeFamily(rec.Family)
		return nil, oauthErrorf("invalid_grant", "every token of this sign-in was revoked")
	case rec.Used:
		return nil, g.reused(rec)
	}
	f, ok := g.store.families.Get(rec.Family)
	if !ok || f.Revoked {
		return nil, oauthErrorf("invalid_grant", "the refresh token was revoked")
	}
	scopes, err := narrowScopes(rec.Scopes, t.Get("scope"))
	if err != nil {
		return nil, err
	}
	resource, err := g.env.chooseResource(f.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	next, err := g.rotate(t, token, rec)
	if err != nil {
		return nil, err
	}
	return g.tokens.issueTo(t, issuance{Family: rec.Family, Of: f, Scopes: scopes, Resource: resource, Refresh: next,
		IsRefresh: true})
}

// rotate marks a refresh token as used and issues its successor, with the whole scope (RFC 6749 6).
func (g *refreshGrant) rotate(t *tokenRequest, token string, rec refreshRecord) (string, *oauthError) {
	switch {
	case g.env.on(faultNotRotated):
		return token, nil
	case g.env.on(faultNoRefreshToken):
		return "", nil
	}
	reused := true // also if it is no longer stored
	g.store.refresh.Update(token, func(r *refreshRecord) { reused, r.Used = r.Used, true })
	if reused {
		return "", g.reused(rec)
	}
	return g.store.newRefresh(t, rec.Family, rec.Scopes), nil
}

func (g *refreshGrant) reused(rec refreshRecord) *oauthError {
	g.store.revokeFamily(rec.Family)
	return oauthErrorf("invalid_grant", "the refresh token was used before: every token of this sign-in is revoked")
}
