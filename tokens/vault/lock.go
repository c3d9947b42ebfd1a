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
}

// Unlock implements Lock.
func (h *held) Unlock() { h.once.Do(h.release) }

// take waits for the lock until ctx ends.
func (l *locks) take(ctx context.Context, name string) (*held, error) {
	if err := l.enter(ctx, name); err != nil {
		return nil, lockProblem(name, err)
	}
	if l.dir == "" {
		return &held{release: func() { l.leave(name) }}, nil
	}
	f, err := files.Lock(ctx, filepath.Join(l.dir, name))
	if err != nil {
		l.leave(name)
		return nil, lockProblem(name, err)
	}
	return &held{release: func() {
		f.Unlock()
		l.leave(name)
	}}, nil
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
	l.mu.Lock()
	g := l.in[name]
	if g == nil {
		g = &gate{slot: make(chan struct{}, 1)}
		l.in[name] = g
	}
	g.waiting++
	l.mu.Unlock()
	select {
	case g.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		l.forget(name, g)
		return ctx.Err()
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
