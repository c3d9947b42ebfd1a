package demo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

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
