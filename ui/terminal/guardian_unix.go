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

// Guardian is a second process that gives the terminal back when this one ends without doing so: killed, out of memory,
// or crashed where nothing can recover. It reads a pipe whose other end this process alone holds.
type Guardian struct {
	mu   sync.Mutex
	pipe *os.File // nil: there is no guardian
}

// What a guardian is told, a line each, after a line with the terminal's modes.
const (
	tellRemove   = "remove "  // and the path of a file that must not stay
	tellReleased = "released" // the terminal was given back for a while
	tellTaken    = "taken"    // it was taken again
	tellDone     = "done"     // the process ends in good order
)

// StartGuardian starts the command as the guardian of the terminal, as it is now. Without a command or when it cannot
// be started, nothing guards: the Guardian still takes orders.
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
	// A session of its own: no signal of the terminal reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if cmd.Start() != nil {
		_ = write.Close()
		return g
	}
	go func() { _ = cmd.Wait() }()
	g.pipe = write
	first, _ := json.Marshal(modes)
	g.tell(string(first))
	return g
}

// RemoveAtEnd has the file removed when this process dies.
func (g *Guardian) RemoveAtEnd(path string) { g.tell(tellRemove + path) }

// Released says that the terminal was given back for a while: a guardian leaves it alone then.
func (g *Guardian) Released() { g.tell(tellReleased) }

// Taken says that the terminal was taken again.
func (g *Guardian) Taken() { g.tell(tellTaken) }

// Dismiss ends the guardian: this process gives back and removes everything by itself.
func (g *Guardian) Dismiss() {
	g.tell(tellDone)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_ = g.pipe.Close()
		g.pipe = nil
	}
}

func (g *Guardian) tell(line string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil && !strings.Contains(line, "\n") {
		_, _ = io.WriteString(g.pipe, line+"\n")
	}
}

// StandGuard is what the guardian's process does, with the pipe as its standard input and the terminal as its standard
// output.
func StandGuard(in, tty *os.File) {
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
		case line == tellDone:
			return
		case line == tellReleased, line == tellTaken:
			taken = line == tellTaken
		case strings.HasPrefix(line, tellRemove):
			remove = append(remove, strings.TrimPrefix(line, tellRemove))
		}
	}
	for _, path := range remove {
		_ = os.Remove(path)
	}
	if !taken {
		return
	}
	// A shell that was quicker has the terminal's modes as it wants them.
	if now, err := unix.IoctlGetTermios(int(tty.Fd()), readTermios); err == nil && now.Lflag&unix.ICANON == 0 {
		_ = unix.IoctlSetTermios(int(tty.Fd()), writeTermios, &before)
	}
	const note = "fob was killed; the terminal is as it was before\r\n"
	_, _ = tty.WriteString(leave + ansi.ResetModeAltScreenSaveCursor + note)
}
