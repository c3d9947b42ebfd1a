package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// Refresh renews the tokens of Run.Current (RFC 6749 6). What it returns is the whole set after the refresh: what the
// answer does not repeat stays as it was.
var Refresh = Grant{
	ID:        "refresh_token",
	Name:      "Refresh",
	Summary:   "a refresh token gets a new access token; nobody signs in",
	Spec:      "RFC 6749 6",
	GrantType: "refresh_token",
	Hidden:    true,
	Inputs: withExtensions([]Input{
		{
			Name: "scope", Label: "Scope", Kind: List, Spec: "RFC 6749 6",
			Help: "A part of the scope that was granted, to get a token that may do less; empty keeps all of it.",
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
	answer, err := r.tokenRequest(ctx, form, Step{
		Title:   "Trade the refresh token for a new access token",
		Meaning: "The refresh token shows that the sign-in still holds, so nobody has to sign in again.",
		Spec:    "RFC 6749 6",
	}, old.RefreshToken)
	if err != nil {
		return tokens.Set{}, err
	}
	r.RefreshResponse = answer
	asked := form.Get("scope")
	if asked == "" {
		asked = old.Scope
	} else if answer.Scope == "" {
		answer.Scope = asked
	}
	checks := append(r.tokenChecks(old.Merge(answer)), checkScope(asked, answer))
	first := r.checkAll(append(checks, resourceChecks(form["resource"], answer)...)...)
	_ = r.checkAll(detailsChecks(form.Get("authorization_details"), answer)...) // never a MUST
	opened, err := r.decryptIDToken(answer.IDToken)
	if answer.IDToken = opened; err == nil {
		err = r.checkRefreshedIDToken(ctx, old, answer)
	}
	if first == nil {
		first = err
	}
	rotation := r.checkRotation(old, answer)
	if first != nil && r.Rotated() {
		rotation.Because = "the one before is spent, so the new one is kept although the rest of the answer is refused"
		if about := r.MismatchReason(); about != "" {
			rotation.Because = "the one before is spent, and the new one is not kept: " + about
		}
	}
	if err := r.Check(rotation); first == nil {
		first = err
	}
	if first != nil {
		return tokens.Set{}, first
	}
	return old.Merge(answer), nil
}

// Rotated reports whether Refresh got another refresh token: that of Current is spent, whatever is wrong with the rest
// of the answer.
func (r *Run) Rotated() bool { return isRotated(r.Current, r.RefreshResponse) }

// MismatchReason says why an answer that was refused may belong to another person, client or server, so that nothing of
// it must be kept; "" when no check says so. A later answer need not have an id_token by which that would be noticed.
func (r *Run) MismatchReason() string {
	for _, c := range r.Ledger.Violations() {
		switch c.ID {
		case tokens.CheckIssuer.ID, tokens.CheckAudience.ID, tokens.CheckAuthorizedParty.ID, tokens.CheckSubject.ID:
			return "by the check " + c.ID + " the answer may belong to another person, client or server"
		}
	}
	return ""
}

// checkRefreshedIDToken validates an id_token that came with a refresh, against the one before (OpenID Connect Core
// 12.2).
func (r *Run) checkRefreshedIDToken(ctx context.Context, old, answer tokens.Set) error {
	if answer.IDToken.IsZero() {
		return r.Check(tokens.CheckIDTokenPresent.Skip("a refresh need not bring a new id_token; the old one is kept"))
	}
	want := idExpectation{
		raw:         answer.IDToken.Reveal(),
		accessToken: answer.AccessToken,
		noNonce:     "a refreshed id_token should have none",
	}
	// The old one was checked when it came; that it is read again here proves nothing and needs no proof.
	if previous, err := decodeJWT(old.IDToken.Reveal()); err == nil {
		want.previous = previous
		want.nonce = previous.text("nonce")
	}
	if err := r.Check(tokens.CheckIDTokenPresent.Pass("", "an id_token")); err != nil {
		return err
	}
	return r.checkIDToken(ctx, want)
}

// isRotated reports whether an answer replaces the refresh token, which is spent then.
func isRotated(old, answer tokens.Set) bool {
	return !answer.RefreshToken.IsZero() && !answer.RefreshToken.Equal(old.RefreshToken)
}

// checkRotation says whether a stolen refresh token would be noticed: it is replaced at each use, or it is bound to a
// client that authenticates.
func (r *Run) checkRotation(old, answer tokens.Set) tokens.Check {
	kind := tokens.CheckRotation
	const expected = "a new refresh token, or one bound to the client"
	method, err := r.AuthMethodAt("token")
	switch {
	case isRotated(old, answer):
		return kind.Pass(expected, "a new one: "+answer.RefreshToken.Fingerprint())
	case !r.DPoPKey.IsZero():
		return kind.Pass(expected, "the same one, bound to the DPoP key of this session")
	case err == nil && method.ID != authNone.ID:
		return kind.Pass(expected, "the same one, bound to a client that authenticates with "+method.ID)
	}
	return kind.Fail(expected, "the same one, for a public client",
		"whoever steals it can use it for as long as it lives, unnoticed")
}
