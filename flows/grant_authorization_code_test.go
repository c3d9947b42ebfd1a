package flows

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestACorrectSignInPassesEveryCheck(t *testing.T) {
	f := newFakeServer(t)
	set, r, steps, page, err := f.signIn(Values{"scope": "openid api:read", "max_age": "60",
		"acr_values": "gold silver", "prompt": "login"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := set.AccessToken.Reveal(); got != canaryAccess {
		t.Errorf("access token: got %q, want %q", got, canaryAccess)
	}
	if got := failures(r.Ledger); got != "" {
		t.Errorf("checks that did not pass: got %s, want none", got)
	}
	for _, kind := range []tokens.CheckKind{
		tokens.CheckPKCEAdvertised, tokens.CheckPKCE, tokens.CheckState, tokens.CheckCallbackIssuer,
		tokens.CheckTokenType, tokens.CheckScope,
		tokens.CheckIDTokenPresent, tokens.CheckSignature, tokens.CheckAlg, tokens.CheckIssuer, tokens.CheckAudience,
		tokens.CheckExpiry,
		tokens.CheckIssuedAt, tokens.CheckNonce, tokens.CheckACR, tokens.CheckAuthTime, tokens.CheckAtHash,
	} {
		if got := outcomeOf(r.Ledger, kind); got != tokens.Passed {
			t.Errorf("%s: got %q, want %q", kind, got, tokens.Passed)
		}
	}
	for _, kind := range []tokens.CheckKind{tokens.CheckAuthorizedParty, tokens.CheckNotBefore, tokens.CheckCHash,
		tokens.CheckSubject} {
		if got := outcomeOf(r.Ledger, kind); got != tokens.Skipped {
			t.Errorf("%s: got %q, want %q", kind, got, tokens.Skipped)
		}
	}
	if !strings.Contains(page, "Signed in") {
		t.Errorf("the page after a good sign-in: got %q", page)
	}
	for i, s := range steps {
		if s.N != i+1 || s.Title == "" || s.Meaning == "" || s.From == "" || s.To == "" || s.Spec == "" {
			t.Errorf("step %d lacks something: %+v", i, s)
		}
	}
}

func TestTheAuthorizationRequestHasTheInputs(t *testing.T) {
	f := newFakeServer(t)
	_, _, _, _, err := f.signIn(Values{"login_hint": "alice", "ui_locales": "fr en",
		"resource": "https://a.example https://b.example"}, func(r *Run) {
		r.Params = Params{"authorization": {"p": {"other"}, "login_hint": {}, "claims": {"{}"}, "x": {"1", "2"}},
			"token": {"extra": {"yes"}, "redirect_uri": {}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "client", "scope": "openid", "code_challenge_method": "S256",
		"ui_locales": "fr en",
		"resource":   "https://a.example|https://b.example", "p": "other", "login_hint": "", "claims": "{}", "x": "1|2",
		"response_mode": "",
	} {
		if got := strings.Join(f.asked[name], "|"); got != want {
			t.Errorf("authorization parameter %s: got %q, want %q", name, got, want)
		}
	}
	sent := f.forms[0]
	for name, want := range map[string]string{
		"grant_type": "authorization_code", "code": canaryCode, "client_id": "client", "extra": "yes",
		"redirect_uri": "",
		"resource":     "https://a.example|https://b.example",
	} {
		if got := strings.Join(sent[name], "|"); got != want {
			t.Errorf("token parameter %s: got %q, want %q", name, got, want)
		}
	}
	if got := f.requests[0].Header.Get("Authorization"); got != "" {
		t.Errorf("Authorization of a public client: got %q, want none", got)
	}
}

func TestTheEndpointKeepsItsOwnQuery(t *testing.T) {
	tests := map[string]struct {
		endpoint string
		params   url.Values
		extra    map[string][]string
		want     string
	}{
		"kept": {"https://a.example/x?p=policy", url.Values{"a": {"b"}}, nil,
			"https://a.example/x?p=policy&a=b"},
		"as it was written": {"https://a.example/x?p=a%20b;c", url.Values{"a": {"b"}}, nil,
			"https://a.example/x?p=a%20b;c&a=b"},
		"replaced": {"https://a.example/x?p=policy&q=1", url.Values{"p": {"other"}}, nil,
			"https://a.example/x?q=1&p=other"},
		"dropped": {"https://a.example/x?p=policy", url.Values{}, map[string][]string{"p": nil},
			"https://a.example/x"},
		"fragment gone": {"https://a.example/x#f", url.Values{"a": {"b"}}, nil, "https://a.example/x?a=b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := addQuery(tt.endpoint, tt.params, tt.extra)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// In each run exactly one check does not pass.
func TestExactlyTheBrokenCheckFails(t *testing.T) {
	claim := func(name string, value any) func(*fakeServer) {
		return func(f *fakeServer) {
			f.editClaims = func(c map[string]any) {
				if value == nil {
					delete(c, name)
				} else {
					c[name] = value
				}
			}
		}
	}
	member := func(name string, value any) func(*fakeServer) {
		return func(f *fakeServer) {
			f.editTokens = func(m map[string]any) {
				if value == nil {
					delete(m, name)
				} else {
					m[name] = value
				}
			}
		}
	}
	callback := func(name string, values ...string) func(*fakeServer) {
		return func(f *fakeServer) { f.editCallback = func(v url.Values) { v[name] = values } }
	}
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	tests := map[string]struct {
		tamper func(*fakeServer)
		values Values
		want   tokens.CheckKind
	}{
		"callback from another server": {callback("iss", "https://evil.example"), nil,
			tokens.CheckCallbackIssuer},
		"callback without the announced iss": {callback("iss"), nil, tokens.CheckCallbackIssuer},
		"callback with two iss": {callback("iss", "https://as.example", "https://evil.example"), nil,
			tokens.CheckCallbackIssuer},
		"token type not understood": {member("token_type", "mac"), nil, tokens.CheckTokenType},
		"DPoP without a proof":      {member("token_type", "DPoP"), nil, tokens.CheckTokenType},
		"token type left out":       {member("token_type", nil), nil, tokens.CheckTokenType},
		"less scope than asked": {member("scope", "openid"), Values{"scope": "openid api:write"},
			tokens.CheckScope},
		"no id_token":         {member("id_token", nil), nil, tokens.CheckIDTokenPresent},
		"an invalid id_token": {member("id_token", "junk"), nil, tokens.CheckSignature},
		"encrypted id_token":  {member("id_token", "a.b.c.d.e"), nil, tokens.CheckDecryption},
		"signed by another key": {func(f *fakeServer) { other(f, "ES256", "k1") }, nil,
			tokens.CheckSignature},
		"signed by a key that is not there": {func(f *fakeServer) { other(f, "ES256", "k2") }, nil,
			tokens.CheckSignature},
		"algorithm not announced": {func(f *fakeServer) { f.metadata.IDTokenAlgs = []string{"RS256"} }, nil,
			tokens.CheckAlg},
		"unsigned":              {withoutSignature, nil, tokens.CheckAlg},
		"iss of another server": {claim("iss", "https://evil.example"), nil, tokens.CheckIssuer},
		"iss with a slash":      {claim("iss", "https://as.example/"), nil, tokens.CheckIssuer},
		"no iss":                {claim("iss", nil), nil, tokens.CheckIssuer},
		"aud of another client": {claim("aud", "other"), nil, tokens.CheckAudience},
		"no aud":                {claim("aud", nil), nil, tokens.CheckAudience},
		"aud of another type":   {claim("aud", 7), nil, tokens.CheckAudience},
		"azp of another client": {claim("azp", "other"), nil, tokens.CheckAuthorizedParty},
		"several audiences and no azp": {claim("aud", []string{"client", "other"}), nil,
			tokens.CheckAuthorizedParty},
		"expired":                             {claim("exp", at(-time.Minute)), nil, tokens.CheckExpiry},
		"expired within the skew":             {claim("exp", at(-time.Second)), nil, tokens.CheckExpiry},
		"no exp":                              {claim("exp", nil), nil, tokens.CheckExpiry},
		"exp as a string":                     {claim("exp", "1"), nil, tokens.CheckExpiry},
		"not valid yet":                       {claim("nbf", at(time.Minute)), nil, tokens.CheckNotBefore},
		"nbf that is no time":                 {claim("nbf", "soon"), nil, tokens.CheckNotBefore},
		"issued in the future":                {claim("iat", at(time.Minute)), nil, tokens.CheckIssuedAt},
		"no iat":                              {claim("iat", nil), nil, tokens.CheckIssuedAt},
		"nonce of another run":                {claim("nonce", "other"), nil, tokens.CheckNonce},
		"nonce missing although one was sent": {claim("nonce", nil), nil, tokens.CheckNonce},
		"acr that was not asked for":          {claim("acr", "bronze"), Values{"acr_values": "gold"}, tokens.CheckACR},
		"signed in too long ago": {claim("auth_time", at(-time.Hour)), Values{"max_age": "60"},
			tokens.CheckAuthTime},
		"auth_time missing":        {claim("auth_time", nil), Values{"max_age": "60"}, tokens.CheckAuthTime},
		"at_hash of another token": {claim("at_hash", "AAAA"), nil, tokens.CheckAtHash},
		"c_hash of another code":   {claim("c_hash", "AAAA"), nil, tokens.CheckCHash},
		"no sub":                   {claim("sub", nil), nil, tokens.CheckSubject},
		"PKCE not announced": {func(f *fakeServer) { f.metadata.PKCEMethods = nil }, nil,
			tokens.CheckPKCEAdvertised},
		"PKCE method not announced": {func(f *fakeServer) { f.metadata.PKCEMethods = []string{"plain"} }, nil,
			tokens.CheckPKCEAdvertised},
		"no PKCE": {func(*fakeServer) {}, Values{"pkce": "none"}, tokens.CheckPKCE},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			tt.tamper(f)
			set, r, _, page, err := f.signIn(tt.values, nil)
			outcome := outcomeOf(r.Ledger, tt.want)
			if got, want := failures(r.Ledger), string(tt.want)+" "+string(outcome); got != want {
				t.Errorf("checks that did not pass: got %q, want only %q", got, want)
			}
			var failed *tokens.CheckError
			if outcome == tokens.Failed {
				if !errors.As(err, &failed) || failed.Check.ID != tt.want {
					t.Fatalf("error: got %v, want the check %s", err, tt.want)
				}
				if len(set.Kinds()) != 0 {
					t.Errorf("tokens after a failed check: got %v, want none", set.Kinds())
				}
				if !strings.Contains(page, string(tt.want)) || strings.Contains(page, "Signed in") {
					t.Errorf("page after a failed check: got %q, want one that names %s", page, tt.want)
				}
			} else if err != nil {
				t.Errorf("a warning must not end the run: got %v", err)
			}
		})
	}
}

// withoutSignature makes id_tokens with alg none.
func withoutSignature(f *fakeServer) {
	f.editTokens = func(m map[string]any) {
		parts := strings.Split(f.idToken(), ".")
		m["id_token"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	}
}

// other signs id_tokens with another key than the published one.
func other(f *fakeServer, alg, kid string) {
	f.editTokens = func(m map[string]any) {
		key, err := jose.Generate(alg, kid)
		if err != nil {
			f.t.Error(err)
		}
		mine := f.key
		f.key = key
		m["id_token"] = f.idToken()
		f.key = mine
	}
}

func TestAWrongPastedStateFailsTheStateCheck(t *testing.T) {
	f := newFakeServer(t)
	r, _ := f.run(AuthorizationCode.Defaults())
	paste := make(chan string, 1)
	paste <- "http://127.0.0.1/callback?code=" + canaryCode + "&state=wrong&iss=https%3A%2F%2Fas.example"
	r.Paste = paste
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := AuthorizationCode.Run(ctx, r)
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckState || failed.Check.Received != "wrong" {
		t.Fatalf("got %v, want the check state with what was received", err)
	}
	if len(f.requests) != 0 {
		t.Errorf("requests after a wrong state: got %d, want 0", len(f.requests))
	}
}

func TestThePromptReportsWhetherTheBrowserOpened(t *testing.T) {
	f := newFakeServer(t)
	r, steps := f.run(AuthorizationCode.Defaults())
	r.Browser = func(context.Context, string) error { return errors.New("no browser\x1b[31m here") }
	ctx, cancel := context.WithCancel(context.Background())
	r.Observe = func(s Step) {
		*steps = append(*steps, s)
		if s.Prompt != nil {
			cancel()
		}
	}
	_, err := AuthorizationCode.Run(ctx, r)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error: got %v, want %v", err, context.Canceled)
	}
	p := (*steps)[len(*steps)-1].Prompt
	if p == nil {
		t.Fatal("got no prompt as the last step")
	}
	if p.Opened || p.OpenErr != "no browser␛[31m here" || p.CanPaste {
		t.Errorf("prompt: got %+v", p)
	}
	if !strings.HasPrefix(p.URL, "https://as.example/authorize?p=policy&") {
		t.Errorf("URL: got %s", p.URL)
	}
}

func TestAnErrorInTheCallbackKeepsAllItsMembers(t *testing.T) {
	f := newFakeServer(t)
	f.editCallback = func(v url.Values) {
		v.Del("code")
		v.Set("error", "login_required")
		v.Set("error_description", "no user is \x1b[31msigned in")
		v.Set("error_uri", "https://as.example/help")
	}
	_, _, _, page, err := f.signIn(Values{"prompt": "none"}, nil)
	var refused *OAuthError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an *OAuthError", err)
	}
	if refused.Code != "login_required" || refused.Description != "no user is ␛[31msigned in" ||
		refused.URI != "https://as.example/help" ||
		refused.Endpoint != "authorization" || len(refused.Sent) == 0 {
		t.Errorf("got %+v", refused)
	}
	if !strings.Contains(page, "login_required") {
		t.Errorf("page: got %q, want the error's code on it", page)
	}
}

func TestACallbackWithoutCodeOrErrorIsAnError(t *testing.T) {
	for name, codes := range map[string][]string{"none": nil, "empty": {""}, "two": {"a", "b"}} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.editCallback = func(v url.Values) { v["code"] = codes }
			_, _, _, _, err := f.signIn(nil, nil)
			var bad *ResponseError
			if !errors.As(err, &bad) {
				t.Errorf("got %v, want a *ResponseError", err)
			}
		})
	}
}

func TestTheDateHeaderExplainsAWrongClock(t *testing.T) {
	f := newFakeServer(t)
	f.reply = func(form url.Values) (answer, bool) {
		a := ok(f.tokens(form))
		a.header = map[string][]string{"Date": {start.Add(-time.Hour).Format("Mon, 02 Jan 2006 15:04:05 GMT")}}
		return a, true
	}
	f.editClaims = func(c map[string]any) { c["exp"] = start.Add(-55 * time.Minute).Unix() }
	_, _, _, _, err := f.signIn(nil, nil)
	if err == nil || !strings.Contains(err.Error(), "the server's clock is 60m behind") &&
		!strings.Contains(err.Error(), "the server's clock is 1h behind") {
		t.Errorf("got %v, want it to say that the server's clock is an hour behind", err)
	}
}
