package vault

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"fob/tokens/files"
	"fob/tokens/shell"
)

// Protect closes the state folder and the folders in it to other users, and returns a sentence about each one that was
// open: who can write there can change what fob reads. Only with change set are modes changed, and only of folders of
// the current user; the state folder itself only if it contains nothing but fob's folders.
func (s *Store) Protect(change bool) []string {
	if s.dir == "" {
		return nil
	}
	info, err := os.Stat(string(s.dir))
	if err != nil || !info.IsDir() {
		return nil // Open has checked it, or it does not exist yet
	}
	found := protect(string(s.dir), info, change && s.hasOnlyOwnFolders(), files.WritableByOthers(info))
	for _, name := range allFolders {
		path := filepath.Join(string(s.dir), name)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			found = append(found, protect(path, info, change, true)...)
		}
	}
	return found
}

// protect closes one folder if change is set. A folder that stays open is reported if that matters.
func protect(path string, info fs.FileInfo, change, matters bool) []string {
	if uid, foreign := files.ForeignOwner(info); foreign {
		return []string{fmt.Sprintf("the folder %s belongs to another user (uid %d), who can change what fob reads "+
			"there: set FOB_STATE to a folder of your own", path, uid)}
	}
	if files.OwnerOnly(info) {
		return nil
	}
	do := "look into"
	if files.WritableByOthers(info) {
		do = "write in"
	}
	open := fmt.Sprintf("%s the folder %s (mode %04o)", do, path, info.Mode().Perm())
	if change && os.Chmod(path, 0o700) == nil {
		return []string{"other users could " + open + ": it is closed to them now (0700)"}
	}
	if !matters {
		return nil
	}
	return []string{"other users can " + open + ": close it with: chmod 700 " + shell.Word(path)}
}

// hasOnlyOwnFolders reports whether the state folder contains only the folders that fob creates there.
func (s *Store) hasOnlyOwnFolders() bool {
	entries, err := os.ReadDir(string(s.dir))
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !slices.Contains(allFolders, e.Name())
	})
}
