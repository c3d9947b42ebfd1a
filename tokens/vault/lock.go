package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"fob/tokens/files"
)

// locks are exclusive locks by name, between goroutines and, where there is a folder, between processes. A process that
// dies lets go of its locks: the system does that.
type locks struct {
	dir string // "" for this process alone
	mu  sync.Mutex
	in  map[string]*gate
}

// gate is a lock within this process. waiting counts who holds it or waits for it, so that it can be forgotten.
type gate struct {
	slot    chan struct{}
	waiting int
}

func newLocks(dir string) *locks { return &locks{dir: dir, in: map[string]*gate{}} }

// held is a lock that is held.
type held struct {
	once    sync.Once
	release func()
	file    *files.FileLock // nil for one within this process
	path    string
}

// Unlock implements Lock.
func (h *held) Unlock() { h.once.Do(h.release) }

// errLockLost means that a lock file was removed or replaced while the lock was held.
var errLockLost = errors.New("the lock file was removed or replaced")

// Lost implements Lock.
func (h *held) Lost() error {
	if h.file == nil || h.file.IsAt(h.path) {
		return nil
	}
	return fail(ErrUnavailable, errLockLost, "the lock file %s was removed or replaced by something else than fob, so "+
		"another fob may be doing the same: nothing was changed, try again", h.path)
}

// take waits for the lock until ctx ends.
func (l *locks) take(ctx context.Context, name string) (*held, error) {
	if err := l.enter(ctx, name); err != nil {
		return nil, lockProblem(name, err)
	}
	if l.dir == "" {
		return &held{release: func() { l.leave(name) }}, nil
	}
	path := filepath.Join(l.dir, name)
	f, err := files.Lock(ctx, path)
	if err != nil {
		l.leave(name)
		return nil, lockProblem(name, err)
	}
	return l.have(f, path, name), nil
}

// try takes the lock if it is free; nil without an error when it is not.
func (l *locks) try(_ context.Context, name string) (*held, error) {
	if !l.enterIfFree(name) {
		return nil, nil
	}
	if l.dir == "" {
		return &held{release: func() { l.leave(name) }}, nil
	}
	path := filepath.Join(l.dir, name)
	f, err := files.TryLock(path)
	if f == nil || err != nil {
		l.leave(name)
		return nil, err
	}
	return l.have(f, path, name), nil
}

func (l *locks) have(f *files.FileLock, path, name string) *held {
	return &held{file: f, path: path, release: func() {
		f.Unlock()
		l.leave(name)
	}}
}

func lockProblem(name string, err error) error {
	if ended(err) {
		return fail(nil, err, "waiting for the lock %s, which another fob holds: %v", name, err)
	}
	return fail(ErrUnavailable, err, "taking the lock %s: %v: check that the state folder can be written", name, err)
}

func (l *locks) enter(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g := l.gate(name)
	select {
	case g.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		l.forget(name, g)
		return ctx.Err()
	}
}

func (l *locks) gate(name string) *gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.in[name]
	if g == nil {
		g = &gate{slot: make(chan struct{}, 1)}
		l.in[name] = g
	}
	g.waiting++
	return g
}

func (l *locks) enterIfFree(name string) bool {
	g := l.gate(name)
	select {
	case g.slot <- struct{}{}:
		return true
	default:
		l.forget(name, g)
		return false
	}
}

func (l *locks) leave(name string) {
	l.mu.Lock()
	g := l.in[name]
	l.mu.Unlock()
	<-g.slot
	l.forget(name, g)
}

func (l *locks) forget(name string, g *gate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.waiting--; g.waiting == 0 {
		delete(l.in, name)
	}
}

// sweep removes the lock files that keep says are not needed and that nobody holds.
func (l *locks) sweep(keep func(name string) bool) error {
	if l.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if keep(e.Name()) {
			continue
		}
		if f, lockErr := files.TryLock(filepath.Join(l.dir, e.Name())); f != nil && lockErr == nil {
			f.Remove()
		}
	}
	return err
}
