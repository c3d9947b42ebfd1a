//go:build e2e && linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// underWine returns a home for programs for Windows, and the folder in which `make windows` puts them.
func underWine(t *testing.T) (h *home, folder string) {
	t.Helper()
	folder = windowsFolder()
	if folder == "" {
		t.Skip("LEFT OUT: `make windows` builds what this runs")
	}
	h = newHome(t)
	h.set("WINEPREFIX", filepath.Join(folder, "prefix"))
	h.set("WINEDEBUG", "-all")
	h.set("FOB_VAULT", "memory")
	h.set("FOB_STATE", "Z:"+filepath.Join(h.dir, "state"))
	h.set("FOB_CONFIG", "Z:"+filepath.Join(h.dir, "config.yaml"))
	return h, folder
}

func TestWindowsPastesRunNoKeys(t *testing.T) {
	h, folder := underWine(t)
	const token = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." +
		"eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsInN1YiI6ImFsaWNlIiwibmFtZSI6IkFsaWNlIn0."
	s := h.openScreen(120, 40)
	s.typed("wine " + filepath.Join(folder, "fob.exe"))
	s.keys("Enter")
	s.waitFor("No sessions yet", "commands")
	s.tmux("set-buffer", token)
	s.tmux("paste-buffer", "-t", "s")
	s.waitFor("pasted token", "https://a.example", "alice")
	if seen := s.text(); strings.Contains(seen, "label") || strings.Contains(seen, "Rename") {
		t.Errorf("the paste ran as keys:\n%s", seen)
	}
	// Keys with and without a character, and characters beyond ASCII.
	s.keys("Down")
	s.waitFor("> sub")
	s.typed("/")
	s.typed("é日x")
	s.waitFor("é日x")
	s.keys("BSpace")
	s.waitFor("/é日 ") // wine leaves the line before it standing
	s.keys("Escape")
	s.keys("Escape")
	s.keys("C-c")
	s.waitFor("READY>")
}
