package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

func secretFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
	return path
}

func lookup(_ context.Context, name string) (tokens.Secret, error) {
	switch name {
	case "there":
		return tokens.NewSecret("from the vault"), nil
	case "empty":
		return tokens.Secret{}, nil
	}
	return tokens.Secret{}, errors.New("no such secret")
}

func TestAReferenceYieldsItsSecret(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "s"), []byte("from home\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"S": " from env ", "HOME": home}[name] }
	for _, c := range []struct {
		name string
		ref  Ref
		want string
	}{
		{"env", Ref{Env: "S"}, " from env "},
		{"file", Ref{File: secretFile(t, "from file\n", 0o600)}, "from file"},
		{"file with Windows' line break", Ref{File: secretFile(t, "from file\r\n", 0o400)}, "from file"},
		{"file with two line breaks", Ref{File: secretFile(t, " a\n\n", 0o600)}, " a\n"},
		{"file without one", Ref{File: secretFile(t, "from file", 0o600)}, "from file"},
		{"file with a byte-order mark", Ref{File: secretFile(t, "\xef\xbb\xbffrom file\r\n", 0o600)}, "from file"},
		{"file that PowerShell wrote", Ref{File: secretFile(t, "\xff\xfes\x00\xe9\x00\r\x00\n\x00", 0o600)}, "sé"},
		{"file at home", Ref{File: "~/s"}, "from home"},
		{"vault", Ref{Vault: "there"}, "from the vault"},
		{"command", Ref{Command: []string{"printf", "%s\n", "$HOME `x` 'y'"}}, "$HOME `x` 'y'"},
	} {
		if c.name == "command" && runtime.GOOS == "windows" {
			continue // there is no printf
		}
		got, err := c.ref.Resolve(t.Context(), getenv, lookup)
		if err != nil || got.Reveal() != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.name, got.Reveal(), err, c.want)
		}
	}
}

func TestAReferenceThatFailsSaysWhichAndWhy(t *testing.T) {
	getenv := func(string) string { return "" }
	_, statErr := os.Stat("/no/such/file")
	var noFile *fs.PathError
	errors.As(statErr, &noFile)
	missing := noFile.Err.Error() // in the system's words
	for _, c := range []struct {
		name string
		ref  Ref
		want []string
	}{
		{"nothing", Ref{}, []string{"exactly one"}},
		{"two", Ref{Env: "A", Vault: "b"}, []string{"exactly one"}},
		{"env", Ref{Env: "NOT_SET"}, []string{"env NOT_SET", "not set"}},
		{"no file", Ref{File: "/no/such/file"}, []string{"file /no/such/file", missing}},
		{"a folder", Ref{File: t.TempDir()}, []string{"folder"}},
		{"an empty file", Ref{File: secretFile(t, "\n", 0o600)}, []string{"empty"}},
		{"a long file", Ref{File: secretFile(t, strings.Repeat("canary", maxSecret), 0o600)}, []string{"longer than"}},
		{"no command", Ref{Command: []string{"fob-no-such-command"}}, []string{"command fob-no-such-command"}},
		{"vault", Ref{Vault: "none"}, []string{"vault none", "no such secret"}},
		{"vault, empty", Ref{Vault: "empty"}, []string{"empty"}},
		// From here on, what Windows has not: modes, and a shell.
		{"a file that others can read", Ref{File: secretFile(t, "canary", 0o644)},
			[]string{"others can read it (mode 0644)", "chmod 600"}},
		{"a file that the group can read", Ref{File: secretFile(t, "canary", 0o640)}, []string{"mode 0640"}},
		{"a command that fails", Ref{Command: []string{"sh", "-c",
			"echo canary; printf 'no\\033[2J entry' >&2; exit 3"}}, []string{"exit status 3", "no␛[2J entry"}},
		{"a command that says nothing", Ref{Command: []string{"true"}}, []string{"empty"}},
		{"a command that says too much", Ref{Command: []string{"sh", "-c", "yes canary | head -c 200000"}},
			[]string{"longer than"}},
	} {
		if runtime.GOOS == "windows" && c.name == "a file that others can read" {
			break
		}
		got, err := c.ref.Resolve(t.Context(), getenv, lookup)
		if err == nil || !got.IsZero() {
			t.Errorf("%s: got %v, %v; want an error", c.name, got, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want %q in it", c.name, err, want)
			}
		}
		if strings.Contains(err.Error(), "canary") && c.name != "a command that fails" || len(err.Error()) > 2000 {
			t.Errorf("%s: the error shows the secret: %v", c.name, err)
		}
	}
	if _, err := (Ref{Vault: "x"}).Resolve(t.Context(), getenv, nil); err == nil {
		t.Error("without a vault: got no error")
	}
}

func TestSecretsThatAContainerMountsMayBeOpen(t *testing.T) {
	for path, want := range map[string]bool{"/run/secrets/a": true, "/var/run/secrets/a/b": true,
		"/run/secrets-not/a": false, "/home/a/run/secrets/b": false} {
		if got := mounted(path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestACommandEndsInTime(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: there is no sleep here")
	}
	start := make(chan error, 2)
	go func() {
		_, err := runSecret(context.Background(), []string{"sleep", "600"}, 20*time.Millisecond)
		start <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	go func() {
		_, err := runSecret(ctx, []string{"sleep", "600"}, time.Hour)
		start <- err
	}()
	for range 2 {
		select {
		case err := <-start:
			if err == nil || !strings.Contains(err.Error(), "did not end within") && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the time-out or the cancellation", err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the command was not ended")
		}
	}
}

func TestAReferencePrintsWithoutItsSecret(t *testing.T) {
	for want, ref := range map[string]Ref{"env A": {Env: "A"}, "file /a": {File: "/a"},
		"command pass": {Command: []string{"pass", "--pin", "canary"}}, "vault a": {Vault: "a"}, "nowhere": {}} {
		if got := fmt.Sprint(ref); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
