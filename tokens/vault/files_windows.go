package vault

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// replaceFile renames over what is there. Windows refuses while another process reads the target, which takes a few
// milliseconds at most: so it tries for a while.
func replaceFile(from, to string) error {
	var err error
	for range 50 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// syncFolder does nothing: NTFS keeps its own journal of names, and a folder cannot be flushed.
func syncFolder(string) error { return nil }

// private is not told by mode bits on Windows: the profile folder's access list keeps others out.
func private(fs.FileInfo) bool { return true }
