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
	// idle is how long a read waits before it returns with nothing, so that a program that ends is not kept waiting.
	idle = 100 * time.Millisecond
	// gather is how long a read waits for more text after some has come. A console delivers a paste one event at a time.
	gather = 5 * time.Millisecond
	// maxRead is the size of Bubble Tea's own reads: what is longer would be cut anywhere.
	maxRead = 256
)

// Input is the console's input as the bytes that a Unix terminal would send, whose reads end at the end of a sequence.
type Input struct {
	*os.File
	assembler
	narrow narrow

	send    func(tea.Msg)
	handle  windows.Handle
	keys    consoleKeys
	pending []byte
	err     error
}

// NewInput reads the console. send takes what is no key of one read: pastes, whole, characters beyond ASCII, and
// changes of the window's size. f is what stands for the console when none can be opened.
func NewInput(f *os.File, send func(tea.Msg)) *Input {
	// Another handle than the standard input's: Bubble Tea reads that one by itself, one character a message.
	if console, err := OpenTTY(); err == nil {
		f = console
	}
	in := &Input{File: f, send: send, handle: windows.Handle(f.Fd())}
	in.assembler = assembler{read: in.readPending, ready: in.readable, now: time.Now, paste: func(text string) {
		send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	}}
	in.narrow = narrow{read: in.assembler.Read, send: send}
	return in
}

// OpenTTY opens the console's input, whatever the standard input is.
func OpenTTY() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }

// Read implements io.Reader. It may return 0, nil.
func (in *Input) Read(p []byte) (int, error) { return in.narrow.Read(p[:min(len(p), maxRead)]) }

// readPending returns what has come, waiting at most idle for it.
func (in *Input) readPending(p []byte) (int, error) {
	if !in.readable(idle) {
		return 0, in.err
	}
	for len(in.pending) < len(p) && isText(in.pending) && in.more(gather) {
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

// more waits for events that bring bytes, at most d, and adds these to what is pending. Most events bring none.
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

// prepare asks the console for sequences (Bubble Tea does, for some of them, and puts the modes back when it ends) and
// for changes of the window's size.
func (in *Input) prepare() {
	const wanted = windows.ENABLE_VIRTUAL_TERMINAL_INPUT | windows.ENABLE_WINDOW_INPUT
	var mode uint32
	if windows.GetConsoleMode(in.handle, &mode) != nil || mode&wanted == wanted || mode&windows.ENABLE_LINE_INPUT != 0 {
		return
	}
	if windows.SetConsoleMode(in.handle, mode|wanted) != nil { // an old console that knows no sequences
		_ = windows.SetConsoleMode(in.handle, mode|windows.ENABLE_WINDOW_INPUT)
	}
}

var procReadConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")

// readEvents takes the events that are there, at least one and at most as many as fit; it waits for the first.
func readEvents(console windows.Handle, records []record) (int, error) {
	var n uint32
	ok, _, err := procReadConsoleInput.Call(uintptr(console), uintptr(unsafe.Pointer(&records[0])), uintptr(len(records)),
		uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

// EnableSequences lets the console understand the sequences that are written to it. It reports whether it does; undo
// puts the console's mode back.
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
