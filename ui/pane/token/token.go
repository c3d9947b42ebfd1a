// Package token is the pane that shows one token: what it is, whose, whether it is good, how its checks went, and why an
// API refuses it. It shows a session's access, ID and refresh token, any token that was pasted, and those that are made
// here for tests; the last two are never stored. Nothing leaves the machine before it was asked for and shown.
package token

import (
	"context"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// revealFor is how long a revealed token stays readable.
const revealFor = 10 * time.Second

// settle is how long a selection must stand before its token is read, while another is still being read: going through
// a long list does not open the vault for every line.
const selectionDelay = 150 * time.Millisecond

// Pane shows one token.
type Pane struct {
	ctx  *pane.Context
	meta vault.Meta  // the selected session; its ID is "" when there is none
	kind tokens.Kind // which of its tokens
	view string      // the name of the shown view

	*tokenView           // what is shown; its report is nil when nothing could be read
	err      error     // why there is no report
	loading  pane.Work // reading it
	fetched  bool      // its issuer's keys were fetched for it, or others given
	supplied    suppliedKeys     // the keys that the person gave for it

	pasted tokens.Secret // a token that is no session's; zero: none
	previous  []subject     // what was shown before it, the session's token first
	stale  bool          // the session's token must be read again

	tables map[string]*widget.Table // by view
	texts  map[string]*widget.TextWindow
	scroll widget.Scroll      // of lines: the open row, the signature
	valueWindow  *widget.TextWindow // the whole value of the open row, where it is a long one
	top    int                // lines above the table at the last View
	open   bool               // the row under the cursor has the whole pane

	before    reference // this session's token before its last refresh
	marked    reference // a token that the person wants to compare with
	comparing bool  // the changes are shown when the refresh has come
	changes   []inspect.Change
	differing int // how many of them are no "same"
	diffing   pane.Work

	revealed time.Time // until when the token is readable; zero: it is masked
	responses  []endpointResponse  // of the endpoints that were asked
	requesting   pane.Work
	approvals     *approvals
	pending     *pendingRequest // a request that waits to be agreed to

	refusal *refusal // what an API said; nil: nothing is known
	nextRefusal *refusal // the same of a token that is still being read
	causes  []inspect.Cause
	diagnosing  pane.Work

	editor *editor // a form that has the pane; nil: none
	mintForm  mintForm   // what the last form of a token for tests held, and the keys that were made

	act     pane.Work
	copying pane.Work
}

// subject is a token that is shown, and the session's own where pasted is zero.
type subject struct {
	pasted  tokens.Secret
	view *tokenView
	fetched bool
}

// maxPrevious bounds how many tokens lie under the shown one.
const maxPrevious = 8

// The results of the pane's commands.
type (
	readMsg struct {
		n       int64
		view *tokenView
		err     error
	}
	// maskMsg ends a reveal, unless another has begun since.
	maskMsg struct{ until time.Time }
	// runMsg has a command run that was made where none can be returned.
	runMsg struct{ cmd tea.Cmd }
)

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	p := &Pane{ctx: ctx, kind: tokens.Access, view: viewClaims, tokenView: &tokenView{}, approvals: newApprovals(), tables: map[string]*widget.Table{},
		texts: map[string]*widget.TextWindow{}, valueWindow: widget.NewTextWindow(ctx.Styles)}
	for view, columns := range columns() {
		p.tables[view] = widget.NewTable(ctx.Styles, columns...)
	}
	for _, view := range []string{viewJSON, viewRaw, viewIntrospection, viewUserinfo, viewIssuer, viewRequest} {
		p.texts[view] = widget.NewTextWindow(ctx.Styles)
	}
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
	if t := p.table(); t != nil {
		return t.Editing()
	}
	t := p.text()
	return t != nil && t.Editing()
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SelectedMsg:
		return p.selectSession(m.Meta)
	case pane.SessionsMsg:
		for _, s := range m.Sessions {
			if s.ID == p.meta.ID {
				return p.selectSession(s)
			}
		}
		return nil
	case pane.InspectMsg:
		return p.inspectRaw(m.Raw)
	case pane.RefusedMsg:
		return p.explainCall(m)
	case retryMsg:
		return p.retry(m.name)
	case pane.ClickMsg:
		return p.click(m.Y)
	case tea.KeyMsg:
		return p.key(m)
	}
	if cmd, mine := p.results(msg); mine {
		return cmd
	}
	if p.stale && p.pasted.IsZero() {
		return p.load()
	}
	var cmds []tea.Cmd
	for _, w := range p.works() {
		cmds = append(cmds, w.Update(msg))
	}
	return tea.Batch(cmds...)
}

// works are all that can be going on.
func (p *Pane) works() []*pane.Work {
	return []*pane.Work{&p.loading, &p.requesting, &p.act, &p.diffing, &p.diagnosing, &p.copying}
}

// results takes what the pane's own commands have brought.
func (p *Pane) results(msg tea.Msg) (cmd tea.Cmd, mine bool) {
	switch m := msg.(type) {
	case readMsg:
		if p.loading.Done(m.n) {
			return p.showToken(m.view, m.err), true
		}
	case keysMsg:
		return p.handleKeys(m), true
	case pendingMsg:
		return p.handlePending(m), true
	case responseMsg:
		return p.handleResponse(m), true
	case changesMsg:
		p.handleChanges(m)
	case causesMsg:
		if p.diagnosing.Done(m.n) {
			p.setCauses(m.causes)
		}
	case mintedMsg:
		return p.handleMinted(m), true
	case suppliedKeysMsg:
		return p.handleSuppliedKeys(m), true
	case chosenMsg:
		return m.cmd(), true
	case showMsg:
		p.show(m.view)
	case runMsg:
		return m.cmd, true
	case maskMsg:
		if m.until.Equal(p.revealed) {
			p.mask()
		}
	default:
		return nil, false
	}
	return nil, true
}

// selectSession shows another session, or the same one with other tokens.
func (p *Pane) selectSession(m vault.Meta) tea.Cmd {
	same := m.ID == p.meta.ID
	unchanged := same && m.ReceivedAt.Equal(p.meta.ReceivedAt) && len(m.Ledger) == len(p.meta.Ledger)
	p.meta = m
	p.setLedger()
	if !p.pasted.IsZero() && same {
		p.stale = p.stale || !unchanged
		return nil
	}
	if unchanged && (p.report != nil || p.loading.Running()) {
		return nil
	}
	if !unchanged {
		// Also with the same session: what was read, revealed or answered belongs to tokens that have been replaced.
		if p.before = (reference{}); same {
			p.keepBeforeRefresh()
		}
		p.forget()
	}
	if m.ID != "" && !m.Has(p.kind) && len(m.Kinds) > 0 {
		p.kind = m.Kinds[0]
	}
	return p.load()
}

// forget drops what belongs to the token shown so far.
func (p *Pane) forget() {
	p.mask()
	p.pasted, p.previous, p.fetched, p.supplied = tokens.Secret{}, nil, false, suppliedKeys{}
	p.tokenView, p.err, p.open, p.editor = &tokenView{}, nil, false, nil
	p.responses, p.refusal, p.nextRefusal, p.causes = nil, nil, nil, nil
	p.requesting.Drop()
	p.diagnosing.Drop()
	p.diffing.Drop()
	p.pending = nil
	p.fill()
	p.setCauses(nil)
	p.setChanges(nil)
	if !slices.Contains([]string{viewHeader, viewSignature, viewLedger, viewChanges, viewJSON}, p.view) {
		p.view = viewClaims
	}
}

// inspectRaw shows a token that is no session's, above what is shown. A pasted one takes the place of another.
func (p *Pane) inspectRaw(raw tokens.Secret) tea.Cmd {
	if p.pasted.IsZero() {
		p.stale = p.report == nil
	}
	p.push(raw)
	return p.load()
}

// put makes room for a token that is no session's.
func (p *Pane) push(raw tokens.Secret) {
	under := p.previous
	if p.pasted.IsZero() || p.minted != nil {
		under = append(under, subject{p.pasted, p.tokenView, p.fetched})
	}
	if len(under) > maxPrevious {
		under = append(under[:1:1], under[len(under)-maxPrevious+1:]...)
	}
	p.forget()
	p.pasted, p.previous = raw, under
}

// pop goes back to what lies under a token that is no session's.
func (p *Pane) pop() tea.Cmd {
	under := p.previous
	last := under[len(under)-1]
	p.loading.Drop()
	p.forget()
	p.pasted, p.previous, p.fetched = last.pasted, under[:len(under)-1], last.fetched
	if p.stale && p.pasted.IsZero() {
		return p.load()
	}
	return p.showToken(last.view, nil)
}

// load reads and judges the token, with what is known already: nobody is asked.
func (p *Pane) load() tea.Cmd {
	svc, now, hint := p.ctx.Service, p.ctx.Now(), "nothing was fetched; "+keyFor(keys.TokenKeys)+" fetches its issuer's keys"
	p.stale = p.stale && !p.pasted.IsZero()
	if !p.pasted.IsZero() {
		raw := p.pasted
		return p.loading.Start("inspecting the token", now, func(ctx context.Context, n int64) tea.Msg {
			return readMsg{n: n, view: newTokenView(svc.InspectRaw(ctx, raw.Reveal(), inspect.Options{Now: now, Location: time.Local, NoKeys: hint}, ""))}
		})
	}
	if p.meta.ID == "" {
		p.loading.Drop()
		return p.showToken(nil, nil)
	}
	id, kind, hurry := p.meta.ID, p.kind, !p.loading.Running()
	return p.loading.Start("reading the token", now, func(ctx context.Context, n int64) tea.Msg {
		if !hurry {
			select {
			case <-time.After(selectionDelay):
			case <-ctx.Done():
				return readMsg{n: n, err: ctx.Err()}
			}
		}
		report, err := svc.InspectOffline(ctx, id, kind, hint)
		if err != nil {
			return readMsg{n: n, err: err}
		}
		return readMsg{n: n, view: newTokenView(report)}
	})
}

// take shows a token that was read, or says why there is none.
func (p *Pane) showToken(r *tokenView, err error) tea.Cmd {
	if r == nil {
		r = &tokenView{}
	}
	p.tokenView, p.err, p.open = r, err, false
	p.fill()
	p.setLedger()
	if p.report != nil && p.comparing {
		if _, ok := p.reference(); ok {
			p.view, p.comparing = viewChanges, false
		}
	}
	cmd := p.diff()
	if p.nextRefusal != nil && p.report != nil {
		return tea.Batch(cmd, p.explainNext())
	}
	if !slices.Contains(p.views(), p.view) {
		p.view = viewClaims
	}
	return cmd
}

// fill puts what is shown into the tables.
func (p *Pane) fill() {
	r := p.tokenView
	p.tables[viewClaims].SetRows(len(r.rows), func(i int) []widget.Cell { return p.claimCells(viewClaims, r.rows[i]) }, rowText(r.rows))
	p.tables[viewHeader].SetRows(len(r.header), func(i int) []widget.Cell { return p.claimCells(viewHeader, r.header[i]) }, rowText(r.header))
	p.tables[viewClaims].SetMin(0, nameWidth(r.rows))
	p.tables[viewHeader].SetMin(0, nameWidth(r.header))
	list := p.disclosures()
	p.tables[viewDisclosures].SetRows(len(list), func(i int) []widget.Cell { return p.disclosureCells(list[i]) }, nil)
	found := r.findings()
	p.tables[viewFindings].SetRows(len(found), func(i int) []widget.Cell { return p.findingCells(found[i]) }, nil)
	p.texts[viewJSON].SetText(r.json, widget.JSON)
}

func (p *Pane) setLedger() {
	p.tables[viewLedger].SetRows(len(p.meta.Ledger), func(i int) []widget.Cell { return p.checkCells(p.meta.Ledger[i]) }, nil)
}

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	if p.editor != nil {
		return p.editorKey(k)
	}
	if t := p.table(); t != nil {
		t.Update(k)
	} else if t := p.text(); t != nil {
		t.Update(k)
	}
	return nil
}

func (p *Pane) click(y int) tea.Cmd {
	if p.editor != nil {
		if p.editor.form.Click(y-editorTop) == widget.FormSubmitted {
			return p.submitted()
		}
	} else if t := p.table(); t != nil {
		t.Click(y - p.top)
	}
	return nil
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	table, text := p.table(), p.text()
	switch {
	case p.editor != nil && p.act.Cancel():
	case p.editor != nil:
		p.editor = nil
	case p.pending != nil:
		p.decide(false)
	case table == nil && text != nil && text.Back():
	case p.open:
		p.open = false
	case p.loading.Cancel(), p.requesting.Cancel(), p.act.Cancel():
	case p.view == viewChanges && p.diffing.Cancel(), p.view == viewWhy && p.diagnosing.Cancel():
	case table != nil && table.Back():
	case !p.revealed.IsZero():
		p.mask()
	case p.view != viewClaims:
		p.show(viewClaims)
	case !p.pasted.IsZero():
		p.ctx.Ask(runMsg{p.pop()})
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool {
	if p.pending != nil {
		p.decide(false)
		return true
	}
	return p.requesting.Cancel() || p.act.Cancel()
}

// Counting implements pane.Counter: the times of a shown token go on.
func (p *Pane) Counting() bool { return len(p.times) > 0 || !p.revealed.IsZero() }
