// Package flow is the pane that gets tokens: choose a provider, choose a grant, fill in the inputs that it declares,
// and watch it run step by step.
//
// It knows grants only by their declarations: nothing here names one.
package flow

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/explain/doctor"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// stage is the part of the pane that is shown.
type stage int

const (
	choosingProvider stage = iota
	choosingGrant
	filling // the form
	running // the run, and its end
)

// Pane is the flow pane.
type Pane struct {
	ctx     *pane.Context
	stage   stage
	chooser *chooser
	forms   map[string]*loginForm // by profile, grant and prepared sign-in: what was typed is kept for the next try
	form    *loginForm            // the last one shown; nil: none
	shown   *runView              // the last run; nil: none
}

// draftMsg is what is known of the provider, for the chooser and the form.
type draftMsg struct {
	n     int64
	draft session.Draft
	err   error
}

// retryMsg runs the form again.
type retryMsg struct{}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	p := &Pane{ctx: ctx, forms: map[string]*loginForm{}, chooser: newChooser(ctx)}
	p.restart()
	return p
}

// restart reloads the profiles and shows the first stage with something to choose.
func (p *Pane) restart() {
	p.stage = choosingProvider
	if p.chooser.reload() {
		p.stage = choosingGrant
	}
}

func (p *Pane) chooseProvider(f profile.Profile) {
	p.chooser.choose(f)
	p.stage = choosingGrant
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Flow }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Flow" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	if t := p.table(); t != nil {
		return t.Editing()
	}
	return p.stage == filling || p.shown.editing()
}

// table is the list to choose from; nil: none.
func (p *Pane) table() *widget.Table {
	switch p.stage {
	case choosingProvider:
		return p.chooser.providers
	case choosingGrant:
		return p.chooser.grantTable
	}
	return nil
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case event:
		return p.handleEvent(m)
	case storedMsg:
		m.run.result.StoreErr = m.err
		return nil
	case draftMsg:
		if p.chooser.setDraft(m) && p.stage == filling {
			p.form.setDraft(m.draft)
		}
		return nil
	case tea.KeyMsg:
		return p.key(m)
	case pane.SignInMsg:
		return p.signIn(m)
	case retryMsg:
		if p.shown != nil && p.shown.run.done && p.form != nil {
			return p.begin()
		}
		return nil
	case pane.ClickMsg:
		return p.click(m.Y)
	case pane.FocusMsg:
		if m.Scope != keys.Flow {
			return nil
		}
		if p.stage == choosingProvider { // the profiles may have changed
			p.restart()
		}
		return p.checkSupport()
	}
	cmds := []tea.Cmd{p.chooser.work.Update(msg)}
	if p.shown != nil {
		cmds = append(cmds, p.shown.work.Update(msg), p.shown.run.work.Update(msg))
	}
	return tea.Batch(cmds...)
}

// checkSupport asks the provider which grants it supports, once for each provider chosen.
func (p *Pane) checkSupport() tea.Cmd {
	c := p.chooser
	if p.stage != choosingGrant || c.profile.Name == "" || c.requested || c.work.Running() {
		return nil
	}
	return c.readDraft(c.grants[max(0, c.grantTable.Cursor())].ID)
}

// handleEvent handles what a run reports. The events of a run that is no longer shown are read to the end, so that it
// never blocks.
func (p *Pane) handleEvent(e event) tea.Cmd {
	more := listen(e.from)
	if p.shown == nil || !p.shown.handle(e) || !e.done {
		return more
	}
	name := p.shown.run.grant.Name
	if !p.ctx.Focused(keys.Flow) && !errors.Is(e.err, context.Canceled) {
		text := name + ": done"
		if e.err != nil {
			b, _ := keys.ByAction(keys.Pane4)
			text = name + " did not work; " + b.Key() + " shows why"
		}
		more = tea.Batch(more, pane.Send(pane.ToastMsg{Text: text}))
	}
	if e.err != nil {
		return more
	}
	p.ctx.Request(pane.SelectMsg{ID: e.result.Meta.ID}) // Token and Calls show the new session next
	return tea.Batch(more, pane.Send(pane.ReloadMsg{}))
}

// headLines is the number of lines above the lists and the form.
const headLines = 2

// click moves the cursor to where the mouse was pressed.
func (p *Pane) click(y int) tea.Cmd {
	switch t := p.table(); {
	case t != nil:
		t.Click(y - headLines)
	case p.stage == running:
		p.shown.click(y)
	case p.form.form.Click(y-headLines) == widget.FormSubmitted:
		return p.begin()
	}
	return nil
}

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	switch t := p.table(); {
	case t != nil:
		t.Update(k)
	case p.stage == running:
		return p.shown.key(k)
	case p.form.form.Update(k) == widget.FormSubmitted:
		return p.begin()
	}
	return nil
}

// Back implements pane.Pane. It never ends a run: ctrl+c cancels one.
func (p *Pane) Back() bool {
	c, t := p.chooser, p.table()
	switch {
	case t != nil && t.Back():
	case p.stage == choosingProvider:
		return false
	case p.stage == choosingGrant && len(c.profiles) == 0:
		return c.work.Cancel()
	case p.stage == choosingGrant:
		c.work.Drop()
		p.stage = choosingProvider
	case p.stage == filling:
		p.stage = choosingGrant
	case p.shown.back():
	case !p.shown.run.done:
		return false
	case p.shown.run.err != nil:
		p.stage = filling
	default:
		p.stage = choosingGrant
	}
	return true
}

// Running implements pane.Runner.
func (p *Pane) Running() (what string, waits bool) {
	switch {
	case p.shown == nil || p.shown.run.done:
		return "", false
	case p.shown.run.prompt() != nil || p.shown.run.pending() != nil:
		return p.shown.run.grant.Name + " waits for you", true
	}
	return p.shown.run.grant.Name + " is running", false
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool {
	return p.shown != nil && !p.shown.run.done && p.shown.run.work.Cancel()
}

// NeedsTick implements pane.Ticker: a code that expires counts down, and a run shows how long it takes.
func (p *Pane) NeedsTick() bool { return p.shown != nil && !p.shown.run.done }

// Paste implements pane.Paster: a redirect URL that is pasted while one is expected goes to the run.
func (p *Pane) Paste(text string) (tea.Cmd, bool) {
	prompt := p.shownRun().prompt()
	isRedirect := false
	for _, parameter := range []string{"state=", "code=", "error=", "response="} {
		isRedirect = isRedirect || strings.Contains(text, parameter)
	}
	if prompt == nil || !prompt.CanPaste || !isRedirect {
		return nil, false
	}
	p.shown.prompts.pasting = false
	return p.shown.sendRedirect(text), true
}

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string { return p.shownRun().disabled(a) }

// shownRun is the run while it is shown; else nil.
func (p *Pane) shownRun() *runView {
	if p.stage != running {
		return nil
	}
	return p.shown
}

// ShownError implements pane.ErrorReporter: the error that ended the run.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	if r := p.shownRun(); r != nil {
		return r.shownError()
	}
	return m, false
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	c := p.chooser
	switch {
	case p.stage == choosingProvider && a == keys.Open:
		f := profile.Profile{}
		if i := c.providers.Cursor(); i >= 0 && i < len(c.profiles) {
			f = c.profiles[i]
		}
		p.chooseProvider(f)
		return p.checkSupport()
	case p.stage == choosingGrant && a == keys.Open:
		return p.openForm()
	case p.table() != nil:
		p.table().Do(a)
	case p.stage == running && a == keys.FlowAgain && p.shown.run.err == nil:
		p.stage = choosingGrant
	case p.stage == running && a == keys.FlowAgain:
		p.stage = filling
		p.form.focusInvalid(p.shown.run.err)
	case p.stage == running:
		return p.shown.do(a)
	}
	return nil
}

// openForm opens the form of the grant under the cursor.
func (p *Pane) openForm() tea.Cmd {
	c := p.chooser
	i := c.grantTable.Cursor()
	if i < 0 {
		return nil
	}
	c.grantTable.Back() // a filter is no longer needed once something is chosen
	grant := c.grants[i]
	if able, err := p.ctx.Service.ProfileFor(c.chosen, grant); err == nil {
		c.profile = able
	}
	key := c.profile.Name + "\x00" + grant.ID
	if d := c.prepared; d != nil {
		key += "\x00" + d.Issuer + "\x00" + d.ClientID + "\x00" + d.API
	}
	if p.forms[key] == nil {
		p.forms[key] = &loginForm{}
	}
	p.form, p.stage = p.forms[key], filling
	p.form.open(p.ctx, c.profile, grant, c.prepared)
	if c.profile.Name == "" {
		return nil
	}
	return c.readDraft(grant.ID)
}

// begin runs the grant with the values of the form.
func (p *Pane) begin() tea.Cmd {
	if p.ctx.ReadOnly {
		return pane.Send(pane.ToastMsg{Text: "a run stores its tokens: " + pane.ReadOnlyReason})
	}
	p.shown = newRunView(p.ctx, &run{grant: p.form.grant, request: p.form.request(), stepMode: p.form.stepMode()})
	p.stage = running
	return p.shown.run.start(p.ctx)
}

// signIn opens the form of a sign-in that another pane asks for, with values filled in.
func (p *Pane) signIn(m pane.SignInMsg) tea.Cmd {
	if p.shown != nil && !p.shown.run.done {
		return pane.Send(pane.ToastMsg{Text: "a sign-in is running: end it first"})
	}
	if m.Draft != nil {
		p.restart()
		p.chooseProvider(profile.Profile{})
		p.chooseNamed(m.Draft.Profile)
		p.chooser.prepared = m.Draft
		grant := m.Draft.Grant.ID
		if p.chooser.profile.Grant != "" {
			grant = p.chooser.profile.Grant
		}
		return p.openGrant(grant)
	}
	if m.Session.ID == "" && p.shown != nil && p.form != nil {
		p.stage = filling // the form still has the values of the run that failed
		return p.fillForm(m)
	}
	if p.stage == choosingProvider || p.chooser.profile.Name != m.Session.Profile {
		p.restart()
	}
	p.chooseNamed(m.Session.Profile)
	cmd := p.openGrant(m.Session.Grant)
	if p.form == nil {
		return cmd
	}
	return tea.Batch(cmd, p.fillForm(m))
}

// fillForm fills in the values of a message, and opens the form of another grant where it proposes one.
func (p *Pane) fillForm(m pane.SignInMsg) tea.Cmd {
	cmd := p.form.fill(m)
	if grant := m.Change[doctor.DoGrant]; grant != "" {
		return p.openGrant(grant)
	}
	return cmd
}

func (p *Pane) chooseNamed(name string) {
	for _, f := range p.chooser.profiles {
		if f.Name == name {
			p.chooseProvider(f)
		}
	}
}

// openGrant opens the form of a grant, or of the first grant with a sign-in where that one is not offered.
func (p *Pane) openGrant(id string) tea.Cmd {
	if !p.chooser.selectGrant(id) {
		return nil
	}
	return p.openForm()
}

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	switch p.stage {
	case choosingProvider:
		return p.chooser.viewProviders(width, height)
	case choosingGrant:
		return p.chooser.viewGrants(width, height)
	case filling:
		work := p.chooser.work.View(p.ctx)
		return p.form.view(p.ctx.Styles, work, width, height)
	}
	return p.shown.view(width, height)
}
