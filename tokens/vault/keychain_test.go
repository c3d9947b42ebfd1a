package vault

import (
	"encoding/base64"
	"errors"
	"go/build"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// security is a tool that answers as /usr/bin/security does.
func security(t *testing.T, script string) keyringBackend {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: no shell script runs here")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent") // of the other keyrings, which are not asked
	tool := filepath.Join(t.TempDir(), "security")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return keyringBackend{keychain{tool: tool}}
}

func TestAWarningOfSecurityIsNotPartOfAValue(t *testing.T) {
	value := base64.StdEncoding.EncodeToString([]byte("a token\nand a line"))
	k := security(t, `echo "security: SecKeychainSearchCopyNext: a warning" >&2
[ "$*" = "find-generic-password -s fob -wa abc.g.0" ] && echo "go-keyring-base64:`+value+`"`)
	got, err := k.Get(t.Context(), "abc.g.0")
	if err != nil || string(got) != "a token\nand a line" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnErrorOfSecurityIsReported(t *testing.T) {
	for _, c := range []struct {
		script string
		want   error
		says   string
	}{
		{`echo "The specified item could not be found in the keychain." >&2; exit 44`, ErrNotFound, "no such item"},
		{`echo "User interaction is not allowed." >&2; exit 36`, nil, "User interaction is not allowed."},
		{`echo "canary"`, ErrDamaged, "abc.g.0"},
		{`echo "go-keyring-base64:canary!"`, ErrDamaged, "abc.g.0"},
	} {
		_, err := security(t, c.script).Get(t.Context(), "abc.g.0")
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %v that says %q", c.script, err, c.want, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error shows the value: %v", c.script, err)
		}
	}
}

// The dialog of macOS names the tool and not fob: without an explanation users deny it.
func TestTheHintNamesWhatTheDialogNames(t *testing.T) {
	if got := timeoutHint("darwin"); !strings.Contains(got, `"security"`) {
		t.Errorf("on macOS: %q", got)
	}
	if got := timeoutHint("linux"); strings.Contains(got, "security") || !strings.Contains(got, "unlock") {
		t.Errorf("on Linux: %q", got)
	}
}

// A call that takes long says what it may be waiting for, once, and still returns the result.
func TestASlowCallReportsWhatItWaitsFor(t *testing.T) {
	h := newHanging()
	hints := make(chan string, 10)
	s, err := Open(Config{Backend: h, Timeout: time.Hour, Waiting: func(hint string) { hints <- hint }})
	if err != nil {
		t.Fatal(err)
	}
	s.guard.noticeAfter = time.Millisecond
	stored := make(chan error, 1)
	go func() { stored <- s.Put(t.Context(), record("abc", 1, 10)) }()
	select {
	case hint := <-hints:
		if !strings.Contains(hint, "dialog") {
			t.Errorf("got the hint %q", hint)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no hint while the call waits for the keyring")
	}
	close(h.go_)
	if err := <-stored; err != nil || len(hints) != 0 {
		t.Errorf("got %v, and %d more hints", err, len(hints))
	}
}

// Every system has exactly one file that says how its keyring is reached.
func TestEverySystemHasOneKeyring(t *testing.T) {
	for _, c := range []struct {
		goos, want string
		cgo        bool
	}{
		{"linux", "keyring_secretservice.go", false}, {"linux", "keyring_secretservice.go", true},
		{"darwin", "keyring_darwin.go", false}, {"windows", "keyring_windows.go", false},
		{"freebsd", "keyring_none.go", false}, {"freebsd", "keyring_secretservice.go", true},
		{"openbsd", "keyring_secretservice.go", false}, {"solaris", "keyring_none.go", false},
	} {
		system := build.Default
		system.GOOS, system.CgoEnabled = c.goos, c.cgo
		var got []string
		for _, name := range []string{"secretservice", "darwin", "windows", "none"} {
			name = "keyring_" + name + ".go"
			if match, err := system.MatchFile(".", name); err != nil {
				t.Fatal(err)
			} else if match {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s, cgo %v: got %v, want %s", c.goos, c.cgo, got, c.want)
		}
	}
}
