package vault

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxFile bounds a metadata or journal file that is read.
const maxFile = 1 << 20

// shelf keeps the small files in the open. Names are "folder/file"; a file is written whole or not at all.
type shelf interface {
	read(name string) ([]byte, error) // fs.ErrNotExist when there is none
	write(name string, data []byte) error
	remove(name string) error                    // no error when there is none
	list(folder string) ([]string, error)        // names without the folder, sorted
	tidy(olderThan time.Time) (n int, err error) // half-written files that a killed process left
}

// memoryShelf keeps the files in this process.
type memoryShelf struct {
	mu    sync.Mutex
	files map[string][]byte
}

func newMemoryShelf() *memoryShelf { return &memoryShelf{files: map[string][]byte{}} }

func (m *memoryShelf) read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(data), nil
}

func (m *memoryShelf) write(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = slices.Clone(data)
	return nil
}

func (m *memoryShelf) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memoryShelf) list(folder string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.files {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (m *memoryShelf) tidy(time.Time) (int, error) { return 0, nil }

// diskShelf keeps the files under dir: folders 0700, files 0600, each written beside its name, synced and renamed.
type diskShelf struct {
	dir string
	// step is called before each change of the file system with what is about to be done; an error stops there. Tests
	// stop a write at each of its points with it. nil: nobody watches.
	step func(op, name string) error
}

const tempPrefix = ".tmp-"

func (d *diskShelf) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d *diskShelf) before(op, name string) error {
	if d.step == nil {
		return nil
	}
	return d.step(op, name)
}

func (d *diskShelf) read(name string) ([]byte, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fail(ErrDamaged, nil, "%s is not a file that fob wrote (%d bytes, at most %d are expected)", f.Name(), info.Size(), maxFile)
	}
	// It may have grown since: the bound holds for what is read as well.
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	return data, err
}

// write puts the data under the name: a temporary file beside it, synced, renamed over it, and the folder synced, so
// that after a crash there is the old file or the new one.
func (d *diskShelf) write(name string, data []byte) error {
	if len(data) > maxFile {
		return fail(ErrFull, nil, "%s would be %d bytes; at most %d are kept", d.path(name), len(data), maxFile)
	}
	target := d.path(name)
	folder := filepath.Dir(target)
	if err := d.makeFolder(folder, name); err != nil {
		return err
	}
	if err := d.before("create", name); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, tempPrefix+"*") // made 0600
	if err != nil {
		return err
	}
	if err := d.fill(f, name, data); err != nil {
		_ = f.Close()
		// A simulated kill leaves the file, as a real one would.
		if d.before("clean", name) == nil {
			_ = os.Remove(f.Name())
		}
		return err
	}
	if err := d.before("rename", name); err != nil {
		return err
	}
	if err := replaceFile(f.Name(), target); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	if err := d.before("sync folder", name); err != nil {
		return err
	}
	return syncFolder(folder)
}

func (d *diskShelf) fill(f *os.File, name string, data []byte) error {
	if err := d.before("write", name); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := d.before("sync", name); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// makeFolder makes the folder, and keeps others out of it even where it stood there before. The state folder itself is
// the person's choice and keeps the mode it has.
func (d *diskShelf) makeFolder(folder, name string) error {
	if info, err := os.Stat(folder); err == nil && info.IsDir() && private(info) {
		return nil
	}
	if err := d.before("mkdir", name); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.Chmod(folder, 0o700)
}

func (d *diskShelf) remove(name string) error {
	if err := d.before("remove", name); err != nil {
		return err
	}
	if err := os.Remove(d.path(name)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return syncFolder(filepath.Dir(d.path(name)))
}

func (d *diskShelf) list(folder string) ([]string, error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d *diskShelf) tidy(olderThan time.Time) (n int, err error) {
	for _, folder := range []string{sessionsFolder, secretsFolder, journalFolder, keysFolder, marksFolder} {
		entries, readErr := os.ReadDir(d.path(folder))
		if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
			err = errors.Join(err, readErr)
		}
		for _, e := range entries {
			info, statErr := e.Info()
			if statErr != nil || !strings.HasPrefix(e.Name(), tempPrefix) || !info.ModTime().Before(olderThan) {
				continue
			}
			if removeErr := d.remove(folder + "/" + e.Name()); removeErr != nil {
				err = errors.Join(err, removeErr)
				continue
			}
			n++
		}
	}
	return n, err
}
