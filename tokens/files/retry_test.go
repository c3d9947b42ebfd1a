package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A scanner or a backup holds a file for seconds: what it keeps others from is done when it lets go.
func TestAFileThatAnotherProgramHasOpenIsWaitedFor(t *testing.T) {
	errOpen, errDenied := errors.New("sharing violation"), errors.New("access denied")
	for _, c := range []struct {
		name    string
		fails   error
		heldFor time.Duration
		want    error // nil: done in the end
		within  time.Duration
	}{
		{"free", errOpen, 0, nil, 0},
		{"open for 5 s", errOpen, 5 * time.Second, nil, 6 * time.Second},
		{"open for good", errOpen, time.Hour, ErrInUse, 11 * time.Second},
		{"denied for 2 s", errDenied, 2 * time.Second, nil, 3 * time.Second},
		{"denied for good", errDenied, time.Hour, ErrInUse, 4 * time.Second},
		{"fails otherwise", fs.ErrNotExist, time.Hour, fs.ErrNotExist, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			now := begun
			tries := 0
			w := retrier{
				inUse: func(err error) inUseState {
					return map[error]inUseState{errOpen: definitelyInUse, errDenied: maybeInUse}[err]
				},
				now:   func() time.Time { return now },
				sleep: func(d time.Duration) { now = now.Add(d) },
			}
			err := w.do(func() error {
				if tries++; tries > 1000 {
					t.Fatal("it is tried without end")
				}
				if now.Sub(begun) >= c.heldFor {
					return nil
				}
				return c.fails
			})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if errors.Is(c.want, ErrInUse) && !errors.Is(err, c.fails) {
				t.Errorf("got %v, want it to be %v as well", err, c.fails)
			}
			if took := now.Sub(begun); took > c.within {
				t.Errorf("waited %s, want at most %s", took, c.within)
			}
		})
	}
}

func TestRenameAndRemove(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for path, text := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if err := SyncFolder(dir); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(to); err != nil || string(data) != "new" {
		t.Errorf("after the rename: got %q, %v; want new", data, err)
	}
	if err := Remove(to); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Rename": Rename(from, to), "Remove": Remove(to)} {
		if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrInUse) {
			t.Errorf("%s of what is not there: got %v, want ErrNotExist at once", what, err)
		}
	}
}
