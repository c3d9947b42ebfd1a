// Package shell writes words of a POSIX shell (IEEE 1003.1, 2.2): for the command lines that fob proposes, and for what it
// prints to be read by one. It runs nothing.
package shell

import (
	"strings"

	"fob/tokens"
)

// Word is one word for a command line that a person reads and copies: quoted where it needs it, of --flag=value only the
// value, and fit for a terminal.
func Word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if flag, value, ok := strings.Cut(s, "="); ok && strings.HasPrefix(flag, "--") {
		return flag + "=" + Word(value)
	}
	return Quote(tokens.VisibleLine(s))
}

// Quote is exactly the text as one word, in single quotes, in which nothing is special (2.2.2). A NUL cannot be in an
// argument and is left out.
func Quote(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
