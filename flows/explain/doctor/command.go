package doctor

import (
	"strings"

	"fob/tokens/shell"
)

// CommandLine returns the action as a command line of fob, or as the line to copy; "" if it is neither. base is the
// login that it is about, "fob login acme": a flag is appended to it.
func (a Action) CommandLine(base string) string {
	if base == "" {
		base = genericLogin
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

// genericLogin is a login without a profile and an issuer.
const genericLogin = "fob login"

// setting returns how to set a key of the profile: in the profile, or with a flag where the command line names an
// issuer instead; "" where there is no flag. Where neither is named, a profile is added.
func setting(base, name, value string) string {
	flag := map[string]string{"ca_file": "--ca FILE", "proxy": "--proxy URL",
		"client_secret": "--client-secret-env VAR",
		"redirect_uri":  "--redirect-uri URI"}[name]
	if name == "proxy" && value != "" {
		flag = "--proxy " + shell.Word(value)
	}
	byAddress := strings.Contains(base, "://")
	switch {
	case base != genericLogin && !byAddress:
		return "fob profile edit"
	case flag == "" || name == "client_secret" && strings.Contains(base, "--client-secret-"):
		return ""
	case byAddress:
		return base + " " + flag
	}
	return "fob profile add NAME --issuer ISSUER " + flag
}
