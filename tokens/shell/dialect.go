package shell

import (
	"path/filepath"
	"strings"
	"sync"

	"fob/tokens"
)

// Dialect is a shell that takes command lines.
type Dialect int

// The dialects. Windows PowerShell (5.1) hands quotes within an argument on as they are, and later ones escape them.
const (
	POSIX Dialect = iota
	Cmd
	PowerShell
	WindowsPowerShell
)

// Here is a command line that was put together with Word, in the words of the shell that this process was started from.
func Here(line string) string { return current().Line(line) }

var current = sync.OnceValue(detect)

// dialectOf tells the dialect on Windows by the program that started this one.
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
	return WindowsPowerShell // which every Windows has, and whose words the others mostly take
}

// Line is a command line that was put together with Word, in another dialect. What is more than words (a pipe, a
// substitution) stays as it is.
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

// Word is one word for a command line that a person reads and copies: quoted where it needs it, and fit for a terminal.
func (d Dialect) Word(s string) string {
	if d == POSIX {
		return Word(s)
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(`-_./:=+\`, r) ||
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
		s = escaped(s)
		if strings.ContainsAny(s, " \t") {
			s += strings.Repeat(`\`, trailing(s)) // it puts quotes around the argument, before which a backslash counts twice
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// quoteCmd quotes for cmd.exe and then for the program, which takes its command line apart by itself.
func quoteCmd(s string) string {
	quoted := escaped(s)
	quoted = `"` + quoted + strings.Repeat(`\`, trailing(quoted)) + `"`
	if !strings.ContainsAny(s, `"%!^`) {
		return quoted
	}
	// A caret before each character that cmd knows, quotes included: within quotes, nothing keeps % from being expanded.
	var b strings.Builder
	for _, r := range quoted {
		if strings.ContainsRune(`()%!^"<>&|`, r) {
			b.WriteByte('^')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escaped puts a backslash before each quote, and doubles those that stand before it.
func escaped(s string) string {
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

// trailing counts the backslashes at the end.
func trailing(s string) int { return len(s) - len(strings.TrimRight(s, `\`)) }
