package flows

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"fob/tokens"
)

// signIn is what a token response is validated against.
type signIn struct {
	request         url.Values    // the request that started the sign-in: scope, max_age, acr_values
	code            tokens.Secret // the authorization code; may be zero
	nonce           string
	noNonce         string // why no nonce was sent
	idTokenOptional string // why an id_token may be missing although openid was requested; "" when it must not
	// authReqID is that of a backchannel authentication; may be zero.
	authReqID tokens.Secret
	// resources are those of the token request; nil: those of request.
	resources []string
}

// checkSignIn checks a token response. All checks are recorded in the ledger; the error is the first violation.
func (r *Run) checkSignIn(ctx context.Context, set tokens.Set, s signIn) (tokens.Set, error) {
	first := r.checkAll(r.grantChecks(set, s)...)
	if !set.IDToken.IsZero() {
		decrypted, err := r.decryptIDToken(set.IDToken)
		set.IDToken = decrypted
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

// expectation returns what the decrypted id_token of a set is validated against.
func (r *Run) expectation(set tokens.Set, s signIn) idExpectation {
	want := idExpectation{
		raw: set.IDToken.Reveal(), accessToken: set.AccessToken, code: s.code, nonce: s.nonce, noNonce: s.noNonce,
		acr: tokens.SplitScope(s.request.Get("acr_values")), state: s.request.Get("state"), authReqID: s.authReqID,
		refresh: set.RefreshToken,
		subject: r.hintedSubject(s.request.Get("id_token_hint")),
	}
	want.addClaimsRequest(s.request.Get("claims"))
	if age, err := parseSeconds("max_age", s.request.Get("max_age")); err == nil {
		want.maxAge, want.hasMaxAge = min(age, 100*365*24*time.Hour), true
	}
	return want
}

// hintedSubject returns the sub of an id_token_hint; "" when it was issued by another issuer or to another client:
// clients of another sector have another sub for the same user (OpenID Connect Core 8.1).
func (r *Run) hintedSubject(hint string) string {
	t, err := decodeJWT(hint)
	if err != nil || !r.Provider.AcceptsIssuer(t.text("iss")) {
		return ""
	}
	if aud, _ := t.list("aud"); !slices.Contains(aud, r.Client.ID) {
		return ""
	}
	return t.text("sub")
}

// claimRequest is the request for an individual claim (OpenID Connect Core 5.5.1).
type claimRequest struct {
	Essential bool
	Value     string
	Values    []string
}

// addClaimsRequest adds what the claims parameter requires of the id_token (OpenID Connect Core 5.5): values of acr and
// sub, and an auth_time. An invalid parameter is ignored: the server must reject it.
func (want *idExpectation) addClaimsRequest(parameter string) {
	var requested struct {
		IDToken map[string]json.RawMessage `json:"id_token"`
	}
	if json.Unmarshal([]byte(parameter), &requested) != nil {
		return
	}
	request := func(name string) (c claimRequest) {
		_ = json.Unmarshal(requested.IDToken[name], &c)
		return c
	}
	if acr := request("acr"); len(want.acr) == 0 {
		if want.acr = acr.Values; acr.Value != "" {
			want.acr = []string{acr.Value}
		}
	}
	if sub := request("sub").Value; sub != "" {
		want.subject = sub
	}
	want.hasAuthTime = request("auth_time").Essential
}

// grantChecks checks what was granted against what was requested.
func (r *Run) grantChecks(set tokens.Set, s signIn) []tokens.Check {
	scope, resources := s.request.Get("scope"), s.resources
	if resources == nil {
		resources = s.request["resource"]
	}
	checks := append(r.tokenChecks(set), checkScope(scope, set))
	checks = append(checks, resourceChecks(resources, set)...)
	checks = append(checks, detailsChecks(s.request.Get("authorization_details"), set)...)
	if s.idTokenOptional != "" && set.IDToken.IsZero() {
		return append(checks, tokens.CheckIDTokenPresent.Skip(s.idTokenOptional))
	}
	return append(checks, checkIDTokenPresent(scope, set))
}

func checkIDTokenPresent(requestedScope string, set tokens.Set) tokens.Check {
	kind := tokens.CheckIDTokenPresent
	openid := slices.Contains(tokens.SplitScope(requestedScope), "openid")
	switch {
	case !set.IDToken.IsZero() && openid:
		return kind.Pass("an id_token", "an id_token")
	case !set.IDToken.IsZero():
		c := kind.Pass("", "an id_token")
		c.Because = "openid was not requested; the id_token is validated anyway"
		return c
	case !openid:
		return kind.Skip("openid was not requested")
	case set.Scope != "" && !slices.Contains(tokens.SplitScope(set.Scope), "openid"):
		return kind.Skip("openid was requested and not granted")
	}
	return kind.Fail("an id_token", "", "openid was requested and granted")
}
