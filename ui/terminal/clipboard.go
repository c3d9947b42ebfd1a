package terminal

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf16"
)

const (
	// maxOSC52 is the most bytes sent through the terminal: many drop or cut more.
	maxOSC52 = 74_994
	// copyTimeout is how long a native clipboard program may take.
	copyTimeout = 3 * time.Second
)

// ErrNoClipboard means that the text is too long for the terminal and that there is no clipboard program.
var ErrNoClipboard = errors.New("no clipboard accepted the text")

// Clipboard copies through the terminal (OSC 52, which works over SSH) and through the system's own program, since many
// terminals and tmux silently drop OSC 52.
type Clipboard struct {
	Out      io.StringWriter // receives sequences; nil disables the terminal
	Getenv   func(string) string
	LookPath func(name string) (path string, err error)
	// Run starts a program with text on its standard input.
	Run func(ctx context.Context, text, name string, args ...string) error
}

// NewClipboard returns the clipboard of this machine.
func NewClipboard(out io.StringWriter) *Clipboard {
	return &Clipboard{Out: out, Getenv: os.Getenv, LookPath: exec.LookPath, Run: run}
}

func run(ctx context.Context, text, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(text)
	if filepath.Base(name) == "pbcopy" {
		cmd.Env = append(os.Environ(), "LC_ALL=en_US.UTF-8") // it decodes its input by the locale
	}
	cmd.WaitDelay = time.Second
	return cmd.Run()
}

// Copy copies the text. how names the destinations, for the notice: "through the terminal and wl-copy". Sending to a
// terminal does not mean that it arrived.
func (c *Clipboard) Copy(ctx context.Context, text string) (how string, err error) {
	var destinations []string
	if c.Out != nil && len(text) <= maxOSC52 {
		sequence := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\x07"
		if _, err := c.Out.WriteString(sequence); err == nil {
			destinations = append(destinations, "the terminal")
		}
	}
	var failed error
	for _, program := range c.programs() {
		path, err := c.LookPath(program[0])
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, copyTimeout)
		err = c.Run(ctx, forProgram(text, program[0]), path, program[1:]...)
		cancel()
		if err == nil {
			destinations = append(destinations, program[0])
			break
		}
		failed = fmt.Errorf("%s: %w", program[0], err)
	}
	if len(destinations) == 0 {
		return "", errors.Join(ErrNoClipboard, failed)
	}
	return "through " + strings.Join(destinations, " and "), nil
}

// forProgram returns the text in the encoding of the program: clip.exe reads text without a byte order mark in the code
// page of the console, which lacks most characters.
func forProgram(text, program string) string {
	if program != "clip.exe" {
		return text
	}
	out := []byte{0xff, 0xfe} // UTF-16, little end first
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return string(out)
}

// programs lists the clipboard programs to try here, best first. In a remote shell there is only tmux: others would
// copy on the wrong machine.
func (c *Clipboard) programs() [][]string {
	var list [][]string
	if c.Getenv("TMUX") != "" {
		// -w sends the buffer to the terminal that tmux runs in.
		list = append(list, []string{"tmux", "load-buffer", "-w", "-"})
	}
	if c.Getenv("SSH_CONNECTION") != "" || c.Getenv("SSH_TTY") != "" {
		return list
	}
	if c.Getenv("DISPLAY") != "" {
		list = append([][]string{{"xclip", "-selection", "clipboard", "-in"}, {"xsel", "--clipboard", "--input"}},
			list...)
	}
	if c.Getenv("WAYLAND_DISPLAY") != "" {
		list = append([][]string{{"wl-copy"}}, list...)
	}
	switch {
	case runtime.GOOS == "darwin":
		list = append([][]string{{"pbcopy"}}, list...)
	case runtime.GOOS == "windows", c.Getenv("WSL_DISTRO_NAME") != "":
		list = append([][]string{{"clip.exe"}}, list...)
	}
	return list
}

// SaveCopy writes the text to a new file that only its owner can read, for when no clipboard works, and returns its
// path. The file is in XDG_RUNTIME_DIR if that is set, which is deleted at logout.
func SaveCopy(text string, getenv func(string) string) (path string, err error) {
	dir := getenv("XDG_RUNTIME_DIR")
	if info, err := os.Stat(dir); dir == "" || err != nil || !info.IsDir() {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "fob-copy-*.txt") // made with 0600
	if err != nil {
		return "", fmt.Errorf("writing the copy to a file in %s: %w", dir, err)
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("writing the copy to %s: %w", f.Name(), err)
	}
	return f.Name(), nil
}
