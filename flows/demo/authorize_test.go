package demo

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRedirectURIs(t *testing.T) {
	registered := []string{"http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback",
		"https://app.invalid/cb"}
	for given, want := range map[string]bool{
		"http://127.0.0.1/callback":                 true,
		"http://127.0.0.1:8400/callback":            true,
		"http://[::1]:8400/callback":                true,
		"http://localhost:1/callback":               true,
		"https://app.invalid/cb":                    true,
		"https://app.invalid:443/cb":                false,
		"https://app.invalid/cb?x=1":                false,
		"https://app.invalid/cb/":                   false,
		"http://127.0.0.1:8400/callback/":           false,
		"http://127.0.0.1:8400/callback?x=1":        false,
		"http://127.0.0.1:8400/callback#x":          false,
		"http://127.0.0.1:8400/other":               false,
		"http://127.0.0.1:/callback":                false,
		"http://127.0.0.1:123456/callback":          false,
		"http://127.0.0.1:80@evil.example/callback": false,
		"http://127.0.0.1.evil.example/callback":    false,
		"http://user@127.0.0.1/callback":            false,
		"https://127.0.0.1:8400/callback":           false,
		"http://127.0.0.2:8400/callback":            false,
		"HTTP://127.0.0.1:8400/callback":            false,
		"javascript:alert(1)":                       false,
		"":                                          false,
	} {
		if got := registeredURI(registered, given); got != want {
			t.Errorf("%q: %v, want %v", given, got, want)
		}
	}
}

// What cannot be trusted to be a redirect target must never be redirected to.
func TestAuthorizationErrorsThatStayOnOurPage(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	twice := authQuery()
	twice.Add("redirect_uri", "http://127.0.0.1:1/callback")
	for name, v := range map[string]url.Values{
		"no client_id":         authQuery("client_id", ""),
		"unknown client":       authQuery("client_id", "nobody"),
		"no redirect_uri":      authQuery("redirect_uri", ""),
		"foreign redirect_uri": authQuery("redirect_uri", "https://evil.example/callback"),
		"redirect_uri twice":   twice,
		"endless redirect_uri": authQuery("redirect_uri", "http://127.0.0.1/callback"+strings.Repeat("x",
			maxParamLength)),
		"markup in the client":  authQuery("client_id", "<script>alert(1)</script>"),
		"client of another way": authQuery("client_id", "DEMO-PUBLIC"),
	} {
		a := b.get("/authorize?" + v.Encode())
		if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" || !strings.Contains(a.Body, "<h1>") {
			t.Errorf("%s: %d, Location %q", name, a.Status, a.Header.Get("Location"))
		}
		if strings.Contains(a.Body, "<script") {
			t.Errorf("%s: markup came through:\n%s", name, a.Body)
		}
	}
}

func TestAuthorizationErrorsThatGoBack(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	twice := authQuery()
	twice.Add("scope", "openid")
	for name, test := range map[string]struct {
		query url.Values
		want  string
	}{
		"no response_type":           {authQuery("response_type", ""), "invalid_request"},
		"unknown response_type":      {authQuery("response_type", "teapot"), "unsupported_response_type"},
		"unknown response_mode":      {authQuery("response_mode", "carrier_pigeon"), "invalid_request"},
		"no PKCE by a public client": {authQuery("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"plain PKCE":                 {authQuery("code_challenge_method", "plain"), "invalid_request"},
		"PKCE without a method":      {authQuery("code_challenge_method", ""), "invalid_request"},
		"a method without challenge": {authQuery("code_challenge", ""), "invalid_request"},
		"a challenge too short":      {authQuery("code_challenge", "abc"), "invalid_request"},
		"unknown scope":              {authQuery("scope", "openid wings"), "invalid_scope"},
		"only what is never granted": {authQuery("scope", scopeAdmin), "invalid_scope"},
		"unknown resource":           {authQuery("resource", "https://elsewhere.invalid"), "invalid_target"},
		"unknown prompt":             {authQuery("prompt", "maybe"), "invalid_request"},
		"none and login":             {authQuery("prompt", "none login"), "invalid_request"},
		"max_age in words":           {authQuery("max_age", "old"), "invalid_request"},
		"negative max_age":           {authQuery("max_age", "-1"), "invalid_request"},
		"no key for request objects": {authQuery("request", "e30.e30."), "invalid_request_object"},
		"a foreign request_uri": {authQuery("request_uri", "https://elsewhere.invalid/r"),
			"request_uri_not_supported"},
		"an unknown request_uri":  {authQuery("request_uri", pushedPrefix+"x"), "invalid_request_uri"},
		"a dpop_jkt that is none": {authQuery("dpop_jkt", "x"), "invalid_request"},
		"a registration":          {authQuery("registration", "{}"), "registration_not_supported"},
		"a parameter twice":       {twice, "invalid_request"},
		"an endless nonce":        {authQuery("nonce", strings.Repeat("n", maxParamLength+1)), "invalid_request"},
	} {
		u := b.get("/authorize?" + test.query.Encode()).location(t)
		q := u.Query()
		if !strings.HasPrefix(u.String(), testRedirect+"?") || q.Get("error") != test.want ||
			q.Get("error_description") == "" || q.Get("code") != "" {
			t.Errorf("%s: %s, want error=%s", name, u, test.want)
		}
		if q.Get("state") != testState || q.Get("iss") != b.Issuer() {
			t.Errorf("%s: state %q, iss %q", name, q.Get("state"), q.Get("iss"))
		}
	}
}

func TestCallbackCarriesCodeStateAndIssuerInEveryMode(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	check := func(mode string, q url.Values) {
		t.Helper()
		if len(q) != 3 || q.Get("code") == "" || q.Get("state") != testState || q.Get("iss") != b.Issuer() {
			t.Errorf("%s: %v", mode, q)
		}
	}
	for _, mode := range []string{"", "query"} {
		u := b.authorizeWith("response_mode", mode).location(t)
		check("query", u.Query())
	}
	u := b.authorizeWith("response_mode", "fragment").location(t)
	q, err := url.ParseQuery(u.Fragment)
	if err != nil || u.RawQuery != "" {
		t.Errorf("fragment: %s, %v", u, err)
	}
	check("fragment", q)

	page := b.authorizeWith("response_mode", "form_post")
	if page.Status != http.StatusOK || !strings.Contains(page.Body, `action="`+testRedirect+`"`) {
		t.Errorf("form_post: %d\n%s", page.Status, page.Body)
	}
	fields := url.Values{}
	for name, value := range formFields(page.Body) {
		fields.Set(name, value)
	}
	check("form_post", fields)
}

func TestErrorsTravelInTheModeAskedFor(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	u := b.authorizeWith("response_mode", "fragment", "scope", "wings").location(t)
	if !strings.HasPrefix(u.Fragment, "error=invalid_scope") {
		t.Errorf("got %s, want the error in the fragment", u)
	}
	if fields := formFields(b.authorizeWith("response_mode", "form_post", "prompt",
		"maybe").Body); fields["error"] != "invalid_request" {
		t.Errorf("got %v, want the error in the form", fields)
	}
}

func TestAuthorizationRequestByPost(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	if u := b.post("/authorize", authQuery()).location(t); u.Query().Get("code") == "" {
		t.Errorf("got %s", u)
	}
	r := b.request("POST", "/authorize", "{}")
	r.Header.Set("Content-Type", "application/json")
	if a := b.do(r); a.Status != http.StatusBadRequest {
		t.Errorf("a JSON body: %d", a.Status)
	}
}

func TestConfidentialClientMayLeavePKCEOut(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	code := b.code("client_id", "demo-service", "code_challenge", "", "code_challenge_method", "")
	if a := b.redeem("demo-service", code, "code_verifier", ""); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestPromptNone(t *testing.T) {
	b := start(t, Config{})
	errorOf := func(changes ...string) string {
		t.Helper()
		return b.authorizeWith(append([]string{"prompt", "none"}, changes...)...).location(t).Query().Get("error")
	}
	if got := errorOf(); got != "login_required" {
		t.Errorf("no user signed in: %q, want login_required", got)
	}
	first := b.signInAndAllow("alice")
	if first.Query().Get("code") == "" {
		t.Fatalf("sign-in ended at %s", first)
	}
	if got := errorOf(); got != "" {
		t.Errorf("signed in and consented: %q, want a code", got)
	}
	if got := errorOf("scope", "openid api:write"); got != "consent_required" {
		t.Errorf("a scope more: %q, want consent_required", got)
	}
	if got := errorOf("client_id", "demo-service"); got != "consent_required" {
		t.Errorf("another client: %q, want consent_required", got)
	}
	if got := errorOf("acr_values", acrOTP); got != "login_required" {
		t.Errorf("more proof: %q, want login_required", got)
	}
	b.clock.Advance(time.Minute)
	if got := errorOf("max_age", "60"); got != "" {
		t.Errorf("within max_age: %q", got)
	}
	if got := errorOf("max_age", "59"); got != "login_required" {
		t.Errorf("beyond max_age: %q, want login_required", got)
	}
	if got := errorOf("max_age", "0"); got != "login_required" {
		t.Errorf("max_age 0: %q, want login_required", got)
	}
	b.clock.Advance(signInLifetime)
	if got := errorOf(); got != "login_required" {
		t.Errorf("after the sign-in's life: %q, want login_required", got)
	}
}

func TestIDTokenHintMustFitThePerson(t *testing.T) {
	b := start(t, Config{})
	u := b.signInAndAllow("alice")
	hint := str(b.redeem("demo-public", u.Query().Get("code")).json(t), "id_token")
	b.clock.Advance(2 * idTokenLifetime) // an expired hint is still a hint
	for name, test := range map[string]struct{ hint, want string }{
		"hers": {hint, ""}, "corrupted": {corrupted(t, hint), "login_required"}, "garbage": {"abc", "login_required"},
	} {
		if got := b.authorizeWith("prompt", "none", "id_token_hint",
			test.hint).location(t).Query().Get("error"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	b.newBrowser()
	path := b.interactionPath(b.authorizeWith("id_token_hint", hint))
	b.signInAt(path, "bob")
	if got := b.post(path, form("decision", "allow")).location(t).Query().Get("error"); got != "login_required" {
		t.Errorf("another user signed in: %q, want login_required", got)
	}
}

func corrupted(t testing.TB, token string) string {
	t.Helper()
	bad, err := corruptSignature(token)
	if err != nil {
		t.Fatal(err)
	}
	return bad
}

func TestSignInReachesTheContextAskedFor(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith("acr_values", "urn:unknown "+acrOTP))
	if page := b.get(path).Body; !strings.Contains(page, `name="otp"`) {
		t.Fatalf("the sign-in page does not ask for the one-time code:\n%s", page)
	}
	if a := b.post(path, form("username", "alice", "password", Password, "otp",
		"000000")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong one-time code: %d", a.Status)
	}
	b.signInAt(path, "alice")
	u := b.post(path, form("decision", "allow")).location(t)
	claims := decodeClaims(str(b.redeem("demo-public", u.Query().Get("code")).json(t), "id_token"))
	if claims["acr"] != acrOTP {
		t.Errorf("acr %v, want %s", claims["acr"], acrOTP)
	}
}

// signInAndAllow drives the pages of a fresh authorization request and returns where they end.
func (b *bench) signInAndAllow(username string, changes ...string) *url.URL {
	b.t.Helper()
	path := b.interactionPath(b.authorizeWith(changes...))
	if a := b.signInAt(path, username); a.Status != http.StatusSeeOther {
		b.t.Fatalf("signing in: %d\n%s", a.Status, a.Body)
	}
	return b.post(path, form("decision", "allow")).location(b.t)
}

func FuzzAuthorizationRequest(f *testing.F) {
	s, err := newServer(Config{})
	if err != nil {
		f.Fatal(err)
	}
	s.env.issuer = "http://127.0.0.1:1"
	requests := newRequestReader(s.env, mustClients(f), s.keys)
	f.Add(authQuery().Encode())
	f.Add(authQuery("response_mode", "form_post", "prompt", "login consent", "max_age", "10", "acr_values",
		acrOTP).Encode())
	f.Add(authQuery("redirect_uri", "http://[::1]:70000/callback").Encode())
	f.Add("client_id=demo-public&client_id=x&redirect_uri=%00")
	f.Add("client_id=demo-public&redirect_uri=http://127.0.0.1:80@evil/callback&state=a%0d%0ab")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		req, refused := requests.parse(params(v))
		if req == nil {
			if refused == nil {
				t.Fatalf("neither a request nor an error for %q", raw)
			}
			return
		}
		u, err := url.Parse(req.RedirectURI)
		if err != nil || !isLoopbackHost(u.Host) || u.User != nil || u.Fragment != "" {
			t.Fatalf("would redirect to %q", req.RedirectURI)
		}
		if _, ok := findResponseMode(req.ResponseMode); !ok {
			t.Fatalf("would answer in the mode %q", req.ResponseMode)
		}
		if refused == nil && (req.Client.Public() && !req.Client.WeakPKCE && hasWord(req.ResponseType, "code") &&
			req.CodeChallenge == "" || len(req.Scopes) == 0) {
			t.Fatalf("accepted %+v", req)
		}
		if refused != nil && strings.ContainsAny(refused.Description, "\"\\\n\r\x1b") {
			t.Fatalf("description %q", refused.Description)
		}
	})
}
