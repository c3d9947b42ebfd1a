package ui

import (
	"fmt"
	"strings"

	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// tabBar is the line of tabs.
type tabBar struct {
	panes *paneSet
	drawn []tab
}

// tab is where a tab was drawn.
type tab struct {
	scope    keys.Scope
	from, to int // columns of the screen
}

// line draws "1 Token  2 Expiry …" into width cells, from column x of a screen of screenWidth. Where that is too long,
// names are shortened, first those of the panes that are not shown; in the end only their keys are left.
func (b *tabBar) line(x, width, screenWidth int) string {
	current, scopes := b.panes.main(screenWidth), keys.Panes()
	if screenWidth < wideFrom {
		scopes = append([]keys.Scope{keys.Sessions}, scopes...)
	}
	full, short := keys.Scope.Name, keys.Scope.Short
	none := func(keys.Scope) string { return "" }
	type names struct{ shown, others func(keys.Scope) string }
	for _, n := range []names{{full, full}, {full, short}, {short, short}, {full, none}} {
		line := b.draw(scopes, current, n.shown, n.others, x)
		if widget.Width(line) <= width {
			return line
		}
	}
	return b.title(b.panes.get(current), width)
}

func (b *tabBar) draw(scopes []keys.Scope, current keys.Scope, shown, others func(keys.Scope) string, x int) string {
	st := b.panes.ctx.Styles
	var parts []string
	b.drawn = nil
	for _, s := range scopes {
		style, name := st.Dim, others(s)
		if s == current {
			style, name = st.Strong, shown(s)
			if b.panes.focus == s {
				style = st.Title
			}
		}
		text := strings.TrimSpace(tabKey(s) + " " + name)
		if what, _ := b.panes.running(s); what != "" {
			text += " ●"
		}
		if s == current { // visible without colour too
			text = "[" + text + "]"
		}
		parts = append(parts, style.Render(text))
		b.drawn = append(b.drawn, tab{scope: s, from: x, to: x + widget.Width(text)})
		x += widget.Width(text) + 2
	}
	return strings.Join(parts, "  ")
}

// title draws the title of a pane.
func (b *tabBar) title(p pane.Pane, width int) string {
	st := b.panes.ctx.Styles
	style := st.Dim
	if b.panes.focus == p.Scope() {
		style = st.Title
	}
	return style.Render(widget.Clip(p.Title(), width))
}

// at is the pane whose tab was drawn in a column.
func (b *tabBar) at(x int) (keys.Scope, bool) {
	for _, t := range b.drawn {
		if x >= t.from && x < t.to {
			return t.scope, true
		}
	}
	return "", false
}

// tabKey is the key that shows a pane.
func tabKey(s keys.Scope) string {
	if s == keys.Sessions {
		return "0"
	}
	for i, p := range keys.Panes() {
		if p == s {
			return fmt.Sprint(i + 1)
		}
	}
	return ""
}
