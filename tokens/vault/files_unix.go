//go:build !windows

package vault

import (
	"io/fs"
	"os"
	"syscall"
)

// ownerOnly reports whether the mode gives access to the owner only.
func ownerOnly(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// othersCanWrite reports whether users other than the owner can create or replace files in the folder.
func othersCanWrite(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0
}

// owner returns the user ID of the file's owner, and whether that is the current user or root.
func owner(info fs.FileInfo) (uid int, trusted bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, true
	}
	uid = int(stat.Uid)
	return uid, uid == os.Geteuid() || uid == 0
}
