package profile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fob/tokens/files"
	"fob/tokens/shell"
)

// untrustedReason says why a command in the configuration file must not run: another user could have written it. ""
// means that only this user and the system's administrator can write the file or replace it in its folder.
func untrustedReason(path string, info fs.FileInfo) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if why := writableByOthers(info); why != "" && info.Mode().IsRegular() {
		return fmt.Sprintf("%s is %s: run `chmod go-w %s` after reading it", path, why, shell.Word(path))
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err == nil {
		if why := writableByOthers(info); why != "" {
			return fmt.Sprintf("its folder %s is %s: run `chmod go-w %s`", folder, why, shell.Word(folder))
		}
	}
	return ""
}

// writableByOthers says how other users than this one and root can write the file, or replace files in the folder; ""
// if they cannot.
func writableByOthers(info fs.FileInfo) string {
	if uid, foreign := files.ForeignOwner(info); foreign {
		return fmt.Sprintf("owned by another user (uid %d)", uid)
	}
	if files.WritableByOthers(info) {
		return fmt.Sprintf("writable by others (mode %04o)", info.Mode().Perm())
	}
	return ""
}
