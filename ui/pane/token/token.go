// Package token is the pane that shows one token: what it is, whose it is, whether it is valid, how its checks went,
// and why an API rejects it. It shows a session's access, ID and refresh tokens, any pasted token, and tokens that
// are minted here for tests; the last two are never stored. No request is sent before the user has asked for it and
// seen it.
package token

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// Pane shows one token.
type Pane struct {
	ctx      *pane.Context
	shown    shownToken
	previous []shownToken // what was shown before, the session's token first
	stale    bool         // the session's token must be read again
	loading  pane.Work    // reading the shown token

	view       string // the name of the shown view
	widgets    *viewWidgets
	reveal     reveal
	comparison comparison
	diagnosis  diagnosis
	online     onlineRequests
	minting    mintForm
	editor     *editor // a form that has the whole pane; nil: none

	act     pane.Work // minting, reading keys, refreshing, revoking: one at a time
	copying pane.Work
}

// The results of the pane's commands.
type (
	readMsg struct {
		n     int64
		token *tokenView
		err   error
	}
	// showMsg shows a view that was chosen.
	showMsg struct{ view string }
	// runMsg runs a command that was made where none can be returned.
	runMsg struct{ cmd func() tea.Cmd }
)

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	w := newViewWidgets(ctx.Styles)
	p := &Pane{ctx: ctx, view: viewClaims, widgets: w, shown: newShownToken(), reveal: reveal{window: w.texts[viewRaw]},
		comparison: comparison{ctx: ctx, table: w.tables[viewChanges]},
		diagnosis:  diagnosis{ctx: ctx, table: w.tables[viewWhy]},
		online: onlineRequests{ctx: ctx, texts: w.texts,
			request: widget.NewTextWindow(ctx.Styles)}}
	p.minting = mintForm{ctx: ctx, work: &p.act}
	return p
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Token }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Token" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	if p.editor != nil {
		return true
	}
	table, text := p.active()
	return table != nil && table.Editing() || table == nil && text != nil && text.Editing()
}

// active returns the table or the text that keys go to; neither where lines are shown. A table takes precedence.
func (p *Pane) active() (*widget.Table, *widget.TextWindow) {
	switch {
	case p.online.pending != nil:
		return nil, p.online.request
	case p.view == viewClaims && p.shown.opaque():
		return nil, nil
	}
	return p.widgets.active(p.view)
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SelectedMsg:
		return p.selectSession(m.Meta)
	case pane.SessionsMsg:
		for _, s := range m.Sessions {
			if s.ID == p.shown.session.ID {
				return p.selectSession(s)
			}
		}
		return nil
	case pane.InspectMsg:
		return p.inspectRaw(m.Raw)
	case pane.RejectedCallMsg:
		return p.explainCall(m)
	case pane.ClickMsg:
		return p.click(m.Y)
	case tea.KeyMsg:
		return p.key(m)
	}
	if cmd, mine := p.handle(msg); mine {
		return cmd
	}
	var cmds []tea.Cmd
	for _, w := range p.works() {
		cmds = append(cmds, w.Update(msg))
	}
	return tea.Batch(cmds...)
}

// works are all that can be running.
func (p *Pane) works() []*pane.Work {
	return []*pane.Work{&p.loading, &p.online.work, &p.act, &p.comparison.work, &p.diagnosis.work, &p.copying}
}

// handle takes the results of the pane's own commands.
func (p *Pane) handle(msg tea.Msg) (cmd tea.Cmd, mine bool) {
	switch m := msg.(type) {
	case readMsg:
		if p.loading.Done(m.n) {
			cmd = p.showToken(m.token, m.err)
		}
	case keysMsg:
		cmd = p.handleKeys(m)
	case pendingMsg:
		cmd = p.online.show(m)
	case responseMsg:
		cmd = p.handleResponse(m)
	case changesMsg:
		if p.comparison.work.Done(m.n) {
			p.comparison.set(m.changes)
		}
	case causesMsg:
		if p.diagnosis.work.Done(m.n) {
			p.diagnosis.set(m.causes)
		}
	case mintedMsg:
		cmd = p.handleMinted(m)
	case suppliedKeysMsg:
		cmd = p.handleSuppliedKeys(m)
	case explainMsg:
		cmd = p.explain(m.refusal)
	case pasteResponseMsg:
		p.editor = newResponseEditor(p.ctx)
	case retryMsg:
		cmd = p.online.do(m.action, &p.shown)
	case showMsg:
		p.show(m.view)
	case runMsg:
		cmd = m.cmd()
	case maskMsg:
		if m.until.Equal(p.reveal.until) {
			p.reveal.mask()
		}
	default:
		return nil, false
	}
	return cmd, true
}
