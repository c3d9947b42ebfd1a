// Package expiry is the board of all sessions' expiry times: what has expired, what expires next, and what can be
// refreshed.
package expiry

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// order is one way to sort the board.
type order struct {
	name string
	less func(a, b vault.Meta) int
}

// orders are the orders to choose from; the first is the default. Equal sessions keep their order.
var orders = []order{
	{"expiry", byExpiry},
	{"label", func(a, b vault.Meta) int {
		return cmp.Compare(strings.ToLower(pane.SessionName(a)), strings.ToLower(pane.SessionName(b)))
	}},
	{"profile", func(a, b vault.Meta) int { return cmp.Compare(a.Profile, b.Profile) }},
}

// byExpiry puts what expires first first, and what does not expire last.
func byExpiry(a, b vault.Meta) int {
	switch {
	case a.ExpiresAt.IsZero() && b.ExpiresAt.IsZero():
		return 0
	case a.ExpiresAt.IsZero():
		return 1
	case b.ExpiresAt.IsZero():
		return -1
	}
	return a.ExpiresAt.Compare(b.ExpiresAt)
}

// headLines is the number of lines above the table.
const headLines = 2

// barWidth is the width of a countdown bar.
const barWidth = 16

// Pane is the board.
type Pane struct {
	ctx      *pane.Context
	table    *widget.Table
	sessions []vault.Meta // in the order shown
	order    int
	work     pane.Work
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	return &Pane{ctx: ctx, table: widget.NewTable(ctx.Styles,
		widget.Column{Title: "session", Min: 12, Flex: 3},
		widget.Column{Title: "profile", Min: 8, Flex: 2, Drop: 3},
		widget.Column{Title: "access token", Min: barWidth, Drop: 2},
		widget.Column{Title: "left", Min: 14},
		widget.Column{Title: "state", Min: 9, Drop: 1},
		widget.Column{Title: "refresh token", Min: 15, Drop: 4},
		widget.Column{Title: "renewed", Min: 7, Right: true, Drop: 5},
	)}
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Expiry }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Expiry" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool { return p.table.Editing() }

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SessionsMsg:
		p.sessions = slices.Clone(m.Sessions)
		p.sort()
		return nil
	case pane.SelectedMsg:
		p.selectRow(m.Meta.ID)
		return nil
	case tea.KeyMsg:
		p.table.Update(m)
		return nil
	case pane.ClickMsg:
		p.table.Click(m.Y - headLines)
		return nil
	}
	return p.work.Update(msg)
}

// sort orders the board and keeps the cursor on its session.
func (p *Pane) sort() {
	id := p.current().ID
	slices.SortStableFunc(p.sessions, orders[p.order].less)
	p.table.SetRows(len(p.sessions), p.row, p.filterText)
	p.selectRow(id)
}

func (p *Pane) selectRow(id string) {
	for i, s := range p.sessions {
		if s.ID == id {
			p.table.Select(i)
		}
	}
}

// current is the session under the cursor; zero without one.
func (p *Pane) current() vault.Meta {
	if i := p.table.Cursor(); i >= 0 && i < len(p.sessions) {
		return p.sessions[i]
	}
	return vault.Meta{}
}

// Back implements pane.Pane.
func (p *Pane) Back() bool { return p.work.Cancel() || p.table.Back() }

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool { return p.work.Cancel() }

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	switch a {
	case keys.ExpiryRefresh:
		return pane.RefreshDisabled(&p.work, p.current())
	case keys.Open, keys.Filter, keys.ExpirySort:
		if len(p.sessions) == 0 {
			return "there are no sessions"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Open:
		p.ctx.Request(pane.SelectMsg{ID: p.current().ID, Open: true})
	case keys.ExpirySort:
		p.order = (p.order + 1) % len(orders)
		p.sort()
	case keys.ExpiryRefresh:
		return pane.RefreshSession(&p.work, p.ctx, p.current())
	default:
		p.table.Do(a)
	}
	return nil
}

func (p *Pane) row(i int) []widget.Cell {
	s, st, now := p.sessions[i], p.ctx.Styles, p.ctx.Now()
	state := stateOf(s, now)
	style := st.Level(string(state))
	refresh, refreshStyle := "none", st.Faint
	if s.Has(tokens.Refresh) {
		refresh, refreshStyle = "yes", st.Text
		if !s.RefreshExpires.IsZero() {
			refresh = tokens.Countdown(s.RefreshExpires, now)
			refreshStyle = st.Level(string(tokens.Expiry(s.RefreshExpires, now)))
		}
		if s.RefreshInvalid != nil {
			refresh, refreshStyle = "invalid", st.Bad
		}
	}
	renewed := widget.Cell{Text: "-", Style: st.Faint}
	if s.Refreshes > 0 {
		renewed = widget.Cell{Text: widget.Thousands(s.Refreshes), Style: st.Text}
	}
	bar := ""
	if state != tokens.Unknown && state != absent {
		bar = widget.Bar(st, barWidth, pane.RemainingShare(s.ExpiresAt, s.ReceivedAt, now), string(state))
	}
	left := tokens.Countdown(s.ExpiresAt, now)
	if state == absent {
		left = "none"
	}
	return []widget.Cell{
		{Text: pane.SessionName(s), Style: st.Text},
		{Text: tokens.VisibleLine(s.Profile), Style: st.Dim},
		{Text: bar},
		{Text: left, Style: style},
		{Text: stateWord(state), Style: style},
		{Text: refresh, Style: refreshStyle},
		renewed,
	}
}

// absent is the state of a session whose access token was revoked.
const absent tokens.State = "no access token"

func stateOf(s vault.Meta, now time.Time) tokens.State {
	if !s.Has(tokens.Access) {
		return absent
	}
	return tokens.Expiry(s.ExpiresAt, now)
}

// stateWord is a state as the board shows it.
func stateWord(s tokens.State) string {
	if s == tokens.Unknown {
		return "no expiry"
	}
	return string(s)
}

// filterText is the text of a row that a filter searches.
func (p *Pane) filterText(i int) string {
	s := p.sessions[i]
	return strings.Join([]string{s.Label, s.Profile, s.Subject, s.Issuer, stateWord(stateOf(s, p.ctx.Now()))}, " ")
}

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	p.table.Styles = st
	if len(p.sessions) == 0 {
		return pane.EmptyView(p.ctx, "No sessions, so nothing expires.", "", width, height)
	}
	progress := p.work.View(p.ctx)
	lines := []string{p.summary(st), ""}
	room := height - len(lines)
	if progress != "" {
		room--
	}
	if room < 1 {
		return pane.Fit(lines, width, height)
	}
	list := func(w, h int) string { return p.table.View(w, h, p.ctx.Focused(p.Scope())) }
	lines = append(lines, pane.Split(st, width, room, len(p.sessions)+2, list, p.detailLines))
	if progress != "" {
		lines = append(lines, progress)
	}
	return pane.Fit(lines, width, height)
}

// detailLines are the properties of the session under the cursor.
func (p *Pane) detailLines(width int) []string {
	st, s, now := p.ctx.Styles, p.current(), p.ctx.Now()
	if s.ID == "" {
		return nil
	}
	when := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Local().Format("2 Jan 2006 15:04:05 -0700") + "  " + tokens.Relative(at, now)
	}
	facts := pane.Facts("issuer", s.Issuer, "client", s.ClientID, "subject", s.Subject, "scope", s.Scope,
		"received", when(s.ReceivedAt), "expires", when(s.ExpiresAt), "refresh token", when(s.RefreshExpires),
		"session", s.ID)
	if s.Refreshes > 0 {
		facts = append(facts, pane.Fact{Name: "renewed", Value: widget.Plural(s.Refreshes, "time")})
	}
	if len(s.Ledger) > 0 {
		facts = append(facts, pane.Fact{Name: "checks", Value: pane.LedgerSummary(st, s.Ledger)})
	}
	return append([]string{st.Strong.Render(pane.SessionName(s))}, pane.FactLines(st, facts, width)...)
}

// summary is the number of sessions by state, and how the board is sorted.
func (p *Pane) summary(st *theme.Styles) string {
	count := map[tokens.State]int{}
	for _, s := range p.sessions {
		count[stateOf(s, p.ctx.Now())]++
	}
	parts := []string{st.Strong.Render(widget.Plural(len(p.sessions), "session"))}
	for _, state := range []tokens.State{tokens.Valid, tokens.Expiring, tokens.Expired, tokens.Unknown, absent} {
		if n := count[state]; n > 0 {
			parts = append(parts, st.Level(string(state)).Render(widget.Thousands(n)+" "+stateWord(state)))
		}
	}
	return strings.Join(parts, " · ") + st.Dim.Render(" · sorted by "+orders[p.order].name)
}
