package doctor

import (
	"strings"

	"fob/tokens"
)

// CommandLine is the action as a command line of fob, or as the line that a person copies; "" where it is neither. base is
// the login that it is about, "fob login acme": a flag is put behind it.
func (a Action) CommandLine(base string) string {
	if base == "" {
		base = "fob login"
	}
	ofProfile := !strings.Contains(base, " --issuer ")
	for key, value := range a.Do {
		name, text, _ := strings.Cut(value, "=")
		switch key {
		case DoCommand, DoRegister, DoOpen, DoClientCheck:
			return value
		case DoAuthMethod:
			return base + " --auth-method " + ShellWord(value)
		case DoGrant:
			return base + " --grant " + ShellWord(value)
		case DoIssuer:
			return base + " --issuer " + ShellWord(value)
		case DoDrop:
			return base + " --param " + ShellWord(value)
		case DoInput:
			return base + " --" + strings.ReplaceAll(name, "_", "-") + "=" + ShellWord(text)
		case DoSetting:
			if ofProfile {
				return "fob profile edit"
			}
		}
	}
	return ""
}

// ShellWord quotes a word for a POSIX shell where it needs it; of --flag=value only the value.
func ShellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if flag, value, ok := strings.Cut(s, "="); ok && strings.HasPrefix(flag, "--") {
		return flag + "=" + ShellWord(value)
	}
	return "'" + strings.ReplaceAll(tokens.VisibleLine(s), "'", `'\''`) + "'"
}
