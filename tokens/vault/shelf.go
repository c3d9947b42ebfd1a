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

	"fob/tokens/files"
)

// maxFile bounds a metadata or journal file that is read.
const maxFile = 1 << 20

// shelf keeps the small files in the open. Names are "folder/file"; a file is written whole or not at all.
type shelf interface {
	read(name string) ([]byte, error) // fs.ErrNotExist when there is none
	write(name string, data []byte) error
	writeBeside(name string, data []byte) error  // without touching the file that the name has: see spareSuffix
	hidden(name string) ([]byte, error)          // the file that a spare one stands in for; fs.ErrNotExist when none does
	try(folder string) error                     // finds out whether files can be made and renamed there
	remove(name string) error                    // no error when there is none
	list(folder string) ([]string, error)        // names without the folder, sorted; what is no file too
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

func (m *memoryShelf) writeBeside(name string, data []byte) error { return m.write(name, data) }

func (m *memoryShelf) hidden(string) ([]byte, error) { return nil, fs.ErrNotExist }

func (m *memoryShelf) try(string) error { return nil }

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
	// rename is files.Rename; tests put in one that fails as on Windows.
	rename func(from, to string) error
}

const (
	tempPrefix = ".tmp-"
	// spareSuffix names the file that is written where another program keeps the right one from being replaced or read.
	// While it exists it is the file, and the one without the suffix is out of date.
	spareSuffix = ".new"
)

func (d *diskShelf) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// do does one change of the file system after its step.
func (d *diskShelf) do(op, name string, change func() error) error {
	if d.step != nil {
		if err := d.step(op, name); err != nil {
			return err
		}
	}
	return change()
}

func (d *diskShelf) hasSpare(name string) bool {
	_, err := os.Lstat(d.path(name) + spareSuffix)
	return err == nil
}

func (d *diskShelf) read(name string) ([]byte, error) {
	data, err := readRegular(d.path(name) + spareSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return readRegular(d.path(name))
	}
	return data, err
}

func (d *diskShelf) hidden(name string) ([]byte, error) {
	if !d.hasSpare(name) {
		return nil, fs.ErrNotExist
	}
	return readRegular(d.path(name))
}

// readRegular reads a file of at most maxFile bytes. Anything but a file is ErrForeign, and is not opened: a named pipe
// would be waited for, and a link leads to what somebody else chose.
func readRegular(path string) (data []byte, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fail(ErrForeign, nil, "%s is %s, and fob writes regular files: it is left as it is",
			path, kindOfFile(info.Mode()))
	}
	err = files.Patiently(func() error {
		data, err = readUpTo(path, maxFile)
		return err
	})
	return data, err
}

func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|files.NoFollow, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fail(ErrDamaged, nil, "%s is not a file that fob wrote (%d bytes, at most %d are expected)",
			path, info.Size(), limit)
	}
	// It may have grown since: the bound holds for what is read as well.
	return io.ReadAll(io.LimitReader(f, limit))
}

func kindOfFile(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device or another special file"
}

// write puts the data under the name: a temporary file beside it, synced, renamed over it, and the folder synced, so
// that after a crash there is the old file or the new one. Where another program keeps the old one from being replaced,
// the new one becomes a spare file.
func (d *diskShelf) write(name string, data []byte) error {
	beside := d.hasSpare(name)
	if err := d.put(name, data, beside); err != nil {
		return err
	}
	if beside {
		// The spare takes its place again, if it can by now.
		if d.do("promote", name, func() error { return os.Rename(d.path(name)+spareSuffix, d.path(name)) }) == nil {
			return d.syncFolder(name)
		}
	}
	return nil
}

func (d *diskShelf) writeBeside(name string, data []byte) error { return d.put(name, data, true) }

// put writes the file, or its spare one.
func (d *diskShelf) put(name string, data []byte, beside bool) error {
	if len(data) > maxFile {
		return fail(ErrFull, nil, "%s would be %d bytes; at most %d are kept", d.path(name), len(data), maxFile)
	}
	temp, err := d.writeTemp(name, data)
	if err != nil {
		return err
	}
	rename, target := d.renamer(), d.path(name)
	err = files.ErrInUse
	if !beside {
		err = d.do("rename", name, func() error { return rename(temp, target) })
	}
	if errors.Is(err, files.ErrInUse) {
		err = d.do("rename beside", name, func() error { return rename(temp, target+spareSuffix) })
	}
	if err != nil {
		d.clean(name, temp)
		return err
	}
	return d.syncFolder(name)
}

func (d *diskShelf) renamer() func(from, to string) error {
	if d.rename != nil {
		return d.rename
	}
	return files.Rename
}

func (d *diskShelf) syncFolder(name string) error {
	return d.do("sync folder", name, func() error { return files.SyncFolder(filepath.Dir(d.path(name))) })
}

// writeTemp writes a temporary file in the folder of the name, synced, and returns its path.
func (d *diskShelf) writeTemp(name string, data []byte) (string, error) {
	folder := filepath.Dir(d.path(name))
	if err := d.makeFolder(folder, name); err != nil {
		return "", err
	}
	var f *os.File
	err := d.do("create", name, func() (err error) {
		f, err = os.CreateTemp(folder, tempPrefix+"*") // made 0600
		return err
	})
	if err != nil {
		return "", err
	}
	err = d.do("write", name, func() error { _, err := f.Write(data); return err })
	if err == nil {
		err = d.do("sync", name, f.Sync)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		d.clean(name, f.Name())
		return "", err
	}
	return f.Name(), nil
}

// clean removes a temporary file. A simulated kill leaves it, as a real one would.
func (d *diskShelf) clean(name, temp string) {
	_ = d.do("clean", name, func() error { return files.Remove(temp) })
}

// makeFolder makes the folder, and keeps others out of it even where it stood there before.
func (d *diskShelf) makeFolder(folder, name string) error {
	info, err := os.Stat(folder)
	if err == nil && info.IsDir() && private(info) {
		return nil
	}
	return d.do("mkdir", name, func() error {
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.Chmod(folder, 0o700)); err != nil {
			return err
		}
		return files.SyncFolder(filepath.Dir(folder))
	})
}

// try makes a file in the folder, renames it and removes it: what a write needs.
func (d *diskShelf) try(folder string) error {
	name := folder + "/" + tempPrefix + "try" // a process that is killed here leaves it to a sweep
	temp, err := d.writeTemp(name, []byte("fob tries whether it can write here\n"))
	if err != nil {
		return err
	}
	to := temp + "-renamed"
	if err := d.do("rename", name, func() error { return d.renamer()(temp, to) }); err != nil {
		d.clean(name, temp)
		return err
	}
	return d.do("remove", name, func() error { return files.Remove(to) })
}

// remove removes the file and what stands in for it. The spare one goes last: as long as it is there, it is the file.
func (d *diskShelf) remove(name string) error {
	removed := false
	for _, path := range []string{d.path(name), d.path(name) + spareSuffix} {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		err := d.do("remove", name, func() error { return files.Remove(path) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return d.syncFolder(name)
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
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		names = append(names, strings.TrimSuffix(e.Name(), spareSuffix))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (d *diskShelf) tidy(olderThan time.Time) (n int, err error) {
	for _, folder := range allFolders {
		entries, readErr := os.ReadDir(d.path(folder))
		if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
			err = errors.Join(err, readErr)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), tempPrefix) {
				continue
			}
			info, statErr := e.Info()
			if statErr != nil || !info.ModTime().Before(olderThan) {
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
