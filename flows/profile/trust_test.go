//go:build unix

// LEFT OUT elsewhere: it needs the modes and owners of files, and named pipes.

package profile

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

func TestACommandRunsOnlyFromAFileThatNobodyElseCanWrite(t *testing.T) {
	const text = "profiles:\n  a:\n    client_secret: {command: [printf, canary]}\n  b: {client_secret: {env: B}}\n"
	for _, c := range []struct {
		name   string
		file   os.FileMode
		folder os.FileMode
		why    string // "" when the command runs
	}{
		{"private", 0o600, 0o700, ""},
		{"readable by all", 0o644, 0o755, ""},
		{"writable by all", 0o666, 0o700, "mode 0666"},
		{"writable by a group", 0o620, 0o700, "mode 0620"},
		{"in a folder that all write", 0o600, 0o777, "folder"},
		{"in a folder that all write, each their own", 0o600, 0o777 | os.ModeSticky, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, text)
			if err := errors.Join(os.Chmod(path, c.file), os.Chmod(filepath.Dir(path), c.folder)); err != nil {
				t.Fatal(err)
			}
			files := map[string]*File{
				"in parts": must[*File](t)(Open(t.Context(), path, schema)),
				"whole":    must[*File](t)(Load(path, schema)),
			}
			for how, f := range files {
				p := must[Profile](t)(f.Get("a"))
				secret, err := p.ClientSecret.Resolve(t.Context(), func(string) string { return "" }, nil)
				switch {
				case c.why == "" && (err != nil || secret.Reveal() != "canary"):
					t.Errorf("%s: got %v, want the command's secret", how, err)
				case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why) ||
					!strings.Contains(err.Error(), "chmod go-w")):
					t.Errorf("%s: got %v, want a refusal that names %q and what to run", how, err, c.why)
				}
				b := must[Profile](t)(f.Get("b"))
				if _, err := b.ClientSecret.Resolve(t.Context(), func(string) string { return "x" }, nil); err != nil {
					t.Errorf("%s: the variable: %v", how, err)
				}
			}
		})
	}
	if os.Geteuid() == 0 {
		path := write(t, text)
		if err := os.Chown(path, 4711, -1); err != nil {
			t.Fatal(err)
		}
		p := must[Profile](t)(must[*File](t)(Load(path, schema)).Get("a"))
		_, err := p.ClientSecret.Resolve(t.Context(), os.Getenv, nil)
		if err == nil || !strings.Contains(err.Error(), "uid 4711") {
			t.Errorf("another user's file: got %v, want a refusal that names the user", err)
		}
		// The sticky bit does not keep the folder's owner from replacing the file.
		path = write(t, text)
		folder := filepath.Dir(path)
		if err := errors.Join(os.Chown(folder, 4711, -1), os.Chmod(folder, 0o777|os.ModeSticky)); err != nil {
			t.Fatal(err)
		}
		p = must[Profile](t)(must[*File](t)(Load(path, schema)).Get("a"))
		_, err = p.ClientSecret.Resolve(t.Context(), os.Getenv, nil)
		if err == nil || !strings.Contains(err.Error(), "uid 4711") {
			t.Errorf("another user's folder: got %v, want a refusal that names the user", err)
		}
	}
}

// What a person is told to run holds a path with blanks together, as macOS has it.
func TestAPrintedCommandQuotesItsPath(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Application Support")
	path := filepath.Join(folder, "config.yaml")
	const text = "profiles:\n  a:\n    client_secret: {command: [printf, canary]}\n"
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(path, []byte(text), 0o600),
		os.Chmod(path, 0o666)); err != nil {
		t.Fatal(err)
	}
	inFile := must[Profile](t)(must[*File](t)(Load(path, schema)).Get("a")).ClientSecret
	for command, ref := range map[string]*Ref{"chmod go-w": inFile, "chmod 600": {File: path}} {
		_, err := ref.Resolve(t.Context(), os.Getenv, nil)
		if want := command + " '" + path + "'"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

// A pipe that nobody writes to must not outlast the context.
func TestAPipeWithoutAWriterEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(ctx context.Context) error{
		"configuration": func(ctx context.Context) error {
			_, err := Open(ctx, path, schema)
			return err
		},
		"secret": func(ctx context.Context) error {
			_, err := Ref{File: path}.Resolve(ctx, os.Getenv, nil)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- read(ctx) }()
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: got %v, want the end of the context and the path", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it is still reading 30 s after its context ended", name)
		}
	}
}

func TestASecretComesThroughAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte("canary\n"), 0) }()
	secret, err := Ref{File: path}.Resolve(t.Context(), os.Getenv, nil)
	if err != nil || secret.Reveal() != "canary" {
		t.Errorf("got %v, want what was written", err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
}
