package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// within fails the test when f does not come back: what opens a named pipe waits for ever.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not come back", what)
	}
}

// A session that is missing from the list without an error looks removed.
func TestASpecialFileIsReportedAndLeftUnchanged(t *testing.T) {
	for kind, make := range map[string]func(path string) error{
		"a folder":        func(path string) error { return os.MkdirAll(filepath.Join(path, "within"), 0o700) },
		"a symbolic link": func(path string) error { return os.Symlink(path+".target", path) },
		"a named pipe":    mkfifo,
	} {
		t.Run(kind, func(t *testing.T) {
			if kind == "a symbolic link" {
				notOnWindows(t, "symbolic links need a privilege")
			}
			dir := t.TempDir()
			s := open(t, dir, NewMemory())
			for _, id := range []string{"abc", "good"} {
				if err := s.Put(t.Context(), record(id, 1, 10)); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, sessionsFolder, "abc.json")
			if err := os.Rename(path, path+".target"); err != nil { // a link leads to a good file
				t.Fatal(err)
			}
			if err := make(path); err != nil {
				t.Skipf("LEFT OUT: this system makes none here: %v", err)
			}
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
				t.Skip("LEFT OUT: this system shows it as a file")
			}
			within(t, kind, func() {
				list, listErr := s.List(t.Context())
				if len(list) != 1 || list[0].ID != "good" {
					t.Errorf("listed: got %v, want the good one", list)
				}
				_, getErr := s.Get(t.Context(), "abc")
				_, metaErr := s.Meta(t.Context(), "abc")
				for what, err := range map[string]error{"List": listErr, "Get": getErr, "Meta": metaErr,
					"Put": s.Put(t.Context(), record("abc", 2, 10)), "Delete": s.Delete(t.Context(), "abc")} {
					if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), path) ||
						!strings.Contains(err.Error(), kind) {
						t.Errorf("%s: got %v, want ErrForeign that names %s and says %s", what, err, path, kind)
					}
				}
			})
			if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() {
				t.Errorf("afterwards: got %v, %v; want it left as it was", info, err)
			}
		})
	}
}

func TestAFileWithANameThatNoSessionHasIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, sessionsFolder, "abc (copy).json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context())
	if len(list) != 1 || !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "abc (copy).json") {
		t.Errorf("got %d sessions, %v, want 1 and the name of the other file", len(list), err)
	}
}

// A record of a newer fob is valid: no error says to remove it, and it is not removed.
func TestARecordOfANewerFobIsLeftToIt(t *testing.T) {
	for name, age := range map[string]func(t *testing.T, dir string, memory *Memory){
		"the file": func(t *testing.T, dir string, _ *Memory) {
			text := `{"version":99,"stored":["another","shape"],"meta":"too"}`
			if err := os.WriteFile(filepath.Join(dir, sessionsFolder, "abc.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"the record": func(t *testing.T, dir string, memory *Memory) {
			s := open(t, dir, memory)
			text := []byte(`{"v":99,"access_token":["another","shape"]}`)
			m := record("abc", 1, 1).Meta
			if err := s.storeBlob(t.Context(), "abc", text, metadataFile{Meta: &m}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, memory := t.TempDir(), NewMemory().(*Memory)
			s := open(t, dir, memory)
			if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
				t.Fatal(err)
			}
			age(t, dir, memory)
			before, items := readState(t, dir), len(memory.Items())
			_, getErr := s.Get(t.Context(), "abc")
			for what, err := range map[string]error{"Get": getErr, "Delete": s.Delete(t.Context(), "abc")} {
				if !errors.Is(err, ErrForeign) || errors.Is(err, ErrDamaged) ||
					!strings.Contains(err.Error(), "newer fob (version 99") {
					t.Errorf("%s: got %v, want ErrForeign that names version 99", what, err)
				}
				if err != nil && strings.Contains(err.Error(), "remove") && what == "Get" {
					t.Errorf("%s advises removal: %v", what, err)
				}
			}
			if after := readState(t, dir); after != before || len(memory.Items()) != items {
				t.Errorf("afterwards: got the file %q and %d items, want %q and %d",
					after, len(memory.Items()), before, items)
			}
		})
	}
}

func readState(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, sessionsFolder, "abc.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
