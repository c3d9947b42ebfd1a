package files

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLockFile locks an open file unless another process has the lock.
func tryLockFile(f *os.File) (bool, error) {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return false, nil
	}
	return false, err
}

// Remove releases the lock, then deletes the file. Windows does not delete a file that any process has opened as
// os.OpenFile does, without FILE_SHARE_DELETE: the file stays if another process has acquired the lock in between.
func (l *FileLock) Remove() {
	l.Unlock()
	_ = os.Remove(l.f.Name())
}

func unlockFile(f *os.File) {
	_ = windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
}
