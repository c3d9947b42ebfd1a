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

// ErrNoBrowser means that no browser can be opened here; the error's text says what to do instead.
var ErrNoBrowser = errors.New("no browser can be opened here")

// Open opens an http or https URL in the user's browser: that of BROWSER, else the system's. The browser's output is
// discarded, and it outlives fob. Open returns as soon as the opener has ended successfully or has run for a second;
// the error says what was tried. On a machine without a display it returns ErrNoBrowser immediately.
func Open(ctx context.Context, url string) error {
	o := opener{goos: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, start: startDetached,
		readFile: os.ReadFile, hostname: os.Hostname}
	return o.open(ctx, url)
}

// opener is the functions of the system that Open uses.
type opener struct {
	goos     string
	getenv   func(string) string
	lookPath func(name string) (string, error)
	start    func(ctx context.Context, argv []string) error
	readFile func(path string) ([]byte, error)
	hostname func() (string, error)
}

func (o opener) open(ctx context.Context, address string) error {
	address, err := escapeURL(address)
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
		path, err := o.lookPath(argv[0])
		if err == nil {
			err = o.start(ctx, append([]string{path}, argv[1:]...))
		}
		if err == nil {
			return nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", tokens.VisibleLine(argv[0]), err))
	}
	return fmt.Errorf("%w (%s): %s", ErrNoBrowser, joinErrors(failures), o.manualHint(address))
}

func joinErrors(errs []error) string {
	texts := make([]string, len(errs))
	for i, e := range errs {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// escapeURL rejects everything but web addresses, so that no other program is started, and encodes every character
// except & that is special in a shell, cmd.exe or PowerShell.
func escapeURL(address string) (string, error) {
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

// commands returns the commands to try, in order.
func (o opener) commands(address string) ([][]string, error) {
	if list := o.getenv("BROWSER"); strings.TrimSpace(list) != "" {
		if commands := o.browserVariableCommands(browserCommands(list, address, o.goos), address); len(commands) > 0 {
			return commands, nil
		}
	}
	if system := o.systemCommand(address); system != nil {
		if o.getenv("SSH_CONNECTION") != "" || o.getenv("SSH_TTY") != "" {
			return nil, fmt.Errorf("%w: this is a remote shell, and the browser would open on the machine's own "+
				"screen: %s",
				ErrNoBrowser, o.manualHint(address))
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
		return nil, fmt.Errorf("%w: there is no display, and BROWSER is not set: %s",
			ErrNoBrowser, o.manualHint(address))
	}
	return commands, nil
}

// systemCommand returns the opener of macOS or Windows; nil on other systems.
func (o opener) systemCommand(address string) []string {
	switch o.goos {
	case "windows":
		return []string{"rundll32.exe", "url.dll,FileProtocolHandler", address}
	case "darwin":
		return []string{"open", address}
	}
	return nil
}

// browserVariableCommands returns the commands of BROWSER. On macOS and Windows, where applications are not in PATH, if
// none of the commands is a program, they are opened as applications on macOS, and the system's opener follows.
func (o opener) browserVariableCommands(commands [][]string, address string) [][]string {
	system := o.systemCommand(address)
	for _, argv := range commands {
		if _, err := o.lookPath(argv[0]); err == nil || system == nil {
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

// browserCommands parses BROWSER: commands separated by colons (by semicolons on Windows). Each takes the URL in place
// of %s or as its last argument.
func browserCommands(list, address, goos string) [][]string {
	separator := ":"
	if goos == "windows" {
		separator = ";"
	}
	var commands [][]string
	for entry := range strings.SplitSeq(list, separator) {
		argv := splitWords(entry)
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

// splitWords splits at spaces, but not within single or double quotes.
func splitWords(s string) []string {
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

// isWSL reports whether this Linux runs in the Windows Subsystem for Linux.
func (o opener) isWSL() bool {
	if o.getenv("WSL_DISTRO_NAME") != "" || o.getenv("WSL_INTEROP") != "" {
		return true
	}
	version, err := o.readFile("/proc/version")
	return err == nil && strings.Contains(strings.ToLower(string(version)), "microsoft")
}

// wslCommands returns commands that open the browser of Windows. They do not use cmd.exe, which truncates a URL at its
// first &.
func wslCommands(address string) [][]string {
	const system = "/mnt/c/Windows/System32/"
	// The command is encoded, so that no quoting can break it. escapeURL leaves no quote in it.
	shell := []string{"-NoProfile", "-NonInteractive", "-EncodedCommand",
		encodedCommand("Start-Process -FilePath '" + address + "'")}
	handler := []string{"url.dll,FileProtocolHandler", address}
	return [][]string{
		{"wslview", address},
		append([]string{"powershell.exe"}, shell...),
		append([]string{path.Join(system, "WindowsPowerShell/v1.0/powershell.exe")}, shell...),
		append([]string{"rundll32.exe"}, handler...),
		append([]string{path.Join(system, "rundll32.exe")}, handler...),
	}
}

// encodedCommand returns the format of PowerShell's -EncodedCommand: base64 of UTF-16LE.
func encodedCommand(command string) string {
	units := utf16.Encode([]rune(command))
	raw := make([]byte, 0, 2*len(units))
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// manualHint says how to continue without a browser here, with the exact command for a machine reached by SSH if the
// URL has the port of the redirect.
func (o opener) manualHint(address string) string {
	text := "open the URL yourself"
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
	return fmt.Sprintf("%s; if your browser is on another machine, run `ssh -L %[2]s:127.0.0.1:%[2]s %[3]s` there "+
		"first, or paste the address where it ends",
		text, back.Port(), tokens.VisibleLine(host))
}

// openerTimeout is how long an opener may run before it is considered the browser itself.
const openerTimeout = time.Second

// startDetached runs the command and discards its output. A command that fails within openerTimeout is an error; a
// longer one keeps running.
func startDetached(ctx context.Context, argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...) // not CommandContext: the browser outlives the run
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(openerTimeout)
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
