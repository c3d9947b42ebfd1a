package token

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// other is a token that the shown one is compared with.
type other struct {
	report *inspect.Report
	name   string // "before the refresh", "alice · access token"
}

// remember keeps the shown token of a session whose tokens are being replaced, to compare the new ones with.
func (p *Pane) remember() {
	if p.report != nil && p.pasted.IsZero() && p.meta.ID != "" {
		p.before = other{p.report, "before the refresh"}
	}
}

// base is the token to compare with: the marked one, else the one from before the last refresh.
func (p *Pane) base() (other, bool) {
	switch {
	case p.report == nil:
		return other{}, false
	case p.marked.report != nil && p.marked.report != p.report:
		return p.marked, true
	case p.before.report != nil && p.before.report != p.report:
		return p.before, true
	}
	return other{}, false
}

// compare shows how the token differs from the other one; where there is none yet it marks this one.
func (p *Pane) compare() tea.Cmd {
	if _, ok := p.base(); ok {
		p.diff()
		p.view, p.open = viewChanges, false
		return nil
	}
	name := kindName(p.kind)
	if p.pasted.IsZero() {
		name = pane.Name(p.meta) + " · " + name
	} else {
		name = "pasted token"
	}
	p.marked = other{p.report, name}
	return pane.Send(pane.ToastMsg{Text: "marked: show another token and compare again"})
}

// refreshAndCompare renews the tokens and shows what has changed.
func (p *Pane) refreshAndCompare() tea.Cmd {
	p.marked, p.comparing = other{}, true
	return pane.RefreshSession(&p.act, p.ctx, p.meta)
}

// diff fills the table of changes.
func (p *Pane) diff() {
	p.changed = nil
	if from, ok := p.base(); ok {
		for _, c := range inspect.Diff(from.report, p.report) {
			if c.Kind != "same" {
				p.changed = append(p.changed, c)
			}
		}
	}
	p.changes.SetRows(len(p.changed), func(i int) []widget.Cell { return p.changeCells(p.changed[i]) }, nil)
}

func (p *Pane) changeCells(c inspect.Change) []widget.Cell {
	st := p.ctx.Styles
	look := st.Warn
	switch c.Kind {
	case "added":
		look = st.Good
	case "removed":
		look = st.Bad
	}
	return []widget.Cell{{Text: c.Kind, Style: look}, {Text: tokens.VisibleLine(c.Name), Style: st.Accent}, {Text: tokens.VisibleLine(c.Old), Style: st.Dim},
		{Text: tokens.VisibleLine(c.New), Style: st.Text}, {Text: shift(c), Style: st.Info}}
}

// shift is how far a time went, or what a set gained and lost: "+5m", "+api:write -api:read".
func shift(c inspect.Change) string {
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
	return facts(c.Name+" · "+c.Kind, "", "before", c.Old, "after", c.New, "shift", c.Shift, "gained", strings.Join(c.Added, " "), "lost", strings.Join(c.Removed, " "), "note", c.Note)
}

// changesBody says what is compared with what, above the table.
func (p *Pane) changesBody(width, height int) string {
	st := p.ctx.Styles
	from, ok := p.base()
	if !ok {
		return pane.Fit([]string{st.Dim.Render("There is nothing to compare with any more.")}, width, height)
	}
	if len(p.changed) == 0 {
		return pane.Fit([]string{st.Good.Render("Nothing differs from " + from.name + ".")}, width, height)
	}
	if height < 4 {
		return p.split(width, height)
	}
	return st.Dim.Render(widget.Clip(pane.Plural(len(p.changed), "difference")+" from "+from.name, width)) + "\n" + p.split(width, height-1)
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
	return []widget.Cell{{Text: state, Style: look}, {Text: tokens.VisibleLine(name), Style: st.Accent}, {Text: tokens.VisibleLine(string(d.Value)), Style: st.Text},
		{Text: tokens.VisibleLine(d.Path), Style: st.Dim}}
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
	return facts(name, look, "value", string(d.Value), "stands at", place, "digest", d.Digest, "salt", d.Salt, "error", d.Error, "spec", "RFC 9901 4.2")
}
