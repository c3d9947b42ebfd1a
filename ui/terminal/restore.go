package terminal

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// leave turns every mode off that a Bubble Tea program turns on: mouse, focus reports, bracketed paste, hidden cursor,
// styles, links. The alternate screen is apart: leaving it twice would move the cursor.
const leave = "\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[0m\x1b]8;;\x1b\\"

// writePatience is how long restoring waits for a terminal that takes no output.
const writePatience = 500 * time.Millisecond

// pending holds what must be undone before the process ends, in whatever way it ends.
var pending struct {
	mu       sync.Mutex
	next     int
	list     map[int]func()
	restored bool // Restore was called
}

// errRestored means that the process is about to exit.
var errRestored = errors.New("the terminal was given back")

// AtEnd registers an undo function that Restore runs. The function that it returns runs it now; it runs at most once,
// and a second caller waits until it is done.
func AtEnd(undo func()) (now func()) {
	pending.mu.Lock()
	defer pending.mu.Unlock()
	return register(undo)
}

// changeUntilEnd makes a change and registers its undo function in one step: Restore comes either before both, and then
// nothing is changed, or after both.
func changeUntilEnd(change func() error, undo func()) (now func(), err error) {
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

// register is AtEnd for a caller that has locked pending.
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

// Restore gives the terminal back at once and undoes what else was registered with AtEnd. It is for a process that is
// about to exit without returning through the functions that use the terminal.
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

// restoreModes sets the terminal's modes. In the background they are another program's, and setting them would stop
// this one.
func restoreModes(tty *os.File, modes *term.State) {
	if !inBackground(tty) {
		_ = term.Restore(tty.Fd(), modes)
	}
}

// Guard remembers the terminal's modes. The function that it returns puts them back, closes the output and dismisses
// the guardian (nil: there is none): it is meant for defer around a program that may die half way.
// Restore does the same.
func Guard(in *os.File, out *Output, guardian *Guardian) (undo func()) {
	if !IsTerminal(in) {
		return func() {}
	}
	state, err := term.GetState(in.Fd())
	if err != nil {
		return func() {}
	}
	return AtEnd(func() {
		restoreModes(in, state) // first: it does not wait for a terminal that takes no output
		out.close()
		if guardian != nil {
			guardian.Dismiss()
		}
	})
}

// close leaves the modes of the screen and ends all output.
func (o *Output) close() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		o.mu.Lock()
		defer o.mu.Unlock()
		text := leave
		if o.alt {
			text += ansi.ResetModeAltScreenSaveCursor
		}
		o.closed = true
		_, _ = o.File.WriteString(text)
	}()
	select {
	case <-written:
	case <-time.After(writePatience):
	}
}
