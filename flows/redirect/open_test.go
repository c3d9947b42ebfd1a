package redirect

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const signIn = "https://issuer.example/authorize?client_id=a&state=b" +
	"&redirect_uri=http%3A%2F%2F127.0.0.1%3A41233%2Fcallback"

// machine is a system on which the named programs exist, and of those some fail.
type machine struct {
	goos, version string
	env           map[string]string
	programs      []string
	broken        []string
	started       [][]string
}

func (m *machine) opener() opener {
	return opener{
		goos:   m.goos,
		getenv: func(name string) string { return m.env[name] },
		lookPath: func(name string) (string, error) {
			if slices.Contains(m.programs, name) {
				return name, nil
			}
			return "", fs.ErrNotExist
		},
		start: func(_ context.Context, argv []string) error {
			m.started = append(m.started, argv)
			if slices.Contains(m.broken, argv[0]) {
				return errors.New("exit status 3")
			}
			return nil
		},
		readFile: func(path string) ([]byte, error) {
			if path == "/proc/version" && m.version != "" {
				return []byte(m.version), nil
			}
			return nil, fs.ErrNotExist
		},
		hostname: func() (string, error) { return "build-1", nil },
	}
}

func encoded(command string) string { return encodedCommand(command) }

func TestTheRightBrowserIsOpened(t *testing.T) {
	display := map[string]string{"DISPLAY": ":0"}
	firefox := map[string]string{"BROWSER": "firefox"}
	remote := map[string]string{"BROWSER": "w3m", "SSH_TTY": "x"}
	shell := []string{"-NoProfile", "-NonInteractive", "-EncodedCommand",
		encoded("Start-Process -FilePath '" + signIn + "'")}
	const wslVersion = "Linux version 5.15.90.1-microsoft-standard-WSL2"
	for _, c := range []struct {
		name string
		m    machine
		want []string
	}{
		{"Linux", machine{goos: "linux", env: display, programs: []string{"xdg-open", "gio"}},
			[]string{"xdg-open", signIn}},
		{"Wayland", machine{goos: "linux", env: map[string]string{"WAYLAND_DISPLAY": "w"},
			programs: []string{"xdg-open"}}, []string{"xdg-open", signIn}},
		{"Linux without xdg-open", machine{goos: "linux", env: display, programs: []string{"gio"}},
			[]string{"gio", "open", signIn}},
		{"Linux with a broken xdg-open", machine{goos: "linux", env: display,
			programs: []string{"xdg-open",
				"x-www-browser"}, broken: []string{"xdg-open"}}, []string{"x-www-browser", signIn}},
		{"macOS", machine{goos: "darwin", programs: []string{"open"}}, []string{"open", signIn}},
		{"Windows", machine{goos: "windows", programs: []string{"rundll32.exe"}},
			[]string{"rundll32.exe", "url.dll,FileProtocolHandler", signIn}},
		{"BROWSER", machine{goos: "linux", env: map[string]string{"BROWSER": "firefox"},
			programs: []string{"firefox", "xdg-open"}}, []string{"firefox", signIn}},
		{"BROWSER with a place", machine{goos: "linux",
			env:      map[string]string{"BROWSER": "chromium '--user-data-dir=/a b' --app=%s -x"},
			programs: []string{"chromium"}},
			[]string{"chromium", "--user-data-dir=/a b", "--app=" + signIn, "-x"}},
		{"BROWSER as a list", machine{goos: "linux", env: map[string]string{"BROWSER": "none:broken %s::w3m"},
			programs: []string{"broken", "w3m"}, broken: []string{"broken"}}, []string{"w3m", signIn}},
		{"BROWSER on Windows", machine{goos: "windows",
			env: map[string]string{"BROWSER": `"C:\Program Files\b.exe" %s;other`}, programs: []string{`C:\Program ` +
				`Files\b.exe`}}, []string{`C:\Program Files\b.exe`, signIn}},
		{"BROWSER as an application of macOS", machine{goos: "darwin", env: firefox, programs: []string{"open"}},
			[]string{"open", "-a", "firefox", signIn}},
		{"BROWSER that is on the PATH of macOS",
			machine{goos: "darwin", env: firefox, programs: []string{"open", "firefox"}},
			[]string{"firefox", signIn}},
		{"BROWSER that is not there", machine{goos: "windows", env: firefox, programs: []string{"rundll32.exe"}},
			[]string{"rundll32.exe", "url.dll,FileProtocolHandler", signIn}},
		{"BROWSER over SSH", machine{goos: "darwin", env: remote, programs: []string{"w3m"}},
			[]string{"w3m", signIn}},
		{"WSL by name", machine{goos: "linux", env: map[string]string{"WSL_DISTRO_NAME": "Debian"},
			programs: []string{"wslview", "powershell.exe"}}, []string{"wslview", signIn}},
		{"WSL by version, PowerShell", machine{goos: "linux", version: wslVersion,
			programs: []string{"powershell.exe", "rundll32.exe"}}, append([]string{"powershell.exe"}, shell...)},
		{"WSL without Windows' PATH", machine{goos: "linux", version: wslVersion,
			programs: []string{"/mnt/c/Windows/System32/rundll32.exe"}},
			[]string{"/mnt/c/Windows/System32/rundll32.exe", "url.dll,FileProtocolHandler", signIn}},
		{"WSL with a Linux browser alone", machine{goos: "linux", version: wslVersion, env: display,
			programs: []string{"xdg-open"}}, []string{"xdg-open", signIn}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.m.opener().open(t.Context(), signIn); err != nil {
				t.Fatalf("open: %v", err)
			}
			if got := c.m.started[len(c.m.started)-1]; !slices.Equal(got, c.want) {
				t.Errorf("started: got %q, want %q", got, c.want)
			}
			if program, err := c.m.opener().available(); err != nil || !slices.Contains(c.m.programs, program) {
				t.Errorf("available: got %q, %v; want one of %q", program, err, c.m.programs)
			}
		})
	}
}

// An application that macOS does not know, in the words of open, is followed by the browser that it does.
func TestAnUnknownApplicationGivesWayToTheSystemsBrowser(t *testing.T) {
	m := machine{goos: "darwin", env: map[string]string{"BROWSER": "nosuch"}, programs: []string{"open"}}
	commands, err := m.opener().commands(signIn)
	if want := []string{"open", signIn}; err != nil || len(commands) != 2 || !slices.Equal(commands[1], want) {
		t.Errorf("got %q, %v, want %q last", commands, err, want)
	}
}

func TestNoBrowserIsOpenedOnAScreenThatIsElsewhere(t *testing.T) {
	for _, goos := range []string{"darwin", "windows"} {
		remote := map[string]string{"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}
		m := machine{goos: goos, env: remote, programs: []string{"open", "rundll32.exe"}}
		err := m.opener().open(t.Context(), signIn)
		if !errors.Is(err, ErrNoBrowser) || len(m.started) > 0 || !strings.Contains(err.Error(), "remote shell") {
			t.Errorf("%s over SSH: got %v, started %q", goos, err, m.started)
		}
	}
}

func TestPowerShellGetsTheWholeURL(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString(encodedCommand("a&'é"))
	if want := "a\x00&\x00'\x00\xe9\x00"; err != nil || string(raw) != want {
		t.Errorf("got %q, %v; want %q", raw, err, want)
	}
}

func TestOnlyWebAddressesAreOpened(t *testing.T) {
	for _, address := range []string{"", "file:///etc/passwd", "javascript:alert(1)",
		"--help", "http://", "https:///x", "mailto:a@b", "calc.exe", "http://a b/", "http://a/\x00"} {
		m := machine{goos: "darwin", programs: []string{"open"}}
		if err := m.opener().open(t.Context(), address); err == nil || len(m.started) > 0 {
			t.Errorf("%q: got %v, started %q; want an error and nothing started", address, err, m.started)
		}
	}
	got, err := escapeURL("https://a.example/x y?q='\"`<>^|é&r=1#f")
	if want := "https://a.example/x%20y?q=%27%22%60%3C%3E%5E%7C%C3%A9&r=1#f"; err != nil || got != want {
		t.Errorf("what a shell could read: got %q, %v; want %q", got, err, want)
	}
}

func TestWithoutADisplayItSaysAtOnceWhatToDo(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "`ssh -L 41233:127.0.0.1:41233 build-1`"},
		{map[string]string{"SSH_CONNECTION": "10.0.0.9 50000 10.0.0.7 22"}, "`ssh -L 41233:127.0.0.1:41233 10.0.0.7`"},
	} {
		m := machine{goos: "linux", env: c.env, programs: []string{"xdg-open"}}
		err := m.opener().open(t.Context(), signIn)
		if !errors.Is(err, ErrNoBrowser) || !strings.Contains(err.Error(), c.want) || len(m.started) > 0 {
			t.Errorf("got %v, started %q; want ErrNoBrowser with %s and nothing started", err, m.started, c.want)
		}
		if _, err := m.opener().available(); !errors.Is(err, ErrNoBrowser) {
			t.Errorf("available: got %v, want ErrNoBrowser", err)
		}
	}
	m := machine{goos: "linux"}
	if err := m.opener().open(t.Context(), "https://issuer.example/device"); !errors.Is(err, ErrNoBrowser) ||
		strings.Contains(err.Error(), "ssh") {
		t.Errorf("a URL without a redirect: got %v, want ErrNoBrowser and no ssh line", err)
	}
}

func TestEveryFailureIsReported(t *testing.T) {
	m := machine{goos: "linux", env: map[string]string{"BROWSER": "absent:broken"},
		programs: []string{"broken", "xdg-open"}, broken: []string{"broken"}}
	err := m.opener().open(t.Context(), signIn)
	if !errors.Is(err, ErrNoBrowser) || !strings.Contains(err.Error(), "absent") ||
		!strings.Contains(err.Error(), "broken: exit status 3") {
		t.Errorf("got %v, want both programs with what went wrong", err)
	}
	if _, err := (&machine{goos: "darwin"}).opener().available(); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("available without any program: got %v, want ErrNoBrowser", err)
	}
}

func TestTheOpenerRunsDetachedAndSilent(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: there is no shell here to write an opener in")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "browser")
	text := "#!/bin/sh\necho noise; echo noise >&2\nexec 3>&1\nreadlink /proc/$$/fd/3 > " + dir +
		"/stdout\necho $(cut -d' ' -f6 /proc/$$/stat) $$ > " + dir + "/session\nprintf %s \"$1\" > " + dir +
		"/url\nexit $2\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := startDetached(t.Context(), []string{script, signIn, "0"}); err != nil {
		t.Fatalf("startDetached: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "url")); string(got) != signIn {
		t.Errorf("the URL: got %q, %v; want %q", got, err, signIn)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "stdout")); err == nil && len(got) > 0 &&
		strings.TrimSpace(string(got)) != os.DevNull {
		t.Errorf("standard output: got %q, want %s", got, os.DevNull)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "session")); err == nil {
		if ids := strings.Fields(string(got)); len(ids) == 2 && ids[0] != ids[1] {
			t.Errorf("session and process: got %q, want the opener to lead a session of its own", ids)
		}
	}
	if err := startDetached(t.Context(), []string{script, signIn, "3"}); err == nil ||
		!strings.Contains(err.Error(), "3") {
		t.Errorf("an opener that fails: got %v, want its exit status", err)
	}
}

func TestAnOpenerThatIsTheBrowserItselfIsLeftRunning(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: there is no shell here to write an opener in")
	}
	dir := t.TempDir()
	script, fifo := filepath.Join(dir, "browser"), filepath.Join(dir, "go")
	// It runs until the test lets it go, and only then says that it was there.
	text := "#!/bin/sh\nwhile [ ! -e " + fifo + " ]; do sleep 0.02; done\ntouch " + dir + "/lived\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := startDetached(ctx, []string{script}); err != nil {
		t.Fatalf("startDetached: %v", err)
	}
	cancel() // the run is over; the browser is not
	if err := os.WriteFile(fifo, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, "lived")); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the browser did not outlive the run")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
