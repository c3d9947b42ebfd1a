package demo

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

func TestAPIAnswersWhomTheTokenAllows(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	read := str(b.tokens("scope", "openid api:read"), "access_token")
	write := str(b.tokens("scope", "openid api:read api:write"), "access_token")
	opaque := str(b.tokens("scope", "openid api:read", "resource", b.OpaqueResource()), "access_token")
	idToken := str(b.tokens(), "id_token")
	const order = `{"item":"A padlock","quantity":2}`
	for _, test := range []struct {
		name, method, path, token, body string
		status                          int
		code, scope                     string
	}{
		{"the index", "GET", "/api", read, "", 200, "", ""},
		{"the index without a token", "GET", "/api", "", "", 401, "", ""},
		{"me", "GET", "/api/me", read, "", 200, "", ""},
		{"orders", "GET", "/api/orders", read, "", 200, "", ""},
		{"an order without the scope", "POST", "/api/orders", read, order, 403, "insufficient_scope", scopeWrite},
		{"an order", "POST", "/api/orders", write, order, 201, "", ""},
		{"an order that is none", "POST", "/api/orders", write, "{}", 400, "", ""},
		{"a scope that is never granted", "GET", "/api/admin", write, "", 403, "insufficient_scope", scopeAdmin},
		{"no token", "GET", "/api/orders", "", "", 401, "", scopeRead},
		{"garbage", "GET", "/api/me", "garbage", "", 401, "invalid_token", ""},
		{"a corrupted signature", "GET", "/api/me", corrupted(t, read), "", 401, "invalid_token", ""},
		{"no signature", "GET", "/api/me", strings.Join(strings.Split(read, ".")[:2], ".") + ".", "", 401,
			"invalid_token", ""},
		{"an id_token", "GET", "/api/me", idToken, "", 401, "invalid_token", ""},
		{"two tokens", "GET", "/api/me", read + ", " + read, "", 400, "invalid_request", ""},
		{"an opaque token for the API", "GET", "/api/me", opaque, "", 401, "invalid_token", ""},
		{"an opaque token for its resource", "GET", "/api/opaque", opaque, "", 200, "", ""},
		{"a JWT for the opaque resource", "GET", "/api/opaque", read, "", 401, "invalid_token", ""},
	} {
		a := b.call(test.method, test.path, test.token, test.body)
		challenge := a.Header.Get("WWW-Authenticate")
		if a.Status != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, a.Status, a.Body, test.status)
		}
		if hasError := strings.Contains(challenge, "error="); hasError != (test.code != "") ||
			!strings.Contains(challenge, test.code) {
			t.Errorf("%s: challenge %q, want error %q", test.name, challenge, test.code)
		}
		if test.scope != "" && !strings.Contains(challenge, `scope="`+test.scope+`"`) {
			t.Errorf("%s: challenge %q, want scope %q", test.name, challenge, test.scope)
		}
		if challenge != "" && !strings.Contains(challenge,
			`resource_metadata="`+b.Issuer()+`/.well-known/oauth-protected-resource/api`) {
			t.Errorf("%s: challenge %q without resource_metadata", test.name, challenge)
		}
	}
}

func TestAPIRefusesAnExpiredTokenAndSaysSince(t *testing.T) {
	b := start(t, Config{AutoConsent: true, AccessLifetime: 30 * time.Second})
	for _, resource := range []string{b.API(), b.OpaqueResource()} {
		set := b.tokens("resource", resource)
		path := "/api/me"
		if resource == b.OpaqueResource() {
			path = "/api/opaque"
		}
		if set["expires_in"] != 30.0 {
			t.Errorf("expires_in %v, want 30", set["expires_in"])
		}
		b.clock.Advance(29 * time.Second)
		if a := b.call("GET", path, str(set, "access_token"), ""); a.Status != 200 {
			t.Errorf("a second before: %s", a.Body)
		}
		b.clock.Advance(11 * time.Second)
		a := b.call("GET", path, str(set, "access_token"), "")
		if a.Status != 401 || !strings.Contains(a.Header.Get("WWW-Authenticate"), "expired 10s ago") {
			t.Errorf("after: %d %q", a.Status, a.Header.Get("WWW-Authenticate"))
		}
	}
}

func TestAJWTThatIsNoLongerStoredIsRead(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "access_token")
	before := b.call("GET", "/api/me", token, "")
	b.store.access.Delete(token)
	if after := b.call("GET", "/api/me", token, ""); after.Status != 200 || after.Body != before.Body {
		t.Errorf("got  %d %s\nwant %s", after.Status, after.Body, before.Body)
	}
}

func TestOrdersAreKeptBySubject(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	alice := str(b.tokens("scope", "api:read api:write"), "access_token")
	bob := str(b.tokens("scope", "api:read api:write", "login_hint", "bob"), "access_token")
	placed := b.call("POST", "/api/orders", bob, `{"item":"A padlock","quantity":2}`)
	if placed.Header.Get("Location") != b.API()+"/orders" || placed.json(t)["id"] != "1003" {
		t.Errorf("placed: %v %s", placed.Header, placed.Body)
	}
	if list := b.call("GET", "/api/orders", bob, ""); !strings.Contains(list.Body, "A padlock") ||
		strings.Contains(list.Body, "brass") {
		t.Errorf("bob's: %s", list.Body)
	}
	if list := b.call("GET", "/api/orders", alice, ""); strings.Contains(list.Body, "A padlock") ||
		!strings.Contains(list.Body, "brass") {
		t.Errorf("alice's: %s", list.Body)
	}
}

func TestOrdersAreBounded(t *testing.T) {
	o := newOrders()
	for range maxOrders + 10 {
		o.place("alice", order{Item: "x", Quantity: 1})
	}
	if n := len(o.list("alice")); n != maxOrders {
		t.Errorf("%d orders, want the newest %d", n, maxOrders)
	}
	for i := range maxSubjects + 10 {
		o.place(strings.Repeat("s", i+1), order{Item: "x", Quantity: 1})
	}
	if n := len(o.by); n > maxSubjects {
		t.Errorf("%d subjects, want at most %d", n, maxSubjects)
	}
}

func TestEchoNeverRepeatsTheToken(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "access_token")
	r := b.request("PUT", "/api/echo?token="+token, "again: "+token)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Again", token)
	r.Header.Set("Cookie", "session=canary-cookie")
	a := b.do(r)
	if a.Status != 200 || strings.Contains(a.Body, token) || strings.Contains(a.Body, "canary-cookie") {
		t.Errorf("%d: the echo repeats a secret:\n%s", a.Status, a.Body)
	}
	echo := a.json(t)
	fingerprint := tokens.NewSecret(token).Fingerprint()
	if echo["method"] != "PUT" || echo["token"] != fingerprint || echo["body"] != "again: "+fingerprint ||
		echo["query"] != "token="+fingerprint {
		t.Errorf("echo %v", echo)
	}
	if a := b.call("POST", "/api/echo", token, "\xff\xfe"); a.json(t)["body_base64"] != "//4=" {
		t.Errorf("bytes that are no text: %s", a.Body)
	}
	if a := b.call("POST", "/api/echo", token,
		strings.Repeat("x", maxAPIBody+1)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("too big a body: %d", a.Status)
	}
}

func TestTheAPITakesATokenInOneWayOnly(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "access_token")
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		method, path, contentType, body string
		header                          bool
		want                            int
	}{
		"query": {"GET", "/api/me?access_token=" + token, "", "", false, 200},
		"body":  {"POST", "/api/echo", form, "access_token=" + token, false, 200},
		"body with parameters": {"POST", "/api/echo", form + "; charset=utf-8", "a=1&access_token=" +
			token, false, 200},
		"header and query": {"GET", "/api/me?access_token=" + token, "", "", true, 400},
		"header and body":  {"POST", "/api/echo", form, "access_token=" + token, true, 400},
		"query and body": {"POST", "/api/echo?access_token=" + token, form, "access_token=" +
			token, false, 400},
		"twice in the query": {"GET", "/api/me?access_token=" + token + "&access_token=" +
			token, "", "", false, 400},
		"body of a GET":           {"GET", "/api/echo", form, "access_token=" + token, false, 401},
		"body that is not a form": {"POST", "/api/echo", "text/plain", "access_token=" + token, false, 401},
		"query of the MCP server": {"POST", "/mcp?access_token=" + token, "", "", false, 401},
		"a wrong token":           {"GET", "/api/me?access_token=wrong", "", "", false, 401},
	} {
		r := b.request(c.method, c.path, c.body)
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		if c.header {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if a := b.do(r); a.Status != c.want || strings.Contains(a.Body, token) {
			t.Errorf("%s: got %d, want %d and no token in\n%s", name, a.Status, c.want, a.Body)
		}
	}
}

func TestProtectedResourceMetadata(t *testing.T) {
	b := start(t, Config{})
	for path, resource := range map[string]string{"/.well-known/oauth-protected-resource/api": b.API(),
		"/.well-known/oauth-protected-resource/api/opaque": b.OpaqueResource()} {
		m := b.get(path).json(t)
		if servers, _ := m["authorization_servers"].([]any); m["resource"] != resource || len(servers) != 1 ||
			servers[0] != b.Issuer() {
			t.Errorf("%s: %v", path, m)
		}
	}
}

func TestUserinfo(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "access_token")
	want := `{"email":"alice@demo.invalid","email_verified":true,"name":"Alice Adams",` +
		`"preferred_username":"alice","sub":"alice"}` + "\n"
	if a := b.call("GET", "/userinfo", token, ""); a.Status != 200 || a.Body != want {
		t.Errorf("GET: %d %s, want %s", a.Status, a.Body, want)
	}
	if a := b.call("POST", "/userinfo", token, ""); a.Body != want {
		t.Errorf("POST: %d %s", a.Status, a.Body)
	}
	if a := b.post("/userinfo", form("access_token", token)); a.Body != want {
		t.Errorf("POST with the token in the body: %d %s", a.Status, a.Body)
	}
	if a := b.call("GET", "/userinfo", str(b.tokens("scope", "openid"), "access_token"),
		""); a.Body != `{"sub":"alice"}`+"\n" {
		t.Errorf("openid alone: %s", a.Body)
	}
	for name, test := range map[string]struct {
		token  string
		status int
		code   string
	}{
		"none": {"", 401, ""}, "garbage": {"x", 401, "invalid_token"},
		"not openid": {str(b.tokens("scope", "api:read"), "access_token"), 403, "insufficient_scope"},
	} {
		a := b.call("GET", "/userinfo", test.token, "")
		if challenge := a.Header.Get("WWW-Authenticate"); a.Status != test.status || !strings.Contains(challenge,
			test.code) || (test.code == "" && strings.Contains(challenge, "error")) {
			t.Errorf("%s: %d %q, want %d %s", name, a.Status, challenge, test.status, test.code)
		}
	}
	both := b.request("POST", "/userinfo", form("access_token", token).Encode())
	both.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	both.Header.Set("Authorization", "Bearer "+token)
	if a := b.do(both); a.Status != 400 {
		t.Errorf("a token in header and body: %d", a.Status)
	}
}

func TestIntrospection(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	set := b.tokens()
	ask := func(client, token string) answer {
		return b.postAs(client, "/introspect", form("token", token, "token_type_hint", "access_token"))
	}
	m := ask("demo-service", str(set, "access_token")).json(t)
	for name, want := range map[string]any{"active": true, "client_id": "demo-public", "sub": "alice",
		"username": "alice", "aud": b.API(), "iss": b.Issuer(),
		"token_type": "Bearer", "exp": float64(b.clock.Now().Add(defaultAccessLifetime).Unix()),
		"scope": set["scope"]} {
		if m[name] != want {
			t.Errorf("%s: %v, want %v", name, m[name], want)
		}
	}
	if m := ask("demo-post", str(set, "refresh_token")).json(t); m["active"] != true ||
		m["client_id"] != "demo-public" {
		t.Errorf("a refresh token: %v", m)
	}
	for name, token := range map[string]string{"garbage": "x", "an id_token": str(set, "id_token"),
		"corrupted": corrupted(t, str(set, "access_token"))} {
		if a := ask("demo-service", token); a.Status != 200 || a.Body != `{"active":false}`+"\n" {
			t.Errorf("%s: %d %s, want active false and nothing else", name, a.Status, a.Body)
		}
	}
	b.clock.Advance(defaultAccessLifetime)
	if m := ask("demo-service", str(set, "access_token")).json(t); m["active"] != false {
		t.Errorf("expired: %v", m)
	}
	wantError(t, ask("demo-public", "x"), 401, "invalid_client")
	wantError(t, b.postAs("demo-service", "/introspect", form()), 400, "invalid_request")
}

func TestRevocation(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	active := func(token string) bool {
		t.Helper()
		return b.postAs("demo-service", "/introspect", form("token", token)).json(t)["active"] == true
	}
	revoke := func(client, token string) answer {
		return b.postAs(client, "/revoke", form("token", token))
	}
	first := b.tokens()
	access, refresh := str(first, "access_token"), str(first, "refresh_token")
	wantError(t, revoke("demo-service", access), 400, "invalid_request")
	wantError(t, revoke("demo-service", refresh), 400, "invalid_request")
	if !active(access) || !active(refresh) {
		t.Fatal("a refused revocation revoked")
	}
	if a := revoke("demo-public", access); a.Status != 200 || a.Body != "" || active(access) || !active(refresh) {
		t.Errorf("the access token: %d %q, active %v, refresh token active %v", a.Status, a.Body, active(access),
			active(refresh))
	}
	second := b.tokens()
	revoke("demo-public", str(second, "refresh_token"))
	if active(str(second, "access_token")) || active(str(second, "refresh_token")) {
		t.Error("tokens outlived the revocation of the refresh token")
	}
	wantError(t, b.refreshWith(str(second, "refresh_token")), 400, "invalid_grant")
	if a := revoke("demo-public", "unknown"); a.Status != 200 {
		t.Errorf("an unknown token: %d %s, want 200 (RFC 7009 2.2)", a.Status, a.Body)
	}
	wantError(t, b.postAs("demo-public", "/revoke", form()), 400, "invalid_request")
	wantError(t, b.post("/revoke", form("token", access)), 401, "invalid_client")
}
