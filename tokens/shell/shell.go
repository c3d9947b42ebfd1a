// Package shell quotes and parses words of a POSIX shell (IEEE 1003.1, 2.2): for command lines that fob proposes, for
// output that a shell evaluates, and for commands that users paste. It runs nothing.
package shell

import (
	"strings"

	"fob/tokens"
)

// Word returns one word of a command line that the user reads and copies: quoted if needed (of --flag=value only the
// value), and safe to print on a terminal.
func Word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if flag, value, ok := strings.Cut(s, "="); ok && strings.HasPrefix(flag, "--") {
		return flag + "=" + Word(value)
	}
	return Quote(tokens.VisibleLine(s))
}

// Quote returns exactly the text as one word, in single quotes, in which nothing is special (2.2.2). A NUL cannot be in
// an argument and is left out.
func Quote(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Words splits a command line into its words: quotes and backslashes as in a POSIX shell, without expansion.
func Words(line string) []string {
	var words []string
	var word strings.Builder
	inWord := false
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		ch := line[i]
		switch {
		case quote == '\'' && ch != '\'', quote == '"' && ch != '"' && ch != '\\':
			word.WriteByte(ch)
		case quote != 0 && ch == quote:
			quote = 0
		case ch == '\\' && i+1 < len(line):
			i++
			if line[i] == '\r' && i+1 < len(line) {
				i++
			}
			if line[i] != '\n' {
				word.WriteByte(line[i])
				inWord = true
			}
		case ch == '\'' || ch == '"':
			quote, inWord = ch, true
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(ch)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
