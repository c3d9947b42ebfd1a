package redirect

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"
	"time"
	"unicode/utf16"

	"fob/tokens"
)

// ErrNoBrowser means that there is no browser to open here; the error's text says what to do instead.
var ErrNoBrowser = errors.New("no browser can be opened here")

// Open opens an http or https URL in the person's browser: the one that BROWSER names, else the system's. What the
// browser prints goes nowhere, and it outlives fob. It returns as soon as the opener has ended well or has run for a
// second; the error says what was tried. ErrNoBrowser comes at once on a machine without a display.
func Open(ctx context.Context, url string) error {
	o := opener{goos: runtime.GOOS, getenv: os.Getenv, look: exec.LookPath, start: startDetached, readFile: os.ReadFile, hostname: os.Hostname}
	return o.open(ctx, url)
}

// opener is the system as Open sees it.
type opener struct {
	goos     string
	getenv   func(string) string
	look     func(name string) (string, error)
	start    func(ctx context.Context, argv []string) error
	readFile func(path string) ([]byte, error)
	hostname func() (string, error)
}

func (o opener) open(ctx context.Context, address string) error {
	address, err := openable(address)
	if err != nil {
		return err
	}
	commands, err := o.commands(address)
	if err != nil {
		return err
	}
	var failures []error
	for _, argv := range commands {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("opening a browser: %w", err)
		}
		path, err := o.look(argv[0])
		if err == nil {
			err = o.start(ctx, append([]string{path}, argv[1:]...))
		}
		if err == nil {
			return nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", tokens.VisibleLine(argv[0]), err))
	}
	return fmt.Errorf("%w (%s): %s", ErrNoBrowser, joined(failures), o.byHand(address))
}

func joined(errs []error) string {
	texts := make([]string, len(errs))
	for i, e := range errs {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// openable refuses what is no web address, so that nothing else on the machine is started, and writes every character
// that a shell, cmd.exe or PowerShell could take for its own, & apart, in its encoded form.
func openable(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return "", errors.New("opening a browser: the address is not an absolute http or https URL")
	}
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		if c := address[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`<>\\^|{}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(address[i])
	}
	return b.String(), nil
}

// commands lists what to try, in order.
func (o opener) commands(address string) ([][]string, error) {
	if list := o.getenv("BROWSER"); strings.TrimSpace(list) != "" {
		if commands := o.named(browserCommands(list, address, o.goos), address); len(commands) > 0 {
			return commands, nil
		}
	}
	if system := o.system(address); system != nil {
		if o.getenv("SSH_CONNECTION") != "" || o.getenv("SSH_TTY") != "" {
			return nil, fmt.Errorf("%w: this is a remote shell, and the browser would open on the machine's own screen: %s",
				ErrNoBrowser, o.byHand(address))
		}
		return [][]string{system}, nil
	}
	var commands [][]string
	wsl := o.isWSL()
	if wsl {
		commands = wslCommands(address)
	}
	if o.getenv("DISPLAY") != "" || o.getenv("WAYLAND_DISPLAY") != "" {
		for _, argv := range [][]string{{"xdg-open"}, {"gio", "open"}, {"x-www-browser"}, {"sensible-browser"}} {
			commands = append(commands, append(argv, address))
		}
	}
	if len(commands) == 0 {
		return nil, fmt.Errorf("%w: there is no display, and BROWSER is not set: %s", ErrNoBrowser, o.byHand(address))
	}
	return commands, nil
}

// system is the opener that every macOS and every Windows has; nil elsewhere.
func (o opener) system(address string) []string {
	switch o.goos {
	case "windows":
		return []string{"rundll32.exe", "url.dll,FileProtocolHandler", address}
	case "darwin":
		return []string{"open", address}
	}
	return nil
}

// named are the commands of BROWSER. Where applications are not on the PATH, as on macOS and Windows, and none of the
// commands is a program, macOS is asked for the application of that name, and then the system's opener follows.
func (o opener) named(commands [][]string, address string) [][]string {
	system := o.system(address)
	for _, argv := range commands {
		if _, err := o.look(argv[0]); err == nil || system == nil {
			return commands
		}
	}
	if system == nil || o.getenv("SSH_CONNECTION") != "" || o.getenv("SSH_TTY") != "" {
		return commands
	}
	var list [][]string
	for _, argv := range commands {
		if o.goos == "darwin" && !strings.Contains(argv[0], "/") {
			list = append(list, []string{"open", "-a", argv[0], address})
		}
	}
	return append(list, system)
}

// browserCommands reads BROWSER: commands separated by colons (by semicolons on Windows), of which each takes the URL
// in place of %s or as its last argument.
func browserCommands(list, address, goos string) [][]string {
	separator := ":"
	if goos == "windows" {
		separator = ";"
	}
	var commands [][]string
	for entry := range strings.SplitSeq(list, separator) {
		argv := words(entry)
		if len(argv) == 0 {
			continue
		}
		placed := false
		for i := 1; i < len(argv); i++ {
			if strings.Contains(argv[i], "%s") {
				argv[i] = strings.ReplaceAll(argv[i], "%s", address)
				placed = true
			}
		}
		if !placed {
			argv = append(argv, address)
		}
		commands = append(commands, argv)
	}
	return commands
}

// words splits at spaces, but not within single or double quotes.
func words(s string) []string {
	var list []string
	var word strings.Builder
	quote, inWord := rune(0), false
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if inWord {
				list = append(list, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		list = append(list, word.String())
	}
	return list
}

// isWSL reports whether this Linux runs inside Windows.
func (o opener) isWSL() bool {
	if o.getenv("WSL_DISTRO_NAME") != "" || o.getenv("WSL_INTEROP") != "" {
		return true
	}
	version, err := o.readFile("/proc/version")
	return err == nil && strings.Contains(strings.ToLower(string(version)), "microsoft")
}

// wslCommands reach the browser on the Windows side. None goes through cmd.exe, which cuts a URL at its first &.
func wslCommands(address string) [][]string {
	const system = "/mnt/c/Windows/System32/"
	// The command is handed over encoded, so that no quoting on the way can break it. openable leaves no quote in it.
	shell := []string{"-NoProfile", "-NonInteractive", "-EncodedCommand", encodedCommand("Start-Process -FilePath '" + address + "'")}
	handler := []string{"url.dll,FileProtocolHandler", address}
	return [][]string{
		{"wslview", address},
		append([]string{"powershell.exe"}, shell...),
		append([]string{path.Join(system, "WindowsPowerShell/v1.0/powershell.exe")}, shell...),
		append([]string{"rundll32.exe"}, handler...),
		append([]string{path.Join(system, "rundll32.exe")}, handler...),
	}
}

// encodedCommand is the form that PowerShell's -EncodedCommand takes: base64 of UTF-16LE.
func encodedCommand(command string) string {
	units := utf16.Encode([]rune(command))
	raw := make([]byte, 0, 2*len(units))
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// byHand says how to go on without a browser here, with the exact command for a machine reached by SSH when the URL
// says which port the redirect comes to.
func (o opener) byHand(address string) string {
	text := "open the URL by hand"
	u, err := url.Parse(address)
	if err != nil {
		return text
	}
	back, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil || back.Port() == "" || !tokens.IsLoopback(back.Hostname()) {
		return text
	}
	host := "HOST"
	if name, err := o.hostname(); err == nil && name != "" {
		host = name
	}
	// client address, client port, server address, server port
	if parts := strings.Fields(o.getenv("SSH_CONNECTION")); len(parts) == 4 {
		host = parts[2]
	}
	return fmt.Sprintf("%s; if your browser is on another machine, run `ssh -L %[2]s:127.0.0.1:%[2]s %[3]s` there first, or paste the address that it ends at",
		text, back.Port(), tokens.VisibleLine(host))
}

// openerPatience is how long an opener may run before it is taken to be the browser itself.
const openerPatience = time.Second

// startDetached runs the command with its output going nowhere. A command that fails within the patience is an error;
// one that goes on is left alone.
func startDetached(ctx context.Context, argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...) // not CommandContext: the browser outlives the run
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(openerPatience)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
