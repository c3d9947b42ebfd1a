package doctor

import (
	"strings"

	"fob/tokens/shell"
)

// CommandLine is the action as a command line of fob, or as the line that a person copies; "" where it is neither. base is
// the login that it is about, "fob login acme": a flag is put behind it.
func (a Action) CommandLine(base string) string {
	if base == "" {
		base = anyLogin
	}
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
			return setting(base, name, text)
		}
	}
	return ""
}

// anyLogin is a login of which neither profile nor issuer is known.
const anyLogin = "fob login"

// setting is how a key of the profile is set: in the profile, or, for a command line that names an issuer in its place, by a
// flag; "" where there is none. Where neither is named, a profile is made for it.
func setting(base, name, value string) string {
	flag := map[string]string{"ca_file": "--ca FILE", "proxy": "--proxy URL", "client_secret": "--client-secret-env VAR",
		"redirect_uri": "--redirect-uri URI"}[name]
	if name == "proxy" && value != "" {
		flag = "--proxy " + shell.Word(value)
	}
	byAddress := strings.Contains(base, "://")
	switch {
	case base != anyLogin && !byAddress:
		return "fob profile edit"
	case flag == "" || name == "client_secret" && strings.Contains(base, "--client-secret-"):
		return ""
	case byAddress:
		return base + " " + flag
	}
	return "fob profile add NAME --issuer ISSUER " + flag
}
