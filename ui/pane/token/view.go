package token

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	p.widgets.restyle(p.ctx.Styles)
	p.online.request.Styles = p.ctx.Styles
	switch {
	case p.editor != nil:
		return p.editor.view(p.ctx.Styles, progress(p.ctx, p.works()), width, height)
	case p.online.pending != nil:
		return p.online.pendingBody(width, height)
	case p.shown.empty():
		hint := ", " + keyFor(keys.PasteIn) + " to paste one, " + keyFor(keys.TokenAlter) + " to make one for tests"
		return pane.EmptyView(p.ctx, "No session is selected.", hint, width, height)
	}
	lines := p.head(width, height)
	if len(lines) >= height {
		return pane.Fit(lines, width, height)
	}
	p.widgets.top = len(lines)
	body := p.body(width, height-len(lines))
	return pane.Fit(append(lines, strings.Split(body, "\n")...), width, height)
}

func keyFor(a keys.Action) string {
	b, _ := keys.ByAction(a)
	return b.Key()
}

// progress is that of the first of the works that has been running for a while.
func progress(c *pane.Context, works []*pane.Work) string {
	for _, w := range works {
		if line := w.View(c); line != "" {
			return line
		}
	}
	return ""
}

// minUseHeight is the least height at which the head has a line about the use of an access token.
const minUseHeight = 25

// head is what the token is, the tabs, and what is running. A small screen leaves its lines to the body.
func (p *Pane) head(width, height int) []string {
	st, v := p.ctx.Styles, p.shown.tokenView
	var lines []string
	add := func(text string) { lines = append(lines, widget.Clip(text, width)) }
	running := progress(p.ctx, p.works())
	if height <= 8 {
		parts := p.shown.summary(p.ctx, minLength, "")
		parts = append(parts[1:], parts[0]) // verdict and expiry matter most where not everything fits
		add(st.Title.Render("["+p.view+"]") + " " + strings.Join(parts, st.Dim.Render(" · ")))
		if running != "" {
			lines[0] = widget.Clip(running, width)
		}
		return lines
	}
	length := fullLength
	if height <= 20 {
		length = shortLength
	}
	lines = widget.WrapItems(p.shown.summary(p.ctx, length, backTarget(p.previous, p.shown.session.ID)), width, 3)
	if v.minted != nil {
		notes := widget.Wrap(tokens.VisibleLine(strings.Join(v.minted.notes, "; ")), width)
		if length != fullLength {
			notes = []string{strings.Join(notes, " ")}
		}
		for _, l := range notes[:min(len(notes), 3)] {
			add(st.Dim.Render(l))
		}
	}
	if use := p.shown.inUse(); use != nil && height >= minUseHeight {
		add(st.Dim.Render("in use: " + use.Line(p.ctx.Now())))
	}
	if v.report != nil && len(v.report.Cleaned) > 0 {
		add(st.Dim.Render("removed before reading: " + tokens.VisibleLine(strings.Join(v.report.Cleaned, ", "))))
	}
	hasProgress := running != ""
	checks := ""
	if ledger := p.shown.session.Ledger; p.shown.stored() && len(ledger) > 0 {
		checks = st.Dim.Render("checks: ") + pane.LedgerSummary(st, ledger)
	}
	views := p.views()
	tabs := pane.Tabs(st, views, slices.Index(views, p.view), width)
	if widget.Width(tabs)+widget.Width(checks)+2 > width && !hasProgress {
		running, checks = checks, "" // where the line has no room for both, the checks go below
	}
	lines = append(lines, widget.Spread(tabs, checks, width))
	if height > 20 || hasProgress {
		add(running)
	}
	return lines
}

// backTarget says where esc goes from a token of no session; session is the ID of the selected one.
func backTarget(previous []shownToken, session string) string {
	switch n := len(previous); {
	case n > 0 && !previous[n-1].stored():
		return "back to the token before it"
	case session == "":
		return "puts it away"
	}
	return "back to the session"
}

func (p *Pane) body(width, height int) string {
	st, v := p.ctx.Styles, p.shown.tokenView
	scroll := func(lines []string) string { return p.widgets.scroll.View(st, lines, width, height) }
	response, hasResponse := p.online.response(p.view)
	canFetch := p.Disabled(keys.TokenKeys) == ""
	switch {
	case p.widgets.open:
		d, _ := p.rowDetail()
		return p.widgets.openBody(st, d, width, height)
	case p.view == viewLedger && len(p.shown.session.Ledger) == 0:
		return pane.Fit([]string{st.Dim.Render("This session has no stored checks.")}, width, height)
	case p.view == viewLedger:
		return p.table("", width, height)
	case p.shown.err != nil:
		return scroll(pane.Explain("Reading the token", p.shown.err).Lines(st, width))
	case v.report == nil:
		return pane.Fit(nil, width, height)
	case p.view == viewChanges && p.comparison.work.Running():
		return pane.Fit(nil, width, height)
	case p.view == viewChanges:
		return p.table(p.comparison.head(v), width, height)
	case p.view == viewWhy && p.diagnosis.work.Running():
		return pane.Fit([]string{widget.Clip(p.diagnosis.head(), width)}, width, height)
	case p.view == viewWhy && len(p.diagnosis.causes) == 0:
		lines := noCauseLines(st, v, width, height > 6, canFetch)
		return pane.Fit(append([]string{widget.Clip(p.diagnosis.head(), width)}, lines...), width, height)
	case p.view == viewWhy:
		return p.table(p.diagnosis.head(), width, height)
	case p.view == viewRaw && p.reveal.active(p.ctx.Now()):
		return p.reveal.body(st, p.ctx.Now(), width, height)
	case p.view == viewRaw:
		hints := []string{pane.KeyHint(st, keys.TokenReveal, "shows it for ten seconds"),
			pane.KeyHint(st, keys.TokenCopy, "copies it without showing it")}
		return scroll(append(append(pane.FactLines(st, v.masked, width), ""), widget.WrapItems(hints, width, 3)...))
	case p.view == viewSignature:
		return scroll(signatureLines(st, v.report, width, p.Disabled(keys.TokenKey) == "", canFetch))
	case p.view == viewUse:
		return scroll(useLines(st, p.shown.inUse(), p.ctx.Now(), width))
	case p.view == viewJSON:
		return textView(st, p.widgets.texts[viewJSON], width, height)
	case hasResponse && response.err != nil:
		m, _ := p.ShownError()
		return scroll(response.errorLines(p.ctx, m, width))
	case hasResponse:
		return response.draw(st, p.widgets.texts[p.view], width, height)
	case p.view == viewClaims && v.opaque():
		return scroll(append(p.shown.opaqueLines(st, width), p.shown.opaqueHints(st)...))
	case p.view == viewClaims && v.report.Err != nil:
		e := v.report.Err
		broken := tokens.VisibleLine(fmt.Sprintf("broken: %s (at byte %d)", e.Message, e.Offset))
		return p.table(st.Bad.Render(broken), width, height)
	}
	return p.table("", width, height)
}

// table draws the table of the shown view, beside the detail of the row under the cursor, below a line of text where
// there is room for it.
func (p *Pane) table(head string, width, height int) string {
	st, t := p.ctx.Styles, p.widgets.tables[p.view]
	if head != "" && height > 4 {
		p.widgets.top++
		height--
		head = widget.Clip(head, width) + "\n"
	} else {
		head = ""
	}
	t.NoHeader = height < 9
	list := func(w, h int) string { return t.View(w, h, p.ctx.Focused(p.Scope())) }
	return head + pane.Split(st, width, height, t.Total()+2, list, func(w int) []string {
		d, ok := p.rowDetail()
		if !ok {
			return nil
		}
		return d.lines(st, w)
	})
}

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	if p.editor != nil {
		return p.editor.key(k, &p.act)
	}
	if table, text := p.active(); table != nil {
		table.Update(k)
	} else if text != nil {
		text.Update(k)
	}
	return nil
}

func (p *Pane) click(y int) tea.Cmd {
	if p.editor != nil {
		return p.editor.click(y, &p.act)
	}
	if table, _ := p.active(); table != nil {
		table.Click(y - p.widgets.top)
	}
	return nil
}
