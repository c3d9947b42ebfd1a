package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"fob/tokens/files"
)

// locks are exclusive locks by name, between goroutines and, if there is a folder, between processes. The system
// releases the locks of a process that ends.
type locks struct {
	dir   string // "": within this process only
	mu    sync.Mutex
	local map[string]*localLock
}

// localLock is a lock within this process. users counts its owner and those that wait for it, so that it can be removed
// when unused.
type localLock struct {
	slot  chan struct{}
	users int
}

func newLocks(dir string) *locks { return &locks{dir: dir, local: map[string]*localLock{}} }

// lockHandle is an acquired lock.
type lockHandle struct {
	once    sync.Once
	release func()
	file    *files.FileLock // nil for a lock within this process
	path    string
}

// Unlock implements Lock.
func (h *lockHandle) Unlock() { h.once.Do(h.release) }

// errLockLost means that a lock file was removed or replaced while its lock was in use.
var errLockLost = errors.New("the lock file was removed or replaced")

// Lost implements Lock.
func (h *lockHandle) Lost() error {
	if h.file == nil || h.file.IsAt(h.path) {
		return nil
	}
	return fail(ErrUnavailable, errLockLost, "the lock file %s was removed or replaced by another program, so "+
		"another fob may be making the same change: nothing was changed, try again", h.path)
}

// acquire waits for the lock until ctx ends.
func (l *locks) acquire(ctx context.Context, name string) (*lockHandle, error) {
	if err := l.acquireLocal(ctx, name); err != nil {
		return nil, lockProblem(name, err)
	}
	if l.dir == "" {
		return &lockHandle{release: func() { l.releaseLocal(name) }}, nil
	}
	path := filepath.Join(l.dir, name)
	f, err := files.Lock(ctx, path)
	if err != nil {
		l.releaseLocal(name)
		return nil, lockProblem(name, err)
	}
	return l.newHandle(f, path, name), nil
}

// tryAcquire acquires the lock if it is free; else it returns nil without an error.
func (l *locks) tryAcquire(_ context.Context, name string) (*lockHandle, error) {
	if !l.tryAcquireLocal(name) {
		return nil, nil
	}
	if l.dir == "" {
		return &lockHandle{release: func() { l.releaseLocal(name) }}, nil
	}
	path := filepath.Join(l.dir, name)
	f, err := files.TryLock(path)
	if f == nil || err != nil {
		l.releaseLocal(name)
		return nil, err
	}
	return l.newHandle(f, path, name), nil
}

func (l *locks) newHandle(f *files.FileLock, path, name string) *lockHandle {
	return &lockHandle{file: f, path: path, release: func() {
		f.Unlock()
		l.releaseLocal(name)
	}}
}

func lockProblem(name string, err error) error {
	if contextEnded(err) {
		return fail(nil, err, "waiting for the lock %s, which another fob uses: %v", name, err)
	}
	return fail(ErrUnavailable, err, "acquiring the lock %s: %v: check that the state folder can be written", name, err)
}

func (l *locks) acquireLocal(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g := l.localLock(name)
	select {
	case g.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		l.forget(name, g)
		return ctx.Err()
	}
}

func (l *locks) localLock(name string) *localLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.local[name]
	if g == nil {
		g = &localLock{slot: make(chan struct{}, 1)}
		l.local[name] = g
	}
	g.users++
	return g
}

func (l *locks) tryAcquireLocal(name string) bool {
	g := l.localLock(name)
	select {
	case g.slot <- struct{}{}:
		return true
	default:
		l.forget(name, g)
		return false
	}
}

func (l *locks) releaseLocal(name string) {
	l.mu.Lock()
	g := l.local[name]
	l.mu.Unlock()
	<-g.slot
	l.forget(name, g)
}

func (l *locks) forget(name string, g *localLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.users--; g.users == 0 {
		delete(l.local, name)
	}
}

// sweep removes the lock files that are free and that keep reports as not needed.
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
