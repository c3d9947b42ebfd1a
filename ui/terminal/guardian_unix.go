//go:build !windows

package terminal

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"
)

// Guardian is a second process that restores the terminal if this one ends without doing so: killed, out of memory, or
// after a fatal error. It reads a pipe whose other end only this process has.
type Guardian struct {
	mu   sync.Mutex
	pipe *os.File // nil without a guardian
}

// The messages to a guardian, one line each, after a line with the terminal's modes.
const (
	msgRemove   = "remove "  // and the path of a file to remove
	msgReleased = "released" // the terminal was restored for a while
	msgTaken    = "taken"    // it is in use again
	msgDone     = "done"     // the process ends normally
)

// StartGuardian starts the command as the guardian of the terminal in its current modes. Without a command, or if it
// cannot be started, the Guardian does nothing.
func StartGuardian(command []string, tty *os.File) *Guardian {
	g := &Guardian{}
	if len(command) == 0 {
		return g
	}
	modes, err := unix.IoctlGetTermios(int(tty.Fd()), readTermios)
	if err != nil {
		return g
	}
	read, write, err := os.Pipe()
	if err != nil {
		return g
	}
	defer func() { _ = read.Close() }()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout = read, tty
	// Its own session: no signal of the terminal reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if cmd.Start() != nil {
		_ = write.Close()
		return g
	}
	go func() { _ = cmd.Wait() }()
	g.pipe = write
	first, _ := json.Marshal(modes)
	g.send(string(first))
	return g
}

// RemoveOnExit makes the guardian remove the file if this process is killed.
func (g *Guardian) RemoveOnExit(path string) { g.send(msgRemove + path) }

// Released reports that the terminal was restored for a while: the guardian must not touch it then.
func (g *Guardian) Released() { g.send(msgReleased) }

// Taken reports that this process uses the terminal again.
func (g *Guardian) Taken() { g.send(msgTaken) }

// Dismiss ends the guardian: this process itself restores and removes everything.
func (g *Guardian) Dismiss() {
	g.send(msgDone)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_ = g.pipe.Close()
		g.pipe = nil
	}
}

func (g *Guardian) send(line string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil && !strings.Contains(line, "\n") {
		_, _ = io.WriteString(g.pipe, line+"\n")
	}
}

// RunGuardian is the main function of the guardian's process, with the pipe as its standard input and the terminal as
// its standard output.
func RunGuardian(in, tty *os.File) {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return
	}
	var before unix.Termios
	if json.Unmarshal(lines.Bytes(), &before) != nil {
		return
	}
	var remove []string
	taken := true
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == msgDone:
			return
		case line == msgReleased, line == msgTaken:
			taken = line == msgTaken
		case strings.HasPrefix(line, msgRemove):
			remove = append(remove, strings.TrimPrefix(line, msgRemove))
		}
	}
	for _, path := range remove {
		_ = os.Remove(path)
	}
	if !taken {
		return
	}
	// A shell that was faster has already set the terminal's modes.
	if now, err := unix.IoctlGetTermios(int(tty.Fd()), readTermios); err == nil && now.Lflag&unix.ICANON == 0 {
		_ = unix.IoctlSetTermios(int(tty.Fd()), writeTermios, &before)
	}
	const note = "fob was killed; the terminal is as it was before\r\n"
	_, _ = tty.WriteString(resetModes + ansi.ResetModeAltScreenSaveCursor + note)
}
