package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// Another program holds the target without sharing it, and lets go once the rename has failed a first time.
func TestARenameOverAnOpenFileWaitsForIt(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for _, path := range []string{from, to} {
		if err := os.WriteFile(path, []byte(filepath.Base(path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name, err := windows.UTF16PtrFromString(to)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING,
		0,
		0)
	if err != nil {
		t.Fatal(err)
	}
	fails := 0
	w := retrier{inUse: inUse, now: time.Now, sleep: func(time.Duration) {
		if fails++; fails == 1 {
			_ = windows.CloseHandle(handle)
		}
	}}
	if err := w.do(func() error { return os.Rename(from, to) }); err != nil || fails == 0 {
		t.Errorf("got %v after %d failures, want it done after at least one", err, fails)
	}
}
