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

// maxFile limits the size of a metadata or journal file.
const maxFile = 1 << 20

// metadataStore stores small files without secrets. Names are "folder/file". A file is written completely or not at
// all.
type metadataStore interface {
	read(name string) ([]byte, error) // fs.ErrNotExist if the file does not exist
	write(name string, data []byte) error
	writeSpare(name string, data []byte) error // without replacing the file of that name: see spareSuffix
	// the file that a spare file replaces; fs.ErrNotExist if there is no spare file
	readStale(name string) ([]byte, error)
	checkWritable(folder string) error                 // checks that files can be created and renamed there
	remove(name string) error                          // no error if the file does not exist
	list(folder string) ([]string, error)              // names without the folder, sorted; other kinds of files too
	removeTemp(olderThan time.Time) (n int, err error) // partly written files that a killed process left
}

// memoryMetadata stores the files in this process.
type memoryMetadata struct {
	mu    sync.Mutex
	files map[string][]byte
}

func newMemoryMetadata() *memoryMetadata { return &memoryMetadata{files: map[string][]byte{}} }

func (m *memoryMetadata) read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(data), nil
}

func (m *memoryMetadata) write(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = slices.Clone(data)
	return nil
}

func (m *memoryMetadata) writeSpare(name string, data []byte) error { return m.write(name, data) }

func (m *memoryMetadata) readStale(string) ([]byte, error) { return nil, fs.ErrNotExist }

func (m *memoryMetadata) checkWritable(string) error { return nil }

func (m *memoryMetadata) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memoryMetadata) list(folder string) ([]string, error) {
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

func (m *memoryMetadata) removeTemp(time.Time) (int, error) { return 0, nil }

// diskMetadata stores the files under dir. Folders have mode 0700, files 0600. Each file is written under a temporary
// name, synced and renamed.
type diskMetadata struct {
	dir string
	// step is called before each change of the file system; an error stops the change. Tests use it to interrupt a
	// write at each point. It may be nil.
	step func(op, name string) error
	// rename replaces files.Rename in tests, to fail as on Windows.
	rename func(from, to string) error
}

const (
	tempPrefix = ".tmp-"
	// spareSuffix marks a file that is written when another program keeps the current one from being replaced or read.
	// While it exists, it is the valid file, and the one without the suffix is out of date.
	spareSuffix = ".new"
)

func (d *diskMetadata) path(name string) string {
	return filepath.Join(d.dir, filepath.FromSlash(name))
}

// do makes one change of the file system, after step.
func (d *diskMetadata) do(op, name string, change func() error) error {
	if d.step != nil {
		if err := d.step(op, name); err != nil {
			return err
		}
	}
	return change()
}

func (d *diskMetadata) hasSpare(name string) bool {
	_, err := os.Lstat(d.path(name) + spareSuffix)
	return err == nil
}

func (d *diskMetadata) read(name string) ([]byte, error) {
	data, err := readRegular(d.path(name) + spareSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return readRegular(d.path(name))
	}
	return data, err
}

func (d *diskMetadata) readStale(name string) ([]byte, error) {
	if !d.hasSpare(name) {
		return nil, fs.ErrNotExist
	}
	return readRegular(d.path(name))
}

// readRegular reads a file of at most maxFile bytes. Anything but a regular file is ErrForeign and is not opened:
// opening a named pipe would block, and a link leads to a file that another user chose.
func readRegular(path string) (data []byte, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fail(ErrForeign, nil, "%s is %s, not a regular file that fob wrote: it is left unchanged",
			path, kindOfFile(info.Mode()))
	}
	err = files.RetryWhileInUse(func() error {
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
	// The file may have grown since: limit what is read as well.
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

// write replaces the file: it writes a temporary file in the same folder, syncs it, renames it and syncs the folder, so
// that a crash leaves the old or the new file. If another program keeps the old file from being replaced, the new one
// becomes a spare file.
func (d *diskMetadata) write(name string, data []byte) error {
	spare := d.hasSpare(name)
	if err := d.put(name, data, spare); err != nil {
		return err
	}
	if spare {
		// The spare file replaces the current one if that is possible by now.
		if d.do("promote", name, func() error { return os.Rename(d.path(name)+spareSuffix, d.path(name)) }) == nil {
			return d.syncFolder(name)
		}
	}
	return nil
}

func (d *diskMetadata) writeSpare(name string, data []byte) error { return d.put(name, data, true) }

// put writes the file or its spare file.
func (d *diskMetadata) put(name string, data []byte, spare bool) error {
	if len(data) > maxFile {
		return fail(ErrFull, nil, "%s would have %d bytes; at most %d can be stored", d.path(name), len(data), maxFile)
	}
	temp, err := d.writeTemp(name, data)
	if err != nil {
		return err
	}
	rename, target := d.renamer(), d.path(name)
	err = files.ErrInUse
	if !spare {
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

func (d *diskMetadata) renamer() func(from, to string) error {
	if d.rename != nil {
		return d.rename
	}
	return files.Rename
}

func (d *diskMetadata) syncFolder(name string) error {
	return d.do("sync folder", name, func() error { return files.SyncFolder(filepath.Dir(d.path(name))) })
}

// writeTemp writes and syncs a temporary file in the folder of the file, and returns its path.
func (d *diskMetadata) writeTemp(name string, data []byte) (string, error) {
	folder := filepath.Dir(d.path(name))
	if err := d.makeFolder(folder, name); err != nil {
		return "", err
	}
	var f *os.File
	err := d.do("create", name, func() (err error) {
		f, err = os.CreateTemp(folder, tempPrefix+"*") // with mode 0600
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

// clean removes a temporary file, except after a simulated kill, as after a real one.
func (d *diskMetadata) clean(name, temp string) {
	_ = d.do("clean", name, func() error { return files.Remove(temp) })
}

// makeFolder creates the folder. It also closes an existing one to other users.
func (d *diskMetadata) makeFolder(folder, name string) error {
	info, err := os.Stat(folder)
	if err == nil && info.IsDir() && files.OwnerOnly(info) {
		return nil
	}
	return d.do("mkdir", name, func() error {
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.Chmod(folder, 0o700)); err != nil {
			return err
		}
		return files.SyncFolder(filepath.Dir(folder))
	})
}

// checkWritable creates, renames and removes a file in the folder: all that a write needs.
func (d *diskMetadata) checkWritable(folder string) error {
	name := folder + "/" + tempPrefix + "try" // Sweep removes it if the process is killed here
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

// remove removes the file and its spare file, the spare file last: as long as it exists, it is the valid one.
func (d *diskMetadata) remove(name string) error {
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

func (d *diskMetadata) list(folder string) ([]string, error) {
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

func (d *diskMetadata) removeTemp(olderThan time.Time) (n int, err error) {
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
