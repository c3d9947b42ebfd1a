//go:build !windows

package files

import (
	"io/fs"
	"os"
	"syscall"
)

// OwnerOnly reports whether the mode gives access to the owner only.
func OwnerOnly(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// WritableByOthers reports whether the mode lets users other than the owner write the file, or create and replace files
// in the folder: in a folder with the sticky bit each user replaces only their own.
func WritableByOthers(info fs.FileInfo) bool {
	shared := info.IsDir() && info.Mode()&fs.ModeSticky != 0
	return info.Mode().Perm()&0o022 != 0 && !shared
}

// ForeignOwner returns the user ID of the file's owner, and whether that is neither the current user nor root.
func ForeignOwner(info fs.FileInfo) (uid int, foreign bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, false
	}
	uid = int(stat.Uid)
	return uid, uid != os.Geteuid() && uid != 0
}
