package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/tokens"
)

// overtaken is a backend in which another process stores a newer record just before the nth read, which then fails.
type overtaken struct {
	*Memory
	newer func() error
	fails error // what the read of an item says that is no longer there
	reads int
	at    int
}

func (o *overtaken) Get(ctx context.Context, item string) ([]byte, error) {
	if o.reads++; o.reads == o.at {
		if err := o.newer(); err != nil {
			return nil, err
		}
	}
	value, err := o.Memory.Get(ctx, item)
	if errors.Is(err, ErrNotFound) {
		return nil, o.fails
	}
	return value, err
}

// Whatever a backend says of an item that is deleted while it is read: the record is there, in a newer generation.
func TestAReadBesideARenewalReadsTheNewerRecord(t *testing.T) {
	for _, fails := range []error{ErrNotFound, ErrUnavailable, ErrLocked,
		errors.New("Object does not exist at path /x")} {
		for _, at := range []int{1, 2, 3} {
			dir, memory := t.TempDir(), NewMemory().(*Memory)
			other := open(t, dir, memory)
			if err := other.Put(t.Context(), record("abc", 1, 4500)); err != nil {
				t.Fatal(err)
			}
			newer := record("abc", 2, 2500)
			reader := open(t, dir, &overtaken{Memory: memory, fails: fails, at: at,
				newer: func() error { return other.Put(context.Background(), newer) }})
			got, err := reader.Get(t.Context(), "abc")
			if err != nil {
				t.Errorf("read %d says %q: got %v, want the newer record", at, fails, err)
			} else if err := same(got, newer); err != nil {
				t.Errorf("read %d says %q: %v", at, fails, err)
			}
		}
	}
}

func TestAReadThatFailsIsNotRepeatedWithoutReason(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	if err := open(t, dir, memory).Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	broken := &overtaken{Memory: NewMemory().(*Memory), fails: ErrLocked}
	if _, err := open(t, dir, broken).Get(t.Context(), "abc"); !errors.Is(err, ErrLocked) || broken.reads != 1 {
		t.Errorf("got %v after %d reads, want ErrLocked after 1", err, broken.reads)
	}
}

// A record whose item is gone is there, and damaged: "no such session" would be wrong.
func TestARecordWithoutItsItemIsDamagedAndNotMissing(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir, NewMemory()).Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir, NewMemory()).Get(t.Context(), "abc")
	if !errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrDamaged and not ErrNotFound", err)
	}
	if err == nil || !strings.Contains(err.Error(), "is not in the memory") {
		t.Errorf("got %v, want it to say what is not there", err)
	}
}

// elsewhere writes into the file of a session that its record is kept in another backend.
func elsewhere(t *testing.T, dir, id string) {
	t.Helper()
	path := filepath.Join(dir, sessionsFolder, id+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), `"backend": "memory"`, `"backend": "file"`, 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil || changed == string(data) {
		t.Fatalf("changing the backend: %v, %q", err, changed)
	}
}

func TestARemovalTakesTheItemsAlongOrLeavesEverything(t *testing.T) {
	t.Run("the file names another backend by mistake", func(t *testing.T) {
		dir, memory := t.TempDir(), NewMemory().(*Memory)
		s := open(t, dir, memory)
		if err := s.Put(t.Context(), record("abc", 1, 4500)); err != nil {
			t.Fatal(err)
		}
		elsewhere(t, dir, "abc")
		if err := s.Delete(t.Context(), "abc"); err != nil || len(memory.Items()) != 0 {
			t.Errorf("got %v with the items %v left, want none", err, memory.Items())
		}
	})
	t.Run("it is kept in another backend", func(t *testing.T) {
		dir, memory := t.TempDir(), NewMemory().(*Memory)
		kept := open(t, dir, memory)
		if err := kept.Put(t.Context(), record("abc", 1, 10)); err != nil {
			t.Fatal(err)
		}
		err := open(t, dir, named{NewMemory(), "file"}).Delete(t.Context(), "abc")
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "FOB_VAULT=memory") {
			t.Errorf("got %v, want ErrUnavailable that names FOB_VAULT=memory", err)
		}
		if _, err := kept.Get(t.Context(), "abc"); err != nil {
			t.Errorf("afterwards: got %v, want the record as it was", err)
		}
	})
}

// The journal of a backend is swept by a process that has that backend.
func TestASweepLeavesTheItemsOfAnotherBackendToIt(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	leaveOrphan(t, dir, memory)
	items := memory.Items()
	if n, err := open(t, dir, named{NewMemory(), "file"}).Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("with another backend: got %d, %v, want 0", n, err)
	}
	if n, err := open(t, dir, memory).Sweep(t.Context()); n != 1 || err != nil || len(memory.Items()) >= len(items) {
		t.Errorf("with its own: got %d, %v, and the items %v of %v left", n, err, memory.Items(), items)
	}
}

// leaveOrphan stores a session abd, and has another write of it killed between its items and its file.
func leaveOrphan(t *testing.T, dir string, memory *Memory) {
	t.Helper()
	s := open(t, dir, memory)
	if err := s.Put(t.Context(), record("abd", 1, 10)); err != nil {
		t.Fatal(err)
	}
	f := &fuse{left: 1 << 20}
	killed := openFused(t, dir, memory, f)
	step := killed.metadata.(*diskMetadata).step
	killed.metadata.(*diskMetadata).step = func(op, name string) error {
		if strings.HasPrefix(name, sessionsFolder) {
			f.left = 0
		}
		return step(op, name)
	}
	if err := killed.Put(t.Context(), record("abd", 2, 10)); !errors.Is(err, errKilled) || len(memory.Items()) != 2 {
		t.Fatalf("the killed write: got %v with the items %v, want two", err, memory.Items())
	}
}

func TestTheNextWriteClearsAwayWhatAKilledOneLeft(t *testing.T) {
	for what, next := range map[string]func(s *Store) error{
		"a session":          func(s *Store) error { return s.Put(t.Context(), record("other", 3, 10)) },
		"the same session":   func(s *Store) error { return s.Put(t.Context(), record("abd", 3, 10)) },
		"the removal of one": func(s *Store) error { return s.Delete(t.Context(), "abd") },
		"a profile's secret": func(s *Store) error {
			return s.SetSecret(t.Context(), "x", tokens.NewSecret("secret"))
		},
		"no secret's removal": func(s *Store) error { return s.DeleteSecret(t.Context(), "x") },
	} {
		dir, memory := t.TempDir(), NewMemory().(*Memory)
		leaveOrphan(t, dir, memory)
		s := open(t, dir, memory)
		if err := next(s); err != nil {
			t.Fatal(err)
		}
		if got, want := memory.Items(), wantItems(t, s, "abd", "other", secretID("x")); !slices.Equal(got, want) {
			t.Errorf("after writing %s: items %v, want %v", what, got, want)
		}
		if left, _ := s.metadata.list(journalFolder); len(left) != 0 {
			t.Errorf("after writing %s: journal %v, want it empty", what, left)
		}
	}
}

// A record that another process is writing is not a leftover.
func TestAWriteDoesNotClearAwayWhatAnotherIsWriting(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	leaveOrphan(t, dir, memory)
	before := memory.Items()
	busy := open(t, dir, memory)
	lock, err := busy.locks.acquire(t.Context(), writeLock("abd"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	s := open(t, dir, memory)
	if err := s.Put(t.Context(), record("other", 3, 10)); err != nil {
		t.Fatal(err)
	}
	for _, item := range before {
		if !slices.Contains(memory.Items(), item) {
			t.Errorf("%s was removed while its lock was taken", item)
		}
	}
}

// betweenProbe calls between after each item is written, before it is read back.
type betweenProbe struct {
	Backend
	between func()
}

func (b betweenProbe) Set(ctx context.Context, item string, value []byte) error {
	defer b.between()
	return b.Backend.Set(ctx, item, value)
}

// A probe that is going on is not what a killed process left.
func TestAWriteDoesNotClearAwayWhatAnotherProbes(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	other := open(t, dir, memory)
	probing := open(t, dir, betweenProbe{memory, func() {
		if err := other.Put(t.Context(), record("other", 3, 10)); err != nil {
			t.Error(err)
		}
	}})
	if err := probing.Probe(t.Context()); err != nil {
		t.Errorf("beside a write: %v", err)
	}
}
