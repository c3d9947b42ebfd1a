package flow

import (
	"context"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/explain/doctor"
	"fob/flows/export"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// problem is the error that ended the run, with what the run knows of it.
func (p *Pane) problem() pane.Problem {
	r := p.run
	c := doctor.Context{Grant: r.grant.ID, ClientID: r.result.Meta.ClientID, AuthMethod: r.request.AuthMethod, PKCE: r.request.Values["pkce"],
		DPoP: r.request.Values["dpop"] == "true"}
	for i := len(r.steps) - 1; i >= 0 && c.ClockOffset == 0; i-- {
		if x := r.steps[i].Exchange; x != nil {
			c.ClockOffset = doctor.ClockOffset(*x)
		}
	}
	return pane.ExplainIn(r.grant.Name, r.err, c)
}

// failure says why the run has ended, as far as there is room: the rest is the diagnosis.
func (p *Pane) failure(width, height int) []string {
	st := p.ctx.Styles
	problem := p.problem()
	lines := problem.Lines(st, width)
	hints := []string{pane.KeyHint(st, keys.FlowAgain, "back to the form, with everything as it was typed")}
	if a, ok := p.advice(); ok {
		hints = append([]string{pane.KeyHint(st, keys.FlowFix, does(a))}, hints...)
	}
	most := max(4, height*2/3-len(hints)-1)
	if pane.Wide(width * 2) {
		most = max(4, height-len(hints)-6)
	}
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], st.Dim.Render("… ")+pane.KeyHint(st, keys.FlowWhy, "shows the whole diagnosis"))
	}
	return append(append(lines, ""), pane.Flow(hints, width, 3)...)
}

// advice is the first thing to do next that fob can do.
func (p *Pane) advice() (doctor.Action, bool) {
	if p.run == nil || p.run.err == nil {
		return doctor.Action{}, false
	}
	d := p.problem().Diagnosis
	if d == nil {
		return doctor.Action{}, false
	}
	for _, a := range d.Next {
		if p.able(a) {
			return a, true
		}
	}
	return doctor.Action{}, false
}

// able reports whether fob can carry the action out: what it sets is on the form.
func (p *Pane) able(a doctor.Action) bool {
	if does(a) == "" {
		return false
	}
	for key, value := range a.Do {
		name, _, _ := strings.Cut(value, "=")
		switch key {
		case doctor.DoInput:
			return p.form != nil && p.form.Has(name)
		case doctor.DoAuthMethod:
			return p.form != nil && p.form.Has(fieldMethod)
		case doctor.DoIssuer:
			return p.form != nil && p.form.Has(fieldIssuer)
		}
	}
	return true
}

// does says what fob does for an action, in a few words; "" when only a person can do it.
func does(a doctor.Action) string {
	for key, value := range a.Do {
		switch key {
		case doctor.DoAuthMethod:
			return "fills in client authentication " + value
		case doctor.DoInput:
			return "fills in " + value
		case doctor.DoIssuer:
			return "fills in the issuer " + value
		case doctor.DoGrant:
			return "goes to that grant"
		case doctor.DoRegister:
			return "copies the redirect URI"
		case doctor.DoCommand:
			// Signing in is what the form is for, and a run that failed has no session to name.
			if !strings.HasPrefix(value, "fob login") && !strings.Contains(value, "SESSION") {
				return "copies " + value
			}
		case doctor.DoOpen:
			return "opens the page"
		}
	}
	return ""
}

// fix does the first thing that may help.
func (p *Pane) fix() tea.Cmd {
	a, ok := p.advice()
	if !ok {
		return nil
	}
	return p.carryOut(a)
}

// carryOut does what an action says. What it changes it changes on the form, where the person sees it.
func (p *Pane) carryOut(a doctor.Action) tea.Cmd {
	for key, value := range a.Do {
		name, setting, _ := strings.Cut(value, "=")
		switch key {
		case doctor.DoAuthMethod:
			return p.fillIn(fieldMethod, value)
		case doctor.DoInput:
			return p.fillIn(name, setting)
		case doctor.DoIssuer:
			return p.fillIn(fieldIssuer, value)
		case doctor.DoGrant:
			return p.goTo(value)
		case doctor.DoRegister:
			return pane.Send(pane.CopyMsg{What: "redirect URI", Text: value})
		case doctor.DoCommand:
			return pane.Send(pane.CopyMsg{What: "command", Text: value})
		case doctor.DoOpen:
			svc := p.ctx.Service
			return p.act.Act("opening a browser", p.ctx.Now(), func(ctx context.Context) []tea.Msg {
				if err := svc.OpenBrowser(ctx, value); err != nil {
					return []tea.Msg{pane.Failed("Opening a browser", err)}
				}
				return nil
			})
		}
	}
	return nil
}

// fillIn goes back to the form with a field set.
func (p *Pane) fillIn(field, value string) tea.Cmd {
	p.stage = filling
	p.form.SetValue(field, value)
	p.form.Focus(field)
	return pane.Send(pane.ToastMsg{Text: "filled in: " + value + "; ctrl+x runs it"})
}

// goTo opens the form of another grant.
func (p *Pane) goTo(grant string) tea.Cmd {
	for i, g := range p.grants {
		if g.ID == grant {
			p.stage = picking
			p.picker.Select(i)
			return p.fill()
		}
	}
	return nil
}

// prepare opens the form for a sign-in that an API has asked for: that of the session's own, with values filled in.
func (p *Pane) prepare(m pane.SignInMsg) tea.Cmd {
	if p.run != nil && !p.run.done {
		return pane.Send(pane.ToastMsg{Text: "a sign-in is going on already: end it first"})
	}
	if p.stage == choosing || p.profile.Name != m.Session.Profile {
		p.start()
	}
	for _, f := range p.profiles {
		if f.Name == m.Session.Profile {
			p.choose(f)
		}
	}
	cmd := p.goTo(m.Session.Grant)
	if p.stage != filling {
		for _, g := range p.grants {
			if g.NeedsUser {
				cmd = p.goTo(g.ID)
				break
			}
		}
	}
	if p.form == nil {
		return cmd
	}
	set := func(name, value string) {
		if value != "" && p.form.Has(name) {
			p.form.SetValue(name, value)
			p.form.Focus(name)
		}
	}
	if p.profile.Name == "" {
		set(fieldIssuer, m.Session.Issuer)
		set(fieldClient, m.Session.ClientID)
	}
	if _, asked := m.Values["scope"]; !asked {
		set("scope", m.Session.Scope)
	}
	for name, value := range m.Values {
		set(name, value)
	}
	return cmd
}

// export asks how to write the run down, and writes it.
func (p *Pane) export() tea.Cmd {
	r := p.run
	out := export.Run{Session: pane.Name(r.result.Meta), Grant: r.grant.Name, Issuer: r.result.Meta.Issuer, ClientID: r.result.Meta.ClientID, Steps: r.steps,
		Ledger: r.result.Meta.Ledger}
	if r.result.Meta.ID == "" {
		out.Session = p.profile.Name
	}
	if r.err != nil {
		out.Err = r.err.Error()
	}
	formats := export.Formats()
	var items []widget.Item
	for _, f := range formats {
		items = append(items, widget.Item{Group: "Write to a file, secrets as fingerprints", Label: f.Name, Text: "fob-….." + strings.TrimPrefix(f.Extension, ".") + " in this folder, for you alone"})
	}
	for _, f := range formats {
		items = append(items, widget.Item{Group: "Copy, secrets as fingerprints", Label: f.Name, Text: "onto the clipboard"})
	}
	return pane.Send(pane.ChooseMsg{Title: "Write the run down", Items: items, Choose: func(i int) tea.Cmd {
		f := formats[i%len(formats)]
		if i >= len(formats) {
			return copyRun(f, out)
		}
		at := p.ctx.Now()
		return p.act.Act("writing the "+f.Name, at, func(context.Context) []tea.Msg {
			path, err := pane.WriteFile(f.Extension, at, func(w io.Writer) error { return f.Write(w, out) })
			if err != nil {
				return []tea.Msg{pane.Failed("Writing the "+f.Name, err)}
			}
			return []tea.Msg{pane.ToastMsg{Text: "written to " + tokens.VisibleLine(path)}}
		})
	}})
}

func copyRun(f export.Format, out export.Run) tea.Cmd {
	return func() tea.Msg {
		var b strings.Builder
		if err := f.Write(&b, out); err != nil {
			return pane.Failed("Copying the "+f.Name, err)
		}
		return pane.CopyMsg{What: f.Name, Text: b.String()}
	}
}
