package export

import (
	"strings"

	"fob/tokens/shell"
)

// shellWord returns pieces as one word of a POSIX shell: literals in single quotes, in which nothing is special (IEEE
// 1003.1, 2.2.2), and variables in double quotes, so that their values are neither split nor expanded.
func shellWord(pieces []piece) string {
	var b, literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			b.WriteString(shell.Quote(literal.String()))
			literal.Reset()
		}
	}
	for _, p := range pieces {
		if p.variable == "" {
			literal.WriteString(p.literal)
			continue
		}
		flush()
		b.WriteString(`"$` + p.variable + `"`)
	}
	flush()
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// variableName returns the name of a shell variable for a parameter: CLIENT_SECRET for client_secret. It is never a
// name with a meaning for the shell or curl.
func variableName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < 40; i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			b.WriteByte(c - 'a' + 'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	switch s := strings.Trim(b.String(), "_"); s {
	case "":
		return "SECRET"
	case "PWD", "OLDPWD", "PATH", "HOME", "IFS", "ENV", "CDPATH", "MAIL", "SHELL", "USER", "LD_PRELOAD",
		"LD_LIBRARY_PATH":
		return "THE_" + s
	default:
		return s
	}
}
