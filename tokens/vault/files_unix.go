//go:build !windows

package vault

import (
	"io/fs"
	"os"
)

// replaceFile renames over what is there, in one step.
func replaceFile(from, to string) error { return os.Rename(from, to) }

// syncFolder makes a rename or a removal in the folder last through a power cut.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// private reports whether nobody but the owner can look into the folder.
func private(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }
