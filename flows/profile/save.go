package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/files"
)

// Save writes the changes made since Load or the last Save. It reads the file again first and changes only what was
// changed here: comments, order and edits by others stay. The file is replaced atomically and has mode 0600 afterwards.
// A lock excludes other processes meanwhile; Save waits for it until ctx ends.
func (f *File) Save(ctx context.Context) error {
	return f.locked(ctx, f.write)
}

// Update acquires the file's lock, re-reads the file, calls change, and writes its changes (Put, Remove, SetDefault),
// so that no other process can write in between. If change returns an error, the file stays as it is.
func (f *File) Update(ctx context.Context, change func() error) error {
	return f.locked(ctx, func(ctx context.Context) error {
		if f.path != "" {
			f.mu.Lock()
			err := f.reload(ctx)
			f.mu.Unlock()
			if err != nil {
				return err
			}
		}
		if err := change(); err != nil {
			return err
		}
		return f.write(ctx)
	})
}

// locked calls do while holding the lock on the file.
func (f *File) locked(ctx context.Context, do func(ctx context.Context) error) error {
	if f.path == "" {
		return do(ctx)
	}
	target, err := f.target()
	if err != nil {
		return err
	}
	lockPath := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".lock")
	lock, err := files.Lock(ctx, lockPath)
	if err != nil {
		return fmt.Errorf("writing the configuration %s: %w", tokens.VisibleLine(f.path), err)
	}
	defer lock.Remove()
	sweepTemporary(target)
	return do(ctx)
}

// write writes the changes to the file. The caller holds the lock.
func (f *File) write(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || len(f.changes) == 0 {
		f.changes = nil
		return nil
	}
	content, err := readConfig(ctx, f.path)
	if err != nil {
		return err
	}
	text := content.text
	var doc document
	for _, c := range f.changes {
		if text, doc, err = f.apply(text, c); err != nil {
			return err
		}
	}
	if err := f.replace(text); err != nil {
		return fmt.Errorf("writing the configuration %s: %w", tokens.VisibleLine(f.path), err)
	}
	f.take(doc)
	f.text, f.changes = text, nil
	return nil
}

// target returns the file that the path links to.
func (f *File) target() (string, error) {
	real, err := filepath.EvalSymlinks(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.path, nil
	}
	if err != nil {
		return "", fmt.Errorf("writing the configuration %s: %w", tokens.VisibleLine(f.path), err)
	}
	return real, nil
}

// temporaryPrefix returns the prefix of the temporary files that replace writes before the rename.
func temporaryPrefix(target string) string { return "." + filepath.Base(target) + "-" }

// sweepTemporary removes the temporary files of a killed process. The caller holds the lock, so no process uses them.
func sweepTemporary(target string) {
	folder := filepath.Dir(target)
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, temporaryPrefix(target)) && strings.HasSuffix(name, ".tmp") {
			_ = os.Remove(filepath.Join(folder, name))
		}
	}
}

// apply makes one change in the text. It parses the result to ensure that it made that change and no other.
func (f *File) apply(text []byte, c change) ([]byte, document, error) {
	before, err := parse(f.path, text, f.schema)
	if err != nil {
		return nil, before, err
	}
	want := before.with(c)
	changed := string(text)
	func() {
		// The YAML library can return a wrong position, even outside of the text. Then nothing is changed, and the
		// check below fails.
		defer func() { _ = recover() }()
		changed = edit(changed, before, c, want)
	}()
	after, err := parse(f.path, []byte(changed), f.schema)
	if err == nil && want.says(after) {
		return []byte(changed), after, nil
	}
	what := "profile " + c.name
	if c.isDefault {
		what = "the default"
	}
	problem := fmt.Errorf("%s cannot be changed in %s without touching something else, because of how the file is "+
		"written: change it by hand", what, f.path)
	return nil, before, problem
}

// with returns the document after the change.
func (d document) with(c change) document {
	d.profiles = slices.Clone(d.profiles)
	i := slices.IndexFunc(d.profiles, func(p Profile) bool { return p.Name == c.name })
	switch {
	case c.isDefault:
		d.defaultName = c.name
	case c.profile == nil:
		if i >= 0 {
			d.profiles = slices.Delete(d.profiles, i, i+1)
		}
		if d.defaultName == c.name {
			d.defaultName = ""
		}
	case i >= 0:
		d.profiles[i] = *c.profile
	default:
		d.profiles = append(d.profiles, *c.profile)
	}
	return d
}

// says reports whether another document has the same content.
func (d document) says(other document) bool {
	return d.defaultName == other.defaultName && slices.EqualFunc(d.profiles, other.profiles, func(a, b Profile) bool {
		return a.Name == b.Name && a.tree().equal(b.tree())
	})
}

// equal compares the content of two trees, not its position or the order of keys.
func (n *node) equal(other *node) bool {
	if n == nil || other == nil {
		return n == other
	}
	if n.kind != other.kind || n.text != other.text || len(n.entries) != len(other.entries) {
		return false
	}
	for _, e := range n.entries {
		o, ok := other.get(e.key)
		if !ok || !e.value.equal(o.value) {
			return false
		}
	}
	return slices.EqualFunc(n.items, other.items, (*node).equal)
}

// replace atomically replaces the file, or the file that it links to.
func (f *File) replace(text []byte) error {
	path, err := f.target()
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	t, err := os.CreateTemp(folder, temporaryPrefix(path)+"*.tmp") // made 0600
	if err != nil {
		return err
	}
	_, err = t.Write(text)
	if err == nil {
		err = t.Sync()
	}
	err = errors.Join(err, t.Close())
	if err == nil {
		err = files.Rename(t.Name(), path)
	}
	if err != nil {
		_ = os.Remove(t.Name())
		return err
	}
	return files.SyncFolder(folder)
}
