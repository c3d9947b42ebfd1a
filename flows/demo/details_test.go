package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

const oneTransfer = `[{"type":"transfer","actions":["initiate"],` +
	`"amount":{"currency":"EUR","value":"10.00"},"creditor":"bob"}]`

func TestAuthorizationDetails(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	var want any
	_ = json.Unmarshal([]byte(oneTransfer), &want)
	set := b.tokens("authorization_details", oneTransfer)
	token := str(set, "access_token")
	for where, got := range map[string]any{"the response": set["authorization_details"],
		"the token":     decodeClaims(token)["authorization_details"],
		"introspection": b.postAs("demo-service", "/introspect", form("token", token)).json(t)["authorization_details"],
		"a refresh":     b.refreshWith(str(set, "refresh_token")).json(t)["authorization_details"]} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", where, got, want)
		}
	}
	if m := b.grant(grantClientCredentials, "authorization_details",
		oneTransfer).json(t); !reflect.DeepEqual(m["authorization_details"], want) {
		t.Errorf("client credentials: %v", m)
	}
	two := `[{"type":"orders"},{"type":"transfer"}]`
	if a := b.redeem("demo-public", b.code("authorization_details", two), "authorization_details",
		`[{"type":"orders"}]`); a.Status != 200 || strings.Contains(a.Body, `"transfer"`) {
		t.Errorf("narrowed at the token endpoint: %d %s", a.Status, a.Body)
	}
	wantError(t, b.redeem("demo-public", b.code("authorization_details", `[{"type":"orders"}]`),
		"authorization_details", two), 400, "invalid_authorization_details")
	for _, bad := range []string{"x", "[]", "{}", `[{"type":"wings"}]`, `[{}]`,
		`[{"type":"orders","locations":["https://elsewhere.invalid"]}]`} {
		if q := b.authorizeWith("authorization_details",
			bad).location(t).Query(); q.Get("error") != "invalid_authorization_details" {
			t.Errorf("%s: %v", bad, q)
		}
	}
}

func TestThePersonSeesAuthorizationDetails(t *testing.T) {
	b := start(t, Config{})
	path := b.interactionPath(b.authorizeWith("authorization_details", oneTransfer))
	b.signInAt(path, "alice")
	if page := b.get(path).Body; !strings.Contains(page, "transfer money") || !strings.Contains(page, "10.00") {
		t.Errorf("the page does not say what is asked for:\n%s", page)
	}
}

func TestClaimsParameter(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	set := b.tokens("scope", "openid", "claims",
		`{"id_token":{"email":null,"acr":{"values":["`+acrOTP+`"]}},"userinfo":{"name":{"essential":true}}}`)
	claims, info := decodeClaims(str(set, "id_token")), b.call("GET", "/userinfo", str(set, "access_token"), "").json(t)
	if claims["email"] == nil || claims["name"] != nil || claims["acr"] != acrOTP || info["name"] == nil ||
		info["email"] != nil {
		t.Errorf("id_token %v, userinfo %v", claims, info)
	}
	if q := b.authorizeWith("claims", "x").location(t).Query(); q.Get("error") != "invalid_request" {
		t.Errorf("no JSON: %v", q)
	}
}

func TestTransferWantsAStrongFreshSignIn(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	weak := b.call("POST", "/api/transfer", str(b.tokens("scope", "openid api:write"), "access_token"), "")
	challenge := weak.Header.Get("WWW-Authenticate")
	if said(weak) != "401 insufficient_user_authentication" || !strings.Contains(challenge,
		`acr_values="`+acrOTP+`"`) || !strings.Contains(challenge, `max_age="300"`) {
		t.Errorf("a weak sign-in: %d %s", weak.Status, challenge)
	}
	strong := str(b.tokens("scope", "openid api:write", "acr_values", acrOTP), "access_token")
	if a := b.call("POST", "/api/transfer", strong, ""); a.Status != 200 || a.json(t)["acr"] != acrOTP {
		t.Errorf("a strong one: %d %s", a.Status, a.Body)
	}
	long := start(t, Config{AutoConsent: true, AccessLifetime: time.Hour})
	strong = str(long.tokens("scope", "openid api:write", "acr_values", acrOTP), "access_token")
	long.clock.Advance(transferMaxAge + time.Second)
	if a := long.call("POST", "/api/transfer", strong, ""); said(a) != "401 insufficient_user_authentication" {
		t.Errorf("an old one: %d %s", a.Status, a.Body)
	}
}

func TestAnMCPServerLeadsToItsAuthorizationServer(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	const call = `{"jsonrpc":"2.0","id":1,"method":"initialize"}`
	for _, method := range []string{"GET", "POST"} {
		if a := b.call(method, mcpPath, "", call); a.Status != 401 ||
			!strings.Contains(a.Header.Get("WWW-Authenticate"), "resource_metadata=") {
			t.Errorf("%s without a token: got %d %v, want a 401 that names the metadata", method, a.Status, a.Header)
		}
	}
	a := b.call("POST", mcpPath, "", call)
	if want := `resource_metadata="` + b.Issuer() + `/.well-known/oauth-protected-resource/mcp"`; a.Status != 401 ||
		!strings.Contains(a.Header.Get("WWW-Authenticate"), want) {
		t.Fatalf("got %d %q, want %s", a.Status, a.Header.Get("WWW-Authenticate"), want)
	}
	m := b.get("/.well-known/oauth-protected-resource/mcp").json(t)
	if servers, _ := m["authorization_servers"].([]any); m["resource"] != b.MCP() || len(servers) != 1 ||
		servers[0] != b.Issuer() {
		t.Errorf("metadata %v", m)
	}
	token := str(b.tokens("resource", b.MCP()), "access_token")
	for _, method := range []string{"initialize", "ping", "tools/list", "tools/call"} {
		if a := b.call("POST", mcpPath, token, strings.ReplaceAll(call, "initialize", method)); a.Status != 200 ||
			a.json(t)["result"] == nil {
			t.Errorf("%s: %d %s", method, a.Status, a.Body)
		}
	}
	if a := b.call("POST", mcpPath, token, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); a.Status != 202 {
		t.Errorf("a notification: %d %s", a.Status, a.Body)
	}
	for body, status := range map[string]int{"x": 400, strings.ReplaceAll(call, "initialize", "fly"): 200} {
		if a := b.call("POST", mcpPath, token, body); a.Status != status || a.json(t)["error"] == nil {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	if a := b.call("GET", "/api/me", token, ""); a.Status != 401 {
		t.Errorf("its token at the API: %d", a.Status)
	}
}

func TestClientsAreNotifiedOfASignOut(t *testing.T) {
	b := start(t, Config{})
	told := make(chan string, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		told <- r.FormValue("logout_token")
	}))
	defer endpoint.Close()
	c, _ := b.clients.get("demo-public")
	c.BackchannelLogout = endpoint.URL
	b.clients.add(c)
	u := b.signInAndAllow("alice", "scope", "openid")
	set := b.redeem("demo-public", u.Query().Get("code")).json(t)
	b.get("/end-session?id_token_hint=" + str(set, "id_token"))
	var token string
	select {
	case token = <-told:
	case <-time.After(30 * time.Second):
		t.Fatal("no logout token came")
	}
	claims, why := b.keys.ownJWT(token)
	events, _ := claims["events"].(map[string]any)
	if why != "" || claims["aud"] != "demo-public" || claims["sub"] != "alice" ||
		claims["sid"] != decodeClaims(str(set, "id_token"))["sid"] ||
		events[logoutEvent] == nil || claims["nonce"] != nil || decodePart(token, 0)["typ"] != "logout+jwt" {
		t.Errorf("logout token %v %s", claims, why)
	}
	b.out.tasks.Wait()
	view := b.get(logoutsPath)
	if !strings.Contains(view.Body, `"delivery":"delivered"`) || !strings.Contains(view.Body, `"revoked":1`) {
		t.Errorf("the view: %s", view.Body)
	}
	b.faultRequest(t, "GET", logoutsPath, "", 403, "Origin", "http://evil.example")
}

func TestAWeakClientMayUsePlainPKCEOrNone(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	plain := []string{"client_id", "demo-legacy", "code_challenge", testVerifier, "code_challenge_method", "plain"}
	if a := b.redeem("demo-legacy", b.code(plain...)); a.Status != 200 {
		t.Errorf("plain: %d %s", a.Status, a.Body)
	}
	wantError(t, b.redeem("demo-legacy", b.code(plain...), "code_verifier", strings.Repeat("x", 43)), 400,
		"invalid_grant")
	none := []string{"client_id", "demo-legacy", "code_challenge", "", "code_challenge_method", ""}
	if a := b.redeem("demo-legacy", b.code(none...), "code_verifier", ""); a.Status != 200 {
		t.Errorf("none: %d %s", a.Status, a.Body)
	}
}
