//go:build !windows

package files

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLockFile locks an open file unless another process has the lock.
func tryLockFile(f *os.File) (bool, error) {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, err
		}
	}
}

// Remove deletes the file, then releases the lock. Processes that wait for it notice and create the file again.
func (l *FileLock) Remove() {
	_ = os.Remove(l.f.Name())
	l.Unlock()
}

func unlockFile(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) }
