package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"fob/tokens/files"
)

// hold has the vault fail as on Windows while another program has the file open: it cannot be replaced.
func hold(s *Store, name string) (release func()) {
	disk := s.metadata.(*diskMetadata)
	disk.rename = func(from, to string) error {
		if to == disk.path(name) {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: files.ErrInUse}
		}
		return os.Rename(from, to)
	}
	disk.step = func(op, at string) error {
		if op == "promote" && at == name {
			return files.ErrInUse
		}
		return nil
	}
	return func() { disk.rename, disk.step = nil, nil }
}

// What a provider has just handed out is not dropped because a backup reads the old file.
func TestARecordIsWrittenToASpareFileWhileItsFileIsInUse(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	s := open(t, dir, memory)
	if err := s.Put(t.Context(), record("abc", 1, 4500)); err != nil {
		t.Fatal(err)
	}
	release := hold(s, "sessions/abc.json")
	for seed := range uint64(3) {
		want := record("abc", seed+2, 2500)
		if err := s.Put(t.Context(), want); err != nil {
			t.Fatalf("write %d while the file is in use: %v", seed, err)
		}
		isCurrent(t, dir, memory, want)
	}
	label := record("abc", 4, 2500)
	label.Meta.Label = "another label"
	if err := s.PutMeta(t.Context(), label.Meta); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, dir, memory, label)

	release()
	last := record("abc", 9, 10)
	if err := s.Put(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, dir, memory, last)
	if left := filesIn(t, dir); !slices.Equal(left, []string{"abc.json"}) {
		t.Errorf("once the file is free: got the files %v, want abc.json alone", left)
	}
}

// isCurrent reads the record as another process would, and looks for items that nothing names.
func isCurrent(t *testing.T, dir string, memory *Memory, want Record) {
	t.Helper()
	fresh := open(t, dir, memory)
	got, err := fresh.Get(t.Context(), "abc")
	if err != nil {
		t.Fatalf("reading it: %v", err)
	}
	if err := same(got, want); err != nil {
		t.Errorf("reading it: %v", err)
	}
	if list, err := fresh.List(t.Context()); len(list) != 1 || err != nil || list[0].Label != want.Meta.Label {
		t.Errorf("listing it: got %v, %v; want it once", list, err)
	}
	if got, want := memory.Items(), wantItems(t, fresh, "abc"); !slices.Equal(got, want) {
		t.Errorf("items: got %v, want %v", got, want)
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, sessionsFolder))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestARemovalTakesTheSpareFileAlong(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	s := open(t, dir, memory)
	if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	hold(s, "sessions/abc.json")
	if err := s.Put(t.Context(), record("abc", 2, 10)); err != nil {
		t.Fatal(err)
	}
	// A kill between the two removals leaves the record whole: it is in the file that goes last.
	removals := 0
	disk := s.metadata.(*diskMetadata)
	disk.step = func(op, name string) error {
		if op == "remove" && strings.HasPrefix(name, sessionsFolder) {
			if removals++; removals == 2 {
				return errKilled
			}
		}
		return nil
	}
	if err := s.Delete(t.Context(), "abc"); !errors.Is(err, errKilled) {
		t.Fatalf("a kill in the midst: got %v", err)
	}
	if got, err := open(t, dir, memory).Get(t.Context(), "abc"); err != nil || same(got, record("abc", 2, 10)) != nil {
		t.Errorf("after a kill in the midst: got %v, want the newer record whole", err)
	}
	if err := open(t, dir, memory).Delete(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if left := filesIn(t, dir); len(left) != 0 || len(memory.Items()) != 0 {
		t.Errorf("got the files %v and the items %v, want none", left, memory.Items())
	}
}

// A file that cannot be read now is not lost: what it names may be good, and the new record goes beside it.
func TestAFileThatCannotBeReadIsNotReplaced(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	s := open(t, dir, memory)
	if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	old := memory.Items()
	s.metadata = unreadable{s.metadata.(*diskMetadata)}
	want := record("abc", 2, 10)
	if err := s.Put(t.Context(), want); err != nil {
		t.Fatalf("got %v, want it written beside", err)
	}
	if !slices.Contains(memory.Items(), old[0]) {
		t.Errorf("the items of the file that could not be read are gone: %v of %v are left", memory.Items(), old)
	}
	if got := filesIn(t, dir); !slices.Equal(got, []string{"abc.json", "abc.json" + spareSuffix}) {
		t.Errorf("got the files %v, want the old one and the spare one", got)
	}
	got, err := open(t, dir, memory).Get(t.Context(), "abc")
	if err != nil || same(got, want) != nil {
		t.Errorf("reading it: %v, %v", err, same(got, want))
	}
	if err := open(t, dir, memory).Put(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, dir, memory, want)
}

// unreadable is a metadata store whose session files cannot be read.
type unreadable struct{ *diskMetadata }

func (u unreadable) read(name string) ([]byte, error) {
	if strings.HasPrefix(name, sessionsFolder) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EACCES}
	}
	return u.diskMetadata.read(name)
}

// Whether a record could be stored is known before anything is spent: every folder that a write needs is tried.
func TestAProbeTriesEveryFolderThatAWriteNeeds(t *testing.T) {
	for _, folder := range []string{sessionsFolder, locksFolder, journalFolder} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, folder), nil, 0o600); err != nil { // fails for root too
			t.Fatal(err)
		}
		memory := NewMemory().(*Memory)
		s := open(t, dir, memory)
		if err := s.Probe(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), dir) {
			t.Errorf("a file in place of %s: got %v, want ErrUnavailable that names %s", folder, err, dir)
		}
		if len(memory.Items()) != 0 {
			t.Errorf("a file in place of %s: items %v are left", folder, memory.Items())
		}
	}
	s := open(t, t.TempDir(), NewMemory())
	if err := s.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := filesIn(t, string(s.dir)); len(left) != 0 {
		t.Errorf("a probe leaves %v", left)
	}
}

// A stored record survives a power cut: the content is flushed before the rename, the folder after it.
func TestAWriteIsFlushedBeforeItCounts(t *testing.T) {
	var log []string
	s := open(t, t.TempDir(), NewMemory())
	s.metadata.(*diskMetadata).step = func(op, name string) error {
		if strings.HasPrefix(name, sessionsFolder) {
			log = append(log, op)
		}
		return nil
	}
	for _, c := range []struct {
		do   func() error
		want []string
	}{
		{func() error { return s.Put(t.Context(), record("abc", 1, 10)) },
			[]string{"mkdir", "create", "write", "sync", "rename", "sync folder"}},
		{func() error { return s.Put(t.Context(), record("abc", 2, 10)) },
			[]string{"create", "write", "sync", "rename", "sync folder"}},
		{func() error { return s.Delete(t.Context(), "abc") }, []string{"remove", "sync folder"}},
	} {
		log = nil
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(log, c.want) {
			t.Errorf("steps: got %v, want %v", log, c.want)
		}
	}
}
