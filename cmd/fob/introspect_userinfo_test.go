package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestIntrospectWithTheClientOfAnotherProfile(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	r := w.wants(exitRejected, "is public", "introspect", login.Session)
	if !strings.Contains(r.stderr, "invalid_client") {
		t.Errorf("the provider's word is missing:\n%s", r.stderr)
	}
	// The error has just said that the client has no credentials.
	if strings.Contains(r.stderr, "--auth-method") || !strings.Contains(r.stderr, "\n    fob profile add NAME") {
		t.Errorf("advised:\n%s\nwant another client, and no other method", r.stderr)
	}
	w.env["DEMO_SECRET"] = secretOf(s, "demo-service")
	w.must("profile", "add", "the-api", "--issuer", s.Issuer(), "--client-id", "demo-service", "--client-secret-env",
		"DEMO_SECRET")
	w.wants(exitRejected, "\n    fob introspect "+login.Session+" --as the-api\n", "introspect", login.Session)
	got := parse[map[string]any](t, w.must("introspect", login.Session, "--as", "the-api", "--json").out)
	if got["active"] != true {
		t.Errorf("answered %v, want an active token", got)
	}
	w.wants(exitUsage, "no such profile", "introspect", login.Session, "--as", "nobody")
}

// A token without a session is introspected with the client of a profile.
func TestARawTokenIsIntrospected(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	w.env["DEMO_SECRET"] = secretOf(s, "demo-service")
	w.must("profile", "add", "the-api", "--issuer", s.Issuer(), "--client-id", "demo-service", "--client-secret-env",
		"DEMO_SECRET")
	token := "@" + w.file("token.txt", "Authorization: Bearer "+w.must("token", login.Session).out)
	r := w.must("introspect", token, "--as", "the-api", "--json")
	if got := parse[map[string]any](t, r.out); got["active"] != true || got["sub"] != "alice" ||
		!strings.Contains(r.stderr, "removed before it is sent: ") {
		t.Errorf("answered %v and said %q, want alice's active token, and what was removed", got, r.stderr)
	}
	if got := parse[map[string]any](t, w.must("userinfo", token, "--as", s.Issuer(),
		"--json").out); got["sub"] != "alice" {
		t.Errorf("userinfo answered %v, want alice", got)
	}
	w.must("logout", login.Session)
	if got := parse[map[string]any](t, w.must("introspect", token, "--as", "the-api",
		"--json").out); got["active"] != false {
		t.Errorf("after the logout: answered %v, want active false", got)
	}
	w.wants(exitUsage, "which client?", "introspect", token)
	w.wants(exitUsage, "which provider?", "userinfo", token)
	w.wants(exitUsage, "is empty", "introspect", "-", "--as", "the-api")
	w.wants(exitUsage, "does not contain a token", "introspect", "@"+w.file("words.txt", "no token at all"),
		"--as", "the-api")
	other := w.loginAlice(s)
	w.wants(exitUsage, "--as needs a token given as - or @FILE", "userinfo", other.Session, "--as", s.Issuer())
}

func TestRefreshWithANarrowerScope(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	less := parse[loginJSON](t, w.must("refresh", login.Session, "--scope", "api:read", "--json").out)
	if less.Scope != "api:read" {
		t.Errorf("scope %q, want api:read", less.Scope)
	}
	r := w.must("call", login.Session, "POST", s.API()+"/orders", "-d", `{}`)
	if !strings.Contains(r.stderr, "HTTP 403") {
		t.Errorf("a token with api:read alone writes: %s", r.stderr)
	}
	w.wants(exitUsage, "ENDPOINT.NAME=VALUE", "refresh", login.Session, "--param", "foo")
}

// The API requires a stronger and fresher sign-in; the printed command satisfies it.
func TestCallSuggestsTheLoginForAChallenge(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.must("profile", "add", "acme", "--issuer", s.Issuer(), "--client-id", "demo-public", "--scope",
		"openid api:write", "--api", s.API())
	w.must("login", "acme")
	r := w.must("call", "acme", "POST", "/transfer", "-d", `{}`)
	_, line, found := strings.Cut(r.stderr, "sign in again to satisfy it: ")
	line, _, _ = strings.Cut(line, "\n")
	if !found || !strings.HasPrefix(line, "fob login acme ") || !strings.Contains(line, "--acr-values=") ||
		!strings.Contains(line, "--max-age=") {
		t.Fatalf("said %q", r.stderr)
	}
	w.must(strings.Fields(line)[1:]...)
	if r := w.must("call", "acme", "POST", "/transfer", "-d", `{}`); !strings.Contains(r.out, "transferred") {
		t.Errorf("after %s: %s%s", line, r.out, r.stderr)
	}

	// Without a profile the command has all settings.
	login := w.loginAlice(s)
	r = w.must("call", login.Session, "POST", s.API()+"/transfer", "-d", `{}`)
	if want := "fob login --issuer " + s.Issuer() + " --client-id demo-public --"; !strings.Contains(r.stderr, want) ||
		!strings.Contains(r.stderr, "openid profile email offline_access api:read api:write'") {
		t.Errorf("said %q, want %q and the quoted scope in it", r.stderr, want)
	}
}

func TestCallSuggestsNoLoginForAnInvalidToken(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		rw.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(api.Close)
	if r := w.must("call", login.Session, api.URL); !strings.Contains(r.stderr, "invalid_token") ||
		strings.Contains(r.stderr, "sign in again to satisfy it") {
		t.Errorf("said %q", r.stderr)
	}
}
