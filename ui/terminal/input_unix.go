//go:build !windows

package terminal

import (
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// Input is a terminal's input whose reads end at the end of a sequence. It is a file to whoever waits for its
// descriptor.
type Input struct {
	*os.File
	assembler
}

// NewInput wraps a terminal. send takes long pastes, whole.
func NewInput(f *os.File, send func(tea.Msg)) *Input {
	in := &Input{File: f}
	in.assembler = assembler{read: f.Read, ready: in.readable, now: time.Now, paste: func(text string) {
		send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	}}
	return in
}

// OpenTTY opens the controlling terminal, whatever the standard input is.
func OpenTTY() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// EnableSequences lets a terminal understand the sequences that are written to it: here every one does.
func EnableSequences(*os.File) (undo func(), ok bool) { return func() {}, true }

// Read implements io.Reader.
func (in *Input) Read(p []byte) (int, error) { return in.assembler.Read(p) }

// readable waits until there is something to read, at most d. select works on terminals everywhere; poll does not on
// macOS.
func (in *Input) readable(d time.Duration) bool {
	fd := int(in.Fd())
	if fd >= unix.FD_SETSIZE {
		return false
	}
	for deadline := time.Now().Add(d); ; {
		var set unix.FdSet
		set.Zero()
		set.Set(fd)
		left := unix.NsecToTimeval(max(0, time.Until(deadline).Nanoseconds()))
		n, err := unix.Select(fd+1, &set, nil, nil, &left)
		if err == unix.EINTR {
			continue
		}
		return err == nil && n > 0
	}
}
