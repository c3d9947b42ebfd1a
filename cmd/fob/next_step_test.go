package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addService adds the profile svc of the demo's service, which has no session.
func (w *world) addService(issuer, secret string) {
	w.t.Helper()
	w.env["FOB_DEMO_SECRET"] = secret
	w.must("profile", "add", "svc", "--issuer", issuer, "--client-id", "demo-service", "--grant", "client_credentials",
		"--client-secret-env", "FOB_DEMO_SECRET")
}

// A profile without a session is proposed to be logged in to.
func TestAProfileWithoutASessionIsNamed(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.addService(s.Issuer(), secretOf(s, "demo-service"))
	for _, args := range [][]string{{"call", "svc", "GET", s.API() + "/me"}, {"refresh", "svc"}, {"show", "svc"}} {
		w.wants(exitPerson, "the profile \"svc\" has none\n  sign in: fob login svc\n", args...)
	}
	w.wants(exitPerson, `no session, label, profile or client ID matches "nope"`, "show", "nope")
}

// A new login gives no refresh token either where the grant issues none.
func TestTokenOfAKindThatTheGrantNeverIssues(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.addService(s.Issuer(), secretOf(s, "demo-service"))
	w.must("login", "svc")
	r := w.wants(exitFailed, "has no refresh token", "token", "svc", "--kind", "refresh")
	if strings.Contains(r.stderr, "fob login") {
		t.Errorf("stderr proposes a login:\n%s", r.stderr)
	}
}

// A key in a memory vault would be lost with the process: none is made, and the profile stays as it is.
func TestNoKeyIsMadeInAMemoryVault(t *testing.T) {
	w := newWorld(t)
	w.must("profile", "add", "svc", "--issuer", "https://login.example.com", "--client-id", "c")
	w.backend, w.env["FOB_VAULT"] = nil, "memory"
	w.wants(exitUsage, "FOB_VAULT=memory", "profile", "key", "new", "svc")
	if out := w.must("profile", "show", "svc").out; strings.Contains(out, "client_key") {
		t.Errorf("the profile refers to a lost key:\n%s", out)
	}
}

// Only what is possible is proposed to a login through CIBA without a user.
func TestCIBAWithoutAUserNamesWhatItNeeds(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["FOB_DEMO_SECRET"] = secretOf(s, "demo-service")
	r := w.wants(exitPerson, "a user who approves the request on their device", "login", "--issuer", s.Issuer(),
		"--client-id", "demo-service", "--client-secret-env", "FOB_DEMO_SECRET", "--grant", "ciba", "--login-hint",
		"alice", "--no-input")
	if strings.Contains(r.stderr, "BROWSER") || strings.Contains(r.stderr, "--paste") {
		t.Errorf("stderr proposes a browser:\n%s", r.stderr)
	}
}

// The address of a call is no setting, and no firewall is between a machine and itself.
func TestARefusedCallProposesNoSetting(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	id := w.loginAlice(s).Session
	r := w.wants(exitNetwork, "Nothing listens there", "call", id, "GET", "http://127.0.0.1:1/x")
	for _, not := range []string{"fob profile edit", "firewall", "proxy"} {
		if strings.Contains(r.stderr, not) {
			t.Errorf("stderr says %q:\n%s", not, r.stderr)
		}
	}
}

// A second registration under a name says that the profile exists.
func TestRegisteringAnExistingProfileSaysSo(t *testing.T) {
	w := newWorld(t)
	w.must("profile", "add", "mine", "--issuer", "https://login.example.com", "--client-id", "c")
	w.wants(exitUsage, "exists already", "provider", "register", "https://login.example.com", "mine")
}

// A text that is no HTTP response, and a response that is no rejection, are called so.
func TestExplainingWhatIsNoRejection(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	at := "@" + file("token", "opaque-0123456789abcdefghijkl")
	r := w.run("inspect", at, "--explain-response", file("text", "hello there\n"))
	if !strings.Contains(r.stderr, "is no HTTP response") {
		t.Errorf("stderr does not say that the text is no response:\n%s", r.stderr)
	}
	r = w.run("inspect", at, "--explain-response", file("ok", "HTTP/1.1 200 OK\r\n\r\n{}"))
	if !strings.Contains(r.out, "no rejection") || strings.Contains(r.out, "1. because") ||
		strings.Contains(r.stderr, "is no HTTP response") {
		t.Errorf("a response of success:\n%s%s", r.out, r.stderr)
	}
}
