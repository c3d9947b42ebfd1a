// Package flow is the pane that gets tokens: choose a provider, choose a grant, fill in what it declares, and watch it
// run step by step.
//
// It knows grants by their declarations alone: nothing here names one.
package flow

import (
	"context"
	"errors"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// stage is how far the person has come.
type stage int

const (
	choosing stage = iota // a provider
	picking               // a grant
	filling               // the form
	running               // the run, and its end
)

// Pane is the flow pane.
type Pane struct {
	ctx   *pane.Context
	stage stage

	providers *widget.Table
	profiles  []profile.Profile
	profile   profile.Profile // the one that runs; its Name is "" for another provider
	chosen    string          // the profile that the person chose, which may not be able to run every grant
	grants    []flows.Grant
	picker    *widget.Table
	supported map[string]bool // by grant ID; nil: not known
	unknown   error           // why it is not known
	asked     bool            // the provider was asked for it
	drafting  pane.Work

	grant flows.Grant
	draft session.Draft
	forms map[string]*widget.Form // by profile and grant: what was typed is kept for the next try
	form  *widget.Form
	from  *session.Draft // what the sign-in was prepared from elsewhere; nil: it was not

	run      *run
	steps    *widget.Table
	entries  []entry      // the lines of the sequence
	unfolded map[int]bool // groups of entries that are open, by the number of their first step
	follow   bool
	exchange pane.ExchangeView
	pasting  bool
	paste    widget.Input
	qr       bool
	edit     *widget.Form // the request that is being edited before it leaves; nil: none
	editing  *draft       // what edit began with
	act      pane.Work    // storing again, opening the browser
	width    int
	top      int // lines above the steps at the last View
	scroll   int // the first line that Alone shows
	hidden   int // how many it could not show at once; 0 while the pane is shown
}

// draftMsg brings what is known of the provider, for the picker and the form.
type draftMsg struct {
	n     int64
	draft session.Draft
	err   error
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	p := &Pane{ctx: ctx, forms: map[string]*widget.Form{},
		providers: widget.NewTable(ctx.Styles,
			widget.Column{Title: "provider", Min: 16, Flex: 1},
			widget.Column{Title: "issuer", Min: 16, Flex: 3, Drop: 1},
			widget.Column{Title: "client", Min: 12, Flex: 1, Drop: 2}),
		picker: widget.NewTable(ctx.Styles,
			widget.Column{Title: "grant", Min: 20},
			widget.Column{Title: "provider", Min: 13, Drop: 2},
			widget.Column{Title: "what it is for", Min: 20, Flex: 1, Drop: 1}),
		steps: widget.NewTable(ctx.Styles, widget.Column{Min: 20, Flex: 1}),
	}
	p.steps.NoHeader = true
	for _, g := range flows.Grants() {
		if !g.Hidden {
			p.grants = append(p.grants, g)
		}
	}
	p.picker.SetRows(len(p.grants), p.grantRow, nil)
	p.start()
	return p
}

// start goes to the first stage that leaves something to choose.
func (p *Pane) start() {
	p.profiles = p.ctx.Service.Profiles()
	p.providers.SetRows(len(p.profiles)+1, p.providerRow, nil)
	i := slices.IndexFunc(p.profiles, func(f profile.Profile) bool { return f.Name == p.ctx.Profile })
	switch {
	case i >= 0 && p.ctx.Profile != "":
		p.choose(p.profiles[i])
		p.providers.Select(i)
	case len(p.profiles) == 1:
		p.choose(p.profiles[0])
	case len(p.profiles) == 0:
		p.choose(profile.Profile{})
	default:
		p.stage = choosing
	}
}

// choose takes a provider and goes on to its grants.
func (p *Pane) choose(f profile.Profile) {
	p.from = nil
	p.profile, p.chosen, p.supported, p.unknown, p.asked, p.stage = f, f.Name, nil, nil, false, picking
	for i, g := range p.grants {
		if g.ID == f.Grant {
			p.picker.Select(i)
		}
	}
}

// look asks what the provider supports and what the form starts with.
func (p *Pane) look(grant string) tea.Cmd {
	svc, name := p.ctx.Service, p.profile.Name
	p.asked = true
	return p.drafting.Start("reading what the provider supports", p.ctx.Now(),
		func(ctx context.Context, n int64) tea.Msg {
			d, err := svc.Draft(ctx, name, grant)
			return draftMsg{n, d, err}
		})
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Flow }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Flow" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	switch p.stage {
	case choosing:
		return p.providers.Editing()
	case picking:
		return p.picker.Editing()
	case filling:
		return true
	}
	return p.edit != nil || p.pasting || p.exchange.Editing() || p.steps.Editing()
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case event:
		return p.event(m)
	case keptMsg:
		return p.kept(m)
	case draftMsg:
		p.drafted(m)
		return nil
	case tea.KeyMsg:
		return p.key(m)
	case pane.SignInMsg:
		return p.prepare(m)
	case againMsg:
		if p.run != nil && p.run.done && p.form != nil {
			return p.begin()
		}
		return nil
	case pane.ClickMsg:
		return p.click(m.Y)
	case pane.FocusMsg:
		if m.Scope == keys.Flow {
			return p.focused()
		}
		return nil
	}
	cmds := []tea.Cmd{p.drafting.Update(msg), p.act.Update(msg)}
	if p.run != nil {
		cmds = append(cmds, p.run.work.Update(msg))
	}
	return tea.Batch(cmds...)
}

// focused looks at the profiles again, which may have changed, and at what the provider supports.
func (p *Pane) focused() tea.Cmd {
	if p.stage == choosing {
		p.start()
	}
	return p.wonder()
}

// wonder asks the provider for what it supports, once for each provider chosen.
func (p *Pane) wonder() tea.Cmd {
	if p.stage != picking || p.profile.Name == "" || p.asked || p.drafting.Running() {
		return nil
	}
	return p.look(p.grants[max(0, p.picker.Cursor())].ID)
}

func (p *Pane) drafted(m draftMsg) {
	if !p.drafting.Done(m.n) {
		return
	}
	p.unknown = m.err
	if m.err != nil {
		return
	}
	p.supported = m.draft.Supported
	if p.stage == filling && m.draft.Grant.ID == p.grant.ID {
		p.draft = m.draft
		p.form.SetFields(p.fields()...)
	}
}

// event takes what a run reports. A run that is no longer shown is heard to its end all the same, so that it never
// waits for a reader.
func (p *Pane) event(e event) tea.Cmd {
	more := listen(e.from)
	if p.run == nil || !p.run.take(e, p.ctx.Now()) {
		return more
	}
	if e.step != nil && e.step.Prompt != nil {
		p.qr = e.step.Prompt.ShownCode != "" // another device is meant to be used
	}
	p.refold()
	if !e.done {
		return more
	}
	p.pasting, p.edit = false, nil
	if !p.ctx.Focused(keys.Flow) {
		b, _ := keys.ByAction(keys.Pane4)
		said := p.run.grant.Name + ": done"
		if e.err != nil {
			said = p.run.grant.Name + " did not work; " + b.Key() + " shows why"
		}
		if !errors.Is(e.err, context.Canceled) {
			more = tea.Batch(more, pane.Send(pane.ToastMsg{Text: said}))
		}
	}
	if e.err == nil {
		// What was just signed in to is what Token and Calls are about next.
		p.ctx.Request(pane.SelectMsg{ID: e.result.Meta.ID})
		return tea.Batch(more, pane.Send(pane.ReloadMsg{}))
	}
	return more
}

// click puts the cursor where the mouse was pressed.
func (p *Pane) click(y int) tea.Cmd {
	switch p.stage {
	case choosing:
		p.providers.Click(y - headLines)
	case picking:
		p.picker.Click(y - headLines)
	case filling:
		if p.form.Click(y-headLines) == widget.FormSubmitted {
			return p.begin()
		}
	case running:
		if !p.exchange.IsOpen() && p.steps.Click(y-p.top) {
			p.follow = false
		}
	}
	return nil
}

// headLines stand above the lists and the form.
const headLines = 2

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	switch p.stage {
	case choosing:
		p.providers.Update(k)
	case picking:
		p.picker.Update(k)
	case filling:
		if p.form.Update(k) == widget.FormSubmitted {
			return p.begin()
		}
	case running:
		return p.runKey(k)
	}
	return nil
}

// Back implements pane.Pane. It never ends a run: one that goes on is left as it is, and ctrl+c cancels it.
func (p *Pane) Back() bool {
	switch p.stage {
	case choosing:
		return p.providers.Back()
	case picking:
		if p.picker.Back() {
			return true
		}
		if len(p.profiles) == 0 {
			return p.drafting.Cancel()
		}
		p.drafting.Drop()
		p.stage = choosing
		return true
	case filling:
		p.stage = picking
		return true
	}
	return p.backFromRun()
}

func (p *Pane) backFromRun() bool {
	switch {
	case p.edit != nil:
		p.edit = nil
	case p.exchange.Back():
	case p.pasting:
		p.pasting = false
	case p.steps.Back():
	case !p.run.done:
		return false
	case p.run.err != nil:
		p.stage = filling
	default:
		p.stage = picking
	}
	return true
}

// Running implements pane.Runner.
func (p *Pane) Running() (what string, waits bool) {
	switch {
	case p.run == nil || p.run.done:
		return "", false
	case p.run.prompt() != nil || p.run.waiting() != nil:
		return p.run.grant.Name + " waits for you", true
	}
	return p.run.grant.Name + " is running", false
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool {
	return p.run != nil && !p.run.done && p.run.work.Cancel()
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	switch p.stage {
	case choosing:
		if a == keys.Open {
			if i := p.providers.Cursor(); i >= 0 && i < len(p.profiles) {
				p.choose(p.profiles[i])
			} else {
				p.choose(profile.Profile{})
			}
			return p.wonder()
		}
		p.providers.Do(a)
	case picking:
		if a == keys.Open {
			return p.fill()
		}
		p.picker.Do(a)
	case running:
		return p.doRun(a)
	}
	return nil
}

// fill opens the form of the grant under the cursor.
func (p *Pane) fill() tea.Cmd {
	i := p.picker.Cursor()
	if i < 0 {
		return nil
	}
	p.picker.Back() // a filter has done its work once something is chosen
	p.grant, p.stage = p.grants[i], filling
	if able, err := p.ctx.Service.ProfileFor(p.chosen, p.grant); err == nil {
		p.profile = able
	}
	p.draft = session.Draft{Profile: p.profile.Name, Grant: p.grant}
	key := p.profile.Name + "\x00" + p.grant.ID
	if p.from != nil {
		key += "\x00" + p.from.Issuer + "\x00" + p.from.ClientID + "\x00" + p.from.API
	}
	if p.forms[key] == nil {
		p.forms[key] = widget.NewForm(p.ctx.Styles, "Run", p.fields()...)
	}
	p.form = p.forms[key]
	if p.from != nil {
		p.fillFrom(*p.from)
	}
	if p.profile.Name == "" {
		return nil
	}
	return p.look(p.grant.ID)
}

// begin runs the grant with what the form holds.
func (p *Pane) begin() tea.Cmd {
	if p.ctx.ReadOnly {
		return pane.Send(pane.ToastMsg{Text: "a run stores what it brings: " + pane.ReadOnlyReason})
	}
	p.run = &run{grant: p.grant, request: p.request(), stepped: p.form.Value(fieldStep) == "true"}
	p.edit = nil
	p.stage, p.follow, p.pasting, p.qr = running, true, false, false
	p.exchange, p.unfolded = pane.ExchangeView{}, map[int]bool{}
	p.refold()
	return p.run.start(p.ctx.Service, p.ctx.Now())
}

func (p *Pane) providerRow(i int) []widget.Cell {
	st := p.ctx.Styles
	if i >= len(p.profiles) {
		return []widget.Cell{{Text: "another provider", Style: st.Accent},
			{Text: "by its issuer and a client id", Style: st.Dim}, {}}
	}
	f := p.profiles[i]
	return []widget.Cell{
		{Text: tokens.VisibleLine(f.Name), Style: st.Text},
		{Text: tokens.VisibleLine(f.Issuer), Style: st.Dim},
		{Text: tokens.VisibleLine(f.ClientID), Style: st.Dim},
	}
}

func (p *Pane) grantRow(i int) []widget.Cell {
	st, g := p.ctx.Styles, p.grants[i]
	name, mark := widget.Cell{Text: g.Name, Style: st.Text}, widget.Cell{}
	if on, known := p.supported[g.ID]; known && on {
		mark = widget.Cell{Text: "supported", Style: st.Good}
	} else if p.supported != nil {
		mark = widget.Cell{Text: "not announced", Style: st.Dim}
		name.Style = st.Dim
	}
	return []widget.Cell{name, mark, {Text: g.Summary, Style: st.Dim}}
}
