package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// Refresh renews the tokens of Run.Current (RFC 6749 6). It returns the whole token set: members that the response
// lacks keep their values.
var Refresh = Grant{
	ID:        "refresh_token",
	Name:      "Refresh",
	Summary:   "a refresh token gets a new access token; no user signs in",
	Spec:      "RFC 6749 6",
	GrantType: "refresh_token",
	Hidden:    true,
	Inputs: withExtensions([]Input{
		{
			Name: "scope", Label: "Scope", Kind: List, Spec: "RFC 6749 6",
			Help: "A part of the granted scope, to get a token that may do less; empty keeps all of it.",
		},
		resourceInput,
	}, RichRequest),
	Run: runRefresh,
}

func runRefresh(ctx context.Context, r *Run) (tokens.Set, error) {
	old := r.Current
	if old.RefreshToken.IsZero() {
		return tokens.Set{}, &InputError{Input: "refresh_token",
			Expected: "a session that has one; ask for the scope offline_access when signing in"}
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken.Reveal()}}
	r.setInputs(form, "scope")
	r.setList(form, "resource")
	r.setJSON(form, "authorization_details")
	response, err := r.tokenRequest(ctx, form, Step{
		Title:   "Exchange the refresh token for a new access token",
		Meaning: "With a refresh token the user does not have to sign in again.",
		Spec:    "RFC 6749 6",
	}, old.RefreshToken)
	r.RefreshResponse = response
	if err != nil {
		return tokens.Set{}, err
	}
	requested := form.Get("scope")
	if requested == "" {
		requested = old.Scope
	} else if response.Scope == "" {
		response.Scope = requested
	}
	checks := append(r.tokenChecks(old.Merge(response)), checkScope(requested, response))
	first := r.checkAll(append(checks, resourceChecks(form["resource"], response)...)...)
	_ = r.checkAll(detailsChecks(form.Get("authorization_details"), response)...) // never a MUST
	decrypted, err := r.decryptIDToken(response.IDToken)
	if response.IDToken = decrypted; err == nil {
		err = r.checkRefreshedIDToken(ctx, old, response)
	}
	if first == nil {
		first = err
	}
	rotation := r.checkRotation(old, response)
	if first != nil && r.Rotated() {
		rotation.Because = "the previous one is used up, so the new one is stored although the rest of the response " +
			"is rejected"
		if reason := r.MismatchReason(); reason != "" {
			rotation.Because = "the previous one is used up, and the new one is not stored: " + reason
		}
	}
	if err := r.Check(rotation); first == nil {
		first = err
	}
	if first != nil {
		return tokens.Set{}, first
	}
	return old.Merge(response), nil
}

// Rotated reports whether Refresh got a new refresh token. That of Current is used up then, even when the rest of the
// response is invalid.
func (r *Run) Rotated() bool { return isRotated(r.Current, r.RefreshResponse) }

// MismatchReason returns why a rejected response may belong to another user, client or server, so that nothing of it
// may be stored; "" when no check says so. A later response need not have an id_token to notice it by.
func (r *Run) MismatchReason() string {
	for _, c := range r.Ledger.Violations() {
		switch c.ID {
		case tokens.CheckIssuer, tokens.CheckAudience, tokens.CheckAuthorizedParty, tokens.CheckSubject:
			return "by the check " + string(c.ID) + " the response may belong to another user, client or server"
		}
	}
	return ""
}

// checkRefreshedIDToken validates the id_token of a refresh response against the previous one (OpenID Connect Core
// 12.2).
func (r *Run) checkRefreshedIDToken(ctx context.Context, old, response tokens.Set) error {
	if response.IDToken.IsZero() {
		return r.Check(tokens.CheckIDTokenPresent.Skip("a refresh need not return a new id_token; the old one is kept"))
	}
	want := idExpectation{
		raw:         response.IDToken.Reveal(),
		accessToken: response.AccessToken,
		noNonce:     "a refreshed id_token should have no nonce",
	}
	// The old one was validated when it was received; here it is only compared with.
	if previous, err := decodeJWT(old.IDToken.Reveal()); err == nil {
		want.previous = previous
		want.nonce = previous.text("nonce")
	}
	if err := r.Check(tokens.CheckIDTokenPresent.Pass("", "an id_token")); err != nil {
		return err
	}
	return r.checkIDToken(ctx, want)
}

// isRotated reports whether a response replaces the refresh token, which is used up then.
func isRotated(old, response tokens.Set) bool {
	return !response.RefreshToken.IsZero() && !response.RefreshToken.Equal(old.RefreshToken)
}

// checkRotation checks that the refresh token is rotated, or bound to a client that authenticates (RFC 9700 4.14.2).
func (r *Run) checkRotation(old, response tokens.Set) tokens.Check {
	kind := tokens.CheckRotation
	const expected = "a new refresh token, or one bound to the client"
	method, err := r.AuthMethodAt("token")
	switch {
	case isRotated(old, response):
		return kind.Pass(expected, "a new one: "+response.RefreshToken.Fingerprint())
	case !r.DPoPKey.IsZero():
		return kind.Pass(expected, "the same one, bound to the DPoP key of this session")
	case err == nil && method.ID != authNone.ID:
		return kind.Pass(expected, "the same one, bound to a client that authenticates with "+method.ID)
	}
	return kind.Fail(expected, "the same one, for a public client",
		"a thief can use it until it expires, unnoticed")
}
