//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fobBinary is the program under test, built once.
var fobBinary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "fob-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fobBinary = filepath.Join(dir, "fob")
	build := exec.Command("go", "build", "-race", "-o", fobBinary, "fob/cmd/fob")
	if windowsFolder() != "" {
		fobBinary = "" // the tests run the fob.exe that is there
	} else if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building fob: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	stopShared()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// windowsFolder returns the folder in which windows.sh puts the programs for Windows that it tests; "" in other runs.
func windowsFolder() string { return os.Getenv("FOB_WINDOWS_DIR") }

// need skips the test if a part is missing on this system; with CI=true that is a failure.
func need(t *testing.T, parts ...string) {
	t.Helper()
	if windowsFolder() != "" {
		return // windows.sh has installed what its tests need
	}
	list, err := os.ReadFile(filepath.Join("node", "node_modules", ".fob-missing"))
	if err != nil {
		t.Fatalf("the real parts are not set up: run `make setup` first (%v)", err)
	}
	for _, missing := range strings.Fields(string(list)) {
		for _, p := range parts {
			if p != missing {
				continue
			}
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing, and under CI nothing may be left out", p)
			}
			t.Skipf("LEFT OUT: %s is missing here", p)
		}
	}
}

// deadline is how long a test waits for a state. It is long, since it is reached only if something is broken.
const deadline = 60 * time.Second

// eventually waits for a state.
func eventually(t *testing.T, what string, state func() (ok bool, seen string)) {
	t.Helper()
	var seen string
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var ok bool
		if ok, seen = state(); ok {
			return
		}
	}
	t.Fatalf("waited in vain for %s; last seen:\n%s", what, seen)
}

// home is a new user's machine: an empty HOME, state and configuration, without a keyring.
type home struct {
	t   *testing.T
	dir string
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	t.Parallel() // homes share nothing, and most of the time of these tests is waiting for other programs
	dir := t.TempDir()
	h := &home{t: t, dir: dir}
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "HOME", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "NO_COLOR", "TMUX", "TERM", "COLORTERM",
			"DBUS_SESSION_BUS_ADDRESS":
		default:
			if !strings.HasPrefix(name, "XDG_") && !strings.HasPrefix(name, "FOB_") {
				h.env = append(h.env, kv)
			}
		}
	}
	// With the race detector a program waits a second before it exits, for late races; fob has none by then, and the
	// tests run it hundreds of times.
	h.env = append(h.env, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
	return h
}

func (h *home) set(name, value string) { h.env = append(h.env, name+"="+value) }

// in returns the same machine for a subtest.
func (h *home) in(t *testing.T) *home { return &home{t: t, dir: h.dir, env: slices.Clone(h.env)} }

// ran is the result of a run of fob.
type ran struct {
	stdout, stderr string
	code           int
}

// fob runs the program to its end.
func (h *home) fob(args ...string) ran {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, fobBinary, args...)
	cmd.Env, cmd.Dir = h.env, h.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatalf("fob %v: %v", args, err)
	}
	return ran{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must runs the program and ends the test unless it exits 0.
func (h *home) must(args ...string) ran {
	h.t.Helper()
	r := h.fob(args...)
	if r.code != 0 {
		h.t.Fatalf("fob %s: exit %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r
}

// serve starts a program that prints one JSON line and then serves until the test ends.
func (h *home) serve(into any, name string, args ...string) {
	h.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = h.env
	stop, err := startServing(cmd, into)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(stop)
}

// startServing starts a program that prints one JSON line and then serves until it is stopped.
func startServing(cmd *exec.Cmd, into any) (stop func(), err error) {
	errs := &bytes.Buffer{}
	cmd.Stderr = errs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = stdin.Close()
		_ = cmd.Process.Signal(os.Interrupt)
		done := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		done.Stop()
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, into)
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("%v printed %q: %w\n%s", cmd.Args, line, err, errs)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return stop, nil
}

// node runs a script of the node folder to its end and returns what it printed.
func (h *home) node(script string, args ...string) string {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), "node", append([]string{nodeScript(script)}, args...)...)
	cmd.Env = h.env
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("node %s: %v\n%s", script, err, errs.String())
	}
	return string(out)
}

func nodeScript(name string) string {
	path, err := filepath.Abs(filepath.Join("node", name))
	if err != nil {
		panic(err)
	}
	return path
}

// useChromium makes Chromium with a scripted user this home's browser. The returned function waits for the text of the
// last page.
func (h *home) useChromium() (lastPage func() string) {
	need(h.t, "chromium", "node", "npm-packages")
	page := filepath.Join(h.dir, "page.json")
	h.set("BROWSER", "node "+nodeScript("browser.mjs")+" %s")
	h.set("FOB_E2E_PAGE", page)
	if chromium, err := exec.LookPath("chromium"); err == nil {
		h.set("FOB_E2E_CHROMIUM", chromium)
	}
	return func() string {
		h.t.Helper()
		var text string
		eventually(h.t, "the browser's last page", func() (bool, string) {
			data, err := os.ReadFile(page)
			text = string(data)
			return err == nil, text
		})
		_ = os.Remove(page)
		return text
	}
}

// useVisitor makes a program that only follows redirects this home's browser.
func (h *home) useVisitor() {
	need(h.t, "node")
	h.set("BROWSER", "node "+nodeScript("visit.mjs")+" %s")
}

// keepCookies makes the browser of this home keep its cookies between visits.
func (h *home) keepCookies() {
	h.t.Helper()
	// In the folder of the program, since a visitor may outlive its test.
	jar, err := os.CreateTemp(filepath.Dir(fobBinary), "cookies-")
	if err != nil {
		h.t.Fatal(err)
	}
	_, _ = jar.WriteString("[]")
	_ = jar.Close()
	h.set("FOB_E2E_COOKIES", jar.Name())
}

// unlockKeyring starts a real, unlocked Secret Service on a separate message bus.
func (h *home) unlockKeyring() {
	h.t.Helper()
	need(h.t, "dbus-daemon", "gnome-keyring-daemon")
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	bus.Env = h.env
	stdout, err := bus.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = bus.Process.Kill(); _ = bus.Wait() })
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		h.t.Fatalf("dbus-daemon printed no address: %v", err)
	}
	h.set("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	keyring := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	keyring.Env = h.env
	keyring.Stdin = strings.NewReader("the keyring's password")
	if err := keyring.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = keyring.Process.Kill(); _ = keyring.Wait() })
	eventually(h.t, "the Secret Service on the bus", func() (bool, string) {
		probe := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
			"org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")
		probe.Env = h.env
		out, _ := probe.CombinedOutput()
		return bytes.Contains(out, []byte("boolean true")), string(out)
	})
}

// demo is what `fob demo --serve` prints.
type demo struct {
	Issuer string `json:"issuer"`
	API    string `json:"api"`
	Opaque string `json:"opaque"`
	MCP    string `json:"mcp"`
	TLS    struct {
		CA  string `json:"ca"`
		API string `json:"api"`
	} `json:"tls"`
	Clients []struct {
		ID          string          `json:"client_id"`
		Secret      string          `json:"client_secret"`
		Keys        json.RawMessage `json:"jwks"`
		Certificate string          `json:"certificate"`
		PrivateKey  string          `json:"private_key"`
	} `json:"clients"`
}

func (d demo) secret(client string) string {
	for _, c := range d.Clients {
		if c.ID == client {
			return c.Secret
		}
	}
	return ""
}

func (h *home) serveDemo(args ...string) demo {
	h.t.Helper()
	var d demo
	h.serve(&d, fobBinary, append([]string{"demo", "--serve"}, args...)...)
	return d
}

// login is what `fob login --json` prints.
type login struct {
	Session         string `json:"session"`
	TokenType       string `json:"token_type"`
	Scope           string `json:"scope"`
	ExpiresAt       string `json:"expires_at"`
	HasRefreshToken bool   `json:"has_refresh_token"`
	Ledger          []struct {
		ID      string `json:"id"`
		Outcome string `json:"outcome"`
	} `json:"ledger"`
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("not the JSON that was expected: %v\n%s", err, text)
	}
	return v
}
