package profile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fob/tokens/files"
	"fob/tokens/shell"
)

// whyUntrusted says why a command that the file names must not run: somebody else could have written it there. "" means
// that only this user and the system's administrator can write the file and replace it in its folder.
func whyUntrusted(path string, info fs.FileInfo) string {
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

// writableByOthers says who but this user and root can write the file, or replace files in the folder; "": no one.
func writableByOthers(info fs.FileInfo) string {
	if uid, foreign := files.ForeignOwner(info); foreign {
		return fmt.Sprintf("owned by another user (uid %d)", uid)
	}
	if files.WritableByOthers(info) {
		return fmt.Sprintf("writable by others (mode %04o)", info.Mode().Perm())
	}
	return ""
}
