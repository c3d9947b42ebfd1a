package shell

import (
	"path/filepath"
	"strings"
	"sync"

	"fob/tokens"
)

// Dialect is a command line syntax.
type Dialect int

// The dialects. Windows PowerShell (5.1) does not escape quotes within an argument, later versions do.
const (
	POSIX Dialect = iota
	Cmd
	PowerShell
	WindowsPowerShell
)

// ForCurrentShell returns a command line, which was built with Word, in the dialect of the shell that started this
// process.
func ForCurrentShell(line string) string { return current().Line(line) }

var current = sync.OnceValue(detect)

// dialectOf returns the dialect on Windows by the name of the parent process.
func dialectOf(parent string, getenv func(string) string) Dialect {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(strings.ReplaceAll(parent, `\`, "/"))), ".exe")
	switch {
	case name == "cmd":
		return Cmd
	case name == "powershell":
		return WindowsPowerShell
	case name == "pwsh":
		return PowerShell
	case strings.HasSuffix(name, "sh"), getenv("MSYSTEM") != "":
		return POSIX
	}
	return WindowsPowerShell // which every Windows has, and whose quoting the others mostly accept
}

// Line returns a command line, which was built with Word, in another dialect. A line that is more than words (a pipe, a
// substitution) is returned unchanged.
func (d Dialect) Line(line string) string {
	if d == POSIX {
		return line
	}
	words := Words(line)
	posix, own := make([]string, len(words)), make([]string, len(words))
	for i, w := range words {
		posix[i], own[i] = Word(w), d.Word(w)
	}
	if strings.Join(posix, " ") != line {
		return line
	}
	return strings.Join(own, " ")
}

// Word returns one word of a command line that the user reads and copies: quoted if needed, and safe to print on a
// terminal.
func (d Dialect) Word(s string) string {
	if d == POSIX {
		return Word(s)
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune(`-_./:=+\`, r) ||
			d == Cmd && (r == '@' || r == ',')
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if flag, value, ok := strings.Cut(s, "="); ok && strings.HasPrefix(flag, "--") && d != Cmd {
		if quoted := d.Word(value); quoted == value {
			return s
		}
	}
	s = tokens.VisibleLine(s)
	switch d {
	case Cmd:
		return quoteCmd(s)
	case WindowsPowerShell:
		s = escapeQuotes(s)
		if strings.ContainsAny(s, " \t") {
			// PowerShell quotes the argument, and before a quote a backslash counts twice
			s += strings.Repeat(`\`, trailingBackslashes(s))
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// quoteCmd quotes for cmd.exe and then for the program, which splits its command line itself.
func quoteCmd(s string) string {
	quoted := escapeQuotes(s)
	quoted = `"` + quoted + strings.Repeat(`\`, trailingBackslashes(quoted)) + `"`
	if !strings.ContainsAny(s, `"%!^`) {
		return quoted
	}
	// A caret before each special character, quotes included: within quotes, nothing keeps % from being expanded.
	var b strings.Builder
	for _, r := range quoted {
		if strings.ContainsRune(`()%!^"<>&|`, r) {
			b.WriteByte('^')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escapeQuotes adds a backslash before each quote, and doubles the backslashes before it.
func escapeQuotes(s string) string {
	var b strings.Builder
	slashes := 0
	for _, r := range s {
		switch r {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// trailingBackslashes counts the backslashes at the end.
func trailingBackslashes(s string) int { return len(s) - len(strings.TrimRight(s, `\`)) }
