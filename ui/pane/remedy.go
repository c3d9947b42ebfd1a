package pane

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/tokens"
	"fob/tokens/shell"
	"fob/tokens/vault"
)

// Remedy is what the workbench does about an error when its key is pressed.
type Remedy struct {
	Key    string // "1" … "9", in a notice
	Does   string // in a few words: "fills in scope"
	Do     tea.Cmd
	action int // index in the diagnosis' Next; -1: an action of the workbench itself
}

// remedy returns the remedy for the diagnosis' action i; zero when only the user can do it.
func (p Problem) remedy(i int) Remedy {
	for _, r := range p.Remedies {
		if r.action == i {
			return r
		}
	}
	return Remedy{}
}

// maxRemedies is the number of keys for remedies.
const maxRemedies = 9

// remedies returns what the workbench can do about an error.
func (c *Context) remedies(m ErrorMsg, d doctor.Diagnosis) []Remedy {
	var list []Remedy
	add := func(action int, does string, do tea.Cmd) {
		if does != "" && len(list) < maxRemedies {
			list = append(list, Remedy{Key: strconv.Itoa(len(list) + 1), Does: does, Do: do, action: action})
		}
	}
	for i, a := range d.Next {
		does, do := c.remedyFor(a, m, d)
		add(i, does, do)
	}
	if m.Diagnosis != nil && m.About.Session.ID != "" {
		choose := Send(ChooseSessionMsg{Why: "send the call again with its token"})
		add(-1, "chooses another session, to try with its token", choose)
	}
	return list
}

// remedyFor performs an action where the workbench can, else copies its command line.
func (c *Context) remedyFor(a doctor.Action, m ErrorMsg, d doctor.Diagnosis) (does string, do tea.Cmd) {
	for key, value := range a.Do {
		switch {
		case key == doctor.DoWait && m.Retry != nil:
			seconds, err := strconv.Atoi(value)
			if err != nil || seconds < 0 {
				continue
			}
			d := time.Duration(seconds) * time.Second
			return "waits " + d.String() + ", then does it again", Send(WaitMsg{What: m.What, For: d, Do: m.Retry})
		case key == doctor.DoOpen:
			return "opens the page", c.openPage(value)
		case key == doctor.DoRegister:
			return "copies the redirect URI", Send(CopyMsg{What: "redirect URI", Text: value})
		case key == doctor.DoClientCheck:
			copyID, show := CopyMsg{What: "client_id", Text: value}, ProviderMsg{Target: providerTarget(m)}
			return "copies the client_id and goes to the provider", tea.Batch(Send(copyID), Send(show))
		case key == doctor.DoCommand:
			if does, do := c.commandRemedy(value, m); does != "" {
				return does, do
			}
		case c.formHas(key, value, m):
			change := map[string]string{key: value}
			return describeChange(key, value), Send(SignInMsg{Session: m.About.Session, Change: change, Why: a.Text})
		}
	}
	if line := shell.ForCurrentShell(a.CommandLine(d.Command)); line != "" {
		return "copies " + line, Send(CopyMsg{What: "command", Text: line})
	}
	return "", nil
}

// formHas reports whether the form of the failed sign-in has what the action changes.
func (c *Context) formHas(key, value string, m ErrorMsg) bool {
	s := m.About.Session
	g, ok := flows.GrantByID(s.Grant)
	if !ok || c.ReadOnly {
		return false
	}
	name, _, _ := strings.Cut(value, "=")
	switch key {
	case doctor.DoAuthMethod, doctor.DoDrop:
		return true
	case doctor.DoGrant:
		other, ok := flows.GrantByID(value)
		return ok && !other.Hidden
	case doctor.DoIssuer:
		return s.Profile == ""
	case doctor.DoInput, doctor.DoSetting:
		own := name == "issuer" || name == "client_secret"
		if key == doctor.DoSetting && own {
			p, err := c.Service.Profile(s.Profile)
			return s.Profile == "" || name == "client_secret" && err == nil && p.ClientSecret == nil
		}
		return slices.ContainsFunc(g.Inputs, func(in flows.Input) bool { return in.Name == name })
	}
	return false
}

// describeChange says what a change of the form does.
func describeChange(key, value string) string {
	switch key {
	case doctor.DoAuthMethod:
		return "fills in client authentication " + value
	case doctor.DoDrop:
		return "leaves " + value + " out of the request, on the form"
	case doctor.DoGrant:
		return "goes to the form of that grant"
	case doctor.DoIssuer:
		return "fills in the issuer " + value
	}
	if name, text, set := strings.Cut(value, "="); set && text == "" {
		return "empties " + name + " on the form"
	} else if !set {
		return "goes to " + name + " on the form"
	}
	return "fills in " + value
}

// commandRemedy performs a command line of fob in the workbench; "" where it has no equivalent.
func (c *Context) commandRemedy(line string, m ErrorMsg) (does string, do tea.Cmd) {
	words := shell.Words(line)
	if len(words) < 2 || words[0] != "fob" {
		return "", nil
	}
	s := m.About.Session
	switch {
	case c.ReadOnly && words[1] != "provider": // it may still be copied
	case words[1] == "login" && s.Grant != "":
		values := flagValues(words[2:])
		if len(m.SignInValues) > 0 {
			values = m.SignInValues
		}
		if len(values) == 0 && s.ID == "" && m.Retry != nil {
			return "runs it again", m.Retry
		}
		does = "goes to the form"
		if len(values) > 0 {
			does = "fills it in on the form"
		}
		return does, Send(SignInMsg{Session: s, Values: values, Why: "ctrl+x signs in"})
	case words[1] == "refresh" && len(words) == 3 && words[2] == s.ID && s.Has(tokens.Refresh):
		return "refreshes the session", Send(RefreshMsg{Session: s})
	case words[1] == "refresh" && len(words) == 5 && words[2] == s.ID && words[3] == "--accept-endpoint":
		return "accepts that address and refreshes the session", c.acceptEndpoint(s, words[4])
	case words[1] == "refresh" && len(words) == 4 && words[2] == s.ID && words[3] == "--retry-refresh":
		return "refreshes the session, after asking once more", Send(RefreshMsg{Session: s})
	case words[1] == "provider" && len(words) == 3 && words[2] != "ISSUER":
		return "shows the provider", Send(ProviderMsg{Target: words[2]})
	}
	return "", nil
}

// acceptEndpoint accepts a token endpoint that has moved, then refreshes the session.
func (c *Context) acceptEndpoint(m vault.Meta, endpoint string) tea.Cmd {
	svc := c.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := svc.AcceptEndpoint(ctx, m.ID, endpoint); err != nil {
			return Failed("Accepting the token endpoint", err)
		}
		return RefreshMsg{m}
	}
}

// flagValues returns the inputs of a grant that flags set: --acr-values X is acr_values.
func flagValues(words []string) map[string]string {
	values := map[string]string{}
	for i, w := range words {
		name, value, joined := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if !strings.HasPrefix(w, "--") {
			continue
		}
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		switch name {
		case "issuer", "client-id", "client-secret-env", "client-secret-file", "grant": // as they were
		default:
			values[strings.ReplaceAll(name, "-", "_")] = value
		}
	}
	return values
}

// providerTarget is the provider that an error is about, as a target of ProviderMsg.
func providerTarget(m ErrorMsg) string {
	for _, s := range []string{m.About.Provider, m.About.Session.Profile, m.About.Session.Issuer} {
		if s != "" {
			return s
		}
	}
	return ""
}

func (c *Context) openPage(url string) tea.Cmd {
	svc := c.Service
	return func() tea.Msg {
		if err := svc.OpenBrowser(context.Background(), url); err != nil {
			return Failed("Opening a browser", err)
		}
		return ToastMsg{Text: "a browser was started"}
	}
}
