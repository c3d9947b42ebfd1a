//go:build e2e && linux

package e2e

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A dynamically linked program does not start with another C library, as on Alpine.
func TestTheBuildIsStatic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fob")
	if out, err := exec.Command("make", "-C", "../../..", "build", "BIN="+path).CombinedOutput(); err != nil {
		t.Fatalf("make build: %v\n%s", err, out)
	}
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program names an interpreter, so it is linked dynamically")
		}
	}
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("the program needs the libraries %v (%v), want none", libraries, err)
	}
	release, err := os.ReadFile("../../../.goreleaser.yaml")
	if err != nil || !strings.Contains(string(release), "env: [CGO_ENABLED=0]") {
		t.Errorf("releases are not built without cgo (%v)", err)
	}
	if out, err := exec.Command(path, "version").CombinedOutput(); err != nil {
		t.Errorf("fob version: %v\n%s", err, out)
	}
}
