package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/flows/demo"
	"fob/tokens/vault"
)

// world is a user's machine: a keyring, folders and an environment that persist between runs of the program. Every run
// is a new app, as in a new process.
type world struct {
	t           *testing.T
	dir         string
	backend     vault.Backend
	env         map[string]string
	browser     func(context.Context, string) error
	ahead       time.Duration // of the clock
	tty         ttys
	answers     string // what the person types at prompts without echo
	execReplace func(context.Context, child) error
	ran         []ran
}

// ran is the result of a run.
type ran struct {
	args        []string
	out, stderr string
	code        int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, dir: dir, backend: vault.NewMemory(), env: map[string]string{
		"FOB_STATE":  filepath.Join(dir, "state"),
		"FOB_CONFIG": filepath.Join(dir, "config.yaml"),
		"HOME":       dir,
		"TERM":       "xterm-256color",
	}}
	w.browser = func(context.Context, string) error { t.Error("a browser was opened"); return nil }
	w.execReplace = func(context.Context, child) error { t.Error("a command was started"); return nil }
	return w
}

func (w *world) app(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr, tty: w.tty,
		getenv:      func(name string) string { return w.env[name] },
		environ:     w.environ,
		now:         func() time.Time { return time.Now().Add(w.ahead) },
		readSecret:  func(_ context.Context, ask func()) ([]byte, error) { ask(); return []byte(w.answers), nil },
		screen:      func() (int, int) { return 120, 40 },
		execReplace: func(ctx context.Context, c child) error { return w.execReplace(ctx, c) },
		browser:     func(ctx context.Context, url string) error { return w.browser(ctx, url) },
		backend:     w.backend,
	}
}

func (w *world) environ() []string {
	env := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range w.env {
		env = append(env, name+"="+value)
	}
	return env
}

// run runs the program with nothing on standard input.
func (w *world) run(args ...string) ran { w.t.Helper(); return w.feed("", args...) }

// feed runs the program with text on standard input.
func (w *world) feed(stdin string, args ...string) ran {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	return w.runIn(ctx, strings.NewReader(stdin), args...)
}

func (w *world) runIn(ctx context.Context, stdin io.Reader, args ...string) ran {
	w.t.Helper()
	var out, stderr safeBuffer
	code := w.app(stdin, &out, &stderr).run(ctx, args)
	r := ran{args: args, out: out.String(), stderr: stderr.String(), code: code}
	w.ran = append(w.ran, r)
	return r
}

// must runs the program and ends the test unless it exits 0.
func (w *world) must(args ...string) ran {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("fob %s: exit %d, want 0\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.code, r.out, r.stderr)
	}
	return r
}

// wants runs the program and checks the exit code and standard error. Standard output must be empty: a run that fails
// has no result.
func (w *world) wants(code int, said string, args ...string) ran {
	w.t.Helper()
	r := w.run(args...)
	if r.code != code || !strings.Contains(r.stderr, said) || r.out != "" {
		w.t.Errorf("fob %s: exit %d, want %d with %q on stderr and nothing on stdout\nstdout: %s\nstderr: %s",
			strings.Join(args, " "), r.code, code, said, r.out, r.stderr)
	}
	return r
}

// safeBuffer is a buffer that a run and a test may use at the same time.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// demoServer is the demo provider of all tests: making its keys takes longer than most tests do.
var demoServer = sync.OnceValues(func() (*demo.Server, error) { return demo.Start(demo.Config{AutoConsent: true}) })

// startDemo switches faults of the demo provider on for this test, and makes a client that follows redirects this
// world's browser. Tests that use it do not run in parallel.
func (w *world) startDemo(faults ...string) *demo.Server {
	w.t.Helper()
	server, err := demoServer()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range faults {
		w.fault(server, name)
	}
	w.followAsBrowser()
	return server
}

// followAsBrowser makes a client that follows redirects this world's browser.
func (w *world) followAsBrowser() {
	var visits sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	w.browser = func(_ context.Context, url string) error {
		visits.Add(1)
		go func() {
			defer visits.Done()
			visit(ctx, url)
		}()
		return nil
	}
	w.t.Cleanup(func() {
		cancel()
		visits.Wait()
	})
}

// fault switches a fault on until the test ends, or until the returned function is called.
func (w *world) fault(s *demo.Server, name string) (off func()) {
	w.t.Helper()
	if err := s.SetFault(name, true); err != nil {
		w.t.Fatal(err)
	}
	off = func() { _ = s.SetFault(name, false) }
	w.t.Cleanup(off)
	return off
}

// visit opens a page as a browser does, and follows redirects.
func visit(ctx context.Context, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// secretOf is the client secret of one of the demo's clients.
func secretOf(s *demo.Server, client string) string {
	return s.Description().Client(client).ClientSecret.Reveal()
}

// loginService logs the demo's confidential client in with client credentials and returns what was printed.
func (w *world) loginService(s *demo.Server, more ...string) loginJSON {
	w.t.Helper()
	w.env["DEMO_SECRET"] = secretOf(s, "demo-service")
	r := w.must(append([]string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service",
		"--grant", "client_credentials", "--client-secret-env", "DEMO_SECRET", "--json"}, more...)...)
	return parse[loginJSON](w.t, r.out)
}

// loginAlice signs alice in with the authorization code grant.
func (w *world) loginAlice(s *demo.Server, more ...string) loginJSON {
	w.t.Helper()
	r := w.must(append(aliceArgs(s), more...)...)
	return parse[loginJSON](w.t, r.out)
}

func aliceArgs(s *demo.Server) []string {
	return []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--grant", "authorization_code",
		"--scope", "openid profile email offline_access api:read api:write", "--json"}
}

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("not the JSON that was expected: %v\n%s", err, text)
	}
	if d.More() {
		t.Fatalf("more than one JSON value:\n%s", text)
	}
	return v
}
