package terminal

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width returns the number of cells of one line, as x/ansi counts them: sequences take none. Most of the screen (ASCII,
// accented Latin, frames, bars, colours) is counted without looking for grapheme clusters, which is twenty times
// faster; anything else is left to x/ansi.
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

// skipCSI returns the index after a CSI sequence that begins at i; -1 if it is another sequence or has no end.
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

// isNarrow reports runes that always take one cell and never join with a neighbour of their kind.
func isNarrow(r rune) bool {
	switch {
	case r >= 0xa1 && r <= 0x17f:
		return r != 0xad && r != 0xa9 && r != 0xae // soft hyphen; © and ® may be shown as emoji
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
