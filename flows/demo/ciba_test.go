package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (b *bench) pollCIBA(clientID string, d map[string]any) answer {
	return b.postAs(clientID, "/token", form("grant_type", grantCIBA, "auth_req_id", str(d, "auth_req_id")))
}

func (b *bench) backchannel(pairs ...string) answer {
	return b.postAs("demo-service", "/bc-authorize",
		form(append([]string{"scope", "openid api:read", "login_hint", "bob"}, pairs...)...))
}

func TestCIBAIsApprovedAtTheUsersPage(t *testing.T) {
	b := start(t, Config{})
	d := b.backchannel("binding_message", "W4SCT", "acr_values", acrPassword).json(t)
	if d["interval"] != 1.0 || d["expires_in"] != 120.0 {
		t.Errorf("got %v", d)
	}
	wantError(t, b.pollCIBA("demo-service", d), 400, "authorization_pending")
	path := b.interactionPath(b.get("/ciba"))
	b.signInAt(path, "bob")
	if page := b.get(path).Body; !strings.Contains(page, "W4SCT") || !strings.Contains(page, "Demo service") {
		t.Errorf("the question does not show message and client:\n%s", page)
	}
	if a := b.post(path, form("decision", "allow")); !strings.Contains(a.Body, "Approved") {
		t.Fatalf("approving: %d\n%s", a.Status, a.Body)
	}
	b.clock.Advance(pollInterval)
	set := b.pollCIBA("demo-service", d).json(t)
	if decodeClaims(str(set, "id_token"))["sub"] != "bob" {
		t.Errorf("got %v", set)
	}
	b.clock.Advance(pollInterval)
	wantError(t, b.pollCIBA("demo-service", d), 400, "invalid_grant")

	path = b.interactionPath(b.get("/ciba"))
	if page := b.get(path).Body; !strings.Contains(page, "Nothing to approve") {
		t.Errorf("with nothing to decide:\n%s", page)
	}
	if a := b.post(path, form("decision", "allow")); strings.Contains(a.Body, "Approved") {
		t.Error("nothing was approved, and the page says so")
	}
	d = b.backchannel().json(t)
	path = b.interactionPath(b.get("/ciba"))
	b.get(path)
	b.post(path, form("decision", "deny"))
	wantError(t, b.pollCIBA("demo-service", d), 400, "access_denied")
}

func TestCIBAAutoConsentApprovesAtTheSecondPoll(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	d := b.backchannel("requested_expiry", "30").json(t)
	if d["expires_in"] != 30.0 {
		t.Errorf("expires_in %v, want what was asked for", d["expires_in"])
	}
	wantError(t, b.pollCIBA("demo-service", d), 400, "authorization_pending")
	wantError(t, b.pollCIBA("demo-service", d), 400, "slow_down")
	b.clock.Advance(pollInterval + slowDownBy)
	if a := b.pollCIBA("demo-service", d); a.Status != 200 {
		t.Errorf("the second poll in time: %d %s", a.Status, a.Body)
	}
	d = b.backchannel("requested_expiry", "1").json(t)
	b.clock.Advance(time.Second)
	wantError(t, b.pollCIBA("demo-service", d), 400, "expired_token")
}

func TestCIBAHintsAndRefusals(t *testing.T) {
	b := start(t, Config{})
	idToken := str(b.tokensOf("alice", "openid"), "id_token")
	for name, pairs := range map[string][]string{
		"by address": {"login_hint", "bob@demo.invalid"}, "by id_token": {"login_hint", "", "id_token_hint", idToken},
		"by a token":       {"login_hint", "", "login_hint_token", b.assertion("bob", nil)},
		"with a user code": {"login_hint", "support", "user_code", "2468"},
	} {
		if a := b.backchannel(pairs...); a.Status != 200 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	for name, test := range map[string]struct {
		pairs []string
		want  string
	}{
		"nobody":    {[]string{"login_hint", "nobody"}, "unknown_user_id"},
		"no hint":   {[]string{"login_hint", ""}, "invalid_request"},
		"two hints": {[]string{"id_token_hint", idToken}, "invalid_request"},
		"a hint that ended": {[]string{"login_hint", "", "login_hint_token",
			b.assertion("bob", map[string]any{"exp": 1})}, "expired_login_hint_token"},
		"no user code":    {[]string{"login_hint", "support"}, "missing_user_code"},
		"wrong user code": {[]string{"login_hint", "support", "user_code", "1"}, "invalid_user_code"},
		"a long message": {[]string{"binding_message", strings.Repeat("m", maxBindingMessage+1)},
			"invalid_binding_message"},
		"no openid":       {[]string{"scope", "api:read"}, "invalid_scope"},
		"expiry in words": {[]string{"requested_expiry", "soon"}, "invalid_request"},
	} {
		if a := b.backchannel(test.pairs...); a.Status != 400 || str(a.json(t), "error") != test.want {
			t.Errorf("%s: %d %s, want %s", name, a.Status, a.Body, test.want)
		}
	}
	wantError(t, b.postAs("demo-public", "/bc-authorize", form("scope", "openid", "login_hint", "bob")), 401,
		"invalid_client")
}

func TestCIBAPing(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	const token = "notification-token-of-the-client"
	pinged := make(chan map[string]string, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		_ = json.NewDecoder(r.Body).Decode(&body)
		body["authorization"] = r.Header.Get("Authorization")
		pinged <- body
		w.WriteHeader(http.StatusNoContent)
	}))
	defer endpoint.Close()
	ask := func(token string) answer {
		return b.postAs("demo-ping", "/bc-authorize", form("scope", "openid", "login_hint", "bob",
			"client_notification_token", token))
	}
	wantError(t, ask(token), 400, "invalid_request") // no endpoint is registered yet
	c, _ := b.clients.get("demo-ping")
	c.NotificationEndpoint = endpoint.URL + "/ping"
	b.clients.add(c)
	wantError(t, ask("short"), 400, "invalid_request")
	d := ask(token).json(t)
	select {
	case got := <-pinged:
		if got["auth_req_id"] != str(d, "auth_req_id") || got["authorization"] != "Bearer "+token {
			t.Errorf("the ping said %v, want %v", got, d)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no ping came")
	}
	if a := b.pollCIBA("demo-ping", d); a.Status != 200 {
		t.Errorf("after the ping: %d %s", a.Status, a.Body)
	}
}

func TestTheServerReachesNothingBeyondLoopback(t *testing.T) {
	b := start(t, Config{})
	for address, want := range map[string]bool{"http://127.0.0.1:1/x": true, "https://localhost/x": true,
		"http://[::1]:1": true, "http://192.0.2.1/": false,
		"http://user@127.0.0.1/": false, "ftp://127.0.0.1/": false, "http://127.0.0.1.nip.io/": false, "/x": false} {
		if got := isLoopbackURL(address); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://192.0.2.1:1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.out.send(r); err == nil {
		t.Error("an address elsewhere was reached")
	}
}
