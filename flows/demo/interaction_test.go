package demo

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSignInPageSaysWhoAndWithWhichPassword(t *testing.T) {
	b := start(t, Config{})
	page := b.get(b.interactionPath(b.authorizeWith("login_hint", "bob"))).Body
	for _, want := range []string{"alice", "bob", "support", Password, `value="bob"`, "Demo app", "demo-public"} {
		if !strings.Contains(page, want) {
			t.Errorf("the sign-in page does not say %q:\n%s", want, page)
		}
	}
}

func TestSignInThenConsentThenCode(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith())
	if a := b.post(path, form("username", "alice", "password", "wrong")); a.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.Body, "is wrong") {
		t.Errorf("a wrong password: %d\n%s", a.Status, a.Body)
	}
	if a := b.post(path, form("username", "mallory", "password",
		Password)); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown name: %d", a.Status)
	}
	if a := b.post(path, form("decision", "allow")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("allowing before signing in: %d", a.Status)
	}
	if a := b.signInAt(path, " Alice "); a.Status != http.StatusSeeOther || a.location(t).Path != path {
		t.Fatalf("signing in: %d to %s", a.Status, a.Header.Get("Location"))
	}
	page := b.get(path)
	for _, want := range []string{"Allow access?", "know who you are", "read your orders", "alice"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the consent page does not say %q:\n%s", want, page.Body)
		}
	}
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp,
		"form-action 'self' http://127.0.0.1:49152") {
		t.Errorf("the policy %q would stop the redirect", csp)
	}
	if a := b.post(path, form()); a.Status != http.StatusBadRequest {
		t.Errorf("neither allowed nor denied: %d", a.Status)
	}
	a := b.post(path, form("decision", "allow"))
	if q := a.location(t).Query(); a.Status != http.StatusSeeOther || q.Get("code") == "" ||
		q.Get("state") != testState {
		t.Fatalf("allowing: %d to %s", a.Status, a.location(t))
	}
	if a := b.post(path, form("decision", "allow")); a.Status != http.StatusBadRequest ||
		a.Header.Get("Location") != "" {
		t.Errorf("allowing twice: %d to %q", a.Status, a.Header.Get("Location"))
	}
}

func TestDenyingAtEitherPageIsAccessDenied(t *testing.T) {
	for _, signedIn := range []bool{false, true} {
		b := start(t, Config{})
		path := b.interactionPath(b.authorizeWith())
		if signedIn {
			b.signInAt(path, "alice")
		}
		q := b.post(path, form("decision", "deny")).location(t).Query()
		if q.Get("error") != "access_denied" || q.Get("state") != testState || q.Get("iss") != b.Issuer() {
			t.Errorf("signed in %v: %v", signedIn, q)
		}
	}
}

func TestAnInteractionBelongsToOneBrowser(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith())
	b.newBrowser()
	if a := b.get(path); a.Status != http.StatusBadRequest {
		t.Errorf("shown to another browser: %d", a.Status)
	}
	if a := b.signInAt(path, "alice"); a.Status != http.StatusBadRequest {
		t.Errorf("answered by another browser: %d", a.Status)
	}
	if a := b.get("/interaction/" + randomToken()); a.Status != http.StatusBadRequest {
		t.Errorf("a guessed interaction: %d", a.Status)
	}
}

func TestAnotherSiteCannotAnswer(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith())
	b.signInAt(path, "alice")
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"} {
		for _, path := range []string{path, "/device"} {
			r := b.request("POST", path, form("decision", "allow", "user_code", "X").Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, value)
			if a := b.do(r); a.Status != http.StatusForbidden {
				t.Errorf("%s: %s at %s: %d, want 403", header, value, path, a.Status)
			}
		}
	}
}

func TestAnInteractionExpires(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith())
	b.clock.Advance(interactionLifetime)
	if a := b.get(path); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "has expired") {
		t.Errorf("got %d\n%s", a.Status, a.Body)
	}
}

func TestWhoIsAskedAgain(t *testing.T) {
	b := start(t, Config{})
	b.signInAndAllow("alice")
	page := func(changes ...string) string {
		t.Helper()
		a := b.authorizeWith(changes...)
		if a.location(t).Query().Has("code") {
			return "code"
		}
		return regexp.MustCompile(`<h1>(.*)</h1>`).FindStringSubmatch(b.get(b.interactionPath(a)).Body)[1]
	}
	for _, test := range []struct {
		name, want string
		changes    []string
	}{
		{"a public client always asks for consent", "Allow access?", nil},
		{"prompt=login", "Sign in", []string{"prompt", "login"}},
		{"prompt=select_account", "Sign in", []string{"prompt", "select_account"}},
		{"more proof than there was", "Sign in", []string{"acr_values", acrOTP}},
		{"a confidential client, first", "Allow access?", []string{"client_id", "demo-service"}},
	} {
		if got := page(test.changes...); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	path := b.interactionPath(b.authorizeWith("client_id", "demo-service"))
	b.post(path, form("decision", "allow"))
	if got := page("client_id", "demo-service"); got != "code" {
		t.Errorf("a confidential client, again: %q, want a code at once", got)
	}
	if got := page("client_id", "demo-service", "prompt", "consent"); got != "Allow access?" {
		t.Errorf("a confidential client, prompt=consent: %q", got)
	}
	if got := page("client_id", "demo-service", "scope", "openid api:write"); got != "Allow access?" {
		t.Errorf("a confidential client, a scope more: %q", got)
	}
}

func TestSigningInChangesTheCookie(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith())
	r := b.request("POST", path, form("username", "alice", "password", Password).Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: b.sessions.cookieName("signin_"), Value: "planted-by-somebody"})
	set := b.do(r).Header.Get("Set-Cookie")
	if !strings.HasPrefix(set, b.sessions.cookieName("signin_")+"=") || strings.Contains(set, "planted") ||
		!strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
		t.Errorf("Set-Cookie %q", set)
	}
}

func TestAutoConsentSignsInWhomTheHintNames(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	for hint, want := range map[string]string{"": "alice", "bob": "bob", "support@demo.invalid": "support",
		"nobody": "alice"} {
		if claims := decodeClaims(str(b.tokens("login_hint", hint), "id_token")); claims["sub"] != want {
			t.Errorf("login_hint %q: %v, want %s", hint, claims["sub"], want)
		}
	}
}

var (
	styleElement  = regexp.MustCompile(`(?s)<style>(.*)</style>`)
	scriptElement = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	inputID       = regexp.MustCompile(`<input id="([^"]+)"`)
)

// Every page: a policy whose hashes are those of what is in it, a label for each field, nothing cached or framed.
func TestPagesKeepToTheirPolicy(t *testing.T) {
	b := start(t, Config{})
	signIn := b.interactionPath(b.authorizeWith("acr_values", acrOTP))
	pages := map[string]answer{"home": b.get("/"), "device": b.get("/device?user_code=ABCD-EFGH"),
		"sign-in": b.get(signIn),
		"error":   b.get("/authorize"), "signed out": b.get("/end-session")}
	b.signInAt(signIn, "alice")
	pages["consent"] = b.get(signIn)
	pages["sign out?"] = b.get(b.interactionPath(b.get("/end-session")))
	pages["form_post"] = b.authorizeWith("response_mode", "form_post", "prompt", "none", "scope", "openid api:write")

	for name, a := range pages {
		csp := a.Header.Get("Content-Security-Policy")
		style := styleElement.FindStringSubmatch(a.Body)
		if style == nil || !strings.Contains(csp, "style-src "+cspHash(style[1])) {
			t.Errorf("%s: the policy has not the style's hash: %s", name, csp)
		}
		scripts := scriptElement.FindAllStringSubmatch(a.Body, -1)
		switch {
		case name == "form_post" && (len(scripts) != 1 ||
			!strings.Contains(csp, "script-src "+cspHash(scripts[0][1])) || !strings.Contains(a.Body, "<noscript>")):
			t.Errorf("%s: scripts %v under %s", name, scripts, csp)
		case name != "form_post" && (len(scripts) > 0 || strings.Contains(csp, "script-src")):
			t.Errorf("%s: has a script under %s", name, csp)
		}
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
			"form-action 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy lacks %q: %s", name, want, csp)
			}
		}
		for _, id := range inputID.FindAllStringSubmatch(a.Body, -1) {
			if !strings.Contains(a.Body, fmt.Sprintf(`<label for="%s"`, id[1])) {
				t.Errorf("%s: the field %s has no label", name, id[1])
			}
		}
		for header, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestPagesEscapeWhatOthersWrote(t *testing.T) {
	b := start(t, Config{})
	const evil = `"><script>alert(1)</script>`
	path := b.interactionPath(b.authorizeWith("login_hint", evil))
	bodies := []string{b.get("/device?user_code=" + "%22%3E%3Cscript%3E").Body, b.get(path).Body,
		b.post(path, form("username", evil, "password", "x")).Body,
		b.authorizeWith("response_mode", "form_post", "state", evil, "prompt", "none").Body}
	for i, body := range bodies {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, `""><script>`) {
			t.Errorf("page %d lets markup through:\n%s", i, body)
		}
	}
	if fields := formFields(bodies[3]); fields["state"] != evil {
		t.Errorf("the state came back as %q", fields["state"])
	}
}

func TestFormActionOfAPage(t *testing.T) {
	for uri, want := range map[string]string{"": "", "http://127.0.0.1:8400/callback": "http://127.0.0.1:8400",
		"http://[::1]:8400/callback": "http:",
		"com.example.app:/cb":        "com.example.app:", "https://app.invalid/cb?x=1": "https://app.invalid"} {
		if got := formAction(uri); got != want {
			t.Errorf("%q: %q, want %q", uri, got, want)
		}
	}
}

func TestEndSession(t *testing.T) {
	setup := func(t *testing.T, scope string) (*bench, map[string]any) {
		b := start(t, Config{})
		u := b.signInAndAllow("alice", "scope", scope)
		return b, b.redeem("demo-public", u.Query().Get("code")).json(t)
	}
	signedIn := func(b *bench) bool {
		return b.authorizeWith("prompt", "none", "scope", "openid").location(b.t).Query().Get("error") == ""
	}
	const back = "http://localhost:49152/signed-out"
	t.Run("with her id_token it goes at once, and back to the app", func(t *testing.T) {
		b, set := setup(t, "openid")
		u := b.get("/end-session?" + form("id_token_hint", str(set, "id_token"), "post_logout_redirect_uri", back,
			"state", "s 1").Encode()).location(t)
		if u.String() != back+"?state=s+1" || signedIn(b) {
			t.Errorf("went to %s, signed in: %v", u, signedIn(b))
		}
	})
	t.Run("without one it asks", func(t *testing.T) {
		b, _ := setup(t, "openid")
		path := b.interactionPath(b.post("/end-session", form("client_id", "demo-public", "post_logout_redirect_uri",
			back)))
		if page := b.get(path).Body; !strings.Contains(page, "signed in as alice") {
			t.Errorf("the page:\n%s", page)
		}
		if !signedIn(b) {
			t.Error("signed out before the response")
		}
		if u := b.post(path, form("decision", "allow")).location(t); u.String() != back || signedIn(b) {
			t.Errorf("went to %s, signed in: %v", u, signedIn(b))
		}
	})
	t.Run("staying is possible", func(t *testing.T) {
		b, _ := setup(t, "openid")
		path := b.interactionPath(b.get("/end-session"))
		if a := b.post(path, form("decision", "deny")); !strings.Contains(a.Body, "Still signed in") || !signedIn(b) {
			t.Errorf("got %d\n%s", a.Status, a.Body)
		}
	})
	t.Run("tokens end with it, but for offline access", func(t *testing.T) {
		for scope, want := range map[string]int{"openid api:read": 401, "openid offline_access api:read": 200} {
			b, set := setup(t, scope)
			b.get("/end-session?id_token_hint=" + str(set, "id_token"))
			if a := b.call("GET", "/api/me", str(set, "access_token"), ""); a.Status != want {
				t.Errorf("%s: the API says %d, want %d", scope, a.Status, want)
			}
			if a := b.refreshWith(str(set, "refresh_token")); a.Status == 200 != (want == 200) {
				t.Errorf("%s: the refresh says %d %s", scope, a.Status, a.Body)
			}
		}
	})
	t.Run("refusals stay on our page", func(t *testing.T) {
		b, set := setup(t, "openid")
		for name, v := range map[string][]string{
			"foreign address":    {"client_id", "demo-public", "post_logout_redirect_uri", "https://evil.example/"},
			"address alone":      {"post_logout_redirect_uri", back},
			"unknown client":     {"client_id", "nobody"},
			"a corrupted hint":   {"id_token_hint", corrupted(t, str(set, "id_token"))},
			"another's id_token": {"id_token_hint", str(set, "id_token"), "client_id", "demo-service"},
		} {
			if a := b.get("/end-session?" + form(v...).Encode()); a.Status != http.StatusBadRequest ||
				a.Header.Get("Location") != "" {
				t.Errorf("%s: %d to %q", name, a.Status, a.Header.Get("Location"))
			}
		}
		if !signedIn(b) {
			t.Error("a refused request signed out")
		}
	})
	t.Run("no user signed in", func(t *testing.T) {
		if a := start(t, Config{}).get("/end-session"); a.Status != 200 || !strings.Contains(a.Body, "Signed out") {
			t.Errorf("got %d\n%s", a.Status, a.Body)
		}
	})
}

func TestEveryPageTemplateHasATest(t *testing.T) {
	var names []string
	for name := range pageTemplates() {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"consent", "device", "error", "form_post", "home", "message", "signin",
		"signout"}; !slices.Equal(names, want) {
		t.Errorf("pages %v, tested are %v", names, want)
	}
}
