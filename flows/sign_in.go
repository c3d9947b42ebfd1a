package flows

import (
	"context"
	"net/url"
	"slices"
	"time"

	"fob/tokens"
)

// signIn is what a token response of a grant with a person is held against.
type signIn struct {
	asked   url.Values    // the request that started it: scope, max_age, acr_values
	code    tokens.Secret // the authorization code; zero: there was none
	nonce   string
	noNonce string // why there is no nonce
	perhaps bool   // an id_token need not come, even where openid was asked for
}

// checkSignIn makes the checks of a token response after which a person is signed in. All are entered in the ledger; the
// error is the first violation.
func (r *Run) checkSignIn(ctx context.Context, set tokens.Set, s signIn) (tokens.Set, error) {
	first := r.checkAll(r.grantChecks(set, s)...)
	if !set.IDToken.IsZero() {
		opened, err := r.openIDToken(set.IDToken)
		set.IDToken = opened
		if err == nil {
			err = r.checkIDToken(ctx, r.expectation(set, s))
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return tokens.Set{}, first
	}
	return set, nil
}

// expectation is what the id_token of a set is held against, its own value opened already.
func (r *Run) expectation(set tokens.Set, s signIn) idExpectation {
	want := idExpectation{
		raw: set.IDToken.Reveal(), accessToken: set.AccessToken, code: s.code, nonce: s.nonce, noNonce: s.noNonce,
		acr: tokens.SplitScope(s.asked.Get("acr_values")),
	}
	if age, err := parseSeconds("max_age", s.asked.Get("max_age")); err == nil {
		want.maxAge, want.hasMaxAge = min(age, 100*365*24*time.Hour), true
	}
	return want
}

// grantChecks are the checks of what was granted.
func (r *Run) grantChecks(set tokens.Set, s signIn) []tokens.Check {
	scope := s.asked.Get("scope")
	checks := append(r.tokenChecks(set), checkScope(scope, set))
	checks = append(checks, detailsChecks(s.asked.Get("authorization_details"), set)...)
	if s.perhaps && set.IDToken.IsZero() {
		return append(checks, tokens.CheckIDTokenPresent.Skip("this grant need not bring one"))
	}
	return append(checks, checkIDTokenPresent(scope, set))
}

func checkIDTokenPresent(asked string, set tokens.Set) tokens.Check {
	kind := tokens.CheckIDTokenPresent
	openid := slices.Contains(tokens.SplitScope(asked), "openid")
	switch {
	case !set.IDToken.IsZero() && openid:
		return kind.Pass("an id_token", "an id_token")
	case !set.IDToken.IsZero():
		c := kind.Pass("", "an id_token")
		c.Because = "openid was not asked for; it is checked all the same"
		return c
	case !openid:
		return kind.Skip("openid was not asked for")
	case set.Scope != "" && !slices.Contains(tokens.SplitScope(set.Scope), "openid"):
		return kind.Skip("openid was asked for and not granted")
	}
	return kind.Fail("an id_token", "", "openid was asked for and granted")
}
