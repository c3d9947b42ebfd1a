package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Save writes the changes made since Load or the last Save. It reads the file again first and changes in it only what
// was changed here: comments, order and other people's edits stay. The file is replaced in one step and is 0600 after.
func (f *File) Save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || len(f.changes) == 0 {
		f.changes = nil
		return nil
	}
	text, err := readConfig(f.path)
	if err != nil {
		return err
	}
	var doc document
	for _, c := range f.changes {
		if text, doc, err = f.apply(text, c); err != nil {
			return err
		}
	}
	if err := replaceFile(f.path, text); err != nil {
		return fmt.Errorf("writing the configuration %s: %w", f.path, err)
	}
	f.profiles, f.standard, f.changes = doc.profiles, doc.standard, nil
	return nil
}

// apply makes one change in the text and makes sure, by reading it again, that it made that change and no other.
func (f *File) apply(text []byte, c change) ([]byte, document, error) {
	before, err := parse(f.path, text, f.schema)
	if err != nil {
		return nil, before, err
	}
	want := before.with(c)
	changed := string(text)
	func() {
		// A place that the library gives wrongly can lie outside of the text: refused below, since nothing is changed.
		defer func() { _ = recover() }()
		changed = edit(changed, before, c, want)
	}()
	after, err := parse(f.path, []byte(changed), f.schema)
	if err == nil && want.says(after) {
		return []byte(changed), after, nil
	}
	what := "profile " + c.name
	if c.standard {
		what = "the default"
	}
	problem := fmt.Errorf("%s cannot be changed in %s without touching something else, because of how the file is written: change it by hand", what, f.path)
	return nil, before, problem
}

// with is what the document should say after the change.
func (d document) with(c change) document {
	d.profiles = slices.Clone(d.profiles)
	i := slices.IndexFunc(d.profiles, func(p Profile) bool { return p.Name == c.name })
	switch {
	case c.standard:
		d.standard = c.name
	case c.profile == nil:
		if i >= 0 {
			d.profiles = slices.Delete(d.profiles, i, i+1)
		}
		if d.standard == c.name {
			d.standard = ""
		}
	case i >= 0:
		d.profiles[i] = *c.profile
	default:
		d.profiles = append(d.profiles, *c.profile)
	}
	return d
}

// says reports whether another document means the same.
func (d document) says(other document) bool {
	return d.standard == other.standard && slices.EqualFunc(d.profiles, other.profiles, func(a, b Profile) bool {
		return a.Name == b.Name && a.tree().equal(b.tree())
	})
}

// equal compares what two trees say, not where they stand. The order of keys does not count.
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

// replaceFile puts the text in place of the file, following a link to where it really stands.
func replaceFile(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".config-*.tmp") // made 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the rename last through a power cut. Windows has no such call.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}
