package files

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The shortest and longest pause between two attempts to acquire a lock that another process has.
const (
	minLockPause = 5 * time.Millisecond
	maxLockPause = 100 * time.Millisecond
)

// FileLock is an exclusive lock on a file, between goroutines and between processes. The system releases the lock of a
// process that ends.
type FileLock struct {
	f    *os.File
	once sync.Once
}

// Lock acquires the lock of the file at path. It creates the file and its folder if they are missing, and waits until
// ctx ends.
func Lock(ctx context.Context, path string) (*FileLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	timer := time.NewTimer(minLockPause)
	defer timer.Stop()
	for pause := minLockPause; ; pause = min(2*pause, maxLockPause) {
		l, err := tryLockWithRetry(path)
		if l != nil || err != nil {
			return l, err
		}
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryLockWithRetry is TryLock that retries while the file is about to be removed, which Windows reports as "access
// denied".
func tryLockWithRetry(path string) (l *FileLock, err error) {
	err = RetryWhileInUse(func() error {
		l, err = TryLock(path)
		return err
	})
	return l, err
}

// TryLock acquires the lock of the file at path; it returns nil without an error if the lock is taken.
func TryLock(path string) (*FileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|NoFollow, 0o600)
	if err != nil {
		return nil, err
	}
	return lockOpened(f, path)
}

// lockOpened locks a file that was opened at the path, and closes it if it is no longer the file at the path: the
// previous owner may have removed it between opening and locking.
func lockOpened(f *os.File, path string) (*FileLock, error) {
	ok, err := tryLockFile(f)
	if l := (&FileLock{f: f}); ok && l.IsAt(path) {
		return l, nil
	}
	_ = f.Close() // which releases the lock too
	return nil, err
}

// IsAt reports whether the locked file is the one at the path: it may have been removed or replaced.
func (l *FileLock) IsAt(path string) bool {
	mine, err := l.f.Stat()
	if err != nil {
		return false
	}
	current, err := os.Stat(path)
	return err == nil && os.SameFile(mine, current)
}

// Unlock releases the lock.
func (l *FileLock) Unlock() {
	l.once.Do(func() {
		unlockFile(l.f)
		_ = l.f.Close()
	})
}
