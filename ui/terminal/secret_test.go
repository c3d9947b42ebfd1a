//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newPromptScreen returns a screen, with its modes, that ends the reads of cancelled prompts when the test is over.
func newPromptScreen(t *testing.T) (s *screen, before unix.Termios) {
	t.Helper()
	s = newScreen(t)
	t.Cleanup(func() { _, _ = s.master.WriteString(strings.Repeat("\n", 500)) })
	return s, s.modes(t)
}

func (s *screen) modes(t *testing.T) unix.Termios {
	t.Helper()
	modes, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *modes
}

func (s *screen) wantModes(t *testing.T, when string, want unix.Termios) {
	t.Helper()
	if got := s.modes(t); got != want {
		t.Fatalf("%s, the terminal's modes are\n%+v, want\n%+v", when, got, want)
	}
}

func TestASecretIsReadWithoutEcho(t *testing.T) {
	s, before := newPromptScreen(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, want := range []string{"first", "second", ""} {
		got, err := ReadSecret(ctx, s.tty, func() {
			if s.modes(t).Lflag&unix.ECHO != 0 {
				t.Error("the echo is on when the question is asked")
			}
			if want == "first" {
				_, _ = s.master.WriteString("first\nsecond\n\n") // typed ahead: each prompt reads its own line
			}
		})
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		s.wantModes(t, "after a prompt", before)
	}
	_, _ = s.master.WriteString("\x04") // ctrl+d
	if _, err := ReadSecret(ctx, s.tty, func() {}); !errors.Is(err, io.EOF) {
		t.Errorf("at the end of the input: got %v, want %v", err, io.EOF)
	}
}

// A signal ends the context of a prompt at any moment: before it, between its question and its read, in its read. The
// echo is on afterwards, and stays on.
func TestTheEchoIsOnAfterACancelledPrompt(t *testing.T) {
	s, before := newPromptScreen(t)
	for range 50 {
		for _, moment := range []string{"before the prompt", "while it asks", "while it reads"} {
			ctx, cancel := context.WithCancel(t.Context())
			if moment == "before the prompt" {
				cancel()
			}
			_, err := ReadSecret(ctx, s.tty, func() {
				if moment == "while it asks" {
					cancel()
				}
				go cancel()
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: got %v, want %v", moment, err, context.Canceled)
			}
			s.wantModes(t, "cancelled "+moment, before)
		}
	}
}

// The second signal ends the process whatever it is doing: Restore switches the echo on, and no prompt that begins
// later switches it off again.
func TestRestoreSwitchesTheEchoOnForGood(t *testing.T) {
	defer func() { pending.restored = false }()
	s, before := newPromptScreen(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := ReadSecret(ctx, s.tty, func() {
		Restore()
		s.wantModes(t, "after Restore", before)
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	ctx, cancelSecond := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancelSecond()
	_, err = ReadSecret(ctx, s.tty, func() { t.Error("a prompt began after Restore") })
	if err == nil || ctx.Err() != nil {
		t.Errorf("a prompt after Restore: got %v, want an error at once", err)
	}
	s.wantModes(t, "at the end", before)
}
