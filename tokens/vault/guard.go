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
	// PersonTimeout is the time limit of a call when a user may have to answer the keyring's dialog.
	PersonTimeout = 2 * time.Minute
	// defaultNotice is when a slow call is reported as waiting.
	defaultNotice = 2 * time.Second
	// failFastTime is how long calls fail immediately after one that timed out, unless that one returns.
	failFastTime = 5 * time.Second
	// maxStuck is how many calls may hang before no more are made.
	maxStuck = 8
)

// guard limits the time of every call of a backend. A call that hangs keeps its goroutine, so their number is limited,
// and after one timeout the next calls fail immediately for a while.
type guard struct {
	backend     Backend
	timeout     time.Duration
	now         func() time.Time
	noticeAfter time.Duration     // when waiting is called
	waiting     func(hint string) // may be nil

	noticeOnce   sync.Once
	mu           sync.Mutex
	stuck        int
	blockedUntil time.Time // calls before this time fail immediately
}

type answer struct {
	value []byte
	err   error
}

func (g *guard) get(ctx context.Context, item string) ([]byte, error) {
	return g.call(ctx, "reading from", func(ctx context.Context) ([]byte, error) {
		return g.backend.Get(ctx, item)
	}, nil)
}

// set writes an item. A write that completes after its caller has given up is undone: no record would name it.
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

func (g *guard) call(
	ctx context.Context, doing string, f func(context.Context) ([]byte, error), undo func(),
) ([]byte, error) {
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
		g.lateAnswer()
	}()
	a := g.await(limited, c)
	if contextEnded(a.err) {
		return nil, g.timeoutError(ctx, doing)
	}
	return a.value, a.err
}

// await waits for the result of a call until ctx ends. It reports once if that takes long: a dialog may be waiting for
// the user, perhaps behind another window.
func (g *guard) await(ctx context.Context, c *call) answer {
	notice := time.NewTimer(g.noticeAfter)
	defer notice.Stop()
	for {
		select {
		case a := <-c.done:
			return a
		case <-notice.C:
			if g.waiting != nil {
				g.noticeOnce.Do(func() { g.waiting(timeoutHint(runtime.GOOS)) })
			}
		case <-ctx.Done():
			a, answered := c.abandon(g.countStuck)
			if !answered {
				a.err = ctx.Err()
			}
			return a
		}
	}
}

// call is one call of the backend. It ends once: with its result, or when the caller gives up.
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

// abandon marks the call as given up and runs onAbandon, unless the result has just arrived.
func (c *call) abandon(onAbandon func()) (a answer, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return <-c.done, true
	}
	c.abandoned = true
	onAbandon()
	return answer{}, false
}

func (g *guard) admit(doing string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stuck >= maxStuck || g.now().Before(g.blockedUntil) {
		return fail(ErrTimeout, nil, "%s the %s: not tried, because a recent call timed out: %s",
			doing, g.backend.Name(), timeoutHint(runtime.GOOS))
	}
	return nil
}

// timeoutHint says what an unresponsive keyring may be waiting for.
func timeoutHint(goos string) string {
	if goos == "darwin" {
		return `macOS may be asking whether "security", the tool that reads the keychain for fob, may use it: ` +
			"look for that dialog, allow it, and try again"
	}
	return "it may be waiting for you to unlock it: look for its dialog, unlock it, and try again"
}

func (g *guard) countStuck() {
	g.mu.Lock()
	g.stuck++
	g.mu.Unlock()
}

// lateAnswer records that a stuck call returned: the backend works, so the next call may run immediately.
func (g *guard) lateAnswer() {
	g.mu.Lock()
	g.stuck--
	g.blockedUntil = time.Time{}
	g.mu.Unlock()
}

// timeoutError returns why a call has no result: the caller's context ended, or the backend timed out, after which the
// next calls fail for a while.
func (g *guard) timeoutError(caller context.Context, doing string) error {
	if err := caller.Err(); err != nil {
		return fmt.Errorf("%s the %s: %w", doing, g.backend.Name(), err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stuck > 0 { // zero if it has just returned
		g.blockedUntil = g.now().Add(failFastTime)
	}
	return fail(ErrTimeout, nil, "%s the %s: no response within %s: %s",
		doing, g.backend.Name(), g.timeout, timeoutHint(runtime.GOOS))
}
