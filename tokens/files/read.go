// Package files reads and locks files. Those that a person names (profile files, secrets, keys, certificates) are read
// with a limit, and one that does not answer (a named pipe without a writer, a dead network mount) never outlasts its
// caller.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrTooLong means that the file is longer than the caller allows.
var ErrTooLong = errors.New("the file is too long")

// ErrFolder means that the path names a folder.
var ErrFolder = errors.New("it is a folder")

// Read returns the content of the file, of at most limit bytes, and what the system says of it (size, mode, owner) at
// the moment of opening. It ends with ctx, whatever the file does: a read that hangs is left behind.
func Read(ctx context.Context, path string, limit int64) ([]byte, fs.FileInfo, error) {
	type result struct {
		data []byte
		info fs.FileInfo
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = Patiently(func() (err error) {
			r.data, r.info, err = read(path, limit)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.data, r.info, r.err
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("reading %s: no data came: %w", path, ctx.Err())
	}
}

func read(path string, limit int64) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, info, &fs.PathError{Op: "read", Path: path, Err: ErrFolder}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%w: %s has more than %d bytes", ErrTooLong, path, limit)
	}
	return data, info, err
}
