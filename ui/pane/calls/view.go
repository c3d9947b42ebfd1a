package calls

import (
	"slices"
	"strconv"
	"strings"

	"fob/flows/calls"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	p.form.Styles, p.text.Styles, p.table.Styles = st, st, st
	if p.session.ID == "" && p.override.token.IsZero() && p.shown == nil {
		return pane.EmptyView(p.ctx, "A call needs a session's token, and none is selected.", "", width, height)
	}
	if p.editing {
		head := []string{widget.Clip(st.Strong.Render("Request")+st.Dim.Render(" · with ")+p.tokenLabel(), width), ""}
		if height <= len(head) {
			return pane.Fit(head, width, height)
		}
		return pane.Fit(append(head, p.form.View(width, height-len(head))), width, height)
	}
	lines := p.requestLines(width)
	if work := p.work.View(p.ctx); work != "" {
		lines = append(lines, work)
	} else {
		lines = append(lines, "")
	}
	if p.shown == nil {
		lines = append(lines, widget.WrapItems([]string{pane.KeyHint(st, keys.CallEdit, "edits the request"),
			pane.KeyHint(st, keys.CallSend, "sends it")}, width, 3)...)
		return pane.Fit(lines, width, height)
	}
	lines = append(lines, p.statusLines(width)...)
	p.top = len(lines)
	if room := height - len(lines); room > 0 {
		lines = append(lines, strings.Split(p.body(width, room), "\n")...)
	}
	return pane.Fit(lines, width, height)
}

// requestLines summarize the request: method and URL, token, headers and body.
func (p *Pane) requestLines(width int) []string {
	st, d := p.ctx.Styles, readDraft(p.form)
	target, err := d.target(p.api())
	if err != nil {
		target = d.url
	}
	if target == "" {
		target = st.Dim.Render("no URL yet")
	} else {
		target = tokens.VisibleLine(target)
	}
	line := st.Accent.Render(d.method) + " " + st.Strong.Render(target)
	with := st.Dim.Render("as " + pane.SessionName(p.session))
	if !p.override.token.IsZero() {
		with = st.Dim.Render("with ") + p.tokenLabel()
	}
	var extra []string
	if h, err := headers(d.headers); err == nil && len(h) > 0 {
		extra = append(extra, widget.Plural(len(h), "header"))
	}
	if d.body != "" {
		extra = append(extra, "body of "+pane.Size(len(d.body)))
	}
	if len(extra) > 0 {
		with += st.Dim.Render(" · " + strings.Join(extra, " · "))
	}
	lines := []string{widget.Clip(line, width), widget.Clip(with, width)}
	if placement, err := calls.ParsePlacement(d.tokenIn); err == nil && placement != calls.InHeader {
		lines = append(lines, widget.WrapStyled(st.Warn, placement.Warning(), width)...)
	}
	return lines
}

// tokenLabel says which token is sent.
func (p *Pane) tokenLabel() string {
	st := p.ctx.Styles
	if p.override.token.IsZero() {
		return st.Dim.Render("the access token of ") + pane.SessionName(p.session)
	}
	return st.Warn.Render("the "+p.override.name) + st.Dim.Render(", for one call · ") + pane.KeyHint(st, keys.Back,
		"uses the session's again")
}

// statusLines summarize the response: status, time, size, why the API rejected the call, and the tabs.
func (p *Pane) statusLines(width int) []string {
	st, c := p.ctx.Styles, p.shown
	tabs := pane.Tabs(st, views, p.tabIndex(), width)
	if c.response == nil {
		m, _ := p.ShownError()
		return append(p.ctx.Explain(m).Inline(st, width), "", tabs)
	}
	r := c.response
	parts := []string{pane.StatusStyle(st, r.Status).Render(pane.Status(r.Status))}
	if r.Exchange != nil {
		parts = append(parts, pane.Millis(r.Exchange.Timing.Total))
	}
	parts = append(parts, pane.Size(len(r.Body)), tokens.VisibleLine(r.Proto),
		tokens.VisibleLine(r.Header.Get("Content-Type")))
	lines := []string{widget.Clip(strings.Join(parts, st.Dim.Render(" · ")), width)}
	if !c.override.token.IsZero() {
		lines = append(lines, widget.Clip(st.Dim.Render("it was called with the ")+st.Warn.Render(c.override.name),
			width))
	}
	for _, hop := range r.Hops {
		with := "followed with the token"
		if !hop.WithToken {
			with = "followed without the token"
		}
		text := pane.Status(hop.Status) + " to " + tokens.VisibleLine(hop.URL) + ": " + with
		lines = append(lines, widget.WrapStyled(st.Dim, text, width)...)
	}
	lines = append(lines, p.whyLines(r, width)...)
	if r.Truncated {
		lines = append(lines, st.Warn.Render("the body is longer than fob reads: this is its beginning"))
	}
	if r.EchoesSecret {
		lines = append(lines,
			st.Warn.Render("the response repeats a token that was sent: it is shown as a fingerprint"))
	}
	return append(lines, "", tabs)
}

// tabIndex is the index of the shown view.
func (p *Pane) tabIndex() int { return max(0, slices.Index(views, p.view)) }

func (p *Pane) body(width, height int) string {
	st := p.ctx.Styles
	switch {
	case p.view == viewHistory:
		return p.table.View(width, height, p.ctx.Focused(p.Scope()))
	case p.shown.response == nil:
		return pane.Fit(nil, width, height)
	case p.view == viewTiming && p.shown.response.Exchange != nil:
		return pane.Fit(pane.TimingLines(st, p.shown.response.Exchange, width), width, height)
	case p.view == viewTiming:
		return pane.Fit([]string{st.Dim.Render("Nothing was measured.")}, width, height)
	case p.text.Text() == "":
		return pane.Fit([]string{st.Dim.Render("(empty)")}, width, height)
	}
	position := p.text.Position()
	if position == "" || height < 3 {
		return p.text.View(width, height)
	}
	return p.text.View(width, height-1) + "\n" + widget.PadLeft(st.Dim.Render(position), width)
}

// listHistory puts the session's calls into the table.
func (p *Pane) listHistory() {
	list := p.history[p.session.ID]
	p.table.SetRows(len(list), func(i int) []widget.Cell { return p.historyRow(list[i]) }, nil)
}

func (p *Pane) historyRow(c call) []widget.Cell {
	st := p.ctx.Styles
	status, mark, took, size := 0, "failed", "-", "-"
	if r := c.response; r != nil {
		status, mark, size = r.Status, strconv.Itoa(r.Status), pane.Size(len(r.Body))
		if r.Exchange != nil {
			took = pane.Millis(r.Exchange.Timing.Total)
		}
	}
	return []widget.Cell{{Text: c.at.Local().Format("15:04:05"), Style: st.Dim},
		{Text: c.draft.method, Style: st.Accent},
		{Text: tokens.VisibleLine(c.draft.url), Style: st.Text}, {Text: mark, Style: pane.StatusStyle(st, status)},
		{Text: took, Style: st.Dim}, {Text: size, Style: st.Dim}}
}
