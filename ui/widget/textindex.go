package widget

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// textRow is one row of a text window: bytes start to end of the text. inString means that the row begins inside a JSON
// string, which only a continued line can do.
type textRow struct {
	start, end int
	cont       bool
	inString   bool
}

// maxHits bounds the number of matches.
const maxHits = 10_000

// jsonFrom returns the byte offset from which a text is JSON: its start, or the body of an HTTP message that looks like
// it.
func jsonFrom(text string, s Syntax) int {
	if s == JSON {
		return 0
	}
	head, body, ok := strings.Cut(text, "\n\n")
	if s != HTTP || !ok || !strings.HasPrefix(body, "{") && !strings.HasPrefix(body, "[") {
		return len(text)
	}
	return len(head) + 2
}

// index computes the rows for a width in one pass over the text: about 10 ms for 20 MB.
func (t *TextWindow) index(w int) {
	if t.width == w {
		return
	}
	keep := 0
	if t.top < len(t.rows) {
		keep = t.rows[t.top].start
	}
	t.width = w
	t.rows = t.rows[:0]
	if least := len(t.text) / w; cap(t.rows) < least {
		t.rows = make([]textRow, 0, least+least/8)
	}
	for start := 0; start <= len(t.text); {
		end := strings.IndexByte(t.text[start:], '\n')
		if end < 0 {
			end = len(t.text)
		} else {
			end += start
		}
		t.indexLine(start, end, w)
		start = end + 1
	}
	if keep > 0 {
		t.top = t.rowAt(keep)
	}
}

// indexLine breaks one line into rows of at most w cells. ASCII, the usual case, takes one cell for a byte.
func (t *TextWindow) indexLine(start, end, w int) {
	if end > start && t.text[end-1] == '\r' {
		end--
	}
	inString, cont := false, false
	for {
		cut := t.cut(start, end, w)
		t.rows = append(t.rows, textRow{start: start, end: cut, cont: cont, inString: inString})
		if cut >= end {
			return
		}
		if start >= t.json {
			inString = stringState(t.text[start:cut], inString)
		}
		start, cont = cut, true
	}
}

// cut returns where a row that begins at start must end. The first rune always fits, so that it advances.
func (t *TextWindow) cut(start, end, w int) int {
	limit := min(end, start+w)
	if isPlain(t.text[start:limit]) {
		return limit
	}
	used := 0
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(t.text[i:end])
		cells := 1
		if r < 0x20 || r >= 0x7f {
			cells = Width(visible(t.text[i : i+size]))
		}
		if used+cells > w && i > start {
			return i
		}
		used += cells
		i += size
	}
	return end
}

// isPlain reports whether every byte is printable ASCII. It checks eight bytes at once, since it reads all of a big
// text.
func isPlain(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(
			s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// The high bit of a byte is set where it is below 0x20, is 0x7f, or was set before.
		if (x|(x-ones*0x20)|(x+ones))&high != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// stringState tracks JSON strings over a part of a line. A backslash at the very end of a row counts as the end of an
// escape, which at worst miscolours one row.
func stringState(s string, in bool) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			in = !in
		case s[i] == '\\' && in:
			i++
		}
	}
	return in
}

// rowAt returns the row with a byte offset.
func (t *TextWindow) rowAt(off int) int {
	i := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].start > off })
	return max(0, i-1)
}

// find searches the whole text. A lower-case search ignores case, as in most editors; only for ASCII.
func (t *TextWindow) find() {
	want := t.search.Value()
	t.hits, t.hit, t.hitLen = nil, 0, len(want)
	if want == "" {
		return
	}
	fold := want == strings.ToLower(want)
	for at := 0; at < len(t.text) && len(t.hits) < maxHits; {
		i := indexFold(t.text[at:], want, fold)
		if i < 0 {
			break
		}
		t.hits = append(t.hits, at+i)
		at += i + len(want)
	}
}

// indexFold is strings.Index; with fold, the lower-case ASCII letters of want match both cases.
func indexFold(s, want string, fold bool) int {
	if !fold {
		return strings.Index(s, want)
	}
	lo, up := want[0], upper(want[0])
	// The next index of either letter is kept until it is passed, so that a text full of one and without the other
	// is not scanned to its end again and again.
	nextLo, nextUp := -1, -1
	for at := 0; at+len(want) <= len(s); at++ {
		if nextLo < at {
			nextLo = indexFrom(s, lo, at)
		}
		if nextUp < at {
			nextUp = indexFrom(s, up, at)
		}
		at = min(nextLo, nextUp)
		if at+len(want) > len(s) {
			return -1
		}
		if equalFold(s[at:at+len(want)], want) {
			return at
		}
	}
	return -1
}

// indexFrom returns the index of c at or after at; the length of s if it is missing.
func indexFrom(s string, c byte, at int) int {
	if i := strings.IndexByte(s[at:], c); i >= 0 {
		return at + i
	}
	return len(s)
}

func equalFold(s, lower string) bool {
	for i := range len(lower) {
		if s[i] != lower[i] && s[i] != upper(lower[i]) {
			return false
		}
	}
	return true
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
