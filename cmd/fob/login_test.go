package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/flows/demo"
	"fob/tokens"
)

// Three commands from nothing to a response, with only the results on standard output.
func TestThreeCommandsFromNothingToAnAnswer(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginService(s, "--scope", "api:read")
	if login.Session == "" || login.TokenType != "Bearer" || login.Scope != "api:read" || login.HasRefreshToken ||
		login.ExpiresAt == nil {
		t.Errorf("login printed %+v", login)
	}
	token := w.must("token", login.Session).out
	if strings.Count(token, "\n") != 1 || !strings.HasSuffix(token, "\n") || strings.Count(token, ".") != 2 {
		t.Errorf("token printed %q, want a JWT and a newline", token)
	}
	body := w.must("call", login.Session, "GET", s.API()+"/me").out
	if me := parse[map[string]any](t, body); me["client_id"] != "demo-service" {
		t.Errorf("call printed %s", body)
	}
}

func TestLoginJSONHasExactlyTheDocumentedMembers(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	got := parse[map[string]json.RawMessage](t, w.must(aliceArgs(s)...).out)
	want := []string{"expires_at", "has_refresh_token", "ledger", "profile", "scope", "session", "token_type"}
	if keys := slices.Sorted(maps.Keys(got)); strings.Join(keys, " ") != strings.Join(want, " ") {
		t.Errorf("members %v, want %v", keys, want)
	}
	var at string
	if err := json.Unmarshal(got["expires_at"], &at); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.RFC3339, at); err != nil {
		t.Errorf("expires_at: %v", err)
	}
}

// For every fault in the demo's catalogue: the failed check is named and nothing is stored.
func TestAFailedCheckStoresNothingAndNamesTheCheck(t *testing.T) {
	must := map[tokens.CheckKind]bool{}
	for _, c := range tokens.Checks() {
		must[c.ID] = c.Must
	}
	later := map[tokens.CheckKind]bool{ // checks of what follows a login
		tokens.CheckSubject: true, tokens.CheckRefreshed: true, tokens.CheckUserinfoSubject: true,
		tokens.CheckActive: true,
	}
	for _, f := range demo.Catalogue() {
		if !must[f.Check] || later[f.Check] || f.Needs != "" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			w := newWorld(t)
			s := w.startDemo(f.Name)
			args := append(aliceArgs(s), "--max-age", "600")
			if f.Check == tokens.CheckState {
				args = append(args, "--timeout", "3s") // the listener goes on waiting after a wrong state, until then
			}
			r := w.wants(exitChecks, "["+string(f.Check)+"]", args...)
			for _, want := range []string{"expected:", "received:", "nothing was stored"} {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("stderr does not say %q:\n%s", want, r.stderr)
				}
			}
			if list := strings.TrimSpace(w.must("list", "--json").out); list != "[]" {
				t.Errorf("something was stored: %s", list)
			}
		})
	}
}

// The ledger of a login is stored with the session and shown in full; that of a failed run is exported.
func TestTheLedgerIsKeptShownAndExported(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo("narrowed-scope")
	login := parse[loginJSON](t, w.must(aliceArgs(s)...).out)
	shown := w.must("show", login.Session, "--ledger").out
	kept := parse[sessionJSON](t, w.must("show", login.Session, "--json").out)
	if len(login.Ledger) < 20 || len(kept.Ledger) != len(login.Ledger) {
		t.Fatalf("got %d checks at login and %d kept, want the same and more than 20", len(login.Ledger),
			len(kept.Ledger))
	}
	words := strings.Join(strings.Fields(shown), " ") // the lines are wrapped
	for i, c := range login.Ledger {
		if kept.Ledger[i] != c {
			t.Errorf("kept %+v, want %+v", kept.Ledger[i], c)
		}
		for _, want := range []string{string(c.Outcome) + " " + c.Title + " [" + string(c.ID) + "] (" + c.Spec +
			")", c.Because} {
			if !strings.Contains(words, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("show --ledger does not say %q", want)
			}
		}
	}
	w.fault(s, "wrong-nonce")
	file := filepath.Join(t.TempDir(), "run.md")
	w.wants(exitChecks, "["+string(tokens.CheckNonce)+"]", append(aliceArgs(s), "--export", file)...)
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text),
		"| `"+string(tokens.CheckNonce)+"`") || !strings.Contains(string(text), "**failed**") {
		t.Errorf("the export of the run that failed: %v, without the check", err)
	}
}

func TestAChangedSubjectEndsTheRefreshAndKeepsTheOldTokens(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	before := w.must("token", login.Session, "--kind", "id").out
	w.fault(s, "changed-subject")
	w.wants(exitChecks, "[id_token.sub]", "refresh", login.Session)
	if after := w.must("token", login.Session, "--kind", "id", "--min-ttl", "0").out; after != before {
		t.Error("the id_token of another user was stored")
	}
}

func TestUserinfoWithAWrongSubjectIsRejected(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo("wrong-userinfo-sub")
	w.wants(exitChecks, "[userinfo.sub]", "userinfo", w.loginAlice(s).Session)
}

func TestDeviceLoginPrintsTheAddressOnALineOfItsOwnAndTheCode(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	r := w.must("login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--grant", "device_code",
		"--no-browser", "--json")
	var address, code string
	for line := range strings.Lines(r.stderr) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, s.Issuer()+"/device") {
			address = line
		}
		if after, ok := strings.CutPrefix(line, "and enter the code:"); ok {
			code = strings.TrimSpace(after)
		}
	}
	if address == "" || code == "" {
		t.Errorf("address %q and code %q on stderr:\n%s", address, code, r.stderr)
	}
}

// The browser is on another machine: the user pastes the redirect URL.
func TestPastingTheRedirectURL(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	reader, writer := io.Pipe()
	stderrReader, stderrWriter := io.Pipe()
	go func() {
		scan := bufio.NewScanner(stderrReader)
		for scan.Scan() {
			if line := scan.Text(); strings.HasPrefix(line, s.Issuer()+"/") {
				_, _ = io.WriteString(writer, "\n"+endOf(t.Context(), line)+"\n")
			}
		}
	}()
	var out safeBuffer
	code := w.app(reader, &out, stderrWriter).run(t.Context(),
		append(aliceArgs(s), "--no-browser", "--paste", "--timeout", "20s"))
	_ = stderrWriter.Close()
	if code != 0 {
		t.Fatalf("exit %d, want 0", code)
	}
	if login := parse[loginJSON](t, out.String()); !login.HasRefreshToken {
		t.Errorf("login printed %+v", login)
	}
}

func TestASecretIsRejectedAsAFlagsValue(t *testing.T) {
	const canary = "canary-secret-in-the-arguments-0123456789"
	for _, args := range [][]string{
		{"login", "--client-secret", canary, "--issuer", "http://127.0.0.1:1", "--client-id", "c"},
		{"login", "--client-secret=" + canary, "--issuer", "http://127.0.0.1:1", "--client-id", "c"},
		{"profile", "add", "p", "--client-secret=" + canary, "--issuer", "http://127.0.0.1:1", "--client-id", "c"},
		{"inspect", "--secret", canary, "-"},
	} {
		w := newWorld(t)
		r := w.wants(exitUsage, "is rejected", args...)
		if strings.Contains(r.stderr, canary) {
			t.Errorf("fob %v repeats the secret:\n%s", args, r.stderr)
		}
	}
}

func TestSourcesOfASecret(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	secret := secretOf(s, "demo-service")
	base := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--grant", "client_credentials",
		"--json"}
	if r := w.feed(secret+"\n", append(base, "--client-secret-file", "-")...); r.code != 0 {
		t.Errorf("from standard input: exit %d\n%s", r.code, r.stderr)
	}
	file := w.file("secret.txt", secret+"\n")
	w.must(append(base, "--client-secret-file", file)...)
	w.must(append(base, "--client-secret-file", w.file("marked.txt", "\xef\xbb\xbf"+secret+"\r\n"))...)
	w.wants(exitUsage, "NOT_SET", append(base, "--client-secret-env", "NOT_SET")...)
	w.wants(exitUsage, "without a terminal", append(base, "--auth-method", "client_secret_basic")...)

	w.tty, w.answers = ttys{in: true}, secret
	w.must(append(base, "--auth-method", "client_secret_basic")...)
	w.must(append(base, "--client-secret-ask")...)
	w.wants(exitUsage, "without a terminal", append(base, "--client-secret-ask", "--no-input")...)
}

// If tokens cannot be stored, it is a vault error, unless the user unlocks the keyring and tries again.
func TestTokensThatCannotBeStored(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	failing := &failingBackend{Backend: w.backend}
	w.backend = failing
	visit := w.browser
	w.browser = func(ctx context.Context, url string) error {
		failing.fail()
		return visit(ctx, url)
	}
	w.wants(exitVault, "could not be stored", aliceArgs(s)...)
	if list := strings.TrimSpace(w.must("list", "--json").out); list != "[]" {
		t.Errorf("something was stored: %s", list)
	}

	failing.recover()
	w.tty = ttys{in: true}
	unlocks := readerFunc(func(p []byte) (int, error) {
		failing.recover()
		return copy(p, "y\n"), nil
	})
	r := w.runIn(t.Context(), unlocks, aliceArgs(s)...)
	if r.code != 0 || !strings.Contains(r.stderr, "could not be stored") {
		t.Fatalf("after unlocking: exit %d, want 0\n%s", r.code, r.stderr)
	}
	w.must("token", parse[loginJSON](t, r.out).Session)

	failing.recover()
	if r := w.runIn(t.Context(), strings.NewReader("q\n"), aliceArgs(s)...); r.code != exitVault || r.out != "" {
		t.Errorf("after giving up: exit %d, want %d; printed %q", r.code, exitVault, r.out)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// endOf returns the last redirect target of a URL, without opening it.
func endOf(ctx context.Context, address string) string {
	end := address
	followRedirects(ctx, address, func(next string) bool {
		end = next
		return !strings.Contains(next, "code=")
	})
	return end
}
