//go:build !windows

package terminal

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Input is a terminal's input whose reads end at the end of a sequence. It is a file to whoever waits for its
// descriptor.
type Input struct {
	*os.File
	assembler
}

// NewInput wraps a terminal. paste takes long pastes, whole.
func NewInput(f *os.File, paste func(text string)) *Input {
	in := &Input{File: f}
	in.assembler = assembler{read: f.Read, ready: in.readable, now: time.Now, paste: paste}
	return in
}

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
