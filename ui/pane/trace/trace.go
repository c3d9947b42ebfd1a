// Package trace lists every HTTP exchange of this process, redacted: request, response, duration. It can write them
// to a HAR file.
package trace

import (
	"context"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/export"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// Pane is the list of exchanges, and the one that is open.
type Pane struct {
	ctx       *pane.Context
	table     *widget.Table
	exchanges []wire.Exchange
	follow    bool
	open      pane.ExchangeView
	work      pane.Work
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	return &Pane{ctx: ctx, follow: true,
		table: widget.NewTable(ctx.Styles,
			widget.Column{Title: "time", Min: 8, Drop: 3},
			widget.Column{Title: "for", Min: 14, Flex: 1},
			widget.Column{Title: "", Min: 4},
			widget.Column{Title: "host", Min: 21, Flex: 1, Drop: 4},
			widget.Column{Title: "path", Min: 12, Flex: 8, Drop: 1},
			widget.Column{Title: "status", Min: 6},
			widget.Column{Title: "took", Min: 9, Right: true},
		)}
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Trace }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Trace" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool { return p.open.Editing() || p.table.Editing() }

// Update implements pane.Pane. The exchanges are in memory: each message reads them again.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok {
		if p.open.IsOpen() {
			p.open.Key(k)
		} else {
			p.table.Update(k)
		}
		return nil
	}
	if m, ok := msg.(pane.ClickMsg); ok && !p.open.IsOpen() && p.table.Click(m.Y-headLines) {
		p.follow = p.table.Cursor() == len(p.exchanges)-1
	}
	p.reload()
	return p.work.Update(msg)
}

// headLines is the number of lines above the table.
const headLines = 2

// reload adds new exchanges. The cursor stays on its exchange, or follows the newest.
func (p *Pane) reload() {
	now := p.ctx.Service.Exchanges()
	if len(now) == len(p.exchanges) && (len(now) == 0 || now[len(now)-1].ID == p.exchanges[len(now)-1].ID) {
		return
	}
	selected := 0
	if i := p.table.Cursor(); i >= 0 && i < len(p.exchanges) {
		selected = p.exchanges[i].ID
	}
	p.exchanges = now
	p.table.SetRows(len(now), p.row, nil)
	if p.follow {
		p.table.Select(len(now) - 1)
		return
	}
	for i, x := range now {
		if x.ID == selected {
			p.table.Select(i)
		}
	}
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	return p.work.Cancel() || p.open.Back() || p.table.Back()
}

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	switch a {
	case keys.Open, keys.TraceCopy, keys.TraceCurl, keys.Filter, keys.TraceExport:
		switch {
		case len(p.exchanges) == 0:
			return "no request has been sent yet"
		case a == keys.TraceExport:
			return p.work.Busy()
		}
	case keys.TraceView:
		if !p.open.IsOpen() {
			return "open an exchange first"
		}
	case keys.TraceNext, keys.TracePrev:
		if !p.open.Searching() {
			return "search first with /"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.TraceExport:
		return p.export()
	case keys.TraceCopy:
		return p.copy("exchange, redacted", func(x *wire.Exchange) string {
			return pane.RequestText(x) + "\n" + pane.ResponseText(x)
		})
	case keys.TraceCurl:
		return p.copy("curl command, secrets as variables", func(x *wire.Exchange) string {
			return export.Curl(x, nil)
		})
	case keys.TraceFollow:
		p.follow = !p.follow
		if p.follow {
			p.table.Select(len(p.exchanges) - 1)
		}
		return nil
	}
	if p.open.IsOpen() {
		p.doOpen(a)
		return nil
	}
	if a == keys.Open {
		p.show(p.table.Cursor())
		return nil
	}
	if p.table.Do(a) {
		p.follow = p.table.Cursor() == len(p.exchanges)-1
	}
	return nil
}

// doOpen carries out an action on the open exchange.
func (p *Pane) doOpen(a keys.Action) {
	switch a {
	case keys.TraceView:
		p.open.NextTab(1)
	case keys.TraceNext:
		p.open.NextMatch(1)
	case keys.TracePrev:
		p.open.NextMatch(-1)
	default:
		p.open.Do(a)
	}
}

func (p *Pane) show(i int) {
	if i >= 0 && i < len(p.exchanges) {
		p.open.Show(p.ctx.Styles, p.exchanges[i])
	}
}

// copy copies a text of the exchange that is open or under the cursor.
func (p *Pane) copy(what string, text func(*wire.Exchange) string) tea.Cmd {
	x := p.open.Exchange()
	if x == nil {
		i := p.table.Cursor()
		if i < 0 || i >= len(p.exchanges) {
			return nil
		}
		x = &p.exchanges[i]
	}
	return pane.Send(pane.CopyMsg{What: what, Text: text(x)})
}

// export writes all exchanges to a HAR file.
func (p *Pane) export() tea.Cmd {
	svc, at := p.ctx.Service, p.ctx.Now()
	return p.work.Run(p.ctx, "writing the HAR file", func(context.Context) ([]tea.Msg, error) {
		path, err := pane.WriteFile(".har", at, svc.Export)
		if err != nil {
			return nil, err
		}
		return []tea.Msg{pane.ToastMsg{Text: "written to " + path}}, nil
	})
}

func (p *Pane) row(i int) []widget.Cell {
	x, st := p.exchanges[i], p.ctx.Styles
	host, path := pane.HostPath(x.Request.URL)
	status, mark := 0, "failed"
	if x.Response != nil {
		status = x.Response.Status
		mark = strconv.Itoa(status)
	}
	return []widget.Cell{
		{Text: x.Started.Local().Format("15:04:05"), Style: st.Dim},
		{Text: x.Purpose, Style: st.Text},
		{Text: x.Request.Method, Style: st.Dim},
		{Text: tokens.VisibleLine(host), Style: st.Dim},
		{Text: tokens.VisibleLine(path), Style: st.Text},
		{Text: mark, Style: pane.StatusStyle(st, status)},
		{Text: pane.Millis(x.Timing.Total), Style: st.Dim},
	}
}

// detailLines summarize the exchange under the cursor.
func (p *Pane) detailLines(width int) []string {
	i := p.table.Cursor()
	if i < 0 || i >= len(p.exchanges) {
		return nil
	}
	st, x := p.ctx.Styles, p.exchanges[i]
	facts := []pane.Fact{{Name: "request", Value: x.Request.Method + " " + tokens.VisibleLine(x.Request.URL)}}
	if x.Request.BodySize > 0 {
		facts = append(facts, pane.Fact{Name: "sent", Value: pane.Size(x.Request.BodySize)})
	}
	if r := x.Response; r != nil {
		facts = append(facts, pane.Fact{Name: "response", Value: pane.ExchangeStatus(st, &x) + ", " +
			pane.Size(r.BodySize)})
	}
	if x.Err != "" {
		facts = append(facts, pane.Fact{Name: "failed", Value: tokens.VisibleLine(x.Err)})
	}
	facts = append(facts, pane.Fact{Name: "took", Value: pane.Millis(x.Timing.Total)})
	return append(append([]string{st.Strong.Render(x.Purpose)}, pane.FactLines(st, facts, width)...), "",
		pane.KeyHint(st, keys.Open, "shows request and response"))
}

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	p.table.Styles = st
	if p.open.IsOpen() {
		return p.open.View(st, width, height)
	}
	if len(p.exchanges) == 0 {
		return pane.EmptyView(p.ctx, "No request has been sent yet.", ", and every exchange is listed here", width,
			height)
	}
	head := st.Strong.Render(widget.Plural(len(p.exchanges), "exchange")) +
		st.Dim.Render(" · secrets are shown as fingerprints")
	if p.follow {
		head += st.Dim.Render(" · following")
	}
	lines := []string{head, ""}
	if work := p.work.View(p.ctx); work != "" {
		lines[1] = work
	}
	if height > headLines {
		list := func(w, h int) string { return p.table.View(w, h, p.ctx.Focused(p.Scope())) }
		lines = append(lines, pane.Split(st, width, height-headLines, len(p.exchanges)+2, list, p.detailLines))
	}
	return pane.Fit(lines, width, height)
}
