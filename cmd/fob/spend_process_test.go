package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fob/flows/demo"
	"fob/tokens/vault"
)

// rotating is a provider that rotates refresh tokens, revokes the grant if one is reused, and keeps a log. The test
// sets what it does before it responds.
type rotating struct {
	*demo.Server
	mu     sync.Mutex
	log    []demo.TokenEvent
	before func()
	ahead  atomic.Int64 // of its clock, in nanoseconds

	cutLogins atomic.Bool // codes are taken and not answered
}

var rotatingProvider = sync.OnceValues(func() (*rotating, error) {
	r := &rotating{}
	var err error
	r.Server, err = demo.Start(demo.Config{AutoConsent: true, BeforeTokenResponse: r.answering, Now: func() time.Time {
		return time.Now().Add(time.Duration(r.ahead.Load()))
	}})
	return r, err
})

func (r *rotating) answering(_ context.Context, e demo.TokenEvent) {
	r.mu.Lock()
	r.log = append(r.log, e)
	before := r.before
	r.mu.Unlock()
	if r.cutLogins.Load() && e.Grant == "authorization_code" {
		panic(http.ErrAbortHandler)
	}
	if before != nil && e.Grant == "refresh_token" {
		before()
	}
}

// beforeAnswers sets the function that is called after a refresh, before the response; nil for none.
func (r *rotating) beforeAnswers(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

// refreshes counts the refreshes in the log: those that succeeded, and those with a used token.
func (r *rotating) refreshes() (good, reused int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spent := map[string]bool{}
	for _, e := range r.log {
		switch {
		case e.Grant != "refresh_token":
		case spent[e.PresentedHash]:
			reused++
		case e.Error == "":
			good++
			spent[e.PresentedHash] = true
		}
	}
	return good, reused
}

// newRotatingWorld returns a world whose processes share a keyring in files, signed in at a rotating provider.
func newRotatingWorld(t *testing.T) (w *world, provider *rotating, id string) {
	t.Helper()
	provider, err := rotatingProvider()
	if err != nil {
		t.Fatal(err)
	}
	provider.mu.Lock()
	provider.log, provider.before = nil, nil
	provider.mu.Unlock()
	t.Cleanup(func() { provider.beforeAnswers(nil) })
	w = newWorld(t)
	w.backend = folderBackend{filepath.Join(w.dir, "keyring")}
	w.followAsBrowser()
	return w, provider, w.loginAlice(provider.Server).Session
}

// works checks that the session's tokens are valid at the provider, and that it can still be refreshed.
func (w *world) works(p *rotating, id string) {
	w.t.Helper()
	for _, args := range [][]string{{"refresh", id}, {"call", id, p.API() + "/me"}} {
		if r := w.process("", args...); r.code != 0 {
			w.t.Fatalf("fob %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
		}
	}
}

// goOn sets the clocks of the provider and of all processes ahead until the test ends.
func (w *world) goOn(p *rotating, ahead time.Duration) {
	w.ahead, w.env["FOB_TEST_AHEAD"] = ahead, ahead.String()
	p.ahead.Store(int64(ahead))
	w.t.Cleanup(func() { p.ahead.Store(0) })
}

const stillStoring = "storing the new token, up to 30 s"

// whileAnswering starts fob, and calls do while the provider has rotated and not responded yet. The response is sent
// once fob has printed that it waits for it.
func (w *world) whileAnswering(p *rotating, do func(*exec.Cmd), args ...string) ran {
	w.t.Helper()
	carriedOut, said := make(chan struct{}, 1), make(chan struct{})
	p.beforeAnswers(func() {
		carriedOut <- struct{}{}
		<-said
	})
	defer p.beforeAnswers(nil)
	cmd := w.command(args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.waitFor(carriedOut, "the provider to be asked")
	do(cmd)
	var text strings.Builder
	var once sync.Once
	for scan := bufio.NewScanner(stderr); scan.Scan(); {
		text.WriteString(scan.Text() + "\n")
		if scan.Text() == stillStoring {
			do(cmd) // once more: who is in a hurry presses it twice
			once.Do(func() { close(said) })
		}
	}
	once.Do(func() { close(said) })
	_ = cmd.Wait()
	return ran{args: args, out: out.String(), stderr: text.String(), code: cmd.ProcessState.ExitCode()}
}

// waitFor fails the test if the event does not happen.
func (w *world) waitFor(happens <-chan struct{}, what string) {
	w.t.Helper()
	select {
	case <-happens:
	case <-time.After(time.Minute):
		w.t.Fatalf("waited a minute for %s", what)
	}
}

func TestASignalDuringARefreshLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: Windows has no signal that one process can send to another alone")
	}
	w, p, id := newRotatingWorld(t)
	verbs := [][]string{
		{"refresh", id}, {"token", id, "--min-ttl", "1h"}, {"exec", id, "--min-ttl", "1h", "--", "echo", "it ran"},
	}
	for i, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		r := w.whileAnswering(p, func(cmd *exec.Cmd) { _ = cmd.Process.Signal(sig) }, verbs[i]...)
		if r.code != exitInterrupted || r.out != "" || strings.Count(r.stderr, stillStoring) != 1 {
			t.Errorf("%v during %s: exit %d, want %d and nothing printed but %q\nstdout: %s\nstderr: %s",
				sig, verbs[i][0], r.code, exitInterrupted, stillStoring, r.out, r.stderr)
		}
		w.works(p, id)
	}
	r := w.whileAnswering(p, func(*exec.Cmd) {}, "refresh", id, "--timeout", "2s")
	if r.code != exitNetwork || !strings.Contains(r.stderr, stillStoring) || !strings.Contains(r.stderr, "--timeout") {
		t.Errorf("--timeout: exit %d, want %d\n%s", r.code, exitNetwork, r.stderr)
	}
	w.works(p, id)
	if good, reused := p.refreshes(); good != 8 || reused != 0 {
		t.Errorf("the provider's log: %d refreshes and %d reuses, want 8 and none", good, reused)
	}
}

func TestTwentyProcessesAtExpiryRefreshOnce(t *testing.T) {
	w, p, id := newRotatingWorld(t)
	w.goOn(p, 10*time.Minute)
	var running sync.WaitGroup
	results := make([]ran, 20)
	for i := range results {
		running.Add(1)
		go func() {
			defer running.Done()
			results[i] = w.process("", "token", id)
		}()
	}
	running.Wait()
	for i, r := range results {
		if r.code != 0 || r.out != results[0].out || r.stderr != "" {
			t.Errorf("process %d: exit %d, the same token as the first: %t\n%s", i, r.code, r.out == results[0].out,
				r.stderr)
		}
	}
	if good, reused := p.refreshes(); good != 1 || reused != 0 {
		t.Errorf("the provider's log: %d refreshes and %d reuses, want one and none", good, reused)
	}
	w.works(p, id)
}

// The keyring accepts the probe and rejects the record.
func TestRenewedTokensThatCannotBeStoredAreExitCode7(t *testing.T) {
	for _, verb := range [][]string{{"token", "--min-ttl", "1h"}, {"refresh"}, {"call"}} {
		t.Run(verb[0], func(t *testing.T) {
			w, p, id := newRotatingWorld(t)
			args := append([]string{verb[0], id, "--no-input"}, verb[1:]...)
			if verb[0] == "call" {
				args = append(args, p.API()+"/me")
				w.goOn(p, 10*time.Minute)
			}
			w.env["FOB_TEST_WRITES"] = "1" // the probe's
			r := w.process("", args...)
			if r.code != exitVault || r.out != "" || !strings.Contains(r.stderr, "could not be stored") {
				t.Errorf("exit %d, want %d and nothing printed\n%s%s", r.code, exitVault, r.out, r.stderr)
			}
			r = w.process("", append(args, "--retry-refresh")...)
			if good, reused := p.refreshes(); good != 1 || reused != 0 ||
				!strings.Contains(r.stderr, "could not be stored") {
				t.Errorf("the next one: %d refreshes and %d reuses, want one and none\n%s", good, reused, r.stderr)
			}
			args[1] = w.loginAliceWith(p)
			if verb[0] == "call" {
				w.goOn(p, 20*time.Minute)
			}
			r = w.process("", append(args, "--memory-only")...)
			if r.code != 0 || r.out == "" || !strings.Contains(r.stderr, "are lost") {
				t.Errorf("with --memory-only: exit %d, want 0, a result and a warning\n%s", r.code, r.stderr)
			}
		})
	}
}

// loginAliceWith signs alice in with a working keyring.
func (w *world) loginAliceWith(p *rotating) string {
	w.t.Helper()
	return w.loginAlice(p.Server).Session
}

// limitedBackend accepts a number of writes and then is locked.
type limitedBackend struct {
	vault.Backend
	left int
}

func (l *limitedBackend) Set(ctx context.Context, item string, value []byte) error {
	if l.left--; l.left < 0 {
		return fmt.Errorf("the test's keyring: %w", vault.ErrLocked)
	}
	return l.Backend.Set(ctx, item, value)
}

// disturbPrompt is a part of disturb for some systems.
var disturbPrompt = func(*app) {}

// disturb changes the program by the environment of a test.
func disturb(a *app) {
	disturbPrompt(a)
	if n, err := strconv.Atoi(os.Getenv("FOB_TEST_WRITES")); err == nil {
		a.backend = &limitedBackend{Backend: a.backend, left: n}
	}
	if ahead, err := time.ParseDuration(os.Getenv("FOB_TEST_AHEAD")); err == nil {
		a.now = func() time.Time { return time.Now().Add(ahead) }
	}
}
