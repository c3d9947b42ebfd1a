package terminal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func runes(s string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)} }

func TestSplitKeys(t *testing.T) {
	paste := runes("abc")
	paste.Paste = true
	for _, c := range []struct {
		name string
		in   tea.KeyMsg
		want string
	}{
		{"a burst", runes("jj2"), "j j 2"},
		{"one key", runes("j"), "j"},
		{"a paste stays whole", paste, "[abc]"},
		{"a named key", tea.KeyMsg{Type: tea.KeyEnter}, "enter"},
	} {
		var got []string
		for _, k := range SplitKeys(c.in) {
			got = append(got, k.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestClampKeepsTheTop(t *testing.T) {
	got := Clamp("header\n"+strings.Repeat("x", 30)+"\nc\nd", 10, 3)
	if want := "header\n" + strings.Repeat("x", 10) + "\x1b[0m\nc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// desk is a machine with some clipboard programs.
func desk(out *strings.Builder, env map[string]string, programs ...string) (*Clipboard, *[]string) {
	var ran []string
	c := &Clipboard{
		Getenv: func(k string) string { return env[k] },
		LookPath: func(name string) (string, error) {
			for _, p := range programs {
				if p == name {
					return "/bin/" + name, nil
				}
			}
			return "", os.ErrNotExist
		},
		Run: func(_ context.Context, text, name string, args ...string) error {
			ran = append(ran, fmt.Sprint(name, args, text))
			if strings.HasSuffix(name, "xclip") {
				return errors.New("can't open display")
			}
			return nil
		},
	}
	if out != nil {
		c.Out = out
	}
	return c, &ran
}

func TestCopy(t *testing.T) {
	x11 := map[string]string{"DISPLAY": ":0"}
	for _, c := range []struct {
		name     string
		env      map[string]string
		programs []string
		how      string
		ran      int
	}{
		{"terminal only", nil, nil, "through the terminal", 0},
		{"a failing program gives way to the next", x11, []string{"xclip", "xsel"}, "through the terminal and xsel", 2},
		{"wayland first", map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, []string{"wl-copy", "xsel"},
			"through the terminal and wl-copy", 1},
		{"a remote shell has no clipboard of its own", map[string]string{"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"},
			[]string{"xsel"}, "through the terminal", 0},
		{"tmux hands on", map[string]string{"TMUX": "/tmp/t", "SSH_TTY": "x"}, []string{"tmux"},
			"through the terminal and tmux", 1},
		{"WSL", map[string]string{"WSL_DISTRO_NAME": "d"}, []string{"clip.exe"}, "through the terminal and clip.exe",
			1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			clip, ran := desk(&out, c.env, c.programs...)
			how, err := clip.Copy(t.Context(), "secret")
			if how != c.how || err != nil || len(*ran) != c.ran {
				t.Errorf("got %q, %v, ran %q; want %q and %d programs", how, err, *ran, c.how, c.ran)
			}
			if want := "\x1b]52;c;c2VjcmV0\x07"; out.String() != want {
				t.Errorf("the terminal got %q, want %q", out.String(), want)
			}
		})
	}
}

func TestClipOfWindowsGetsUTF16(t *testing.T) {
	clip, ran := desk(nil, map[string]string{"WSL_DISTRO_NAME": "d"}, "clip.exe")
	if _, err := clip.Copy(t.Context(), "é😀"); err != nil {
		t.Fatal(err)
	}
	if want := "\xff\xfe\xe9\x00\x3d\xd8\x00\xde"; len(*ran) != 1 || !strings.HasSuffix((*ran)[0], want) {
		t.Errorf("clip.exe got %q, want %q at the end", *ran, want)
	}
}

// pbcopy is a program that shows in which locale it was started.
func TestTheClipboardOfMacOSGetsUTF8(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: there is no shell here to write a pbcopy in")
	}
	dir := t.TempDir()
	program, out := filepath.Join(dir, "pbcopy"), filepath.Join(dir, "out")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n{ cat; echo \" $LC_ALL\"; } > "+out), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LC_ALL", "C")
	if err := run(t.Context(), "é", program); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); string(got) != "é en_US.UTF-8\n" {
		t.Errorf("pbcopy got %q, %v", got, err)
	}
}

func TestCopySaysWhenNothingTookIt(t *testing.T) {
	clip, _ := desk(nil, map[string]string{"DISPLAY": ":0"}, "xclip")
	if _, err := clip.Copy(t.Context(), "x"); !errors.Is(err, ErrNoClipboard) || !strings.Contains(err.Error(),
		"xclip: can't open display") {
		t.Errorf("got %v, want ErrNoClipboard with the program's reason", err)
	}
}

func TestCopyDoesNotSendWhatTerminalsCut(t *testing.T) {
	var out strings.Builder
	clip, _ := desk(&out, nil)
	if _, err := clip.Copy(t.Context(), strings.Repeat("x", maxOSC52+1)); !errors.Is(err, ErrNoClipboard) ||
		out.Len() > 0 {
		t.Errorf("got %v and %d bytes to the terminal, want ErrNoClipboard and none", err, out.Len())
	}
}

func TestSaveCopyIsForTheOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	path, err := SaveCopy("secret", func(string) string { return dir })
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || !strings.HasPrefix(path, dir) {
		t.Errorf("got %s with %v (%v), want a 0600 file in %s", path, info.Mode().Perm(), err, dir)
	}
}
