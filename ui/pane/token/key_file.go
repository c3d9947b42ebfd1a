package token

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"fob/flows/session"
	"fob/tokens/files"
	"fob/tokens/jose"
)

// maxKeyFile bounds a file with a key, in bytes.
const maxKeyFile = 1 << 20

// keyFile reads the first key of the file that a field names.
func keyFile(ctx context.Context, field string, values map[string]string) (key jose.Key, err error) {
	data, err := readKeyFile(ctx, values[field])
	if err == nil {
		key, err = session.ParseFirstKey(data, "the file")
	}
	return key, atField(field, err)
}

// errNoFile means that there is no file with that name.
var errNoFile = errors.New("there is no such file")

// readKeyFile reads a file with a key; ~/ is the home folder. Its errors do not repeat the path: the field beside them
// shows it, and it may be a secret that was typed there.
func readKeyFile(ctx context.Context, path string) ([]byte, error) {
	home, _ := os.UserHomeDir()
	data, _, err := files.Read(ctx, files.ExpandHome(path, home), maxKeyFile)
	var system *fs.PathError
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, context.Canceled):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoFile
	case errors.Is(err, files.ErrTooLong):
		return nil, fmt.Errorf("the file is longer than %d KiB: that is not a key", maxKeyFile>>10)
	case errors.As(err, &system):
		return nil, fmt.Errorf("the file cannot be read: %w", system.Err)
	}
	return nil, errors.New("the file cannot be read")
}
