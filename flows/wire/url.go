package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"fob/flows/wire/redact"
)

// EncodeURL percent-encodes in the path and the query of a URL, or of a path, what may not be there (RFC 3986 3.3,
// 3.4): blanks, characters beyond ASCII as UTF-8, a % in the query that begins no escape. What is encoded already stays
// as it is. encoded are the characters that were, each once, in their order; nil for none. Control characters, and a
// broken escape in
// the path, are left for the parser to refuse.
func EncodeURL(raw string) (text string, encoded []string) {
	start := 0
	if i := strings.Index(raw, "://"); i >= 0 && !strings.ContainsAny(raw[:i], "/?#") {
		start = len(raw)
		if n := strings.IndexAny(raw[i+3:], "/?#"); n >= 0 {
			start = i + 3 + n
		}
	}
	end := len(raw)
	if i := strings.IndexByte(raw[start:], '#'); i >= 0 {
		end = start + i
	}
	var b strings.Builder
	b.WriteString(raw[:start])
	seen := map[string]bool{}
	inQuery := false
	for i := start; i < end; {
		_, n := utf8.DecodeRuneInString(raw[i:end])
		c := raw[i : i+n]
		inQuery = inQuery || c == "?"
		if n == 1 && isValidInURL(raw[i:end], inQuery) {
			b.WriteString(c)
		} else {
			for _, octet := range []byte(c) {
				fmt.Fprintf(&b, "%%%02X", octet)
			}
			if !seen[c] {
				seen[c], encoded = true, append(encoded, c)
			}
		}
		i += n
	}
	b.WriteString(raw[end:])
	return b.String(), encoded
}

// isValidInURL reports whether the first byte of text may be in a path or a query as it is.
func isValidInURL(text string, inQuery bool) bool {
	c := text[0]
	switch {
	case c >= 'a' && c <= 'z',
		c >= 'A' && c <= 'Z',
		c >= '0' && c <= '9',
		strings.IndexByte("-._~!$&'()*+,;=:@/?", c) >= 0:
		return true
	case c < ' ', c == 0x7f:
		return true // to be refused
	case c == '%':
		return !inQuery || len(text) > 2 && redact.IsHex(text[1]) && redact.IsHex(text[2])
	}
	return false
}
