//go:build !windows

package files

import (
	"os"
	"syscall"
)

// NoFollow are flags of os.OpenFile: do not follow a symbolic link, do not wait for a named pipe.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// inUse returns notInUse: here an open file can be renamed, removed and read.
func inUse(error) inUseState { return notInUse }

// SyncFolder makes a rename or removal in the folder survive a power failure.
func SyncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}
