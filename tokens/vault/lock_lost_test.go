package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// replaced puts another file in place of a lock file, as a clean-up of the folder and a second fob do.
func replaced(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Skipf("LEFT OUT: this system does not let go of an open file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestALockFileThatIsLostIsNoticed(t *testing.T) {
	for what, lose := range map[string]func(t *testing.T, path string){
		"removed": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Skipf("LEFT OUT: this system does not let go of an open file: %v", err)
			}
		},
		"replaced":              replaced,
		"with the whole folder": func(t *testing.T, path string) { _ = os.RemoveAll(filepath.Dir(path)) },
	} {
		t.Run(what, func(t *testing.T) {
			notOnWindows(t, "no file is let go while it is open")
			dir := t.TempDir()
			lock, err := open(t, dir, NewMemory()).Lock(t.Context(), "abc")
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Unlock()
			if err := lock.Lost(); err != nil {
				t.Errorf("while it is there: got %v", err)
			}
			path := filepath.Join(dir, locksFolder, "abc.lock")
			lose(t, path)
			err = lock.Lost()
			if !errors.Is(err, errLockLost) || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want errLockLost that names %s", err, path)
			}
		})
	}
	lock, err := open(t, "", NewMemory()).Lock(t.Context(), "abc")
	if err != nil || lock.Lost() != nil {
		t.Errorf("of a vault in memory: got %v, %v", err, lock.Lost())
	}
}

// thief replaces the write lock's file while the first item of a write is stored.
type thief struct {
	*Memory
	steal func()
}

func (b *thief) Set(ctx context.Context, item string, value []byte) error {
	if b.steal != nil {
		b.steal()
		b.steal = nil
	}
	return b.Memory.Set(ctx, item, value)
}

// Tokens that were just handed out are not dropped for a lock that was lost: the write begins again under the new one,
// and takes the place of what another has written meanwhile.
func TestAWriteThatLosesItsLockIsDoneAgain(t *testing.T) {
	notOnWindows(t, "no file is let go while it is open")
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	path := filepath.Join(dir, locksFolder, writeLock("abc"))
	b := &thief{Memory: memory, steal: func() {
		replaced(t, path)
		// under the new lock
		if err := open(t, dir, memory).Put(context.Background(), record("abc", 2, 10)); err != nil {
			t.Errorf("the other's write: %v", err)
		}
	}}
	want := record("abc", 1, 4500)
	s := open(t, dir, b)
	if err := s.Put(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, dir, memory, want)
}

func TestTryAcquireDoesNotWait(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir, NewMemory())
		others := []*Store{s}
		if dir != "" {
			others = append(others, open(t, dir, NewMemory()))
		}
		lock, err := s.locks.acquire(t.Context(), "x.lock")
		if err != nil {
			t.Fatal(err)
		}
		for i, other := range others {
			within(t, "trying for a lock", func() {
				if got, err := other.locks.tryAcquire(t.Context(), "x.lock"); got != nil || err != nil {
					t.Errorf("dir %q, store %d: got %v, %v, want nothing", dir, i, got, err)
				}
			})
		}
		lock.Unlock()
		for i, other := range others {
			got, err := other.locks.tryAcquire(t.Context(), "x.lock")
			if got == nil || err != nil {
				t.Fatalf("dir %q, store %d, after the unlock: got %v, %v", dir, i, got, err)
			}
			got.Unlock()
			if len(other.locks.local) != 0 {
				t.Errorf("dir %q, store %d: remembered locks: got %d, want 0", dir, i, len(other.locks.local))
			}
		}
	}
}

// A named pipe or a link in place of a lock file is an error, and is not waited for.
func TestALockFileIsAFile(t *testing.T) {
	notOnWindows(t, "symbolic links need a privilege")
	for kind, make := range map[string]func(path string) error{
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a symbolic link": func(path string) error { return os.Symlink(path+".target", path) },
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, locksFolder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := make(filepath.Join(dir, locksFolder, "abc.lock")); err != nil {
			t.Skipf("LEFT OUT: this system makes none here: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		lock, err := open(t, dir, NewMemory()).Lock(ctx, "abc")
		cancel()
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, %v, want ErrUnavailable", kind, lock, err)
		}
	}
}
