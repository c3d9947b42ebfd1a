// Package token is the pane that shows one token: what it is, whose, whether it is good, and how its checks went. It
// shows a session's access, ID and refresh token, and any token that was pasted, which is never stored.
package token

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
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
const settle = 150 * time.Millisecond

// Pane shows one token.
type Pane struct {
	ctx  *pane.Context
	meta vault.Meta  // the selected session; its ID is "" when there is none
	kind tokens.Kind // which of its tokens
	view string      // the name of the shown view

	report  *inspect.Report
	rows    []inspect.Row
	times   map[string]inspect.Time // by claim: they go on while they are shown
	err     error                   // why there is no report
	loading pane.Work

	pasted tokens.Secret   // a token that is no session's; zero: none
	behind *inspect.Report // the session's report while a pasted token is shown
	stale  bool            // the session's token must be read again
	fetch  bool            // the keys of a pasted token's issuer may be fetched: the person asked for it

	claims   *widget.Table
	header   *widget.Table
	findings *widget.Table
	ledger   *widget.Table
	changes  *widget.Table      // against another token
	parts    *widget.Table      // the disclosures of an SD-JWT
	text     *widget.TextWindow // raw token, an answer, one claim
	top      int                // lines above the table at the last View
	open     bool               // the row under the cursor has the whole pane

	before    other // this session's token before its last refresh
	marked    other // a token that the person wants to compare with
	comparing bool  // the changes are shown when the refresh has come
	changed   []inspect.Change

	secret   tokens.Secret // the token itself, once the raw view has asked for it
	secretN  string        // what secret belongs to
	raw      pane.Work
	revealed time.Time // until when the token is readable; zero: it is masked
	answer   *answer   // of introspection or userinfo
	asking   pane.Work
	act      pane.Work
	copying  pane.Work
}

// answer is what an endpoint said.
type answer struct {
	name string // the view's name
	head string
	text string
	err  error
}

// The results of the pane's commands.
type (
	reportMsg struct {
		n      int64
		report *inspect.Report
		err    error
	}
	secretMsg struct {
		n      int64
		name   string
		secret tokens.Secret
		err    error
	}
	answerMsg struct {
		n      int64
		answer answer
	}
	// maskMsg ends a reveal, unless another has begun since.
	maskMsg struct{ until time.Time }
)

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	claimColumns := []widget.Column{{Title: "claim", Min: 10}, {Title: "value", Min: 29, Flex: 2}, {Title: "meaning", Min: 18, Flex: 3, Drop: 1}}
	return &Pane{ctx: ctx, kind: tokens.Access, view: viewClaims,
		claims: widget.NewTable(ctx.Styles, claimColumns...),
		header: widget.NewTable(ctx.Styles, append([]widget.Column{{Title: "parameter", Min: 10}}, claimColumns[1:]...)...),
		findings: widget.NewTable(ctx.Styles, widget.Column{Title: "severity", Min: 8}, widget.Column{Title: "claim", Min: 10, Drop: 2},
			widget.Column{Title: "finding", Min: 20, Flex: 3}, widget.Column{Title: "spec", Min: 12, Flex: 1, Drop: 1}),
		ledger: widget.NewTable(ctx.Styles, widget.Column{Title: "outcome", Min: 8}, widget.Column{Title: "check", Min: 40, Flex: 1},
			widget.Column{Title: "spec", Min: 22, Drop: 1}),
		changes: widget.NewTable(ctx.Styles, widget.Column{Title: "", Min: 7}, widget.Column{Title: "claim", Min: 10, Flex: 1}, widget.Column{Title: "before", Min: 16, Flex: 3, Drop: 2},
			widget.Column{Title: "after", Min: 16, Flex: 3}, widget.Column{Title: "shift", Min: 10, Flex: 1, Drop: 1}),
		parts: widget.NewTable(ctx.Styles, widget.Column{Title: "", Min: 9}, widget.Column{Title: "claim", Min: 14, Flex: 1}, widget.Column{Title: "value", Min: 20, Flex: 3},
			widget.Column{Title: "stands at", Min: 14, Flex: 1, Drop: 1}),
		text: widget.NewTextWindow(ctx.Styles),
	}
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Token }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Token" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	if t := p.table(); t != nil && !p.open {
		return t.Editing()
	}
	return p.text.Editing()
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
	case reportMsg:
		if p.loading.Done(m.n) {
			p.take(m.report, m.err)
		}
		return nil
	case secretMsg:
		return p.takeSecret(m)
	case answerMsg:
		if p.asking.Done(m.n) {
			p.answer, p.view = &m.answer, m.answer.name
			p.text.SetText(m.answer.text, widget.JSON)
		}
		return nil
	case maskMsg:
		if m.until.Equal(p.revealed) {
			p.mask()
		}
		return nil
	case pane.ClickMsg:
		if t := p.table(); t != nil && !p.open {
			t.Click(m.Y - p.top)
		}
		return nil
	case tea.KeyMsg:
		p.key(m)
		return nil
	}
	if p.stale && p.pasted.IsZero() {
		return p.load()
	}
	return tea.Batch(p.loading.Update(msg), p.raw.Update(msg), p.asking.Update(msg), p.act.Update(msg), p.copying.Update(msg))
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
		if p.before = (other{}); same {
			p.remember()
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
	p.fetch = false
	p.pasted, p.secret, p.secretN = tokens.Secret{}, tokens.Secret{}, ""
	p.report, p.err, p.answer, p.open, p.behind = nil, nil, nil, false, nil
	p.raw.Drop()
	p.asking.Drop()
	if p.view != viewHeader && p.view != viewLedger && p.view != viewChanges {
		p.view = viewClaims
	}
}

// inspectRaw shows a token that is no session's, above the session's own.
func (p *Pane) inspectRaw(raw tokens.Secret) tea.Cmd {
	behind := p.behind
	if p.pasted.IsZero() {
		behind, p.stale = p.report, p.report == nil
	}
	p.forget()
	p.pasted, p.behind = raw, behind
	return p.load()
}

// leavePasted goes back from a pasted token to the session's.
func (p *Pane) leavePasted() {
	behind := p.behind
	p.loading.Drop()
	p.forget()
	p.take(behind, nil)
}

// load reads and judges the token.
func (p *Pane) load() tea.Cmd {
	svc, now := p.ctx.Service, p.ctx.Now()
	p.stale = p.stale && !p.pasted.IsZero()
	if !p.pasted.IsZero() {
		raw, fetch := p.pasted, p.fetch
		return p.loading.Start("inspecting the token", now, func(ctx context.Context, n int64) tea.Msg {
			return reportMsg{n: n, report: inspectPasted(ctx, svc, raw, fetch, now)}
		})
	}
	if p.meta.ID == "" {
		p.loading.Drop()
		p.take(nil, nil)
		return nil
	}
	id, kind, hurry := p.meta.ID, p.kind, !p.loading.Running()
	return p.loading.Start("reading the token", now, func(ctx context.Context, n int64) tea.Msg {
		if !hurry {
			select {
			case <-time.After(settle):
			case <-ctx.Done():
				return reportMsg{n: n, err: ctx.Err()}
			}
		}
		report, err := svc.Inspect(ctx, id, kind)
		return reportMsg{n, report, err}
	})
}

// inspectPasted reads a token offline, or with the keys of the issuer that it names when the person has asked for that.
func inspectPasted(ctx context.Context, svc *session.Service, raw tokens.Secret, fetch bool, now time.Time) *inspect.Report {
	key, _ := keys.ByAction(keys.TokenKeys)
	o := inspect.Options{Now: now, NoKeys: "nothing was fetched; " + key.Key() + " fetches its issuer's keys"}
	report := svc.InspectRaw(ctx, raw.Reveal(), o, "")
	issuer := issuerOf(report)
	if !fetch || issuer == "" {
		return report
	}
	o.NoKeys = ""
	return svc.InspectRaw(ctx, raw.Reveal(), o, issuer)
}

// issuerOf is the issuer that a token names; "" when it names none.
func issuerOf(r *inspect.Report) string {
	if r == nil || r.Payload == nil {
		return ""
	}
	issuer, _ := r.Payload.String("iss")
	return issuer
}

// take shows a report, or says why there is none.
func (p *Pane) take(r *inspect.Report, err error) {
	p.report, p.err, p.open = r, err, false
	p.rows, p.times = nil, map[string]inspect.Time{}
	var head []inspect.Row
	var found []inspect.Finding
	if r != nil {
		p.rows, head, found = r.Rows(), r.HeaderRows(), r.Findings
		for _, t := range r.Times {
			p.times[t.Claim] = t
		}
	}
	p.claims.SetRows(len(p.rows), func(i int) []widget.Cell { return p.claimCells(p.rows[i]) }, nil)
	p.header.SetRows(len(head), func(i int) []widget.Cell { return p.claimCells(head[i]) }, nil)
	p.diff()
	p.parts.SetRows(len(p.disclosures()), func(i int) []widget.Cell { return p.disclosureCells(p.disclosures()[i]) }, nil)
	_, ok := p.base()
	switch {
	case r == nil:
	case ok && p.comparing:
		p.view, p.comparing = viewChanges, false
	case !ok && p.view == viewChanges:
		p.view = viewClaims
	}
	p.findings.SetRows(len(found), func(i int) []widget.Cell { return p.findingCells(found[i]) }, nil)
	p.setLedger()
}

func (p *Pane) setLedger() {
	p.ledger.SetRows(len(p.meta.Ledger), func(i int) []widget.Cell { return p.checkCells(p.meta.Ledger[i]) }, nil)
}

func (p *Pane) key(k tea.KeyMsg) {
	if t := p.table(); t != nil && !p.open {
		t.Update(k)
		return
	}
	p.text.Update(k)
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	switch {
	case p.open:
		p.open = false
	case p.loading.Cancel(), p.asking.Cancel(), p.act.Cancel(), p.raw.Cancel():
	case p.table() != nil && p.table().Back():
	case p.table() == nil && p.text.Back():
	case !p.revealed.IsZero():
		p.mask()
	case p.view != viewClaims:
		p.view = viewClaims
	case !p.pasted.IsZero():
		p.leavePasted()
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool { return p.asking.Cancel() || p.act.Cancel() }

// Counting implements pane.Counter: the times of a shown token go on.
func (p *Pane) Counting() bool { return len(p.times) > 0 || !p.revealed.IsZero() }
