package tokens

import (
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendJSONText appends a string in quotes to JSON. What Visible would replace becomes an escape; a byte that
// is not UTF-8 is shown as \xNN.
func AppendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	var stack marks
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			stack = 0
			i++
			continue
		}
		b = append(b, s[start:i]...)
		n := 1
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < utf8.RuneSelf:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			b = stack.appendRune(b, r, s[i:i+n])
		}
		i += n
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// AppendVisibleJSON appends JSON text with what Visible would replace as escapes. Such runes occur only in strings,
// where an escape means the same. White space between values becomes a blank, so that the result is one line.
func AppendVisibleJSON(b []byte, raw []byte) []byte {
	var stack marks
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= 0x20 && c < 0x7f {
			stack = 0
			i++
			continue
		}
		b = append(b, raw[start:i]...)
		n := 1
		switch {
		case c < 0x20: // only white space: a control character in a string is a syntax error
			b = append(b, ' ')
		case c == 0x7f:
			b = append(b, `\u007f`...)
		default:
			var r rune
			r, n = utf8.DecodeRune(raw[i:])
			b = stack.appendRune(b, r, string(raw[i:i+n]))
		}
		i += n
		start = i
	}
	return append(b, raw[start:]...)
}

// appendRune writes a rune beyond ASCII inside a JSON string.
func (m *marks) appendRune(b []byte, r rune, written string) []byte {
	switch {
	case r == utf8.RuneError && len(written) == 1:
		return append(b, '\\', '\\', 'x', hexDigits[written[0]>>4], hexDigits[written[0]&15])
	case !m.exceedsLimit(r) && r >= 0xa0 && !isInvisible(r):
		return append(b, written...)
	case r > 0xffff: // tags, a whole hidden ASCII
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(b, high), low)
	}
	return appendEscape(b, r)
}

func appendEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
