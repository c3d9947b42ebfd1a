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

// Remedy is something that the workbench does about an error when its key is pressed.
type Remedy struct {
	Key  string // "1" … "9", in a notice
	Does string // in a few words: "fills in scope"
	Do   tea.Cmd
	at   int // of the diagnosis' Next; -1: of the workbench's own
}

// remedy is what can be done of the diagnosis' action i; zero when only a person can do it.
func (p Problem) remedy(i int) Remedy {
	for _, r := range p.Remedies {
		if r.at == i {
			return r
		}
	}
	return Remedy{}
}

// maxRemedies is how many keys there are for them.
const maxRemedies = 9

// remedies are what the workbench can do about an error.
func (c *Context) remedies(m ErrorMsg, d doctor.Diagnosis) []Remedy {
	var list []Remedy
	put := func(at int, does string, do tea.Cmd) {
		if does != "" && len(list) < maxRemedies {
			list = append(list, Remedy{Key: strconv.Itoa(len(list) + 1), Does: does, Do: do, at: at})
		}
	}
	for i, a := range d.Next {
		does, do := c.remedyOf(a, m, d)
		put(i, does, do)
	}
	if m.Known != nil && m.About.Session.ID != "" {
		put(-1, "chooses another session, to try with its token", Send(OtherSessionMsg{Why: "send the call again with its token"}))
	}
	return list
}

// remedyOf carries an action out where it can be, else copies its command line.
func (c *Context) remedyOf(a doctor.Action, m ErrorMsg, d doctor.Diagnosis) (does string, do tea.Cmd) {
	for key, value := range a.Do {
		switch {
		case key == doctor.DoWait && m.Again != nil:
			seconds, err := strconv.Atoi(value)
			if err != nil || seconds < 0 {
				continue
			}
			d := time.Duration(seconds) * time.Second
			return "waits " + d.String() + ", then does it again", Send(WaitMsg{What: m.What, For: d, Do: m.Again})
		case key == doctor.DoOpen:
			return "opens the page", c.openPage(value)
		case key == doctor.DoRegister:
			return "copies the redirect URI", Send(CopyMsg{What: "redirect URI", Text: value})
		case key == doctor.DoClientCheck:
			return "copies the client_id and goes to the provider", tea.Batch(Send(CopyMsg{What: "client_id", Text: value}), Send(ProviderMsg{Target: providerOf(m)}))
		case key == doctor.DoCommand:
			if does, do := c.command(value, m); does != "" {
				return does, do
			}
		case c.onForm(key, value, m):
			return formWords(key, value), Send(SignInMsg{Session: m.About.Session, Change: map[string]string{key: value}, Why: a.Text})
		}
	}
	if line := shell.ForCurrentShell(a.CommandLine(d.Command)); line != "" {
		return "copies " + line, Send(CopyMsg{What: "command", Text: line})
	}
	return "", nil
}

// onForm reports whether the form of the sign-in that the error is about has what the action changes.
func (c *Context) onForm(key, value string, m ErrorMsg) bool {
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

// formWords say what is changed on the form.
func formWords(key, value string) string {
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

// command carries out a command line of fob where the workbench does the same; "" where it does not.
func (c *Context) command(line string, m ErrorMsg) (does string, do tea.Cmd) {
	words := shell.Words(line)
	if len(words) < 2 || words[0] != "fob" {
		return "", nil
	}
	s := m.About.Session
	switch {
	case c.ReadOnly && words[1] != "provider": // it may still be copied
	case words[1] == "login" && s.Grant != "":
		values := flagValues(words[2:])
		if len(m.Asks) > 0 {
			values = m.Asks
		}
		if len(values) == 0 && s.ID == "" && m.Again != nil {
			return "runs it again", m.Again
		}
		does = "goes to the form"
		if len(values) > 0 {
			does = "fills it in on the form"
		}
		return does, Send(SignInMsg{Session: s, Values: values, Why: "ctrl+x signs in"})
	case words[1] == "refresh" && len(words) == 3 && words[2] == s.ID && s.Has(tokens.Refresh):
		return "refreshes the session", Send(RenewMsg{Session: s})
	case words[1] == "refresh" && len(words) == 5 && words[2] == s.ID && words[3] == "--accept-endpoint":
		return "accepts that address and refreshes the session", c.acceptEndpoint(s, words[4])
	case words[1] == "refresh" && len(words) == 4 && words[2] == s.ID && words[3] == "--retry-refresh":
		return "refreshes the session, after asking once more", Send(RenewMsg{Session: s})
	case words[1] == "provider" && len(words) == 3 && words[2] != "ISSUER":
		return "shows the provider", Send(ProviderMsg{Target: words[2]})
	}
	return "", nil
}

// acceptEndpoint is the person's yes to a token endpoint that has moved.
func (c *Context) acceptEndpoint(m vault.Meta, endpoint string) tea.Cmd {
	svc := c.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := svc.AcceptEndpoint(ctx, m.ID, endpoint); err != nil {
			return Failed("Accepting the token endpoint", err)
		}
		return RenewMsg{m}
	}
}

// flagValues are the inputs of a grant that flags set: --acr-values X is acr_values.
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

// providerOf is the provider that an error is about, as the Provider pane takes it.
func providerOf(m ErrorMsg) string {
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
