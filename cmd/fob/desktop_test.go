package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"fob/flows/profile"
	"fob/tokens/vault"
)

func TestTheEditorIsFound(t *testing.T) {
	there := func(names ...string) func(string) (string, error) {
		return func(name string) (string, error) {
			if slices.Contains(names, name) {
				return name, nil
			}
			return "", os.ErrNotExist
		}
	}
	for name, c := range map[string]struct {
		goos, visual, editor string
		look                 func(string) (string, error)
		want                 []string
	}{
		"named":          {"linux", "", "nano", there("nano"), []string{"nano"}},
		"VISUAL first":   {"linux", "gvim", "nano", there(), []string{"gvim"}},
		"with arguments": {"linux", "", "code --wait", there("code"), []string{"code", "--wait"}},
		"quoted":         {"darwin", "", `"/opt/My Editor" -w`, there(), []string{"/opt/My Editor", "-w"}},
		"a path with spaces": {"darwin", "", "/opt/My Editor", there("/opt/My Editor"),
			[]string{"/opt/My Editor"}},
		"Windows' path": {"windows", "", `C:\vim\gvim.exe -f`, there(), []string{`C:\vim\gvim.exe`, "-f"}},
		"Windows' path, quoted": {"windows", "", `"C:\My Files\e.exe" -f`, there(),
			[]string{`C:\My Files\e.exe`, "-f"}},
		"none named":                {"linux", "", "", there("nano", "vi"), []string{"nano"}},
		"none named on Windows":     {"windows", "", " ", there("notepad.exe"), []string{"notepad.exe"}},
		"none named, and none here": {"linux", "", "", there(), nil},
	} {
		env := map[string]string{"VISUAL": c.visual, "EDITOR": c.editor}
		a := &app{tty: ttys{in: true}, getenv: func(k string) string { return env[k] }}
		if got := a.editor(c.goos, c.look); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestAFileIsNamedWithoutAnAtSign(t *testing.T) {
	w := newWorld(t)
	file := w.file("token.txt", "\xef\xbb\xbfeyJhbGciOiJub25lIn0.e30.")
	for _, arg := range []string{"@" + file, "file:" + file} {
		if out := w.must("inspect", arg).out; !strings.HasPrefix(out, "JWS") || strings.Contains(out, "removed") {
			t.Errorf("%s: got %s", arg, out)
		}
	}
}

func TestTerminalName(t *testing.T) {
	for _, c := range []struct {
		term, goos, name string
		fits             bool
	}{
		{"xterm-256color", "linux", "xterm-256color", true}, {"", "linux", "", false},
		{"dumb", "darwin", "dumb", false},
		{"", "windows", "the console", true}, {"xterm", "windows", "xterm", true},
	} {
		if name, fits := terminalName(c.term, c.goos); name != c.name || fits != c.fits {
			t.Errorf("TERM %q on %s: got %q, %v, want %q, %v", c.term, c.goos, name, fits, c.name, c.fits)
		}
	}
}

func TestHelpAndReadmeNameTheFolders(t *testing.T) {
	help := newWorld(t).must("--help").out
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string {
		return map[string]string{"HOME": "~", "AppData": "%AppData%", "LocalAppData": "%LocalAppData%"}[name]
	}
	config, err := profile.DefaultPath(getenv)
	if err != nil {
		t.Fatal(err)
	}
	state, err := vault.DefaultDir(getenv)
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{config, state} {
		if !strings.Contains(help, place) || !strings.Contains(string(readme), "`"+place+"`") {
			t.Errorf("%s is missing in the help or in the README:\n%s", place, help)
		}
	}
}
