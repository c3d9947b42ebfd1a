package flows

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

const frontAccess = "canary-front-access-token-0123456789abcdef"

// answerWith makes the server return the parameters of a response type. edit changes the claims of the id_token.
func (f *fakeServer) answerWith(edit func(claims map[string]any)) {
	f.editCallback = func(back url.Values) {
		asked := strings.Fields(f.asked.Get("response_type"))
		has := func(word string) bool {
			for _, w := range asked {
				if w == word {
					return true
				}
			}
			return false
		}
		claims := map[string]any{
			"iss": f.metadata.Issuer, "aud": "client", "sub": "alice", "iat": f.now.Unix(),
			"exp": f.now.Add(5 * time.Minute).Unix(), "nonce": f.asked.Get("nonce"),
		}
		half := func(name, value string) {
			claims[name], _ = jose.HalfHash("ES256", value)
		}
		if has("code") {
			half("c_hash", canaryCode)
		} else {
			back.Del("code")
		}
		if has("token") {
			back.Set("access_token", frontAccess)
			back.Set("token_type", "Bearer")
			back.Set("expires_in", "120")
			half("at_hash", frontAccess)
		}
		half("s_hash", f.asked.Get("state"))
		if edit != nil {
			edit(claims)
		}
		if has("id_token") {
			back.Set("id_token", f.sign(claims))
		}
	}
}

func TestEveryResponseTypeOfOpenIDConnect(t *testing.T) {
	for _, c := range []struct {
		grant        Grant
		responseType string
		access       string // the access token that comes out
		unwise       string
	}{
		{Implicit, "id_token", "", ""},
		{Implicit, "id_token token", frontAccess, "front_channel warning"},
		{Implicit, "token", frontAccess, "front_channel warning"},
		{Hybrid, "code id_token", canaryAccess, ""},
		{Hybrid, "code token", canaryAccess, "front_channel warning"},
		{Hybrid, "code id_token token", canaryAccess, "front_channel warning"},
	} {
		t.Run(c.responseType, func(t *testing.T) {
			f := newFakeServer(t)
			f.answerWith(nil)
			set, r, _, _, err := f.signInBy(c.grant, Values{"response_type": c.responseType}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := failures(r.Ledger); got != c.unwise {
				t.Errorf("checks that did not pass: got %q, want %q", got, c.unwise)
			}
			if set.AccessToken.Reveal() != c.access {
				t.Errorf("access token: got %s, want that of %q", set.AccessToken, c.access)
			}
			if wantID := c.responseType != "token"; set.IDToken.IsZero() == wantID {
				t.Errorf("id_token: got %s", set.IDToken)
			}
			if f.asked.Get("response_type") != c.responseType || f.asked.Has("response_mode") ||
				f.asked.Get("nonce") == "" {
				t.Errorf("asked: got %v, want the response type in its own mode, with a nonce", f.asked)
			}
			if code := strings.Contains(c.responseType, "code"); f.asked.Has("code_challenge") != code {
				t.Errorf("PKCE: got %v, want it where there is a code", f.asked["code_challenge"])
			}
		})
	}
}

func TestExactlyTheBrokenFrontChannelCheckFails(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	for name, c := range map[string]struct {
		grant        Grant
		responseType string
		edit         func(map[string]any)
		back         func(map[string]any) // the claims of the token endpoint's id_token
		want         tokens.CheckKind
	}{
		"implicit, other nonce": {Implicit, "id_token", set("nonce", "another"), nil, tokens.CheckNonce},
		"implicit, no nonce": {Implicit, "id_token", func(c map[string]any) { delete(c, "nonce") }, nil,
			tokens.CheckNonce},
		"implicit, other audience": {Implicit, "id_token", set("aud", "other"), nil, tokens.CheckAudience},
		"implicit, expired": {Implicit, "id_token", set("exp", start.Add(-time.Hour).Unix()), nil,
			tokens.CheckExpiry},
		"implicit, other token": {Implicit, "id_token token", set("at_hash", "AAAA"), nil, tokens.CheckAtHash},
		"implicit, no at_hash": {Implicit, "id_token token", func(c map[string]any) { delete(c, "at_hash") }, nil,
			tokens.CheckAtHash},
		"hybrid, other code": {Hybrid, "code id_token", set("c_hash", "AAAA"), nil, tokens.CheckCHash},
		"hybrid, no c_hash": {Hybrid, "code id_token", func(c map[string]any) { delete(c, "c_hash") }, nil,
			tokens.CheckCHash},
		"hybrid, no at_hash": {Hybrid, "code id_token token", func(c map[string]any) { delete(c, "at_hash") },
			nil, tokens.CheckAtHash},
		"hybrid, other state": {Hybrid, "code id_token", set("s_hash", "AAAA"), nil, tokens.CheckSHash},
		"hybrid, two people":  {Hybrid, "code id_token", nil, set("sub", "mallory"), tokens.CheckBothChannels},
		"hybrid, other person first": {Hybrid, "code id_token token", set("sub", "mallory"), nil,
			tokens.CheckBothChannels},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.answerWith(c.edit)
			f.editClaims = c.back
			set, r, _, _, err := f.signInBy(c.grant, Values{"response_type": c.responseType}, nil)
			var failed *tokens.CheckError
			if !errors.As(err, &failed) || failed.Check.ID != c.want {
				t.Errorf("got %v, want the check %s", err, c.want)
			}
			got := strings.TrimSuffix(strings.TrimPrefix(failures(r.Ledger), "front_channel warning, "),
				", front_channel warning")
			if got != string(c.want)+" failed" {
				t.Errorf("checks that did not pass: got %q, want only %s", got, c.want)
			}
			if len(set.Kinds()) != 0 {
				t.Errorf("got tokens %v of a run that failed", set.Kinds())
			}
			if c.want != tokens.CheckBothChannels && len(f.forms) != 0 {
				t.Error("the code was sent although the front channel's checks failed")
			}
		})
	}
}

func TestAnIDTokenInTheResponseReplacesIss(t *testing.T) {
	for name, c := range map[string]struct {
		responseType string
		iss          string // "" leaves it out
		want         tokens.Outcome
	}{
		"none, and an id_token":       {"code id_token", "", tokens.Skipped},
		"none, and no id_token":       {"code token", "", tokens.Failed},
		"one, and an id_token":        {"code id_token", "https://as.example", tokens.Passed},
		"another one and an id_token": {"code id_token", "https://evil.example", tokens.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.answerWith(nil)
			honest := f.editCallback
			f.editCallback = func(back url.Values) {
				honest(back)
				if back.Set("iss", c.iss); c.iss == "" {
					back.Del("iss")
				}
			}
			_, r, _, _, err := f.signInBy(Hybrid, Values{"response_type": c.responseType}, nil)
			if got := outcomeOf(r.Ledger, tokens.CheckCallbackIssuer); got != c.want ||
				(err != nil) != (c.want == tokens.Failed) {
				t.Errorf("got %q and %v, want %s", got, err, c.want)
			}
		})
	}
}

// The response type none requests only the user's consent: other parameters of the response are ignored.
func TestTheResponseTypeNoneReturnsNothing(t *testing.T) {
	for name, more := range map[string]url.Values{"as it should be": {},
		"with a token all the same": {"access_token": {frontAccess}, "token_type": {"Bearer"}, "code": {canaryCode}}} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.editCallback = func(back url.Values) {
				back.Del("code")
				for name := range more {
					back.Set(name, more.Get(name))
				}
			}
			set, r, _, _, err := f.signInBy(Implicit, Values{"response_type": "none", "response_mode": "query"}, nil)
			if err != nil || failures(r.Ledger) != "" {
				t.Fatalf("got %v with %q, want a run whose checks pass", err, failures(r.Ledger))
			}
			if !set.AccessToken.IsZero() || !set.IDToken.IsZero() || len(f.forms) > 0 {
				t.Errorf("got %s and %s, want no token, and none asked for", set.AccessToken, set.IDToken)
			}
			if f.asked.Get("response_type") != "none" || f.asked.Has("response_mode") || f.asked.Has("nonce") ||
				f.asked.Has("code_challenge") {
				t.Errorf("asked: got %v, want the response type in its own mode, and nothing for tokens", f.asked)
			}
			if outcomeOf(r.Ledger, tokens.CheckState) != tokens.Passed ||
				outcomeOf(r.Ledger, tokens.CheckScope) != tokens.Skipped {
				t.Errorf("the ledger: got %v", r.Ledger)
			}
		})
	}
}

func TestAMissingResponseParameterIsReported(t *testing.T) {
	for responseType, missing := range map[string]string{"id_token": "id_token", "id_token token": "access_token",
		"code id_token": "code"} {
		t.Run(responseType, func(t *testing.T) {
			f := newFakeServer(t)
			f.answerWith(nil)
			honest := f.editCallback
			f.editCallback = func(back url.Values) {
				honest(back)
				back.Del(missing)
			}
			g := Implicit
			if strings.Contains(responseType, "code") {
				g = Hybrid
			}
			_, _, _, _, err := f.signInBy(g, Values{"response_type": responseType}, nil)
			var bad *ResponseError
			if !errors.As(err, &bad) || !strings.Contains(bad.What, "no "+missing) {
				t.Errorf("got %v, want that there is no %s", err, missing)
			}
		})
	}
}

// signResponse makes the server use JARM; edit changes the claims, and key replaces its key.
func (f *fakeServer) signResponse(edit func(map[string]any), sign func(payload []byte) string) {
	f.editCallback = func(back url.Values) {
		claims := map[string]any{"iss": f.metadata.Issuer, "aud": "client", "exp": f.now.Add(time.Minute).Unix()}
		for name := range back {
			if name != "iss" {
				claims[name] = back.Get(name)
			}
		}
		if edit != nil {
			edit(claims)
		}
		clear(back)
		payload, _ := json.Marshal(claims)
		back.Set("response", sign(payload))
	}
}

func (f *fakeServer) signPayload(payload []byte) string {
	token, err := jose.Sign(payload, nil, f.key)
	if err != nil {
		f.t.Error(err)
	}
	return token
}

func TestASignedResponseIsRequestedInItsMode(t *testing.T) {
	for _, c := range []struct {
		grant      Grant
		mode, jarm string
		want       string
	}{
		{AuthorizationCode, "query", "true", "jwt"},
		{AuthorizationCode, "form_post", "true", "form_post.jwt"},
		{AuthorizationCode, "fragment", "true", "fragment.jwt"},
		{AuthorizationCode, "query.jwt", "", "query.jwt"},
		{AuthorizationCode, "jwt", "true", "jwt"},
		{AuthorizationCode, "form_post", "", "form_post"},
		{AuthorizationCode, "query", "false", ""},
		{Hybrid, "fragment", "true", "jwt"},
		{Hybrid, "form_post", "true", "form_post.jwt"},
	} {
		f := newFakeServer(t)
		r, _ := f.run(Values{"scope": "openid", "response_mode": c.mode, "jarm": c.jarm})
		responseType := "code"
		if c.grant.ID == Hybrid.ID {
			responseType = "code id_token"
		}
		a, err := r.newAuthorizationRequest("http://127.0.0.1/", responseType)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.params.Get("response_mode"); got != c.want || a.wantsSigned != strings.Contains(c.want, "jwt") {
			t.Errorf("%s, mode %s, jarm %q: got %q, signed %t; want %q", c.grant.ID, c.mode, c.jarm, got, a.wantsSigned,
				c.want)
		}
	}
}

func TestASignedResponseIsAcceptedWhenItsChecksPass(t *testing.T) {
	secret, err := jose.Generate("RSA-OAEP-256", "client-enc")
	if err != nil {
		t.Fatal(err)
	}
	for name, encrypt := range map[string]bool{"signed": false, "signed and encrypted": true} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.signResponse(nil, func(payload []byte) string {
				token := f.signPayload(payload)
				if encrypt {
					if token, err = jose.Encrypt([]byte(token), jose.Header{"cty": "JWT"}, secret); err != nil {
						t.Error(err)
					}
				}
				return token
			})
			set, r, _, _, err := f.signIn(Values{"jarm": "true"}, withKeys(secret))
			if err != nil {
				t.Fatal(err)
			}
			if got := failures(r.Ledger); got != "" || set.AccessToken.IsZero() {
				t.Errorf("checks that did not pass: got %q, want none", got)
			}
			for _, kind := range []tokens.CheckKind{tokens.CheckJARMSignature, tokens.CheckJARMIssuer,
				tokens.CheckJARMAudience, tokens.CheckJARMExpiry, tokens.CheckState} {
				if got := outcomeOf(r.Ledger, kind); got != tokens.Passed {
					t.Errorf("%s: got %q, want passed", kind, got)
				}
			}
			if got := outcomeOf(r.Ledger, tokens.CheckCallbackIssuer); got != tokens.Skipped {
				t.Errorf("callback.iss: got %q, want skipped, since the JWT names its issuer", got)
			}
		})
	}
}

func TestExactlyTheBrokenSignedResponseCheckFails(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	other, err := jose.Generate("ES256", "k1")
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := jose.Generate("ES256", "k9")
	if err != nil {
		t.Fatal(err)
	}
	by := func(key jose.Key) func([]byte) string {
		return func(payload []byte) string { s, _ := jose.Sign(payload, nil, key); return s }
	}
	for name, c := range map[string]struct {
		edit func(map[string]any)
		sign func([]byte) string
		want tokens.CheckKind
	}{
		"signed by another key":     {nil, by(other), tokens.CheckJARMSignature},
		"signed by an unknown key":  {nil, by(unknown), tokens.CheckJARMSignature},
		"not signed":                {nil, unsigned, tokens.CheckJARMSignature},
		"from another issuer":       {set("iss", "https://evil.example"), nil, tokens.CheckJARMIssuer},
		"without iss":               {func(c map[string]any) { delete(c, "iss") }, nil, tokens.CheckJARMIssuer},
		"for another client":        {set("aud", "other"), nil, tokens.CheckJARMAudience},
		"expired":                   {set("exp", start.Add(-time.Hour).Unix()), nil, tokens.CheckJARMExpiry},
		"without an end":            {func(c map[string]any) { delete(c, "exp") }, nil, tokens.CheckJARMExpiry},
		"encrypted for another key": {nil, func([]byte) string { return "a.b.c.d.e" }, tokens.CheckJARMSignature},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			if c.sign == nil {
				c.sign = f.signPayload
			}
			f.signResponse(c.edit, c.sign)
			_, r, _, _, err := f.signIn(Values{"jarm": "true"}, nil)
			var failed *tokens.CheckError
			if !errors.As(err, &failed) || failed.Check.ID != c.want {
				t.Errorf("got %v, want the check %s", err, c.want)
			}
			if got := failures(r.Ledger); got != string(c.want)+" failed" {
				t.Errorf("checks that did not pass: got %q, want only %s", got, c.want)
			}
			if len(f.forms) != 0 {
				t.Error("the code was sent all the same")
			}
		})
	}
}

func TestAPlainResponseIsRejectedWhereASignedOneIsRequired(t *testing.T) {
	f := newFakeServer(t)
	_, r, _, _, err := f.signIn(Values{"jarm": "true"}, nil)
	if err == nil || failures(r.Ledger) != "jarm.signature failed" {
		t.Errorf("got %v with %q, want jarm.signature to fail", err, failures(r.Ledger))
	}
}

func TestAnErrorIsReportedWhetherItIsSignedOrNot(t *testing.T) {
	for name, signed := range map[string]bool{"plain": false, "signed": true} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			deny := func(back url.Values) {
				back.Del("code")
				back.Set("error", "access_denied")
			}
			f.editCallback = deny
			if signed {
				f.signResponse(func(c map[string]any) { delete(c, "code"); c["error"] = "access_denied" },
					f.signPayload)
			}
			_, _, _, _, err := f.signIn(Values{"jarm": "true"}, nil)
			var refused *OAuthError
			if !errors.As(err, &refused) || refused.Code != "access_denied" {
				t.Errorf("got %v, want access_denied", err)
			}
		})
	}
}

// unsigned returns a JWT with alg none.
func unsigned(payload []byte) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(payload) + "."
}
