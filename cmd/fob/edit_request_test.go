package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fob/flows/export"
)

// Does the server require a code_verifier? The edit of the request is in the error, the diagnosis and the report.
func TestEditsShowWhatTheServerDoes(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	report := filepath.Join(w.dir, "run.md")
	r := w.wants(exitRejected, "code_verifier", append(aliceArgs(s), "--edit", "-token.code_verifier", "--export",
		report)...)
	if !strings.Contains(r.stderr, "was edited before it was sent: -token.code_verifier") {
		t.Errorf("the diagnosis does not begin with the edit:\n%s", r.stderr)
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "Edited before it was sent") ||
		!strings.Contains(string(text), "-token.code_verifier") {
		t.Errorf("the report does not say what was edited: %v\n%s", err, text)
	}

	// An edit that the server accepts results in a session, whose ledger contains the edit.
	login := w.loginAlice(s, "--edit", "authorization.x_extra=1", "--edit", "token.nothing.of.this=")
	marked := false
	for _, c := range login.Ledger {
		marked = marked || strings.Contains(c.Received, "authorization.x_extra=1")
	}
	if !marked {
		t.Errorf("the ledger does not say what was edited: %+v", login.Ledger)
	}
	r = w.must("refresh", login.Session, "--edit", "-token.no_such")
	if !strings.Contains(r.stderr, "An edit changed nothing: -token.no_such") {
		t.Errorf("an edit without effect is not reported:\n%s", r.stderr)
	}
	w.wants(exitUsage, "nowhere", append(aliceArgs(s), "--edit", "nowhere.a=b")...)
	w.wants(exitUsage, "ENDPOINT.NAME", append(aliceArgs(s), "--edit", "foo")...)
}

func TestStepModeAsksBeforeEachRequest(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	secret := secretOf(s, "demo-post")
	w.env["DEMO_SECRET"] = secret
	args := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-post", "--grant", "client_credentials",
		"--auth-method", "client_secret_post",
		"--client-secret-env", "DEMO_SECRET", "--scope", "api:read api:write", "--json", "--step", "--timeout", "20s"}
	w.wants(exitUsage, "needs a terminal", args...)
	w.tty = ttys{in: true}
	for _, c := range []struct {
		name, typed, scope string
		code               int
		said               []string
	}{
		{name: "all", typed: "l\n", scope: "api:read api:write"},
		{name: "sent one by one", typed: "s\nsend\n", scope: "api:read api:write",
			said: []string{"About to be sent (token)", "    scope=api:read api:write\n", "    client_secret=sha256:"}},
		{name: "edited", typed: "s\ne\nno edit\nscope=api:read\ns\nl\n", scope: "api:read",
			said: []string{"    scope=api:read\n", "read the edit"}},
		{name: "a pointless edit", typed: "s\ne\n-foo\nwhat?\nl\n", scope: "api:read api:write",
			said: []string{"-token.foo changes nothing"}},
		{name: "as curl", typed: "s\nc\nl\n", scope: "api:read api:write",
			said: []string{"/token' \\\n", `'client_secret='"$CLIENT_SECRET"`}},
		{name: "aborted", typed: "s\na\n", code: exitInterrupted, said: []string{"aborted"}},
		{name: "the input ends", typed: "s\n", code: exitInterrupted, said: []string{"EOF"}},
	} {
		r := w.feed(c.typed, args...)
		if r.code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s", c.name, r.code, c.code, r.stderr)
			continue
		}
		if c.code == 0 {
			if got := parse[loginJSON](t, r.out).Scope; got != c.scope {
				t.Errorf("%s: scope %q, want %q", c.name, got, c.scope)
			}
		}
		for _, want := range c.said {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s: stderr does not say %q:\n%s", c.name, want, r.stderr)
			}
		}
		if strings.Contains(r.stderr, secret) {
			t.Errorf("%s: stderr shows the client secret", c.name)
		}
	}
}

// --step asks before the authorization URL is opened, as before a request.
func TestStepModeAsksBeforeTheBrowserOpens(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.tty = ttys{in: true}
	r := w.feed("s\ne\n-nonce\nl\n", append(aliceArgs(s), "--step", "--timeout", "20s")...)
	if !strings.Contains(r.stderr, "About to be sent (authorization)") ||
		!strings.Contains(r.stderr, "  ? code_challenge_method=S256\n") {
		t.Errorf("the address is not shown:\n%s", r.stderr)
	}
	if r.code != exitChecks || !strings.Contains(r.stderr, "nonce") {
		t.Errorf("without a nonce: exit %d, want %d\n%s", r.code, exitChecks, r.stderr)
	}
}

func TestRunsAreExportedInEachFormat(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	secret := secretOf(s, "demo-service")
	for _, f := range export.Formats() {
		byName, byFlag := filepath.Join(w.dir, "run"+f.Extension), filepath.Join(w.dir, "run-"+f.ID)
		login := w.loginService(s, "--export", byName)
		w.must("refresh", login.Session, "--export", byFlag, "--export-format", f.ID)
		for _, path := range []string{byName, byFlag} {
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), "token") {
				t.Errorf("%s: %v\n%s", path, err, text)
			}
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds the client secret", path)
			}
			info, err := os.Stat(path)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, want 0600: %v", path, info.Mode(), err)
			}
		}
	}
	for said, args := range map[string][]string{
		"no format has this extension": {"--export", filepath.Join(w.dir, "run.txt")},
		"is unsupported":               {"--export", filepath.Join(w.dir, "run.md"), "--export-format", "pdf"},
		"the file is missing":          {"--export-format", "har"},
		"nowhere":                      {"--export", filepath.Join(w.dir, "nowhere", "run.md")},
	} {
		w.wants(exitUsage, said, append(aliceArgs(s), args...)...)
	}
	left, err := filepath.Glob(filepath.Join(w.dir, ".fob-export-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
