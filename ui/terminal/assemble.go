package terminal

import (
	"bytes"
	"time"
	"unicode/utf8"
)

const (
	// rest is how long a read waits for the rest of an escape sequence that arrived in part, as over SSH. A person who
	// presses esc and then something else is slower.
	rest = 30 * time.Millisecond
	// maxTail bounds what counts as the beginning of a sequence; anything longer is no sequence of a keyboard.
	maxTail = 64
	// maxPaste bounds one paste; what follows is delivered as another one.
	maxPaste = 64 << 20
	// pasteStall ends a paste whose end never came, so that a broken terminal does not swallow the keyboard.
	pasteStall = 2 * time.Second

	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// assembler reads what a terminal sends in pieces that Bubble Tea can take: whole sequences, whole runes, and long
// pastes as one message (Bubble Tea's own collecting costs the square of their length).
//
// It never holds bytes back unless the terminal has more to read: a reader that waits for readiness first would
// otherwise wait for ever.
type assembler struct {
	read  func(p []byte) (int, error)
	ready func(d time.Duration) bool // whether a read within d would not block
	now   func() time.Time
	paste func(text string) // takes a long paste; called before the bytes that follow it are returned

	held    []byte // to be returned before anything else
	inPaste bool
	pasted  []byte
	last    time.Time
}

// Read fills p with at most len(p) bytes that end at the end of a sequence. It may return 0, nil.
func (a *assembler) Read(p []byte) (int, error) {
	n := copy(p, a.held)
	a.held = nil
	if n < len(p) {
		m, err := a.read(p[n:])
		n += m
		if err != nil && n == 0 {
			return 0, err
		}
	}
	if a.inPaste {
		n = a.collect(p, n)
		if a.inPaste || n == 0 {
			return 0, nil
		}
	}
	if isBurst(p[:n]) {
		if n = a.burst(p, n); n == 0 {
			return 0, nil
		}
	}
	for {
		if i := openPaste(p[:n]); i >= 0 {
			return a.begin(p, n, i), nil
		}
		tail := incomplete(p[:n])
		if tail == 0 || !a.ready(rest) {
			return n, nil
		}
		if n == len(p) {
			a.held = append([]byte(nil), p[n-tail:n]...)
			return n - tail, nil
		}
		m, err := a.read(p[n:])
		if err != nil || m == 0 {
			return n, nil
		}
		n += m
	}
}

// begin deals with a paste that starts at i and does not end in what was read: what stands before it goes first.
func (a *assembler) begin(p []byte, n, i int) int {
	if i > 0 {
		a.held = append([]byte(nil), p[i:n]...)
		return i
	}
	a.inPaste, a.last = true, a.now()
	a.pasted = append(a.pasted[:0], p[len(pasteStart):n]...)
	return 0
}

// collect adds to the paste; when its end is there it hands it over and moves what follows to the front of p.
func (a *assembler) collect(p []byte, n int) int {
	now := a.now()
	if now.Sub(a.last) > pasteStall {
		a.deliver(a.pasted)
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
		a.deliver(a.pasted[:end])
		return after
	}
	if len(a.pasted) > maxPaste {
		a.deliver(a.pasted)
		a.inPaste = true
	}
	return 0
}

// burst takes what came so fast that it can only be a paste by a terminal that does not bracket them, to its end: its
// letters must not act as keys. A line break at the very end is left as the enter that it would be. It returns how many
// bytes of p are left to be read as keys.
func (a *assembler) burst(p []byte, n int) int {
	text := append([]byte(nil), p[:n]...)
	for len(text) < maxPaste && a.ready(rest) {
		m, err := a.read(p)
		if err != nil || m == 0 {
			break
		}
		if bytes.IndexByte(p[:m], 0x1b) >= 0 {
			a.deliver(text)
			return m
		}
		text = append(text, p[:m]...)
	}
	body, entered := bytes.CutSuffix(text, []byte("\r"))
	a.deliver(body)
	if !entered {
		return 0
	}
	p[0] = '\r'
	return 1
}

// isBurst reports whether one read brought so many different characters that nobody can have typed them. A key held
// down repeats one, and keys that are no text begin with esc.
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

func (a *assembler) deliver(text []byte) {
	a.paste(string(bytes.ToValidUTF8(text, nil)))
	a.inPaste, a.pasted = false, nil
}

// openPaste finds the start of a paste that has no end yet; -1 when there is none.
func openPaste(b []byte) int {
	i := bytes.LastIndex(b, []byte(pasteStart))
	if i < 0 || bytes.Contains(b[i:], []byte(pasteEnd)) {
		return -1
	}
	return i
}

// incomplete is the length of the sequence or rune that begins at the end of b and lacks its rest; 0 when b ends well.
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
