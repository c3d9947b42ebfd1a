package main

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/vault"
)

func TestTokenFormats(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginService(s)
	token := strings.TrimSpace(w.must("token", login.Session).out)

	if got, want := w.must("token", login.Session, "--format", "header").out,
		"Authorization: Bearer "+token+"\n"; got != want {
		t.Errorf("header: got %q, want %q", got, want)
	}
	env := w.must("token", login.Session, "--format", "env").out
	for _, want := range []string{"export FOB_ACCESS_TOKEN='" + token +
		"'\n", "export FOB_TOKEN_TYPE='Bearer'\n", "export FOB_SESSION='" + login.Session + "'\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("env has no line %q:\n%s", want, env)
		}
	}
	want := "$env:FOB_ACCESS_TOKEN = '" + token + "'\n"
	if got := w.must("token", login.Session, "--format", "powershell").out; !strings.Contains(got, want) {
		t.Errorf("powershell has no line %q:\n%s", want, got)
	}
	alice := w.loginAlice(s).Session
	env = w.must("token", alice, "--kind", "id", "--format", "env").out
	ends := parse[tokenJSON](t, w.must("token", alice, "--kind", "id", "--format", "json").out).ExpiresAt
	if !strings.Contains(env, "export FOB_ID_TOKEN='ey") || ends == nil ||
		!strings.Contains(env, "FOB_EXPIRES_AT='"+*ends+"'") || strings.Contains(env, "ACCESS_TOKEN") ||
		strings.Contains(env, "TOKEN_TYPE") {
		t.Errorf("env of an id_token that ends at %v:\n%s", ends, env)
	}
	if got := parse[tokenJSON](t, w.must("token", login.Session, "--format", "json").out); got.Token != token ||
		got.Kind != "access" || got.ExpiresAt == nil {
		t.Errorf("json: %+v", got)
	}
	w.wants(exitUsage, "--format", "token", login.Session, "--format", "xml")
	w.wants(exitUsage, "--kind", "token", login.Session, "--kind", "session")
}

func TestExecCredentialHasTheVersionThatKubectlRequests(t *testing.T) {
	w := newWorld(t)
	login := w.loginAlice(w.startDemo())
	for _, c := range []struct{ info, want string }{
		{"", "client.authentication.k8s.io/v1"},
		{`{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}`,
			"client.authentication.k8s.io/v1beta1"},
	} {
		w.env["KUBERNETES_EXEC_INFO"] = c.info
		got := parse[execCredential](t, w.must("token", login.Session, "--kind", "id", "--format",
			"exec-credential").out)
		if got.APIVersion != c.want || got.Kind != "ExecCredential" || strings.Count(got.Status.Token, ".") != 2 ||
			got.Status.ExpirationTimestamp == nil {
			t.Errorf("asked for %q: %+v", c.info, got)
		}
	}
	w.env["KUBERNETES_EXEC_INFO"] = `{"apiVersion":"client.authentication.k8s.io/v9"}`
	w.wants(exitFailed, "v9", "token", login.Session, "--format", "exec-credential")
}

func TestTokenIsRenewedBelowMinTTL(t *testing.T) {
	w := newWorld(t)
	login := w.loginAlice(w.startDemo())
	first := w.must("token", login.Session).out
	if again := w.must("token", login.Session).out; again != first {
		t.Error("a token with life left was renewed")
	}
	if renewed := w.must("token", login.Session, "--min-ttl", "10m").out; renewed == first {
		t.Error("a token with less than --min-ttl left was not renewed")
	}
}

func TestTheOnlySessionNeedsNoName(t *testing.T) {
	w := newWorld(t)
	w.wants(exitPerson, "no such session", "token")
	s := w.startDemo()
	login := w.loginService(s)
	if got, want := w.must("token").out, w.must("token", login.Session).out; got != want {
		t.Error("the only session's token is another one")
	}
	w.loginService(s)
	w.wants(exitUsage, "which session?", "token")
}

func TestExecPutsTheTokenIntoTheCommandsEnvironment(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.must("profile", "add", "p", "--issuer", s.Issuer(), "--client-id", "demo-public", "--scope",
		"openid offline_access", "--api", s.API())
	w.must("login", "p", "--json")
	token := strings.TrimSpace(w.must("token", "p").out)
	w.env["FOB_ACCESS_TOKEN"] = "an old one"
	var got child
	w.execReplace = func(_ context.Context, c child) error { got = c; return nil }
	program := "sh"
	if runtime.GOOS == "windows" {
		program = "cmd.exe"
	}
	w.must("exec", "p", "--var", "GITHUB_TOKEN", "--", program, "-c", "exit", "--json")
	if strings.Join(got.args, " ") != program+" -c exit --json" || filepath.Base(got.path) != program {
		t.Errorf("started %q %q", got.path, got.args)
	}
	env := map[string]string{}
	for _, v := range got.env {
		name, value, _ := strings.Cut(v, "=")
		if _, double := env[name]; double {
			t.Errorf("%s is twice in the environment", name)
		}
		env[name] = value
	}
	for name, want := range map[string]string{"FOB_ACCESS_TOKEN": token, "GITHUB_TOKEN": token,
		"FOB_TOKEN_TYPE": "Bearer", "FOB_API": s.API(), "FOB_ISSUER": s.Issuer()} {
		if env[name] != want {
			t.Errorf("%s: got %q, want %q", name, env[name], want)
		}
	}
	w.wants(exitNotFound, "no-such-command", "exec", "p", "--", "no-such-command-anywhere")
	w.wants(exitUsage, "--var", "exec", "p", "--var", "A=B", "--", "sh")
}

func TestAnExpiredTokenWithoutAWayToRenewItNeedsAPerson(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := parse[loginJSON](t, w.must("login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--scope",
		"openid", "--json").out)
	w.must("revoke", login.Session, "--kind", "refresh")
	w.ahead = time.Hour
	w.wants(exitPerson, "", "token", login.Session)
	w.wants(exitPerson, "", "call", login.Session, "GET", s.API()+"/me")
}

// A token with a line break is not printed where the rest would be read as another line.
func TestATokenWithALineBreakIsNotPrinted(t *testing.T) {
	for _, format := range tokenFormats {
		var out strings.Builder
		a := &app{stdout: &out, getenv: func(string) string { return "" }}
		err := a.printToken(tokens.NewSecret("canary\r\nX-Injected: yes"), tokens.Access, vault.Meta{Label: "odd"},
			format)
		escaped := format == "json" || format == "exec-credential"
		if escaped && (err != nil || strings.Contains(out.String(), "\r")) {
			t.Errorf("%s: got %q, %v; want it escaped", format, out.String(), err)
		}
		if !escaped && (exitCode(err) != exitChecks || out.Len() > 0 || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: got %q, %v; want nothing printed, and exit %d", format, out.String(), err, exitChecks)
		}
	}
}
