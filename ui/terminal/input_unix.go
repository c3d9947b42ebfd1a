//go:build !windows

package terminal

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// Input is a terminal's input whose reads end at the end of a sequence. Its descriptor is that of the file.
type Input struct {
	*os.File
	assembler
	lost     chan struct{}
	loseOnce sync.Once
}

// NewInput wraps a terminal. send receives long pastes, whole.
func NewInput(f *os.File, send func(tea.Msg)) *Input {
	in := &Input{File: f, lost: make(chan struct{})}
	in.assembler = assembler{read: f.Read, ready: in.readable, now: time.Now, paste: func(text string) {
		send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	}}
	return in
}

// OpenTTY opens the controlling terminal, whatever the standard input is.
func OpenTTY() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// EnableSequences enables escape sequences in the output: here every terminal understands them.
func EnableSequences(*os.File) (undo func(), ok bool) { return func() {}, true }

// Read implements io.Reader.
func (in *Input) Read(p []byte) (int, error) {
	n, err := in.assembler.Read(p)
	if errors.Is(err, io.EOF) {
		in.loseOnce.Do(func() { close(in.lost) })
	}
	return n, err
}

// Lost is closed when the terminal is gone: its window or the connection was closed. Bubble Tea ignores the end of its
// input, and a program that was started with nohup does not get SIGHUP.
func (in *Input) Lost() <-chan struct{} { return in.lost }

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
