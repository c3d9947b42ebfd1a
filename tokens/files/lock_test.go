package files

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Between opening a lock file and locking it, a sweep may remove it and another process make it anew: a lock on the old
// one is none.
func TestALockOnAReplacedFileIsNotAcquired(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: no file is let go while it is open")
	}
	path := filepath.Join(t.TempDir(), "abc.lock")
	stale, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if f, err := lockOpened(stale, path); f != nil || err != nil {
		t.Errorf("the old file: got %v, %v, want nothing", f, err)
	}
	f, err := TryLock(path)
	if f == nil || err != nil {
		t.Fatalf("the new file: got %v, %v, want its lock", f, err)
	}
	f.Unlock()
}

// A lock stays exclusive while its holders remove the file, and the last holder leaves no file behind.
func TestARemovedLockFileStillLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "abc.lock")
	first, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var inside atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			l, err := Lock(t.Context(), path)
			if err != nil {
				t.Errorf("waiting: %v", err)
				return
			}
			if n := inside.Add(1); n != 1 || !l.IsAt(path) {
				t.Errorf("got %d holders at once, and the file of the lock in its place: %v; want 1 and true",
					n, l.IsAt(path))
			}
			inside.Add(-1)
			l.Remove()
		})
	}
	first.Remove()
	group.Wait()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("at the end: got %v, want no file", err)
	}
}
