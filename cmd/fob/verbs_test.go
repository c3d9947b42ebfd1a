package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("something else"), 1},
		{usagef("bad flag"), 2},
		{&profile.ParseError{File: "config.yaml"}, 2},
		{&flows.InputError{Input: "scope"}, 2},
		{session.ErrAmbiguous, 2},
		{profile.ErrNotFound, 2},
		{ui.ErrNoTerminal, 2},
		{session.ErrNeedsPerson, 3},
		{session.ErrNoSession, 3},
		{context.DeadlineExceeded, 3},
		{&flows.OAuthError{Code: "invalid_grant"}, 4},
		{fmt.Errorf("%w: %w", session.ErrNeedsPerson, &flows.OAuthError{Code: "invalid_grant"}), 3},
		{&wire.Error{Phase: wire.PhaseDNS}, 5},
		{&wire.Error{Phase: wire.PhaseTimeout, Err: context.DeadlineExceeded}, 5},
		{&wire.Error{Phase: wire.PhaseOther, Err: context.Canceled}, 130},
		{&tokens.CheckError{}, 6},
		{&flows.ResponseError{}, 6},
		{vault.ErrNotFound, 7},
		{vault.ErrUnavailable, 7},
		{vault.ErrLocked, 7},
		{vault.ErrFull, 7},
		{vault.ErrTimeout, 7},
		{vault.ErrDamaged, 7},
		{context.Canceled, 130},
		{&exitError{code: 42}, 42},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit %d, want %d", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("while doing something: %w", c.err)); got != c.want {
			t.Errorf("%v, wrapped: exit %d, want %d", c.err, got, c.want)
		}
	}
}

// Each exit code, from a command.
func TestExitCodesOfVerbs(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["WRONG"] = "a-wrong-client-secret-0123456789abcdef"
	service := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--grant", "client_credentials"}
	w.wants(exitRejected, "invalid_client", append(service, "--client-secret-env", "WRONG")...)
	w.wants(exitNetwork, "127.0.0.1:1", "login", "--issuer", "http://127.0.0.1:1", "--client-id", "c")
	w.wants(exitPerson, "no such session", "show", "nobody")
	w.wants(exitUsage, "no such profile", "login", "nobody")
	for fault, want := range map[string]int{"html-502": exitChecks, "empty-body": exitChecks,
		"error-200": exitRejected} {
		off := w.fault(s, fault)
		w.wants(want, "token endpoint", append(service, "--client-secret-env", "WRONG")...)
		off()
	}

	w.file("config.yaml", "version: 1\nprofiles:\n  p:\n    isuer: x\n")
	if r := w.wants(exitUsage, "config.yaml", "profile", "list"); !strings.Contains(r.stderr, ":4:") {
		t.Errorf("no line in %q", r.stderr)
	}
	w.file("config.yaml", "")

	w.backend = nil
	w.env["FOB_VAULT"] = "file"
	w.wants(exitVault, "FOB_VAULT=file", "list")
	w.env["FOB_VAULT"] = "cupboard"
	w.wants(exitUsage, "cupboard", "list")
	failing := &failingBackend{Backend: vault.NewMemory()}
	failing.fail()
	w.backend = failing
	// Whether tokens can be stored is checked before the user signs in.
	w.browser = func(context.Context, string) error { t.Error("a person was sent to sign in"); return nil }
	w.wants(exitVault, "vault", aliceArgs(s)...)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := w.runIn(ctx, strings.NewReader(""), service...); r.code != exitInterrupted {
		t.Errorf("interrupted: exit %d, want %d: %s", r.code, exitInterrupted, r.stderr)
	}
}

func TestBadUsage(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		said string
		args []string
	}{
		{"needs a terminal", nil},
		{"needs a terminal", []string{"demo"}},
		{"did you mean login?", []string{"lgoin"}},
		{"unknown command", []string{"nosuchverb", "--help"}},
		{"did you mean show?", []string{"profile", "shw", "--help"}},
		{"unknown flag", []string{"list", "--colour"}},
		{"the provider is missing", []string{"login"}},
		{"the client is missing", []string{"login", "--issuer", "https://i.example"}},
		{"authorization_code", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--grant",
			"magic"}},
		{"client_secret_basic", []string{"login", "--issuer", "https://i.example", "--client-id", "c",
			"--auth-method", "magic"}},
		{"does not take --max-age", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--grant",
			"client_credentials", "--max-age", "1"}},
		{"S256", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--grant",
			"authorization_code", "--pkce", "s1"}},
		{"ENDPOINT.NAME=VALUE", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--param",
			"foo"}},
		{"authorization", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--param",
			"nowhere.a=b"}},
		{"use --cert", []string{"login", "--issuer", "https://i.example", "--client-id", "c", "--key", "x"}},
		{"accepts 1 arg", []string{"show"}},
		{"usage: fob show SESSION", []string{"show"}},
		{"usage: fob profile show NAME", []string{"profile", "show", "--colour"}},
		{"id_token cannot be revoked", []string{"revoke", "s", "--kind", "id"}},
		{"--fault", []string{"demo", "--serve", "--fault", "nonsense"}},
		{"--theme", []string{"demo", "--theme", "nonsense"}},
		{"standard input", []string{"inspect", "--batch", "token"}},
		{"profile needs one of", []string{"profile"}},
		{"--read-only", []string{"refresh", "s", "--read-only"}},
		{"invalid argument", []string{"completion", "ksh"}},
		{"no editor", []string{"profile", "edit"}},
	} {
		w.wants(exitUsage, c.said, c.args...)
	}
}

// Every verb has help with an example, and every flag a description.
func TestEveryVerbHasHelp(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Name() == "help" || sub.Name() == "completion" && sub.HasSubCommands() ||
				sub.IsAdditionalHelpTopicCommand() {
				continue
			}
			if sub.Short == "" || !strings.Contains(sub.Example, "fob ") {
				t.Errorf("%s: short text %q, example %q", sub.CommandPath(), sub.Short, sub.Example)
			}
			for line := range strings.Lines(sub.Long) {
				if width := len([]rune(strings.TrimRight(line, "\n"))); width > 110 {
					t.Errorf("%s: a line of its help is %d wide: %s", sub.CommandPath(), width, line)
				}
			}
			walk(sub)
		}
	}
	root := newWorld(t).app(nil, io.Discard, io.Discard).root()
	walk(root)
	w := newWorld(t)
	if r := w.must("login", "--help"); !strings.Contains(r.out, "--max-age") ||
		!strings.Contains(r.out, "(implicit, hybrid)") || strings.Contains(r.out, "--client-secret string") {
		t.Errorf("login --help:\n%s", r.out)
	}
}

// The flags of login are made from the declarations of the grants.
func TestEveryInputOfAGrantIsAFlag(t *testing.T) {
	w := newWorld(t)
	for _, verb := range [][]string{{"login"}, {"profile", "add"}} {
		cmd, _, err := w.app(nil, io.Discard, io.Discard).root().Find(verb)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range offeredGrants() {
			for _, in := range g.Inputs {
				name := flagName(in.Name)
				if in.Kind == flows.Password {
					name += "-env"
				}
				if cmd.Flags().Lookup(name) == nil {
					t.Errorf("%s has no --%s for the input %s of %s", cmd.CommandPath(), name, in.Name, g.ID)
				}
			}
		}
	}
}

// Only token and exec reveal a secret, and no file contains one.
func TestSecretsStayInTheKeyring(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["DEMO_SECRET"] = secretOf(s, "demo-service")
	w.must("profile", "add", "svc", "--issuer", s.Issuer(), "--client-id", "demo-service", "--scope",
		"openid offline_access api:read",
		"--api", s.API(), "--client-secret-env", "DEMO_SECRET", "--keep-secret", "--grant", "authorization_code")
	login := parse[loginJSON](t, w.must("login", "svc", "--steps", "--json").out)
	id := login.Session
	secrets := map[string]string{"client secret": secretOf(s, "demo-service")}
	gather := func(when string) {
		t.Helper()
		for _, kind := range []string{"access", "id", "refresh"} {
			secrets[when+" "+kind+" token"] = strings.TrimSpace(w.must("token", id, "--kind", kind).out)
		}
		w.ran = w.ran[:len(w.ran)-3] // token is the verb that may
	}
	gather("first")
	w.must("refresh", id, "-v")
	gather("renewed")
	for _, args := range [][]string{
		{"list"}, {"list", "--json"}, {"show", id, "--ledger"}, {"show", id, "--json"}, {"inspect", "--session", id},
		{"inspect", "--session", id, "--json"},
		{"introspect", id}, {"introspect", id, "--kind", "refresh", "--json"}, {"userinfo", id},
		{"call", id, "GET", "/me", "-i"},
		{"call", id, "GET", "/echo", "--json"}, {"call", id, "POST", "/echo", "-d", "x=1"}, {"provider", "svc"},
		{"provider", "svc", "--json"},
		{"profile", "list"}, {"profile", "show", "svc", "--json"}, {"doctor", "svc"}, {"doctor", "--json"}, {"version"},
		{"__complete", "token", ""}, {"revoke", id}, {"logout", id, "--json"},
	} {
		w.must(args...)
	}
	w.run("token", id)
	for _, fault := range []string{"wrong-nonce", "html-502", "error-200"} {
		off := w.fault(s, fault)
		w.run("login", "svc", "--steps")
		off()
	}
	for what, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("the %s is %q: too short to look for", what, secret)
		}
		for _, r := range w.ran {
			if strings.Contains(r.out+r.stderr, secret) {
				t.Errorf("fob %s shows the %s", strings.Join(r.args, " "), what)
			}
		}
		assertNotInFiles(t, w.dir, what, secret)
	}
}

func assertNotInFiles(t *testing.T, dir, what, secret string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(data), secret) {
			t.Errorf("%s holds the %s", path, what)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("looked through %d files: %v", files, err)
	}
}

func TestADoubleClickOpensTheWorkbench(t *testing.T) {
	newWorld(t).run("version")
	if cobra.MousetrapHelpText != "" {
		t.Errorf("cobra ends a program that was started by the Explorer, with %q", cobra.MousetrapHelpText)
	}
}

func TestHelpTopicsListWhatIsDeclared(t *testing.T) {
	w := newWorld(t)
	overview := w.must("help").out
	for topic, want := range map[string]string{"checks": "id_token.nonce", "errors": "AADSTS50011",
		"keys": "ctrl+p", "parameters": "code_challenge", "presets": "Keycloak", "protocol": "client_secret_basic"} {
		out := w.must("help", topic).out
		if !strings.Contains(out, want) || strings.Contains(out, "`") {
			t.Errorf("help %s: got %.300q, want %s in it and no markup", topic, out, want)
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(line)); n > 101 {
				t.Errorf("help %s: %d columns: %s", topic, n, line)
			}
		}
		if !strings.Contains(overview, "fob help "+topic) {
			t.Errorf("help does not list the topic %s:\n%s", topic, overview)
		}
	}
	w.wants(exitUsage, "unknown", "help", "nothing")
}
