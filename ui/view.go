package ui

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// layout is the present layout of the screen.
func (r *root) layout() Layout {
	lines := 0
	p := r.panes.fullWidth(r.w)
	if p != nil {
		lines = len(p.FullWidth(r.w))
	}
	l := Arrange(r.w, r.h, r.panes.focus, lines)
	if l.FullScreen && len(p.FullScreen(r.w, r.h)) == 0 {
		return Arrange(r.w, r.h, r.panes.focus, r.h-2-minPane)
	}
	return l
}

// screen draws everything except the dialogs.
func (r *root) screen() string {
	l := r.layout()
	switch {
	case l.Small:
		text := fmt.Sprintf("fob needs %dx%d cells; this terminal has %dx%d. q quits.", minWidth, minHeight, r.w, r.h)
		return strings.Join(widget.Wrap(text, max(1, r.w)), "\n")
	case l.FullScreen:
		lines := r.panes.fullWidth(r.w).FullScreen(r.w, r.h)
		if len(lines) > r.h-2 { // without header and footer
			return strings.Join(lines, "\n")
		}
		body := widget.Fit(strings.Join(lines, "\n"), r.w, r.h-2)
		return strings.Join([]string{r.header(r.w), body, r.footer(r.w)}, "\n")
	}
	var parts []string
	if l.List.W > 0 {
		parts = append(parts, r.box(keys.Sessions, l.List, l.Main.W == 0))
	}
	if l.Main.W > 0 {
		parts = append(parts, r.box(r.panes.shown, l.Main, true))
	}
	lines := []string{r.header(l.Header.W), widget.Beside(parts...)}
	if l.FullWidth.H > 0 {
		for _, line := range r.panes.fullWidth(r.w).FullWidth(r.w)[:l.FullWidth.H] {
			lines = append(lines, widget.Clip(line, l.FullWidth.W))
		}
	}
	return strings.Join(append(lines, r.footer(l.Footer.W)), "\n")
}

// content is where a pane draws within its rectangle: without the border, and with a margin in the main part.
func content(area Rect, s keys.Scope) Rect {
	in := area.inside()
	if s == keys.Sessions || in.W < 20 {
		return in
	}
	return Rect{in.X + 1, in.Y, in.W - 2, in.H}
}

// box draws a pane with its border; tabbed puts the tabs into the upper edge instead of the title.
func (r *root) box(s keys.Scope, area Rect, tabbed bool) string {
	st := r.ctx.Styles
	border, line := st.Border, thin
	if r.panes.focus == s {
		border = st.BorderFocus
		if st.Heavy {
			line = thick
		}
	}
	in := content(area, s)
	margin := strings.Repeat(" ", in.X-area.X-1)
	p := r.panes.get(s)
	inner := area.W - 2
	title := ""
	if tabbed {
		title = r.tabs.line(area.X+2, inner-2, r.w)
	} else {
		title = r.tabs.title(p, inner-2)
	}
	title = widget.Clip(title, inner-2)
	edge := strings.Repeat(line.across, max(0, inner-widget.Width(title)-2))
	var b strings.Builder
	b.WriteString(border.Render(line.topLeft+" ") + title + border.Render(" "+edge+line.topRight))
	side := border.Render(line.down)
	for _, text := range strings.Split(widget.Fit(p.View(in.W, in.H), in.W, in.H), "\n") {
		b.WriteString("\n" + side + margin + text + margin + side)
	}
	b.WriteString("\n" + border.Render(line.bottomLeft+strings.Repeat(line.across, inner)+line.bottomRight))
	return b.String()
}

// borderLines are the characters of a border.
type borderLines struct{ topLeft, topRight, bottomLeft, bottomRight, across, down string }

var (
	thin  = borderLines{"╭", "╮", "╰", "╯", "─", "│"}
	thick = borderLines{"┏", "┓", "┗", "┛", "━", "┃"}
)

// header is the first line: the selected session, the number of sessions, whether the vault works.
func (r *root) header(w int) string {
	st := r.ctx.Styles
	left := " " + st.Title.Render("fob")
	for _, badge := range []string{r.banner, map[bool]string{true: "read-only"}[r.ctx.ReadOnly]} {
		if badge != "" {
			left += " " + st.Banner.Render(" "+tokens.VisibleLine(badge)+" ")
		}
	}
	if m := r.list.selected; m.ID != "" {
		left += "   " + sessionTitle(st, m)
	} else if p := r.ctx.Profile; p != "" && p != r.banner {
		left += "   " + st.Dim.Render(tokens.VisibleLine(p))
	}
	right := []string{r.panes.runningHint(), r.list.summary(st, r.ctx.Now()),
		r.list.vaultState(st, r.svc.VaultName()), st.Key.Render("?") + st.Dim.Render(" help") + " "}
	// Where there is no room, the least important parts are left out first: the vault while it works, the counts.
	if r.list.vault == "ok" && widget.Width(left)+width(right) > w {
		right = slices.Delete(right, 2, 3)
	}
	for len(right) > 2 && widget.Width(left)+width(right) > w { // a run that waits is kept
		right = slices.Delete(right, 1, 2)
	}
	if widget.Width(left)+width(right) > w {
		right = right[1:]
	}
	tail := joinDots(st, right)
	return widget.Pad(left, w-widget.Width(tail)-1) + " " + tail
}

func width(parts []string) int {
	n := 1
	for _, p := range parts {
		if p != "" {
			n += widget.Width(p) + 3
		}
	}
	return n
}

func joinDots(st *theme.Styles, parts []string) string {
	some := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	return strings.Join(some, st.Faint.Render(" · "))
}

// sessionTitle draws the name of a session with its profile.
func sessionTitle(st *theme.Styles, m vault.Meta) string {
	name := pane.SessionName(m)
	text := st.Strong.Render(name)
	// A label that fob made has the profile already.
	if m.Profile != "" && !strings.Contains(name, tokens.VisibleLine(m.Profile)) {
		text += st.Dim.Render(" · " + tokens.VisibleLine(m.Profile))
	}
	return text
}

// footer is the last line: the toast while there is one, else the keys that work now.
func (r *root) footer(w int) string {
	st := r.ctx.Styles
	if text := r.notices.toast.Text(); text != "" {
		return widget.Clip(" "+st.Toast.Render("• "+text), w)
	}
	switch r.notices.modals.Top().(type) {
	case nil:
	case *widget.Picker:
		return widget.Clip(hint(st, "↑↓", "choose")+hint(st, "enter", "do it")+hint(st, "esc", "close"), w)
	default:
		return widget.Clip(hint(st, "esc", "close"), w)
	}
	if r.panes.focused().Editing() {
		hints := []string{hint(st, "enter", "go on"), hint(st, "tab", "next field")}
		return r.actionHints(w, []keys.Action{keys.Back, keys.Palette}, hints)
	}
	list := []keys.Action{keys.Open}
	for _, b := range keys.In(r.panes.focus) {
		if b.Footer {
			list = append(list, b.Action)
		}
	}
	for _, b := range keys.In(keys.Global) {
		if b.Footer && b.Action != keys.Open && b.Action != keys.Help {
			list = append(list, b.Action)
		}
	}
	return r.actionHints(w, list, nil)
}

// hint draws a key with its label.
func hint(st *theme.Styles, key, label string) string {
	return " " + st.Key.Render(key) + st.Dim.Render(" "+label) + "  "
}

// paletteFrom is the width from which the footer always shows the key of the palette.
const paletteFrom = 90

// actionHints draws hints, then as many of the enabled actions as fit, with help at the right.
func (r *root) actionHints(w int, list []keys.Action, hints []string) string {
	st := r.ctx.Styles
	help, _ := keys.ByAction(keys.Help)
	editing := r.panes.focused().Editing()
	right := st.Key.Render(keyNow(help, editing)) + st.Dim.Render(" "+help.Label) + " "
	if palette, ok := keys.ByAction(keys.Palette); ok && w >= paletteFrom {
		right = st.Key.Render(keyNow(palette, editing)) + st.Dim.Render(" "+palette.Label) + "   " + right
		list = slices.DeleteFunc(slices.Clone(list), func(a keys.Action) bool { return a == keys.Palette })
	}
	for _, a := range list {
		b, ok := keys.ByAction(a)
		if ok && b.AppliesIn(r.panes.focus) && r.disabled(b) == "" {
			hints = append(hints, hint(st, keyNow(b, editing), b.Label))
		}
	}
	room, left := w-widget.Width(right)-1, ""
	for _, h := range hints {
		if widget.Width(left)+widget.Width(h) <= room {
			left += h
		}
	}
	return widget.Pad(left, room) + " " + right
}

// keyNow is the key of a binding that works now: in a field, one that is not text.
func keyNow(b keys.Binding, editing bool) string {
	for _, k := range b.Keys {
		if !editing || len([]rune(k)) > 1 {
			return keys.Show(k)
		}
	}
	return b.Key()
}
