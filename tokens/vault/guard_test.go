package vault

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// hanging answers nothing until it is let go.
type hanging struct {
	*Memory
	mu    sync.Mutex
	calls int
	go_   chan struct{}
	ended chan struct{} // one for each call that came back
}

func newHanging() *hanging {
	return &hanging{Memory: NewMemory().(*Memory), go_: make(chan struct{}), ended: make(chan struct{}, 100)}
}

func (h *hanging) hang() {
	h.mu.Lock()
	h.calls++
	h.mu.Unlock()
	<-h.go_
}

func (h *hanging) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls
}

func (h *hanging) Set(_ context.Context, item string, value []byte) error {
	h.hang()
	err := h.Memory.Set(context.Background(), item, value)
	h.ended <- struct{}{}
	return err
}

func (h *hanging) Get(_ context.Context, item string) ([]byte, error) {
	h.hang()
	h.ended <- struct{}{}
	return h.Memory.Get(context.Background(), item)
}

// clock is a time that the test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestACallThatHangsEndsAndTheNextOnesFailAtOnce(t *testing.T) {
	h, c := newHanging(), &clock{t: epoch}
	s, err := Open(Config{Backend: h, Now: c.now, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Probe(t.Context()); !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "unlock") {
		t.Fatalf("Probe of a keyring that hangs: got %v, want ErrTimeout that says to unlock it", err)
	}
	for range 100 {
		if err := s.Probe(t.Context()); !errors.Is(err, ErrTimeout) {
			t.Fatalf("the next: got %v, want ErrTimeout", err)
		}
	}
	if got := h.count(); got != 1 {
		t.Errorf("calls made: got %d, want 1", got)
	}
	// After a while it is tried again, but never by more than so many calls at once.
	for range 3 * maxStuck {
		c.add(failFastTime + time.Second)
		if err := s.Probe(t.Context()); !errors.Is(err, ErrTimeout) {
			t.Fatalf("got %v, want ErrTimeout", err)
		}
	}
	if got := h.count(); got != maxStuck {
		t.Errorf("calls that hang: got %d, want %d", got, maxStuck)
	}
	// The person unlocks it: the late answers come, and the vault works at once, without waiting for the clock.
	close(h.go_)
	eventually(t, "the late calls come back", func() bool {
		s.guard.mu.Lock()
		defer s.guard.mu.Unlock()
		return s.guard.stuck == 0
	})
	if err := s.Probe(t.Context()); err != nil {
		t.Errorf("Probe after the keyring woke up: %v", err)
	}
	if items := h.Items(); len(items) != 0 {
		t.Errorf("items: got %v, want none: writes that came through late are taken back", items)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	h := newHanging()
	defer close(h.go_)
	s, err := Open(Config{Backend: h, Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() { got <- s.Put(ctx, record("abc", 1, 10)) }()
	eventually(t, "the backend is called", func() bool { return h.count() == 1 })
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want context.Canceled and no ErrTimeout", err)
	}
	if s.guard.admit("x") != nil {
		t.Error("a caller that left holds up the next call")
	}
}

// obedient ends with ctx, as Backend asks.
type obedient struct{ *Memory }

func (obedient) Set(ctx context.Context, _ string, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestABackendThatEndsWithItsContextIsATimeoutToo(t *testing.T) {
	s, err := Open(Config{Backend: obedient{NewMemory().(*Memory)}, Timeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), record("abc", 1, 10)); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
}

func TestAWriteThatTimedOutLeavesTheOldRecordAndIsSwept(t *testing.T) {
	dir, h := t.TempDir(), newHanging()
	old := record("abc", 1, 100)
	if err := open(t, dir, h.Memory).Put(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Config{Dir: dir, Backend: h, Timeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), record("abc", 2, 100)); !errors.Is(err, ErrTimeout) {
		t.Fatalf("got %v, want ErrTimeout", err)
	}
	close(h.go_)
	<-h.ended
	fresh := open(t, dir, h.Memory)
	if n, err := fresh.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("Sweep: got %d, %v; want 1", n, err)
	}
	eventually(t, "only the old record is left", func() bool { return len(h.Items()) == 1 })
	got, err := fresh.Get(t.Context(), "abc")
	if err != nil || same(got, old) != nil {
		t.Errorf("Get: got %v, %v; want the old record", same(got, old), err)
	}
}

// refusing fails as a keyring that is not there.
type refusing struct {
	*Memory
	err error
}

func (r refusing) Set(context.Context, string, []byte) error { return r.err }

func TestProbeTellsWhyAndLeavesNoJournal(t *testing.T) {
	for _, want := range []error{ErrUnavailable, ErrLocked, ErrFull} {
		s := open(t, t.TempDir(), refusing{NewMemory().(*Memory), want})
		if err := s.Probe(t.Context()); !errors.Is(err, want) {
			t.Errorf("Probe: got %v, want %v", err, want)
		}
		if left, _ := s.metadata.list(journalFolder); len(left) != 0 {
			t.Errorf("journal after %v: got %v, want it empty", want, left)
		}
	}
}

// forgetful takes writes without a word and keeps none, or another one.
type forgetful struct {
	*Memory
	instead []byte
}

func (f forgetful) Set(ctx context.Context, item string, _ []byte) error {
	if f.instead == nil {
		return nil
	}
	return f.Memory.Set(ctx, item, f.instead)
}

func TestAKeyringThatDropsWritesIsFoundOut(t *testing.T) {
	for _, instead := range [][]byte{nil, []byte("something else")} {
		s := open(t, t.TempDir(), forgetful{NewMemory().(*Memory), instead})
		for what, err := range map[string]error{"Probe": s.Probe(t.Context()),
			"Put": s.Put(t.Context(), record("abc", 1, 10))} {
			if err == nil {
				t.Errorf("%s with %q kept instead: got no error", what, instead)
			}
		}
		if _, err := s.Get(t.Context(), "abc"); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get: got %v, want ErrNotFound", err)
		}
	}
}
