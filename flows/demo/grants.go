package demo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"time"
)

// codeRecord is the state of a code. It can be used once (RFC 6749 4.1.2).
type codeRecord struct {
	Request *authRequest
	Family  string
	Expires time.Time
	Used    bool
}

// codeGrant redeems authorization codes.
type codeGrant struct {
	env    *environment
	codes  *table[codeRecord]
	store  *tokenStore
	tokens *tokenIssuer
}

// redeem is the authorization code grant (RFC 6749 4.1.3, RFC 7636 4.6).
func (g *codeGrant) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	rec, known := g.codes.Get(t.Get("code"))
	switch {
	case !t.Has("code"):
		return nil, oauthErrorf("invalid_request", "code is missing")
	case !known:
		return nil, oauthErrorf("invalid_grant", "the code is not known: it was never issued, or long ago")
	case rec.Request.Client.ID != t.Client.ID:
		return nil, oauthErrorf("invalid_grant", "the code was issued to another client")
	case rec.Used:
		return nil, g.reused(rec)
	case g.env.expired(rec.Expires):
		return nil, oauthErrorf("invalid_grant", "the code has expired; it is valid for %s", codeLifetime)
	case t.Get("redirect_uri") != rec.Request.RedirectURI:
		return nil, oauthErrorf("invalid_grant", "redirect_uri is not the one of the authorization request")
	}
	if jkt := rec.Request.DPoPJKT; jkt != "" && jkt != t.Bound.JKT {
		return nil, oauthErrorf("invalid_grant",
			"the code is bound to a DPoP key (dpop_jkt), and the proof has another key or is missing")
	}
	if err := checkVerifier(rec.Request.CodeChallenge, rec.Request.PlainPKCE, t.Get("code_verifier")); err != nil {
		return nil, err
	}
	resource, err := g.env.chooseResource(rec.Request.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	// Two requests may get here with the same code: the first to mark it wins, the other revokes the tokens of both.
	var reused bool
	g.codes.Update(t.Get("code"), func(c *codeRecord) { reused, c.Used = c.Used, true })
	if reused {
		return nil, g.reused(rec)
	}
	f, ok := g.store.families.Get(rec.Family)
	if !ok || f.Revoked {
		return nil, oauthErrorf("invalid_grant", "the sign-in that the code belongs to has ended")
	}
	return g.tokens.issueTo(t, issuance{Family: rec.Family, Of: f, Scopes: f.Scopes, Resource: resource,
		Nonce:   rec.Request.Nonce,
		Refresh: g.store.newRefresh(t, rec.Family, f.Scopes)})
}

// reused revokes the tokens that were issued for the code (RFC 6749 4.1.2).
func (g *codeGrant) reused(rec codeRecord) *oauthError {
	g.store.revokeFamily(rec.Family)
	return oauthErrorf("invalid_grant", "the code was used before: the tokens issued for it are revoked")
}

// checkVerifier compares the verifier with the challenge, and rejects a verifier without a challenge: an attacker may
// have removed it (RFC 9700 4.8.2).
func checkVerifier(challenge string, plain bool, verifier string) *oauthError {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return oauthErrorf("invalid_grant", "a code_verifier came, but the authorization request had no code_challenge")
	case verifier == "":
		return oauthErrorf("invalid_grant", "code_verifier is missing; the authorization request had a code_challenge")
	case len(verifier) < 43 || len(verifier) > 128:
		return oauthErrorf("invalid_grant", "code_verifier has %d characters; 43 to 128 are allowed (RFC 7636 4.1)",
			len(verifier))
	}
	if plain {
		if subtle.ConstantTimeCompare([]byte(verifier), []byte(challenge)) != 1 {
			return oauthErrorf("invalid_grant", "code_verifier is not the code_challenge, as the method plain requires")
		}
		return nil
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) != 1 {
		return oauthErrorf("invalid_grant", "code_verifier does not match the code_challenge")
	}
	return nil
}

// refreshGrant redeems refresh tokens.
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

// directGrants are the grants that begin at the token endpoint.
type directGrants struct {
	env        *environment
	keys       *keyring
	assertions *assertionChecker
	tokens     *tokenIssuer
}

// clientCredentials is the grant of a client that acts for itself (RFC 6749 4.4).
func (g *directGrants) clientCredentials(t *tokenRequest) (*tokenResponse, *oauthError) {
	if t.Client.Public() {
		return nil, oauthErrorf("unauthorized_client", "client credentials are for confidential clients (RFC 6749 4.4)")
	}
	scopes, err := grantScopes(t.Client, t.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	resource, err := g.env.chooseResource(nil, t.All("resource"))
	if err != nil {
		return nil, err
	}
	return g.tokens.issueTo(t, issuance{Scopes: scopes, Resource: resource})
}

// password is the resource owner password credentials grant (RFC 6749 4.3). It is deprecated (RFC 9700 2.4): the
// client sees the password, and an account that needs a second factor cannot use it.
func (g *directGrants) password(t *tokenRequest) (*tokenResponse, *oauthError) {
	u, known := findUser(t.Get("username"))
	right := checkPassword(t.Get("password"))
	switch {
	case !t.Has("username") || !t.Has("password"):
		return nil, oauthErrorf("invalid_request", "username or password is missing")
	case !known || !right:
		return nil, oauthErrorf("invalid_grant", "the user name or the password is wrong")
	case u.NeedsBrowser:
		return nil, oauthErrorf("interaction_required",
			"%s has to sign in with a browser: the account needs more than a password", u.Name)
	}
	return g.tokens.issueForUser(t, u.Name)
}

// jwtBearer is the grant of a JWT assertion about a user (RFC 7523 2.1). A registered client signs it, with a
// registered key or with its secret; or it is an id_token of this server.
func (g *directGrants) jwtBearer(t *tokenRequest) (*tokenResponse, *oauthError) {
	assertion := t.Get("assertion")
	if assertion == "" {
		return nil, oauthErrorf("invalid_request", "assertion is missing")
	}
	claims := decodeClaims(assertion)
	iss, _ := claims["iss"].(string)
	var why string
	if iss == g.env.issuer {
		claims, why = g.keys.ownJWT(assertion)
		if why == "" && !slices.Contains(stringList(claims["aud"]), t.Client.ID) {
			why = "the id_token was issued to another client"
		}
		if why == "" {
			why = g.assertions.checkTimes(claims)
		}
	} else {
		why = g.assertions.check(assertion, claims, iss, g.env.issuer, g.env.issuer+"/token")
	}
	if why != "" {
		return nil, oauthErrorf("invalid_grant", "the assertion is invalid: %s", why)
	}
	sub, _ := claims["sub"].(string)
	u, known := findUser(sub)
	if !known {
		return nil, oauthErrorf("invalid_grant", "the assertion is about %q, who is not known here", sub)
	}
	return g.tokens.issueForUser(t, u.Name)
}

// saml2Bearer is the grant of a SAML 2.0 assertion about a user (RFC 7522 2.1).
func (g *directGrants) saml2Bearer(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("assertion") {
		return nil, oauthErrorf("invalid_request", "assertion is missing")
	}
	a, why := readSAML(g.env.issuer, g.env.now(), t.Get("assertion"))
	if why != "" {
		return nil, oauthErrorf("invalid_grant", "the assertion is invalid: %s", why)
	}
	u, known := findUser(a.Subject.NameID)
	if !known {
		return nil, oauthErrorf("invalid_grant", "the assertion is about %q, who is not known here", a.Subject.NameID)
	}
	response, err := g.tokens.issueForUser(t, u.Name)
	if response != nil {
		response.Note = samlNote
	}
	return response, err
}
