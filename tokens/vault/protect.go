package vault

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"fob/tokens/shell"
)

// Protect keeps other users out of the state folder and the folders in it, and returns a sentence about each thing that
// was open to them: who can write there can change what fob reads. Only what is ours is mended, and only where change
// is set: a folder that belongs to us, and of the state folder itself only one that holds nothing but fob's folders.
func (s *Store) Protect(change bool) []string {
	if s.dir == "" {
		return nil
	}
	info, err := os.Stat(s.dir)
	if err != nil || !info.IsDir() {
		return nil // Open has judged it, or it is not made yet
	}
	said := protect(s.dir, info, change && s.holdsOnlyOurs(), othersWrite(info))
	for _, name := range allFolders {
		path := filepath.Join(s.dir, name)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			said = append(said, protect(path, info, change, true)...)
		}
	}
	return said
}

// protect closes one folder. Where that is not for us to do, it is said if that matters.
func protect(path string, info fs.FileInfo, change, matters bool) []string {
	uid, trusted := owner(info)
	if !trusted {
		return []string{fmt.Sprintf("the folder %s belongs to another user (uid %d), who can change what fob reads there: "+
			"set FOB_STATE to a folder of your own", path, uid)}
	}
	if private(info) {
		return nil
	}
	do := "look into"
	if othersWrite(info) {
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

// holdsOnlyOurs reports whether the state folder holds nothing but what fob makes there.
func (s *Store) holdsOnlyOurs() bool {
	entries, err := os.ReadDir(s.dir)
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !slices.Contains(allFolders, e.Name())
	})
}
