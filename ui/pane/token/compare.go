package token

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// other is a token that the shown one is compared with.
type reference struct {
	report *inspect.Report
	name   string // "before the refresh", "alice · access token"
}

// changesMsg brings how two tokens differ.
type changesMsg struct {
	n       int64
	changes []inspect.Change
}

// remember keeps the shown token of a session whose tokens are being replaced, to compare the new ones with.
func (p *Pane) keepBeforeRefresh() {
	if p.report != nil && p.pasted.IsZero() && p.meta.ID != "" {
		p.before = reference{p.report, "before the refresh"}
	}
}

// base is the token to compare with: the marked one, else the one from which this was made, else the one from before the
// last refresh.
func (p *Pane) reference() (reference, bool) {
	if p.report == nil {
		return reference{}, false
	}
	list := []reference{p.marked}
	if p.minted != nil {
		list = append(list, p.minted.from)
	}
	for _, o := range append(list, p.before) {
		if o.report != nil && o.report != p.report {
			return o, true
		}
	}
	return reference{}, false
}

// compare shows how the token differs from the other one; where there is none yet it marks this one.
func (p *Pane) compare() tea.Cmd {
	if _, ok := p.reference(); ok {
		p.show(viewChanges)
		return p.diff()
	}
	name := "the " + p.name() + " that was marked"
	if p.pasted.IsZero() {
		name = pane.Name(p.meta) + " · " + p.name()
	}
	p.marked = reference{p.report, name}
	return pane.Send(pane.ToastMsg{Text: "marked: show another token and compare again"})
}

// refreshAndCompare renews the tokens and shows what has changed.
func (p *Pane) refreshAndCompare() tea.Cmd {
	p.marked, p.comparing = reference{}, true
	return pane.RefreshSession(&p.act, p.ctx, p.meta)
}

// diff compares the token with the other one, where nobody waits for it.
func (p *Pane) diff() tea.Cmd {
	p.setChanges(nil)
	p.diffing.Drop()
	from, ok := p.reference()
	if !ok {
		return nil
	}
	now := p.report
	return p.diffing.Start("comparing", p.ctx.Now(), func(_ context.Context, n int64) tea.Msg {
		list := inspect.Diff(from.report, now)
		// What differs stands first; what is the same is there as well, so that the two stand side by side.
		slices.SortStableFunc(list, func(a, b inspect.Change) int { return rank(a) - rank(b) })
		return changesMsg{n, list}
	})
}

func rank(c inspect.Change) int {
	if c.Kind == "same" {
		return 1
	}
	return 0
}

func (p *Pane) handleChanges(m changesMsg) {
	if p.diffing.Done(m.n) {
		p.setChanges(m.changes)
	}
}

func (p *Pane) setChanges(list []inspect.Change) {
	p.changes, p.differing = list, 0
	for _, c := range list {
		if rank(c) == 0 {
			p.differing++
		}
	}
	p.tables[viewChanges].SetRows(len(list), func(i int) []widget.Cell { return p.changeCells(p.changes[i]) }, nil)
}

func (p *Pane) changeCells(c inspect.Change) []widget.Cell {
	st := p.ctx.Styles
	if c.Shift != "" {
		c.Old, c.New = p.shortTime(c.Old), p.shortTime(c.New)
	}
	look, name, text := st.Warn, st.Accent, st.Text
	switch c.Kind {
	case "added":
		look = st.Good
	case "removed":
		look = st.Bad
	case "same":
		look, name, text = st.Dim, st.Dim, st.Dim
	}
	return []widget.Cell{{Text: c.Kind, Style: look}, {Text: c.Name, Style: name}, {Text: c.Old, Style: st.Dim}, {Text: c.New, Style: text}, {Text: shiftText(c), Style: st.Info}}
}

// moment is a time of a comparison (RFC 3339) as the claims show it, in this machine's zone; without the year where it is
// this one, so that two stand side by side on a small screen.
func (p *Pane) shortTime(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	layout := "2 Jan 2006 15:04:05"
	if at = at.Local(); at.Year() == p.ctx.Now().Local().Year() {
		layout = "2 Jan 15:04:05"
	}
	return at.Format(layout)
}

// shift is how far a time went, or what a set gained and lost: "+5m", "+api:write -api:read".
func shiftText(c inspect.Change) string {
	parts := []string{}
	if c.Shift != "" {
		parts = append(parts, c.Shift)
	}
	for _, word := range c.Added {
		parts = append(parts, "+"+tokens.VisibleLine(word))
	}
	for _, word := range c.Removed {
		parts = append(parts, "-"+tokens.VisibleLine(word))
	}
	return strings.Join(parts, " ")
}

func changeDetail(c inspect.Change) detail {
	return newDetail(c.Name+" · "+c.Kind, "", "before", c.Old, "after", c.New, "shift", c.Shift, "gained", strings.Join(c.Added, " "), "lost", strings.Join(c.Removed, " "), "note", c.Note)
}

// changesBody says what is compared with what, above the table.
func (p *Pane) changesBody(width, height int) string {
	st := p.ctx.Styles
	from, ok := p.reference()
	switch {
	case !ok:
		return pane.Fit([]string{st.Dim.Render("There is nothing to compare with any more.")}, width, height)
	case p.diffing.Running():
		return pane.Fit(nil, width, height)
	}
	head := st.Dim.Render(pane.Plural(p.differing, "difference") + " from " + from.name)
	if p.differing == 0 {
		head = st.Good.Render("Nothing differs from " + from.name)
	}
	if same := len(p.changes) - p.differing; same > 0 {
		head += st.Dim.Render(" · " + widget.Thousands(same) + " the same")
	}
	if height < 4 {
		return p.tableWithDetail(width, height)
	}
	return widget.Clip(head, width) + "\n" + p.tableWithDetail(width, height-1)
}

// disclosures are the claims that an SD-JWT discloses one by one (RFC 9901 4.2).
func (p *Pane) disclosures() []inspect.Disclosure {
	if p.report == nil || p.report.Token == nil || p.report.Token.SD == nil {
		return nil
	}
	return p.report.Token.SD.Disclosures
}

func (p *Pane) disclosureCells(d inspect.Disclosure) []widget.Cell {
	st := p.ctx.Styles
	look, state := st.Good, "disclosed"
	switch {
	case d.Error != "":
		look, state = st.Bad, "broken"
	case d.Path == "":
		look, state = st.Warn, "unused"
	}
	name := d.Name
	if name == "" {
		name = "(array element)"
	}
	return []widget.Cell{{Text: state, Style: look}, {Text: visiblePrefix(name), Style: st.Accent}, {Text: visiblePrefix(string(d.Value[:min(len(d.Value), maxShown)])), Style: st.Text},
		{Text: visiblePrefix(d.Path), Style: st.Dim}}
}

func disclosureDetail(d inspect.Disclosure) detail {
	name := d.Name
	if name == "" {
		name = "array element"
	}
	look := ""
	if d.Error != "" {
		look = "bad"
	}
	place := d.Path
	if place == "" {
		place = "nowhere: no digest in the token belongs to it"
	}
	out := newDetail(name, look, "stands at", place, "digest", d.Digest, "salt", d.Salt, "error", d.Error, "spec", "RFC 9901 4.2")
	return out.withValue(d.Value)
}

// maxShown bounds what is shown of a text in a line, in bytes.
const maxShown = 2000

// cut is a text fit for a line: its beginning, made visible.
func visiblePrefix(s string) string {
	if len(s) > maxShown {
		s = s[:maxShown] + "…"
	}
	return tokens.VisibleLine(s)
}
