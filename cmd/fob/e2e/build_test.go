//go:build e2e && linux

package e2e

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"testing"
)

// A program that names an interpreter or a library does not start where the C library is another one, as on Alpine.
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
	if out, err := exec.Command(path, "version").CombinedOutput(); err != nil {
		t.Errorf("fob version: %v\n%s", err, out)
	}
}
