package pane

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// WriteFile creates a file that only its owner may read, in the working folder, or in the temporary folder where the
// working folder is not writable, and returns its path: "fob-20261121-211403.har" for the extension ".har".
func WriteFile(extension string, at time.Time, write func(io.Writer) error) (path string, err error) {
	name := "fob-" + at.Format("20060102-150405") + extension
	here, err := os.Getwd()
	if err != nil {
		here = os.TempDir()
	}
	f, path, err := createIn(here, name)
	if errors.Is(err, fs.ErrPermission) {
		f, path, err = createIn(os.TempDir(), name)
	}
	if err != nil {
		return "", err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	return path, f.Close()
}

// createIn creates a file; it fails when the file exists.
func createIn(folder, name string) (*os.File, string, error) {
	path := filepath.Join(folder, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return f, path, err
}
