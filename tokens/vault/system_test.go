package vault

import (
	"path/filepath"
	"runtime"
	"testing"
)

// onWindows reports whether the tests run where files have no modes, symbolic links need a privilege, and no file is
// let go while it is open.
const onWindows = runtime.GOOS == "windows"

func notOnWindows(t *testing.T, reason string) {
	t.Helper()
	if onWindows {
		t.Skip("LEFT OUT: " + reason)
	}
}

// rooted is a path with what makes it absolute on this system.
func rooted(path string) string {
	if onWindows {
		return filepath.FromSlash("C:" + path)
	}
	return path
}
