package tokens

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes text from outside safe for a terminal: every C0 control but newline and tab, DEL, C1, bidirectional
// override or isolate, zero-width and line-separator rune, every byte that is not UTF-8, and every combining mark
// beyond the fourth on one character becomes a visible symbol. Tabs become four spaces, since their width depends on
// their column. The result can be printed, wrapped and measured; it must never be verified or sent.
func Visible(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 0x20 && c != '\n') || c >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	var stack marks
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			const hex = "0123456789abcdef"
			b.WriteString("\\x")
			b.WriteByte(hex[s[i]>>4])
			b.WriteByte(hex[s[i]&15])
			i++
			continue
		}
		if i += size; stack.exceedsLimit(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteString(visibleRune(r))
	}
	return b.String()
}

// VisibleLine is Visible for text that must stay on one line: newlines become ␊ as well.
func VisibleLine(s string) string { return strings.ReplaceAll(Visible(s), "\n", "␊") }

// maxMarks bounds the combining marks on one character: no script needs more, and more would cover the lines around.
const maxMarks = 4

// marks counts the combining marks in a row.
type marks int

// exceedsLimit reports whether a rune is a mark beyond maxMarks.
func (m *marks) exceedsLimit(r rune) bool {
	if r < 0x300 || !unicode.In(r, unicode.Mn, unicode.Me) {
		*m = 0
		return false
	}
	*m++
	return *m > maxMarks
}

func visibleRune(r rune) string {
	switch {
	case r == '\n':
		return "\n"
	case r == '\t':
		return "    "
	case r < 0x20:
		return string('\u2400' + r) // ␀ … ␟: the control pictures have the same order
	case r == 0x7f:
		return "␡"
	case r >= 0x80 && r < 0xa0, isInvisible(r):
		return fmt.Sprintf("<U+%04X>", r)
	}
	return string(r)
}

// isInvisible reports whether a rune reorders or hides the text around it.
func isInvisible(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidi embeddings, overrides, isolates
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f: // bidi marks
		return true
	case r >= 0x200b && r <= 0x200d, r == 0x2060, r == 0xfeff, r == 0x00ad: // zero width, BOM, soft hyphen
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r >= 0xe0000 && r <= 0xe007f: // tags: a whole hidden ASCII
		return true
	}
	return false
}

// Clip returns at most the first n bytes of a text, in whole runes, and "…" where something was cut.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
