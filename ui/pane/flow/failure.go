package flow

import (
	"context"
	"errors"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/export"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// againMsg runs once more what the form holds.
type againMsg struct{}

// ShownError implements pane.ErrorReporter: the error that ended the run, with what it was about.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	r := p.run
	if p.stage != running || r == nil || !r.done || r.err == nil {
		return m, false
	}
	about := r.result.Meta
	about.Profile, about.Grant = p.profile.Name, r.grant.ID
	if about.Issuer == "" {
		about.Issuer, about.ClientID = r.request.Issuer, r.request.ClientID
	}
	return pane.ErrorMsg{What: r.grant.Name, Err: r.err, About: session.ErrorContext{Session: about},
		Retry: pane.Send(againMsg{})}, true
}

// problem is that error as it is shown. It is laid out once: the view is drawn many times a second.
func (p *Pane) problem() pane.Problem {
	if p.run.problem == nil {
		m, _ := p.ShownError()
		laid := p.ctx.Explain(m)
		p.run.problem = &laid
	}
	return *p.run.problem
}

// smallRun is the height below which what a run came to takes all that there is.
const smallRun = 10

// failure says why the run has ended, as far as there is room: the rest is the diagnosis.
func (p *Pane) failure(width, height int) []string {
	st := p.ctx.Styles
	problem := p.problem()
	problem.Remedies = nil // their keys are those of the notice
	if height < smallRun { // the head says that it failed, the footer has the keys
		problem.Title = ""
		return problem.Brief(st, width, height-1)
	}
	hints := []string{pane.KeyHint(st, keys.FlowAgain, "goes back to the form as you filled it in")}
	if a, ok := p.advice(); ok {
		hints = append([]string{pane.KeyHint(st, keys.FlowFix, a.Does)}, hints...)
	}
	most := max(4, height*2/3-len(hints)-1)
	if pane.IsWide(width * 2) {
		most = max(4, height-len(hints)-6)
	}
	folded := len(problem.Details) > 0
	problem.Details = nil
	if folded {
		most--
	}
	lines := problem.Lines(st, width)
	if len(lines) > most {
		lines, folded = problem.Brief(st, width, most-1), true
	}
	if folded {
		lines = append(lines, pane.KeyHint(st, keys.FlowWhy, "shows all that is known"))
	}
	return append(append(lines, ""), widget.WrapItems(hints, width, 3)...)
}

// advice is the first thing to do next that the workbench can do.
func (p *Pane) advice() (pane.Remedy, bool) {
	if _, failed := p.ShownError(); !failed || len(p.problem().Remedies) == 0 {
		return pane.Remedy{}, false
	}
	return p.problem().Remedies[0], true
}

// fix does the first thing that may help.
func (p *Pane) fix() tea.Cmd {
	r, ok := p.advice()
	if !ok {
		return nil
	}
	return r.Do
}

// change makes on the form what an action of a diagnosis changes, where the person sees it.
func (p *Pane) change(do map[string]string) tea.Cmd {
	for key, value := range do {
		name, setting, set := strings.Cut(value, "=")
		switch key {
		case doctor.DoAuthMethod:
			return p.fillIn(fieldMethod, value)
		case doctor.DoIssuer:
			return p.fillIn(fieldIssuer, value)
		case doctor.DoGrant:
			return p.goTo(value)
		case doctor.DoDrop:
			lines := strings.TrimSpace(p.form.Value(fieldParams) + "\n-" + value)
			return p.fillIn(fieldParams, lines)
		case doctor.DoInput, doctor.DoSetting:
			if own, ok := ownFields[name]; ok {
				name = own
			}
			if set {
				return p.fillIn(name, setting)
			}
			p.form.Focus(name)
		}
	}
	return nil
}

// focusWrong goes to the field of the form that the run was ended by, if it was one.
func (p *Pane) focusWrong() {
	var wrong *flows.InputError
	if !errors.As(p.run.err, &wrong) {
		return
	}
	name := wrong.Input
	if own, ok := ownFields[name]; ok {
		name = own
	}
	if p.form.Has(name) {
		p.form.Focus(name)
	}
}

// ownFields are the settings that are a login's own and no input of a grant.
var ownFields = map[string]string{"issuer": fieldIssuer, "client_secret": fieldSecret}

// fillIn sets a field of the form.
func (p *Pane) fillIn(field, value string) tea.Cmd {
	p.form.SetValue(field, value)
	p.form.Focus(field)
	said := "filled in: " + value
	if value == "" {
		said = "emptied"
	}
	return pane.Send(pane.ToastMsg{Text: said + "; ctrl+x runs it"})
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
	if m.Draft != nil {
		return p.prepareFrom(*m.Draft)
	}
	if m.Session.ID == "" && p.run != nil && p.form != nil {
		p.stage = filling // what failed is what the form holds
		return p.put(m)
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
	return tea.Batch(cmd, p.put(m))
}

// put fills the form in as a message says.
func (p *Pane) put(m pane.SignInMsg) tea.Cmd {
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
	return p.change(m.Change)
}

// export asks how to write the run down, and writes it.
func (p *Pane) export() tea.Cmd {
	r := p.run
	out := export.Run{Session: pane.SessionName(r.result.Meta), Grant: r.grant.Name, Issuer: r.result.Meta.Issuer,
		ClientID: r.result.Meta.ClientID, Steps: r.steps,
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
		items = append(items, widget.Item{Group: "Write to a file, secrets as fingerprints", Label: f.Name,
			Text: "fob-….." + strings.TrimPrefix(f.Extension, ".") + " in this folder, for you alone"})
	}
	for _, f := range formats {
		items = append(items, widget.Item{Group: "Copy, secrets as fingerprints", Label: f.Name,
			Text: "onto the clipboard"})
	}
	return pane.Send(pane.ChooseMsg{Title: "Write the run down", Items: items, Choose: func(i int) tea.Cmd {
		f := formats[i%len(formats)]
		if i >= len(formats) {
			return copyRun(f, out)
		}
		at := p.ctx.Now()
		return p.act.Run("writing the "+f.Name, at, func(context.Context) []tea.Msg {
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
