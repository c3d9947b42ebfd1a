package doctor

import (
	"slices"
	"strings"

	"fob/tokens/shell"
)

// CommandLine returns the action as a command line of fob, or as the line to copy; "" if it is neither. base is the
// login that it is about, "fob login acme": a flag is appended to it.
func (a Action) CommandLine(base string) string { return withoutRepeats(a.commandLine(base)) }

func (a Action) commandLine(base string) string {
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

// repeatable are the flags of a login that may be given more than once. A list that is repeated is joined, so that
// a later value must replace an earlier one.
var repeatable = []string{"--param", "--port"}

// withoutRepeats returns a login's command line in which the last value of each flag replaces the earlier ones.
func withoutRepeats(line string) string {
	if !strings.HasPrefix(line, genericLogin+" ") {
		return line
	}
	words := shell.Words(line)
	var kept []string
	given := map[string]bool{}
	repeated := false
	for end := len(words); end > 0; {
		start := end - 1
		if start > 0 && !strings.HasPrefix(words[start], "--") && isFlagWithoutValue(words[start-1]) {
			start--
		}
		name, _, _ := strings.Cut(words[start], "=")
		if strings.HasPrefix(name, "--") && given[name] && !slices.Contains(repeatable, name) {
			repeated = true
		} else {
			for _, w := range slices.Backward(words[start:end]) {
				kept = append(kept, shell.Word(w))
			}
		}
		given[name] = true
		end = start
	}
	if !repeated {
		return line
	}
	slices.Reverse(kept)
	return strings.Join(kept, " ")
}

// withoutParams returns a login's command line without the flags of extra parameters, ENDPOINT.NAME.
func withoutParams(line string, params []string) string {
	words := shell.Words(line)
	var kept []string
	for i := 0; i < len(words); i++ {
		param, joined := strings.CutPrefix(words[i], "--param=")
		n := 0
		if words[i] == "--param" && i+1 < len(words) {
			param, joined, n = words[i+1], true, 1
		}
		if name, _, _ := strings.Cut(param, "="); !joined || !slices.Contains(params, name) {
			for _, w := range words[i : i+n+1] {
				kept = append(kept, shell.Word(w))
			}
		}
		i += n
	}
	return strings.Join(kept, " ")
}

// isFlagWithoutValue reports whether the value of a flag, if any, is the next word.
func isFlagWithoutValue(word string) bool {
	return strings.HasPrefix(word, "--") && !strings.Contains(word, "=")
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
