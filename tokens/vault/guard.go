package vault

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

const (
	defaultTimeout = 5 * time.Second
	// PersonTimeout is how long a call takes at most where a person is there to answer the keyring's dialog.
	PersonTimeout = 2 * time.Minute
	// noticeAfter is when a call is said to be waiting.
	noticeAfter = 2 * time.Second
	// brake is how long calls fail at once after one that was not answered in time, unless that one comes back.
	brake = 5 * time.Second
	// maxStuck is how many calls may hang unanswered before no more are made.
	maxStuck = 8
)

// guard gives every call of a backend an end. A call that does not come back keeps its goroutine, so their number is
// bounded, and after one such call the next ones fail at once for a while.
type guard struct {
	backend Backend
	timeout time.Duration
	now     func() time.Time
	notice  time.Duration     // after how long waiting is called
	waiting func(hint string) // nil: nobody is told

	told    sync.Once
	mu      sync.Mutex
	stuck   int
	blocked time.Time // calls before it fail at once; zero: none
}

type answer struct {
	value []byte
	err   error
}

func (g *guard) get(ctx context.Context, item string) ([]byte, error) {
	return g.call(ctx, "reading from", func(ctx context.Context) ([]byte, error) { return g.backend.Get(ctx, item) }, nil)
}

// set writes an item. A write that comes through after it was given up is taken back: nothing would name it any more.
func (g *guard) set(ctx context.Context, item string, value []byte) error {
	_, err := g.call(ctx, "writing to",
		func(ctx context.Context) ([]byte, error) { return nil, g.backend.Set(ctx, item, value) },
		func() { _ = g.backend.Delete(context.Background(), item) })
	return err
}

func (g *guard) remove(ctx context.Context, item string) error {
	_, err := g.call(ctx, "deleting from",
		func(ctx context.Context) ([]byte, error) { return nil, g.backend.Delete(ctx, item) }, nil)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (g *guard) call(ctx context.Context, doing string, f func(context.Context) ([]byte, error), undo func()) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s the %s: %w", doing, g.backend.Name(), err)
	}
	if err := g.admit(doing); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	c := &call{done: make(chan answer, 1)}
	go func() {
		value, err := f(limited)
		if c.finish(answer{value, err}) {
			return
		}
		if err == nil && undo != nil {
			undo()
		}
		g.cameBack()
	}()
	a := g.await(limited, c)
	if ended(a.err) {
		return nil, g.gaveUp(ctx, doing)
	}
	return a.value, a.err
}

// await waits for the answer of a call until ctx ends, and says so when that takes long: a dialog may be waiting for
// the person, perhaps behind another window.
func (g *guard) await(ctx context.Context, c *call) answer {
	notice := time.NewTimer(g.notice)
	defer notice.Stop()
	for {
		select {
		case a := <-c.done:
			return a
		case <-notice.C:
			if g.waiting != nil {
				g.told.Do(func() { g.waiting(timeoutHint(runtime.GOOS)) })
			}
		case <-ctx.Done():
			a, answered := c.abandon(g.hang)
			if !answered {
				a.err = ctx.Err()
			}
			return a
		}
	}
}

// call is settled once: by its answer or by its caller's leaving.
type call struct {
	mu        sync.Mutex
	abandoned bool
	finished  bool
	done      chan answer
}

func (c *call) finish(a answer) (wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.abandoned {
		return false
	}
	c.finished = true
	c.done <- a
	return true
}

// abandon gives the call up, running onLeave first, unless its answer came in the last moment.
func (c *call) abandon(onLeave func()) (a answer, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return <-c.done, true
	}
	c.abandoned = true
	onLeave()
	return answer{}, false
}

func (g *guard) admit(doing string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stuck >= maxStuck || g.now().Before(g.blocked) {
		return fail(ErrTimeout, nil, "%s the %s: not tried, since it did not answer a moment ago: %s",
			doing, g.backend.Name(), timeoutHint(runtime.GOOS))
	}
	return nil
}

// timeoutHint says what a keyring that does not answer may be waiting for.
func timeoutHint(goos string) string {
	if goos == "darwin" {
		return `macOS may be asking whether "security", the tool that reads the keychain for fob, may use it: look for ` +
			"that dialog, allow it, and try again"
	}
	return "it may be waiting for you to unlock it: look for its dialog, unlock it, and try again"
}

func (g *guard) hang() {
	g.mu.Lock()
	g.stuck++
	g.mu.Unlock()
}

// cameBack notes a late answer: the backend is alive, so the next call may go at once.
func (g *guard) cameBack() {
	g.mu.Lock()
	g.stuck--
	g.blocked = time.Time{}
	g.mu.Unlock()
}

// gaveUp says why a call has no answer: its caller left, or the backend was too slow, which holds up the next calls.
func (g *guard) gaveUp(caller context.Context, doing string) error {
	if err := caller.Err(); err != nil {
		return fmt.Errorf("%s the %s: %w", doing, g.backend.Name(), err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stuck > 0 { // not if it came back just now
		g.blocked = g.now().Add(brake)
	}
	return fail(ErrTimeout, nil, "%s the %s: no answer within %s: %s",
		doing, g.backend.Name(), g.timeout, timeoutHint(runtime.GOOS))
}
