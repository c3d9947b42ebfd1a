//go:build unix

// LEFT OUT elsewhere: it needs a named pipe among the files.

package wire

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A named pipe that nobody writes to must not outlast the context, whichever file it stands for.
func TestASetupFileWithoutAWriterEndsWithTheContext(t *testing.T) {
	_, certFile, _ := newAuthority(t).issue(t, "x", time.Now().Add(time.Hour))
	for name, options := range map[string]func(pipe string) Options{
		"CA file":            func(pipe string) Options { return Options{CAFile: pipe} },
		"client certificate": func(pipe string) Options { return Options{ClientCertFile: pipe} },
		"client key": func(pipe string) Options {
			return Options{ClientCertFile: certFile,
				ClientKeyFile: pipe}
		},
	} {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if Error := unix.Mkfifo(pipe, 0o600); Error != nil {
			t.Fatal(Error)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, Error := New(ctx, options(pipe))
			ended <- Error
		}()
		awaitReader(t, pipe, ended)
		cancel()
		select {
		case Error := <-ended:
			if !errors.Is(Error, context.Canceled) || !strings.Contains(Error.Error(), pipe) {
				t.Errorf("%s: got %v, want the end of the context and the path", name, Error)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it is still read 30 s after its context ended", name)
		}
	}
}

// awaitReader waits until somebody has the pipe open, and leaves it with a writer that writes nothing.
func awaitReader(t *testing.T, pipe string, ended chan error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		f, Error := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
		if Error == nil {
			t.Cleanup(func() { _ = f.Close() })
			return
		}
		select {
		case Error := <-ended:
			t.Fatalf("it ended before it read the pipe: %v", Error)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody reads the pipe")
		}
	}
}
