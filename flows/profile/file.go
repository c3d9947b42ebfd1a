package profile

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"fob/tokens"
	"fob/tokens/spelling"
)

// Schema lists the names that the file may use; others are rejected. The caller provides it, so that this package does
// not depend on the grants.
type Schema struct {
	Grants      []string // values of grant
	Inputs      []string // further keys of a profile: scope, audience …
	Endpoints   []string // keys of params and endpoints
	AuthMethods []string // values of auth_method
}

// ErrNotFound means that the file has no profile with the name.
var ErrNotFound = errors.New("no such profile")

// ErrExists means that the file already has a profile with the name.
var ErrExists = errors.New("the profile exists already")

// File is a configuration file, or a list of profiles in memory. It is safe for concurrent use. Put, Remove and
// SetDefault change the profiles in memory; Save writes them.
type File struct {
	path   string // "": only in memory
	schema Schema

	mu              sync.Mutex
	text            []byte // of the file, for excerpts
	profiles        []slot
	defaultName     string // the default as the file names it
	untrustedReason string // why no command in the file may run; "" allows it
	changes         []change
}

// slot is a profile; until it is parsed, it has only its name and line.
type slot struct {
	Profile
	unread *part
}

// change is an edit that Save has not yet written to the file.
type change struct {
	name    string
	profile *Profile // nil: removed
	// isDefault is set for a change of the default, which becomes name.
	isDefault bool
}

// NewMemory returns a File that exists only in memory: Save does nothing.
func NewMemory(profiles ...Profile) *File {
	f := &File{}
	for _, p := range profiles {
		f.profiles = append(f.profiles, slot{Profile: p.clone()})
	}
	return f
}

// Path returns the file's path; "" in memory.
func (f *File) Path() string { return f.path }

// Default returns the name of the profile to use if none is given: the file's default, else its only profile, else "".
func (f *File) Default() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.defaultName == "" && len(f.profiles) == 1 {
		return f.profiles[0].Name
	}
	return f.defaultName
}

// SetDefault sets the default profile; "" removes it.
func (f *File) SetDefault(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != "" && f.index(name) < 0 {
		return f.notFound(name)
	}
	f.defaultName = name
	f.changes = append(f.changes, change{name: name, isDefault: true})
	return nil
}

// List returns the profiles in the order of the file, without those that Check rejects.
func (f *File) List() []Profile {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Profile, 0, len(f.profiles))
	for i := range f.profiles {
		if p, err := f.read(i); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// Names returns the names of the profiles in the order of the file, without parsing them.
func (f *File) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names()
}

func (f *File) names() []string {
	names := make([]string, len(f.profiles))
	for i, p := range f.profiles {
		names[i] = p.Name
	}
	return names
}

// Check parses all profiles. The error is the *ParseError of the first invalid one.
func (f *File) Check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.profiles {
		if _, err := f.read(i); err != nil {
			return err
		}
	}
	return nil
}

// Get returns a profile. The error is ErrNotFound with a similar name, or a *ParseError.
func (f *File) Get(name string) (Profile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(name); i >= 0 {
		return f.read(i)
	}
	return Profile{}, f.notFound(name)
}

// Put adds the profile or replaces the one with its name.
func (f *File) Put(p Profile) error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	p = p.clone()
	if err := p.ClientSecret.check(); err != nil {
		return fmt.Errorf("profile %s: client_secret: %w", p.Name, err)
	}
	if err := p.TLS.Passphrase.check(); err != nil {
		return fmt.Errorf("profile %s: tls.passphrase: %w", p.Name, err)
	}
	if err := f.checkWritable(p); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(p.Name); i >= 0 {
		p.Line = f.profiles[i].Line
		f.profiles[i] = slot{Profile: p}
	} else {
		p.Line = 0
		f.profiles = append(f.profiles, slot{Profile: p})
	}
	f.changes = append(f.changes, change{name: p.Name, profile: &p})
	return nil
}

// fits returns an error if the profile could not be read back from the file.
func (f *File) checkWritable(p Profile) error {
	if f.path == "" {
		return nil
	}
	r := newReader(f.schema, f.path)
	_, err := r.profile(entry{key: p.Name, value: p.tree()})
	var at *fault
	if errors.As(err, &at) {
		return fmt.Errorf("profile %s: %s; expected %s", p.Name, at.message, at.expected)
	}
	return err
}

// Remove removes a profile.
func (f *File) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(name)
	if i < 0 {
		return f.notFound(name)
	}
	f.profiles = slices.Delete(f.profiles, i, i+1)
	f.changes = append(f.changes, change{name: name})
	if f.defaultName == name {
		f.defaultName = ""
	}
	return nil
}

func (f *File) index(name string) int {
	return slices.IndexFunc(f.profiles, func(s slot) bool { return s.Name == name })
}

func (f *File) notFound(name string) error {
	names := f.names()
	text := fmt.Sprintf("profile %q", tokens.VisibleLine(name))
	switch near := spelling.Nearest(name, names); {
	case near != "":
		text += fmt.Sprintf(" (did you mean %s?)", near)
	case len(names) == 0:
		text += " (there is no profile yet: add one with fob profile add)"
	case len(names) <= 10:
		text += " (profiles: " + strings.Join(names, ", ") + ")"
	}
	return fmt.Errorf("%w: %s", ErrNotFound, text)
}

// maxName bounds the name of a profile.
const maxName = 64

// CheckName accepts letters, digits, and - _ . inside: a name that needs no quoting in a shell.
func CheckName(name string) error {
	if tokens.LooksUnlikeName(name) {
		return errors.New("what looks like a token cannot be the name of a profile: names are stored and shown in " +
			"clear")
	}
	ok := name != "" && len(name) <= maxName && !strings.ContainsAny(name[:1], "-.")
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_.", r))
	}
	if !ok {
		return fmt.Errorf("%q cannot be the name of a profile: expected letters, digits, - _ and . (at most %d, "+
			"and neither - nor . first)",
			tokens.VisibleLine(name), maxName)
	}
	return nil
}

// DefaultPath returns the path of the configuration file: FOB_CONFIG; else fob/config.yaml under XDG_CONFIG_HOME; else
// the usual path of the system: ~/.config/fob, ~/Library/Application Support/fob, %AppData%\fob.
func DefaultPath(getenv func(string) string) (string, error) {
	if path := getenv("FOB_CONFIG"); path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("the file of FOB_CONFIG, %q: %w", path, err)
		}
		return abs, nil
	}
	// XDG requires that a relative path is ignored.
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "fob", "config.yaml"), nil
	}
	return systemPath(runtime.GOOS, getenv)
}

func systemPath(goos string, getenv func(string) string) (string, error) {
	if goos == "windows" {
		if dir := getenv("AppData"); dir != "" {
			return filepath.Join(dir, "fob", "config.yaml"), nil
		}
		return "", errors.New("no place for fob's configuration: AppData is not set; set FOB_CONFIG to a file")
	}
	home := getenv("HOME")
	switch {
	case home == "":
		return "", errors.New("no place for fob's configuration: HOME is not set; set FOB_CONFIG to a file")
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", "fob", "config.yaml"), nil
	}
	return filepath.Join(home, ".config", "fob", "config.yaml"), nil
}
