package files

import (
	"errors"

	"golang.org/x/sys/windows"
)

// NoFollow are flags of os.OpenFile: there are no such flags here.
const NoFollow = 0

// inUse recognises errors that end when another program closes the file. A rename over an open file, and opening a file
// that is about to be removed, fail with "access denied".
func inUse(err error) inUseState {
	switch {
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_LOCK_VIOLATION),
		errors.Is(err, windows.ERROR_USER_MAPPED_FILE):
		return definitelyInUse
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_DELETE_PENDING):
		return maybeInUse
	}
	return notInUse
}

// SyncFolder does nothing: NTFS keeps its own journal of names, and a folder cannot be flushed.
func SyncFolder(string) error { return nil }
