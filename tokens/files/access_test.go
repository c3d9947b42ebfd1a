//go:build !windows

// LEFT OUT elsewhere: Windows has no modes and no user IDs.

package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWhoMayWriteIsReadFromTheMode(t *testing.T) {
	for _, c := range []struct {
		mode            fs.FileMode
		owner           bool
		fileWritable    bool
		folderCanChange bool
	}{
		{0o700, true, false, false},
		{0o744, false, false, false},
		{0o710, false, false, false},
		{0o770, false, true, true},
		{0o702, false, true, true},
		{0o777 | fs.ModeSticky, false, true, false},
	} {
		file, folder := filepath.Join(t.TempDir(), "file"), t.TempDir()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for path, writable := range map[string]bool{file: c.fileWritable, folder: c.folderCanChange} {
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := OwnerOnly(info); got != c.owner {
				t.Errorf("%v: for the owner only: got %t, want %t", info.Mode(), got, c.owner)
			}
			if got := WritableByOthers(info); got != writable {
				t.Errorf("%v: writable by others: got %t, want %t", info.Mode(), got, writable)
			}
		}
	}
}

func TestOnlyAnotherUserThanRootIsForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	owners := map[int]bool{os.Geteuid(): false}
	if os.Geteuid() == 0 {
		owners[4711] = true
	}
	for uid, want := range owners {
		if err := os.Chown(path, uid, -1); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, foreign := ForeignOwner(info); got != uid || foreign != want {
			t.Errorf("uid %d: got %d and foreign %t, want %t", uid, got, foreign, want)
		}
	}
}
