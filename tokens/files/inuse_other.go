//go:build !windows

package files

import (
	"os"
	"syscall"
)

// NoFollow are flags of os.OpenFile: a symbolic link is not followed, and a named pipe not waited for.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// inUse: other programs keep nobody from renaming, removing or reading a file here.
func inUse(error) use { return notInUse }

// SyncFolder makes a rename or a removal in the folder last through a power cut.
func SyncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}
