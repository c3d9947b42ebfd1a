// Package files reads and locks files. Files that the user names (profile files, secrets, keys, certificates) are read
// with a size limit, and a file that does not respond (a named pipe without a writer, a stale network mount) does not
// block its caller.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrTooLong means that the file is longer than the caller allows.
var ErrTooLong = errors.New("the file is too long")

// ErrFolder means that the path names a folder.
var ErrFolder = errors.New("it is a folder")

// Read returns the content of the file, at most limit bytes, and its metadata (size, mode, owner) when it was opened.
// It returns when ctx ends even if the file does not respond; the pending read is abandoned.
func Read(ctx context.Context, path string, limit int64) ([]byte, fs.FileInfo, error) {
	type result struct {
		data []byte
		info fs.FileInfo
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = RetryWhileInUse(func() (err error) {
			r.data, r.info, err = read(path, limit)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.data, r.info, r.err
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("reading %s: no data received: %w", path, ctx.Err())
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

// ExpandHome replaces ~ at the beginning of a path by the home folder, unless that is unknown ("").
func ExpandHome(path, home string) string {
	if len(path) > 1 && path[0] == '~' && os.IsPathSeparator(path[1]) && home != "" {
		return filepath.Join(home, path[2:])
	}
	return path
}
