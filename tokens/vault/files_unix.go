//go:build !windows

package vault

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether the mode keeps everybody but the owner out.
func private(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// othersWrite reports whether users other than the owner can make files in the folder that replace ours.
func othersWrite(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0
}

// owner is the user whom the file belongs to, and whether that is the one we run as, or the administrator.
func owner(info fs.FileInfo) (uid int, trusted bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, true
	}
	uid = int(stat.Uid)
	return uid, uid == os.Geteuid() || uid == 0
}
