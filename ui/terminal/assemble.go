package terminal

import (
	"bytes"
	"time"
	"unicode/utf8"
)

const (
	// sequenceTimeout is how long a read waits for the rest of an escape sequence that arrived in part, as over SSH. A
	// user who presses esc and then another key is slower.
	sequenceTimeout = 30 * time.Millisecond
	// maxTail bounds a partial sequence; longer ones are not sequences of a keyboard.
	maxTail = 64
	// maxPaste bounds one paste; the rest is delivered as another one.
	maxPaste = 64 << 20
	// pasteStall ends a paste without an end marker, so that a broken terminal does not swallow the keyboard.
	pasteStall = 2 * time.Second

	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// assembler reads the terminal's input in pieces that Bubble Tea can handle: whole sequences, whole runes, and long
// pastes as one message (Bubble Tea's own collecting has quadratic cost).
//
// It never buffers bytes unless the terminal has more to read: a reader that waits for readiness first would block
// forever.
type assembler struct {
	read  func(p []byte) (int, error)
	ready func(d time.Duration) bool // whether a read within d would not block
	now   func() time.Time
	paste func(text string) // receives a long paste, before the bytes after it are returned

	buffered []byte // returned first
	inPaste  bool
	pasted   []byte
	last     time.Time
}

// Read fills p with at most len(p) bytes that end at the end of a sequence. It may return 0, nil.
func (a *assembler) Read(p []byte) (int, error) {
	n := copy(p, a.buffered)
	a.buffered = nil
	if n < len(p) {
		m, err := a.read(p[n:])
		n += m
		if err != nil && n == 0 {
			return 0, err
		}
	}
	if a.inPaste {
		n = a.collectPaste(p, n)
		if a.inPaste || n == 0 {
			return 0, nil
		}
	}
	if isBurst(p[:n]) {
		if n = a.collectBurst(p, n); n == 0 {
			return 0, nil
		}
	}
	for {
		if i := openPaste(p[:n]); i >= 0 {
			return a.beginPaste(p, n, i), nil
		}
		tail := incomplete(p[:n])
		if tail == 0 || !a.ready(sequenceTimeout) {
			return n, nil
		}
		if n == len(p) {
			a.buffered = append([]byte(nil), p[n-tail:n]...)
			return n - tail, nil
		}
		m, err := a.read(p[n:])
		if err != nil || m == 0 {
			return n, nil
		}
		n += m
	}
}

// beginPaste handles a paste that starts at i and does not end in p: the bytes before it are returned first.
func (a *assembler) beginPaste(p []byte, n, i int) int {
	if i > 0 {
		a.buffered = append([]byte(nil), p[i:n]...)
		return i
	}
	a.inPaste, a.last = true, a.now()
	a.pasted = append(a.pasted[:0], p[len(pasteStart):n]...)
	return 0
}

// collectPaste adds to the paste; at its end it delivers it and moves the bytes after it to the front of p.
func (a *assembler) collectPaste(p []byte, n int) int {
	now := a.now()
	if now.Sub(a.last) > pasteStall {
		a.deliverPaste(a.pasted)
		return n
	}
	if n == 0 {
		return 0
	}
	a.last = now
	from := max(0, len(a.pasted)-len(pasteEnd))
	a.pasted = append(a.pasted, p[:n]...)
	if i := bytes.Index(a.pasted[from:], []byte(pasteEnd)); i >= 0 {
		end := from + i
		after := copy(p, a.pasted[end+len(pasteEnd):])
		a.deliverPaste(a.pasted[:end])
		return after
	}
	if len(a.pasted) > maxPaste {
		a.deliverPaste(a.pasted)
		a.inPaste = true
	}
	return 0
}

// collectBurst reads a burst to its end. Input that fast can only be a paste of a terminal without bracketed paste: its
// letters must not act as keys. A line break at the very end remains as enter. It returns how many bytes of p remain as
// keys.
func (a *assembler) collectBurst(p []byte, n int) int {
	text := append([]byte(nil), p[:n]...)
	for len(text) < maxPaste && a.ready(sequenceTimeout) {
		m, err := a.read(p)
		if err != nil || m == 0 {
			break
		}
		if bytes.IndexByte(p[:m], 0x1b) >= 0 {
			a.deliverPaste(text)
			return m
		}
		text = append(text, p[:m]...)
	}
	body, entered := bytes.CutSuffix(text, []byte("\r"))
	a.deliverPaste(body)
	if !entered {
		return 0
	}
	p[0] = '\r'
	return 1
}

// isBurst reports whether one read has so many different characters that they cannot have been typed. A key that is
// pressed and repeats sends one character, and keys that are not text begin with esc.
func isBurst(b []byte) bool {
	const long, different = 24, 8
	if len(b) < long || bytes.IndexByte(b, 0x1b) >= 0 {
		return false
	}
	var seen [256]bool
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n >= different
}

func (a *assembler) deliverPaste(text []byte) {
	a.paste(string(bytes.ToValidUTF8(text, nil)))
	a.inPaste, a.pasted = false, nil
}

// openPaste finds the start of a paste without an end; -1 if there is no such paste.
func openPaste(b []byte) int {
	i := bytes.LastIndex(b, []byte(pasteStart))
	if i < 0 || bytes.Contains(b[i:], []byte(pasteEnd)) {
		return -1
	}
	return i
}

// incomplete returns the length of a partial sequence or rune at the end of b; 0 if b ends with a whole one.
func incomplete(b []byte) int {
	from := max(0, len(b)-maxTail)
	if i := bytes.LastIndexByte(b[from:], 0x1b); i >= 0 {
		if tail := b[from+i:]; partialSequence(tail) {
			// esc esc [ is alt with a sequence: keep the first esc with it.
			if from+i > 0 && b[from+i-1] == 0x1b {
				return len(tail) + 1
			}
			return len(tail)
		}
	}
	for k := 1; k <= utf8.UTFMax-1 && k <= len(b); k++ {
		if c := b[len(b)-k]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-k:]) {
				return k
			}
			break
		}
	}
	return 0
}

// partialSequence reports whether b, which begins with esc, may be the beginning of a longer sequence.
func partialSequence(b []byte) bool {
	if len(b) == 1 {
		return true
	}
	switch b[1] {
	case 'O': // SS3: one more byte
		return len(b) == 2
	case '[': // CSI: parameters and intermediates up to a final byte
		if len(b) >= 3 && b[2] == 'M' { // X10 mouse: three bytes more
			return len(b) < 6
		}
		if len(b) >= 3 && b[2] == '[' { // the Linux console's function keys
			return len(b) == 3
		}
		for _, c := range b[2:] {
			if c >= 0x40 && c <= 0x7e {
				return false
			}
		}
		return true
	}
	return false
}
