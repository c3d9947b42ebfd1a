package vault

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"fob/tokens"
)

// crockford is the base32 alphabet without I, L, O and U, in lower case: file systems may ignore case.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

const idLength = 12

// NewID returns a new session ID: 12 characters of Crockford base32 (60 bits) from rand.
func NewID(rand io.Reader) (string, error) {
	raw := make([]byte, idLength)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", fmt.Errorf("creating an ID: %w", err)
	}
	for i, b := range raw {
		raw[i] = crockford[b&31]
	}
	return string(raw), nil
}

// secretPrefix distinguishes the IDs of profiles' secrets from those of sessions.
const secretPrefix = "secret-"

// checkID accepts IDs that are valid in file names and item names on every system.
func checkID(id string) error {
	ok := id != "" && len(id) <= 64 && !strings.HasPrefix(id, secretPrefix) && id != probeID
	for _, r := range id {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	if !ok {
		return fail(ErrNotFound, nil, "invalid session ID %q: expected letters and digits, at most 64",
			tokens.VisibleLine(tokens.Clip(id, 80)))
	}
	return nil
}

// DefaultDir returns the folder of the metadata: FOB_STATE; else fob under XDG_STATE_HOME; else the default of the
// system: ~/.local/state/fob, ~/Library/Application Support/fob, %LocalAppData%\fob\state.
func DefaultDir(getenv func(string) string) (string, error) {
	if dir := getenv("FOB_STATE"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("the folder of FOB_STATE, %q: %w", dir, err)
		}
		return abs, nil
	}
	// The XDG Base Directory specification says that a relative path must be ignored.
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "fob"), nil
	}
	return systemDir(runtime.GOOS, getenv)
}

func systemDir(goos string, getenv func(string) string) (string, error) {
	if goos == "windows" {
		if dir := getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "fob", "state"), nil
		}
		return "", errors.New("no folder for fob's state: LocalAppData is not set; set FOB_STATE to a folder")
	}
	home := getenv("HOME")
	switch {
	case home == "":
		return "", errors.New("no folder for fob's state: HOME is not set; set FOB_STATE to a folder")
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", "fob"), nil
	}
	return filepath.Join(home, ".local", "state", "fob"), nil
}
