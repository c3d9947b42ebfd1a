package demo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
)

func contains(list []string, one string) bool { return slices.Contains(list, one) }

// redeemCode is the authorization code grant (RFC 6749 4.1.3, RFC 7636 4.6).
func (s *Server) redeemCode(t *tokenRequest) (*tokenResponse, *oauthError) {
	rec, known := s.store.codes.Get(t.Get("code"))
	switch {
	case !t.Has("code"):
		return nil, oauthErrorf("invalid_request", "code is missing")
	case !known:
		return nil, oauthErrorf("invalid_grant", "the code is not known: it was never issued, or long ago")
	case rec.Request.Client.ID != t.Client.ID:
		return nil, oauthErrorf("invalid_grant", "the code was issued to another client")
	case rec.Used:
		return nil, s.codeReused(rec)
	case !s.now().Before(rec.Expires):
		return nil, oauthErrorf("invalid_grant", "the code has expired; it is good for %s", codeLifetime)
	case t.Get("redirect_uri") != rec.Request.RedirectURI:
		return nil, oauthErrorf("invalid_grant", "redirect_uri is not the one of the authorization request")
	}
	if err := checkVerifier(rec.Request.CodeChallenge, t.Get("code_verifier")); err != nil {
		return nil, err
	}
	resource, err := s.chooseResource(rec.Request.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	// Two requests may have come this far with the same code: the first to mark it wins, the other ends both.
	var reused bool
	s.store.codes.Update(t.Get("code"), func(c *codeRecord) { reused, c.Used = c.Used, true })
	if reused {
		return nil, s.codeReused(rec)
	}
	f, ok := s.store.families.Get(rec.Family)
	if !ok || f.Revoked {
		return nil, oauthErrorf("invalid_grant", "the sign-in that the code belongs to has ended")
	}
	return s.issue(issuance{Client: t.Client, Family: rec.Family, Of: f, Scopes: f.Scopes, Resource: resource, Nonce: rec.Request.Nonce,
		Refresh: s.newRefresh(t.Client, rec.Family, f.Scopes)})
}

// codeReused revokes what the code bought (RFC 6749 4.1.2).
func (s *Server) codeReused(rec codeRecord) *oauthError {
	s.revokeFamily(rec.Family)
	return oauthErrorf("invalid_grant", "the code was used before: the tokens that it bought are revoked")
}

// checkVerifier compares the verifier with the challenge, and refuses a verifier where no challenge was sent: somebody
// may have taken it away (RFC 9700 4.8.2).
func checkVerifier(challenge, verifier string) *oauthError {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return oauthErrorf("invalid_grant", "a code_verifier came, but the authorization request had no code_challenge")
	case verifier == "":
		return oauthErrorf("invalid_grant", "code_verifier is missing; the authorization request had a code_challenge")
	case len(verifier) < 43 || len(verifier) > 128:
		return oauthErrorf("invalid_grant", "code_verifier has %d characters; 43 to 128 are allowed (RFC 7636 4.1)", len(verifier))
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) != 1 {
		return oauthErrorf("invalid_grant", "code_verifier does not fit the code_challenge")
	}
	return nil
}

// clientCredentials is the grant of a client that speaks for itself (RFC 6749 4.4).
func (s *Server) clientCredentials(t *tokenRequest) (*tokenResponse, *oauthError) {
	if t.Client.Public() {
		return nil, oauthErrorf("unauthorized_client", "client credentials are for confidential clients (RFC 6749 4.4)")
	}
	scopes, err := grantScopes(t.Client, t.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	resource, err := s.chooseResource(nil, t.All("resource"))
	if err != nil {
		return nil, err
	}
	return s.issue(issuance{Client: t.Client, Scopes: scopes, Resource: resource})
}

// refreshRecord is what a refresh token stands for. It works once (RFC 9700 4.14.2).
type refreshRecord struct {
	Client string
	Family string
	Scopes []string
	Spent  bool
}

// newRefresh makes a refresh token; "" for a client that may not use one.
func (s *Server) newRefresh(c client, familyID string, scopes []string) string {
	if !c.MayUse(grantRefreshToken) {
		return ""
	}
	token := randomToken()
	s.store.refresh.Put(token, refreshRecord{Client: c.ID, Family: familyID, Scopes: scopes})
	return token
}

// refresh rotates: a refresh token that comes back a second time revokes everything of its family.
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
	case s.on(faultFamilyRevoked):
		s.revokeFamily(rec.Family)
		return nil, oauthErrorf("invalid_grant", "every token of this sign-in was revoked")
	case rec.Spent:
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
	next, err := s.rotate(t.Client, token, rec)
	if err != nil {
		return nil, err
	}
	return s.issue(issuance{Client: t.Client, Family: rec.Family, Of: f, Scopes: scopes, Resource: resource, Refresh: next, Again: true})
}

// rotate spends a refresh token and makes its successor, which keeps the whole scope (RFC 6749 6).
func (s *Server) rotate(c client, token string, rec refreshRecord) (string, *oauthError) {
	switch {
	case s.on(faultNotRotated):
		return token, nil
	case s.on(faultNoRefreshToken):
		return "", nil
	}
	reused := true // also when it is gone by now
	s.store.refresh.Update(token, func(r *refreshRecord) { reused, r.Spent = r.Spent, true })
	if reused {
		return "", s.refreshReused(rec)
	}
	return s.newRefresh(c, rec.Family, rec.Scopes), nil
}

func (s *Server) refreshReused(rec refreshRecord) *oauthError {
	s.revokeFamily(rec.Family)
	return oauthErrorf("invalid_grant", "the refresh token was used before: every token of this sign-in is revoked")
}
