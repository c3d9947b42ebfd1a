package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// rotating is a provider that rotates refresh tokens, revokes the family of one that comes again, and keeps a log. What
// it does before it answers is up to the test.
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
	r.Server, err = demo.Start(demo.Config{AutoConsent: true, Answering: r.answering, Now: func() time.Time {
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

// beforeAnswers has f called when a refresh is carried out and not answered yet; nil: nothing.
func (r *rotating) beforeAnswers(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

// refreshes counts what the log has of refreshes: those that brought tokens, and uses of a token that was spent before.
func (r *rotating) refreshes() (good, reused int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spent := map[string]bool{}
	for _, e := range r.log {
		switch {
		case e.Grant != "refresh_token":
		case spent[e.Spent]:
			reused++
		case e.Error == "":
			good++
			spent[e.Spent] = true
		}
	}
	return good, reused
}

// newRotatingWorld is a machine whose processes share a keyring of files, signed in at a rotating provider.
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

// works tells that the session's tokens are good at the provider, and that it can still be refreshed.
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

// whileAnswering starts fob, and does something with it while the provider has rotated and not answered yet. The answer
// comes once fob has said that it is awaited.
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

// waitFor ends the test when what it waits for does not happen.
func (w *world) waitFor(happens <-chan struct{}, what string) {
	w.t.Helper()
	select {
	case <-happens:
	case <-time.After(time.Minute):
		w.t.Fatalf("waited a minute for %s", what)
	}
}

// ctrl+c ends a whole pipeline, and whoever read what fob says is gone before fob says that it awaits the answer.
func TestAnInterruptedPipelineLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no interrupt that one process can send to another alone")
		return
	}
	w, p, id := newRotatingWorld(t)
	carriedOut, answer := make(chan struct{}, 1), make(chan struct{})
	p.beforeAnswers(func() {
		carriedOut <- struct{}{}
		<-answer
	})
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := w.command("refresh", id)
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	w.waitFor(carriedOut, "the provider to be asked")
	_ = reader.Close()
	_ = cmd.Process.Signal(os.Interrupt)
	// The answer comes after fob has tried to say that it is awaited, which nothing here can see; a second interrupt is
	// let through only before or after that.
	_ = cmd.Process.Signal(syscall.SIGTERM)
	close(answer)
	p.beforeAnswers(nil)
	_ = cmd.Wait()
	w.works(p, id)
	if _, reused := p.refreshes(); reused != 0 {
		t.Errorf("the provider's log has %d reuses", reused)
	}
}

func TestASignalDuringARefreshLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no signal that one process can send to another alone")
		return
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
			t.Errorf("process %d: exit %d, the same token as the first: %t\n%s", i, r.code, r.out == results[0].out, r.stderr)
		}
	}
	if good, reused := p.refreshes(); good != 1 || reused != 0 {
		t.Errorf("the provider's log: %d refreshes and %d reuses, want one and none", good, reused)
	}
	w.works(p, id)
}

// The keyring takes the probe and refuses what it was for.
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
			if good, reused := p.refreshes(); good != 1 || reused != 0 || !strings.Contains(r.stderr, "could not be kept") {
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

// loginAliceWith signs alice in on a keyring that works.
func (w *world) loginAliceWith(p *rotating) string {
	w.t.Helper()
	return w.loginAlice(p.Server).Session
}

// soak is how often the long runs try what the short ones try a few times: FOB_SOAK, set by make soak; 0: short.
func soak(short int) int {
	if n, err := strconv.Atoi(os.Getenv("FOB_SOAK")); err == nil && n > 0 {
		return n
	}
	return short
}

// killed is what became of the runs that were killed.
type killed struct{ runs, ended, marked, spent, whole, theft int }

// Each run is killed at a random moment, half of them about when the provider answers. What the next process says must
// fit the provider's log: without a mark the session is whole, and with one no spent refresh token is sent unasked.
func TestKillsDuringARefreshLoseNothingUnsaid(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the lock of a process that is killed is let go of late there")
		return
	}
	w, p, id := newRotatingWorld(t)
	random := rand.New(rand.NewPCG(1, uint64(soak(1))))
	whole := w.duration("refresh", id)
	var sum killed
	for n := range soak(8) {
		goodBefore, reusedBefore := p.refreshes()
		sum.runs++
		if w.killAtRandom(p, random, n, whole, "refresh", id) {
			sum.ended++
		}
		good, _ := p.refreshes()
		r := w.process("", "refresh", id)
		_, reused := p.refreshes()
		switch {
		case reused != reusedBefore:
			t.Fatalf("run %d: a spent refresh token was sent unasked: exit %d\n%s", n, r.code, r.stderr)
		case r.code == 0:
			sum.whole++
			continue
		case r.code != exitPerson || !strings.Contains(r.stderr, "never arrived"):
			t.Fatalf("run %d: the session is lost without a mark (%d refreshes went well): exit %d\n%s",
				n, good-goodBefore, r.code, r.stderr)
		}
		sum.marked++
		if good != goodBefore {
			sum.spent++
		}
		id = w.afterAMark(p, id, random.IntN(2) == 0, &sum)
	}
	t.Logf("%d runs killed (%d had ended): %d sessions whole at once, %d marks (%d of them with the token spent), "+
		"%d times a person's yes was taken for theft", sum.runs, sum.ended, sum.whole, sum.marked, sum.spent, sum.theft)
}

// afterAMark goes on with a session whose refresh is in doubt: a live access token is used and the doubt said, and then
// a person says yes, or signs in again. It returns the session to go on with.
func (w *world) afterAMark(p *rotating, id string, yes bool, sum *killed) string {
	w.t.Helper()
	if r := w.process("", "token", id); r.code != 0 || !strings.Contains(r.stderr, "never arrived") {
		w.t.Fatalf("a token that lives: exit %d\n%s", r.code, r.stderr)
	}
	if yes {
		r := w.process("", "refresh", id, "--retry-refresh")
		if r.code == 0 {
			return id
		}
		explained := strings.Contains(r.stderr, "invalid_grant") && strings.Contains(r.stderr, "never arrived")
		if r.code != exitPerson || !explained {
			w.t.Fatalf("with a person's yes: exit %d\n%s", r.code, r.stderr)
		}
		sum.theft++
	}
	w.must("logout", "--local", id)
	return w.loginAliceWith(p)
}

// killAtRandom starts fob and kills it: at a moment of the time that a whole run takes, or shortly before or after the
// provider answers. It reports whether the run had ended by itself.
func (w *world) killAtRandom(p *rotating, random *rand.Rand, n int, whole time.Duration, args ...string) (ended bool) {
	w.t.Helper()
	cmd := w.command(args...)
	answering := make(chan struct{}, 1)
	var hold time.Duration
	if n%2 == 0 {
		hold = time.Duration(random.Int64N(int64(whole / 2)))
	}
	p.beforeAnswers(func() {
		select {
		case answering <- struct{}{}:
		default:
		}
		time.Sleep(hold / 2) // the answer takes its time: not a wait of the test's
	})
	defer p.beforeAnswers(nil)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	moment := make(<-chan time.Time)
	if n%2 == 0 {
		select {
		case <-answering:
			moment = time.After(hold)
		case <-done:
		}
	} else {
		moment = time.After(time.Duration(random.Int64N(int64(whole) * 5 / 4)))
	}
	select {
	case <-moment:
		_ = cmd.Process.Kill()
	case <-done:
	}
	<-done
	return cmd.ProcessState.Exited()
}

// duration is how long a run takes here that nobody disturbs.
func (w *world) duration(args ...string) time.Duration {
	w.t.Helper()
	begun := time.Now()
	if r := w.process("", args...); r.code != 0 {
		w.t.Fatalf("fob %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return time.Since(begun)
}

// An interrupt at any moment of a refresh leaves the session whole, and no mark.
func TestAnInterruptAtEachMomentOfARefreshLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no interrupt that one process can send to another alone")
		return
	}
	w, p, id := newRotatingWorld(t)
	whole := w.duration("refresh", id)
	codes := map[int]int{}
	moments := soak(8)
	for n := range moments {
		cmd := w.command("refresh", id)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		moment := whole * time.Duration(n) / time.Duration(moments)
		timer := time.AfterFunc(moment, func() { _ = cmd.Process.Signal(os.Interrupt) })
		_ = cmd.Wait()
		timer.Stop()
		// -1 is the signal's own end, before fob has begun to handle it.
		code := cmd.ProcessState.ExitCode()
		if codes[code]++; code != 0 && code != exitInterrupted && code != -1 {
			t.Errorf("moment %d of %d: exit %d\n%s", n, moments, code, stderr.String())
		}
		if r := w.process("", "refresh", id); r.code != 0 || r.stderr != "" && strings.Contains(r.stderr, "arrived") {
			t.Fatalf("after moment %d of %d: exit %d\n%s", n, moments, r.code, r.stderr)
		}
	}
	if _, reused := p.refreshes(); reused != 0 {
		t.Errorf("the provider's log has %d reuses", reused)
	}
	t.Logf("%d moments: exit codes %v", moments, codes)
}

// A disk that is full, and one that fills up, are told before the refresh token is spent. It takes a file system of
// that size, so it is run where one can be made.
func TestAFullDiskSpendsNothing(t *testing.T) {
	if os.Getenv("FOB_SOAK") == "" {
		t.Log("a part of make soak; TestProbeForFindsOutThatARecordWouldNotFit runs everywhere")
		return
	}
	w, p, _ := newRotatingWorld(t)
	disk := t.TempDir()
	mount := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Logf("LEFT OUT: no file system of 256 KiB can be mounted here: %v %s", err, out)
		return
	}
	t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
	w.env["FOB_STATE"] = filepath.Join(disk, "state")
	id := w.loginAliceWith(p)
	for _, free := range []int{0, 1, 4, 8, 12, 16, 24, 32, 48} {
		filler := fillDisk(t, disk, free)
		_, reusedBefore := p.refreshes()
		goodBefore, _ := p.refreshes()
		r := w.process("", "refresh", id, "--no-input")
		good, reused := p.refreshes()
		if r.code != 0 && (r.code != exitVault || good != goodBefore) || reused != reusedBefore {
			t.Errorf("%d KiB free: exit %d, %d refreshes, %d reuses\n%s", free, r.code, good-goodBefore, reused, r.stderr)
		}
		t.Logf("%d KiB free: exit %d, %d refreshes", free, r.code, good-goodBefore)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		w.works(p, id)
	}
}

// fillDisk fills a file system but for so many KiB.
func fillDisk(t *testing.T, disk string, free int) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	size := int64(0)
	for block := make([]byte, 1024); ; {
		n, err := f.Write(block)
		size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(max(0, size-int64(free)<<10)); err != nil {
		t.Fatal(err)
	}
	return filler
}

// limitedBackend takes a number of writes and then is locked.
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

// disturb changes the program as the environment of a test says.
func disturb(a *app) {
	if n, err := strconv.Atoi(os.Getenv("FOB_TEST_WRITES")); err == nil {
		a.backend = &limitedBackend{Backend: a.backend, left: n}
	}
	if ahead, err := time.ParseDuration(os.Getenv("FOB_TEST_AHEAD")); err == nil {
		a.now = func() time.Time { return time.Now().Add(ahead) }
	}
}
