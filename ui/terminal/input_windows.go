package terminal

import (
	"io"
	"os"
	"time"
	"unsafe"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/windows"
)

const (
	// idleTimeout is how long a read waits before it returns 0 bytes, so that a program that ends does not wait.
	idleTimeout = 100 * time.Millisecond
	// gatherTimeout is how long a read waits for more text. A console delivers a paste one event at a time.
	gatherTimeout = 5 * time.Millisecond
	// maxRead is the size of Bubble Tea's own reads: longer input would be cut anywhere.
	maxRead = 256
)

// Input is the console's input as the bytes that a Unix terminal would send, whose reads end at the end of a sequence.
type Input struct {
	*os.File
	assembler
	ascii asciiReader

	send    func(tea.Msg)
	handle  windows.Handle
	keys    consoleKeys
	pending []byte
	err     error
}

// NewInput reads the console. send receives what cannot be returned as keys: whole pastes, characters beyond ASCII, and
// changes of the window's size. f is used if the console cannot be opened.
func NewInput(f *os.File, send func(tea.Msg)) *Input {
	// Another handle than the standard input's: Bubble Tea reads that one by itself, one character a message.
	if console, err := OpenTTY(); err == nil {
		f = console
	}
	in := &Input{File: f, send: send, handle: windows.Handle(f.Fd())}
	in.assembler = assembler{read: in.readPending, ready: in.readable, now: time.Now, paste: func(text string) {
		send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	}}
	in.ascii = asciiReader{read: in.assembler.Read, send: send}
	return in
}

// OpenTTY opens the console's input, whatever the standard input is.
func OpenTTY() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

// Read implements io.Reader. It may return 0, nil.
func (in *Input) Read(p []byte) (int, error) { return in.ascii.Read(p[:min(len(p), maxRead)]) }

// readPending returns the pending bytes, waiting at most idleTimeout for them.
func (in *Input) readPending(p []byte) (int, error) {
	if !in.readable(idleTimeout) {
		return 0, in.err
	}
	for len(in.pending) < len(p) && isText(in.pending) && in.more(gatherTimeout) {
	}
	n := copy(p, in.pending)
	in.pending = in.pending[n:]
	return n, nil
}

// isText reports whether b has no control characters but the end of a line.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// readable waits until there is something to read, at most d.
func (in *Input) readable(d time.Duration) bool { return len(in.pending) > 0 || in.more(d) }

// more waits for events with bytes, at most d, and adds these to pending. Most events have none.
func (in *Input) more(d time.Duration) bool {
	before := len(in.pending)
	for deadline := time.Now().Add(d); in.err == nil; {
		in.prepare()
		left := max(0, time.Until(deadline)).Milliseconds()
		if event, err := windows.WaitForSingleObject(in.handle, uint32(left)); err != nil {
			in.err = err
		} else if event == uint32(windows.WAIT_TIMEOUT) {
			return false
		}
		var records [128]record
		n, err := readEvents(in.handle, records[:])
		if err != nil {
			in.err = err
		}
		for _, r := range records[:n] {
			if r.kind == windowEvent {
				in.send(tea.WindowSize()())
			}
			in.pending = in.keys.add(in.pending, r)
		}
		if len(in.pending) > before {
			return true
		}
	}
	return false
}

// prepare enables sequences (Bubble Tea enables some of them, and restores the modes when it ends) and
// events for changes of the window's size.
func (in *Input) prepare() {
	const wanted = windows.ENABLE_VIRTUAL_TERMINAL_INPUT | windows.ENABLE_WINDOW_INPUT
	var mode uint32
	if windows.GetConsoleMode(in.handle, &mode) != nil || mode&wanted == wanted || mode&windows.ENABLE_LINE_INPUT != 0 {
		return
	}
	if windows.SetConsoleMode(in.handle, mode|wanted) != nil { // an old console without sequences
		_ = windows.SetConsoleMode(in.handle, mode|windows.ENABLE_WINDOW_INPUT)
	}
}

var procReadConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")

// readEvents reads the available events, at least one and at most len(records); it waits for the first.
func readEvents(console windows.Handle, records []record) (int, error) {
	var n uint32
	ok, _, err := procReadConsoleInput.Call(uintptr(console), uintptr(unsafe.Pointer(&records[0])),
		uintptr(len(records)),
		uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

// EnableSequences enables escape sequences in the console's output. It reports whether they work; undo
// restores the console's mode.
func EnableSequences(f *os.File) (undo func(), ok bool) {
	var mode uint32
	handle := windows.Handle(f.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return func() {}, false
	}
	const wanted = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	if mode&wanted == wanted {
		return func() {}, true
	}
	if windows.SetConsoleMode(handle, mode|wanted) != nil {
		return func() {}, false
	}
	return func() { _ = windows.SetConsoleMode(handle, mode) }, true
}

// Lost is never closed: Windows ends the programs of a console that is closed.
func (*Input) Lost() <-chan struct{} { return nil }
