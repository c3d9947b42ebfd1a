package doctor

import (
	"strings"

	"fob/tokens/shell"
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
			return base + " --auth-method " + shell.Word(value)
		case DoGrant:
			return base + " --grant " + shell.Word(value)
		case DoIssuer:
			return base + " --issuer " + shell.Word(value)
		case DoDrop:
			return base + " --param " + shell.Word(value)
		case DoInput:
			return base + " --" + strings.ReplaceAll(name, "_", "-") + "=" + shell.Word(text)
		case DoSetting:
			if ofProfile {
				return "fob profile edit"
			}
		}
	}
	return ""
}
