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
)

// Schema is what the file may name. The caller hands it in, so that this package knows no grant; what is in none of the
// lists is refused.
type Schema struct {
	Grants      []string // values of grant
	Inputs      []string // further keys of a profile: scope, audience …
	Endpoints   []string // keys of params and endpoints
	AuthMethods []string // values of auth_method
}

// ErrNotFound means that the file has no profile of the name.
var ErrNotFound = errors.New("no such profile")

// ErrExists means that the file has a profile of the name already.
var ErrExists = errors.New("the profile is there already")

// File is a configuration file, or a list of profiles in memory. It is safe for concurrent use. Put, Remove and
// SetDefault change what is in memory; Save writes it.
type File struct {
	path   string // "" is in memory alone
	schema Schema

	mu           sync.Mutex
	text         []byte // of the file, for excerpts
	profiles     []slot
	standard     string // the default as the file names it
	whyUntrusted string // why no command that the file names may run; "" when it may
	changes      []change
}

// slot is a profile, with nothing but its name and line while it is not parsed yet.
type slot struct {
	Profile
	unread *part
}

// change is an edit that Save has still to make in the file.
type change struct {
	name    string
	profile *Profile // nil: removed
	// standard is set when the change is to the default, which becomes name.
	standard bool
}

// NewMemory returns a File that is never read nor written: Save does nothing.
func NewMemory(profiles ...Profile) *File {
	f := &File{}
	for _, p := range profiles {
		f.profiles = append(f.profiles, slot{Profile: p.clone()})
	}
	return f
}

// Path is the file's path; "" when it is in memory alone.
func (f *File) Path() string { return f.path }

// Default is the name of the profile to use when none is named: the one that the file says, else the only one, else "".
func (f *File) Default() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.standard == "" && len(f.profiles) == 1 {
		return f.profiles[0].Name
	}
	return f.standard
}

// SetDefault names the profile to use when none is named; "" takes the default away.
func (f *File) SetDefault(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != "" && f.index(name) < 0 {
		return f.unknown(name)
	}
	f.standard = name
	f.changes = append(f.changes, change{name: name, standard: true})
	return nil
}

// List returns the profiles in the order of the file, without those that Check finds wrong.
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

// Check parses all profiles. The error is the *ParseError of the first that is wrong.
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

// Get finds a profile. The error is ErrNotFound with the name that was probably meant, or a *ParseError.
func (f *File) Get(name string) (Profile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(name); i >= 0 {
		return f.read(i)
	}
	return Profile{}, f.unknown(name)
}

// Put adds the profile or takes the place of the one with its name.
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
	if err := f.fits(p); err != nil {
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

// fits tells whether the profile could be read back from the file.
func (f *File) fits(p Profile) error {
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

// Remove takes a profile out.
func (f *File) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(name)
	if i < 0 {
		return f.unknown(name)
	}
	f.profiles = slices.Delete(f.profiles, i, i+1)
	f.changes = append(f.changes, change{name: name})
	if f.standard == name {
		f.standard = ""
	}
	return nil
}

func (f *File) index(name string) int {
	return slices.IndexFunc(f.profiles, func(s slot) bool { return s.Name == name })
}

func (f *File) unknown(name string) error {
	names := f.names()
	text := fmt.Sprintf("profile %q", tokens.VisibleLine(name))
	switch near := nearest(name, names); {
	case near != "":
		text += fmt.Sprintf(" (did you mean %s?)", near)
	case len(names) == 0:
		text += " (there are none yet: add one with fob profile add)"
	case len(names) <= 10:
		text += " (there are " + strings.Join(names, ", ") + ")"
	}
	return fmt.Errorf("%w: %s", ErrNotFound, text)
}

// maxName bounds the name of a profile.
const maxName = 64

// CheckName accepts letters, digits, and - _ . inside: a name that is a word on every command line.
func CheckName(name string) error {
	if tokens.LooksUnlikeName(name) {
		return errors.New("what looks like a token cannot be the name of a profile: names are kept and shown in clear")
	}
	ok := name != "" && len(name) <= maxName && !strings.ContainsAny(name[:1], "-.")
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	}
	if !ok {
		return fmt.Errorf("%q cannot be the name of a profile: expected letters, digits, - _ and . (at most %d, and neither - nor . first)",
			tokens.VisibleLine(name), maxName)
	}
	return nil
}

// DefaultPath is where the file stands: FOB_CONFIG; else fob/config.yaml under XDG_CONFIG_HOME; else what is usual on the
// system: ~/.config/fob, ~/Library/Application Support/fob, %AppData%\fob.
func DefaultPath(getenv func(string) string) (string, error) {
	if path := getenv("FOB_CONFIG"); path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("the file of FOB_CONFIG, %q: %w", path, err)
		}
		return abs, nil
	}
	// The XDG specification says that a relative path in it is to be ignored.
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
