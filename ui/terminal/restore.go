package terminal

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// resetModes disables every mode that a Bubble Tea program enables: mouse, focus reports, bracketed paste, hidden
// cursor, styles, links. The alternate screen is separate: leaving it twice would move the cursor.
const resetModes = "\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[0m\x1b]8;;\x1b\\"

// restoreTimeout is how long restoring waits for a terminal that accepts no output.
const restoreTimeout = 500 * time.Millisecond

// pending are the undo functions to run before the process ends, however it ends.
var pending struct {
	mu       sync.Mutex
	next     int
	list     map[int]func()
	restored bool // Restore was called
}

// errRestored means that the process is about to exit.
var errRestored = errors.New("the terminal was restored")

// OnExit registers an undo function for Restore. The returned function runs it now; it runs at most once, and a second
// caller waits until it has finished.
func OnExit(undo func()) (now func()) {
	pending.mu.Lock()
	defer pending.mu.Unlock()
	return register(undo)
}

// changeUntilExit makes a change and registers its undo function in one step: Restore comes either before both, and
// then nothing is changed, or after both.
func changeUntilExit(change func() error, undo func()) (now func(), err error) {
	pending.mu.Lock()
	defer pending.mu.Unlock()
	if pending.restored {
		return nil, errRestored
	}
	if err := change(); err != nil {
		return nil, err
	}
	return register(undo), nil
}

// register is OnExit for a caller that has locked pending.
func register(undo func()) (now func()) {
	id := pending.next
	pending.next++
	if pending.list == nil {
		pending.list = map[int]func(){}
	}
	once := sync.OnceFunc(undo)
	pending.list[id] = once
	return func() {
		pending.mu.Lock()
		delete(pending.list, id)
		pending.mu.Unlock()
		once()
	}
}

// Restore restores the terminal at once and runs the other undo functions of OnExit. It is for a process that is about
// to exit without returning through the functions that use the terminal.
func Restore() {
	pending.mu.Lock()
	pending.restored = true
	list := pending.list
	pending.list = nil
	pending.mu.Unlock()
	for _, undo := range list {
		undo()
	}
}

// restoreModes sets the terminal's modes. In the background they belong to another program, and setting them would stop
// this one.
func restoreModes(tty *os.File, modes *term.State) {
	if !inBackground(tty) {
		_ = term.Restore(tty.Fd(), modes)
	}
}

// Guard saves the terminal's modes. The returned function restores them, closes the output and dismisses the guardian
// (nil for none): defer it around a program that may crash. Restore does the same.
func Guard(in *os.File, out *Output, guardian *Guardian) (undo func()) {
	if !IsTerminal(in) {
		return func() {}
	}
	state, err := term.GetState(in.Fd())
	if err != nil {
		return func() {}
	}
	return OnExit(func() {
		restoreModes(in, state) // first: it does not wait for a terminal that accepts no output
		out.close()
		if guardian != nil {
			guardian.Dismiss()
		}
	})
}

// close resets the modes of the screen and ends all output.
func (o *Output) close() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		o.mu.Lock()
		defer o.mu.Unlock()
		text := resetModes
		if o.alt {
			text += ansi.ResetModeAltScreenSaveCursor
		}
		o.closed = true
		_, _ = o.File.WriteString(text)
	}()
	select {
	case <-written:
	case <-time.After(restoreTimeout):
	}
}
