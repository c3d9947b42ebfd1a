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
func (s *Server) newRefresh(t *tokenRequest, familyID string, scopes []string) string {
	if !t.Client.MayUse(grantRefreshToken) {
		return ""
	}
	rec := refreshRecord{Client: t.Client.ID, Family: familyID, Scopes: scopes,
		Expires: s.reportedTime().Add(refreshLifetime)}
	if t.Client.Public() {
		rec.JKT = t.Bound.JKT
	}
	token := randomToken()
	s.store.refresh.Put(token, rec)
	return token
}

// refresh rotates the refresh token: reuse of one revokes its whole family.
func (s *Server) refresh(t *tokenRequest) (*tokenResponse, *oauthError) {
	token := t.Get("refresh_token")
	rec, known := s.store.refresh.Get(token)
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
	case s.on(faultFamilyRevoked):
		s.revokeFamily(rec.Family)
		return nil, oauthErrorf("invalid_grant", "every token of this sign-in was revoked")
	case rec.Used:
		return nil, s.refreshReused(rec)
	}
	f, ok := s.store.families.Get(rec.Family)
	if !ok || f.Revoked {
		return nil, oauthErrorf("invalid_grant", "the refresh token was revoked")
	}
	scopes, err := narrowScopes(rec.Scopes, t.Get("scope"))
	if err != nil {
		return nil, err
	}
	resource, err := s.chooseResource(f.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	next, err := s.rotate(t, token, rec)
	if err != nil {
		return nil, err
	}
	return s.issueTo(t, issuance{Family: rec.Family, Of: f, Scopes: scopes, Resource: resource, Refresh: next,
		IsRefresh: true})
}

// rotate marks a refresh token as used and issues its successor, with the whole scope (RFC 6749 6).
func (s *Server) rotate(t *tokenRequest, token string, rec refreshRecord) (string, *oauthError) {
	switch {
	case s.on(faultNotRotated):
		return token, nil
	case s.on(faultNoRefreshToken):
		return "", nil
	}
	reused := true // also if it is no longer stored
	s.store.refresh.Update(token, func(r *refreshRecord) { reused, r.Used = r.Used, true })
	if reused {
		return "", s.refreshReused(rec)
	}
	return s.newRefresh(t, rec.Family, rec.Scopes), nil
}

func (s *Server) refreshReused(rec refreshRecord) *oauthError {
	s.revokeFamily(rec.Family)
	return oauthErrorf("invalid_grant", "the refresh token was used before: every token of this sign-in is revoked")
}
