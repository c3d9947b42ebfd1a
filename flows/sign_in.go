package flows

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"fob/tokens"
)

// signIn is what a token response of a grant with a person is held against.
type signIn struct {
	request         url.Values    // the request that started it: scope, max_age, acr_values
	code            tokens.Secret // the authorization code; zero: there was none
	nonce           string
	noNonce         string // why there is no nonce
	idTokenOptional string // why an id_token need not come, even where openid was asked for; "" when it must
	// authReqID is of a backchannel authentication; zero: there was none.
	authReqID tokens.Secret
	// resources are those of the token request, where it was another request than asked.
	resources []string
}

// checkSignIn makes the checks of a token response after which a person is signed in. All are entered in the ledger;
// the error is the first violation.
func (r *Run) checkSignIn(ctx context.Context, set tokens.Set, s signIn) (tokens.Set, error) {
	first := r.checkAll(r.grantChecks(set, s)...)
	if !set.IDToken.IsZero() {
		opened, err := r.decryptIDToken(set.IDToken)
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

// hintedSubject is whom an id_token_hint is about, in the words of its issuer to this client: a client of another
// sector may know the same person by another sub (OpenID Connect Core 8.1). "" when the hint says nothing that can be
// compared.
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

// claimRequest asks for one claim (OpenID Connect Core 5.5.1).
type claimRequest struct {
	Essential bool
	Value     string
	Values    []string
}

// addClaimsRequest adds what the claims parameter asks of the id_token (OpenID Connect Core 5.5): a value of acr or of
// sub, and that there is an auth_time. What cannot be read here is for the server to refuse.
func (want *idExpectation) addClaimsRequest(parameter string) {
	var asked struct {
		IDToken map[string]json.RawMessage `json:"id_token"`
	}
	if json.Unmarshal([]byte(parameter), &asked) != nil {
		return
	}
	request := func(name string) (c claimRequest) {
		_ = json.Unmarshal(asked.IDToken[name], &c)
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

// grantChecks are the checks of what was granted.
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
