package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func mark(id string) Mark {
	return Mark{ID: id, Kind: MarkRefresh, BegunAt: epoch, Refreshes: 3, Issuer: "https://issuer.example",
		ClientID: "client"}
}

func TestAMarkIsFoundByTheNextProcessUntilItIsDropped(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	if _, err := s.Mark("abc"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("before there is one: got %v, want %v", err, ErrNotFound)
	}
	if err := s.PutMark(mark("abc")); err != nil {
		t.Fatal(err)
	}
	later := mark("abd")
	later.BegunAt = epoch.Add(-time.Minute)
	if err := s.PutMark(later); err != nil {
		t.Fatal(err)
	}
	other := open(t, dir, NewMemory())
	if got, err := other.Mark("abc"); err != nil || got != mark("abc") {
		t.Errorf("got %+v, %v", got, err)
	}
	if list, err := other.Marks(); err != nil || len(list) != 2 || list[0].ID != "abd" {
		t.Errorf("all marks: got %+v, %v, want both, the oldest first", list, err)
	}
	for range 2 {
		if err := other.DropMark("abc"); err != nil {
			t.Errorf("dropping: %v", err)
		}
	}
	if _, err := s.Mark("abc"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after it was dropped: got %v, want %v", err, ErrNotFound)
	}
}

// A mark is what is known of a request after a power cut: when PutMark says that it is written, the file and its name
// must have reached the disk, in this order.
func TestAMarkIsOnDiskWhenPutMarkReturns(t *testing.T) {
	for n := 0; ; n++ {
		dir := t.TempDir()
		f := &fuse{left: n}
		err := openFused(t, dir, NewMemory(), f).PutMark(mark("abc"))
		_, found := open(t, dir, NewMemory()).Mark("abc")
		if f.left < 0 {
			if err == nil {
				t.Fatalf("step %d (%s) failed, and the mark is said to be written", n, f.log[n])
			}
			continue
		}
		if err != nil || found != nil {
			t.Fatalf("all steps went well: got %v, then %v", err, found)
		}
		var order []string
		for _, step := range f.log {
			if op := strings.TrimSuffix(step, " "+marksFolder); op != step {
				order = append(order, op)
			}
		}
		if want := []string{"mkdir", "create", "write", "sync", "rename", "sync folder"}; !slices.Equal(order, want) {
			t.Errorf("steps: got %q, want %q", order, want)
		}
		return
	}
}

func TestAMarkThatCannotBeReadIsAMark(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	for name, text := range map[string]string{
		"no JSON": "{", "empty": "", "without a time": `{"id":"abc"}`,
		"of another session": `{"id":"other","begun_at":"2026-11-21T21:00:00Z"}`,
	} {
		if err := s.PutMark(mark("abc")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, marksFolder, "abc.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Mark("abc"); !errors.Is(err, ErrDamaged) || got.ID != "abc" {
			t.Errorf("%s: got %+v, %v, want %v with the ID", name, got, err, ErrDamaged)
		}
	}
}

func TestAMarkThatCannotBeReadIsAnError(t *testing.T) {
	notOnWindows(t, "what lies beneath a file is not there")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, marksFolder), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, NewMemory())
	if _, err := s.Mark("abc"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want %v", err, ErrUnavailable)
	}
	if err := s.PutMark(mark("abc")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("writing one: got %v, want %v", err, ErrUnavailable)
	}
}

func TestTryLockDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	s, other := open(t, dir, NewMemory()), open(t, dir, NewMemory())
	lock, err := s.TryLock("abc")
	if lock == nil || err != nil {
		t.Fatalf("a free lock: got %v, %v", lock, err)
	}
	if taken, err := other.TryLock("abc"); taken != nil || err != nil {
		t.Errorf("a lock that another holds: got %v, %v, want nothing", taken, err)
	}
	lock.Unlock()
	again, err := other.TryLock("abc")
	if again == nil || err != nil {
		t.Fatalf("after the unlock: got %v, %v", again, err)
	}
	again.Unlock()
}

// A probe that finds room for a journal entry alone is no promise that a session's file can be written.
func TestProbeForFindsOutThatARecordWouldNotFit(t *testing.T) {
	s := open(t, t.TempDir(), NewMemory())
	if err := s.Put(t.Context(), record("abc", 1, 100)); err != nil {
		t.Fatal(err)
	}
	if err := s.ProbeFor(t.Context(), "abc"); err != nil {
		t.Fatalf("with room: %v", err)
	}
	disk := s.metadata.(*diskMetadata)
	disk.step = func(op, name string) error {
		if op == "write" && strings.HasPrefix(name, marksFolder+"/") {
			return fmt.Errorf("the test's disk: %w", syscall.ENOSPC)
		}
		return nil
	}
	if err := s.ProbeFor(t.Context(), "abc"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("with room for little: got %v, want %v", err, ErrUnavailable)
	}
	var room int64
	disk.step = func(op, name string) error {
		if op != "sync" || !strings.HasPrefix(name, marksFolder+"/") {
			return nil
		}
		entries, err := os.ReadDir(filepath.Join(disk.dir, marksFolder))
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				room = max(room, info.Size())
			}
		}
		return err
	}
	if err := s.ProbeFor(t.Context(), "abc"); err != nil {
		t.Errorf("with room again: %v", err)
	}
	disk.step = nil
	file, err := os.Stat(disk.path(fileName("abc")))
	if err != nil {
		t.Fatal(err)
	}
	if room <= file.Size() {
		t.Errorf("room was tried for %d bytes, and the session's file has %d", room, file.Size())
	}
	if left, err := os.ReadDir(filepath.Join(disk.dir, marksFolder)); err != nil || len(left) != 0 {
		t.Errorf("probes left %v, %v", left, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.ProbeFor(ended, "abc"); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits: got %v, want %v", err, context.Canceled)
	}
}
