package ui

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// layout is the layout of the screen as it is now.
func (r *root) layout() Layout {
	l := Arrange(r.w, r.h, r.focus, len(r.plain()))
	if l.Alone && len(r.alone()) == 0 {
		return Arrange(r.w, r.h, r.focus, r.h-2-leastPane)
	}
	return l
}

// plain are the lines that the visible pane wants to stand on their own.
func (r *root) plain() []string {
	if p := r.plainer(); p != nil {
		return p.FullWidth(r.w)
	}
	return nil
}

// alone are the lines that take the place of the visible pane where it has no room beside the plain ones.
func (r *root) alone() []string { return r.plainer().FullScreen(r.w, r.h) }

// plainer is the visible pane, if it has plain lines; else nil.
func (r *root) plainer() pane.FullWidthLines {
	visible := r.shown
	if r.w < wideFrom {
		visible = r.focus
	}
	p, _ := r.pane(visible).(pane.FullWidthLines)
	return p
}

// drawAlone draws the lines that take the place of the panes, without header and footer where they need the room.
func (r *root) drawAlone() string {
	lines := r.alone()
	if len(lines) > r.h-2 {
		return strings.Join(lines, "\n")
	}
	body := widget.Fit(strings.Join(lines, "\n"), r.w, r.h-2)
	return strings.Join([]string{r.header(r.w), body, r.footer(r.w)}, "\n")
}

// screen draws everything but the modals.
func (r *root) screen() string {
	l := r.layout()
	if l.Small {
		text := fmt.Sprintf("fob needs %dx%d cells; this terminal has %dx%d. q quits.", leastWidth, leastHeight, r.w,
			r.h)
		return strings.Join(widget.Wrap(text, max(1, r.w)), "\n")
	}
	if l.Alone {
		return r.drawAlone()
	}
	var parts []string
	if l.List.W > 0 {
		parts = append(parts, r.box(keys.Sessions, l.List, l.Main.W == 0))
	}
	if l.Main.W > 0 {
		parts = append(parts, r.box(r.shown, l.Main, true))
	}
	lines := []string{r.header(l.Header.W), widget.Beside(parts...)}
	if l.Plain.H > 0 {
		plain := r.plain()
		for i := range l.Plain.H {
			lines = append(lines, widget.Clip(plain[i], l.Plain.W))
		}
	}
	return strings.Join(append(lines, r.footer(l.Footer.W)), "\n")
}

// content is where a pane draws within its rectangle: the border is left out, and a margin in the main part.
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
	if r.focus == s {
		border = st.BorderFocus
		if st.Heavy {
			line = thick
		}
	}
	in := content(area, s)
	margin := strings.Repeat(" ", in.X-area.X-1)
	p := r.pane(s)
	inner := area.W - 2
	title := r.titleOf(p, inner)
	if tabbed {
		title = r.tabLine(area, inner)
	}
	title = widget.Clip(title, inner-2)
	var b strings.Builder
	b.WriteString(border.Render(line.topLeft+" ") + title + border.Render(" "+strings.Repeat(line.across,
		max(0, inner-widget.Width(title)-2))+line.topRight))
	side := border.Render(line.down)
	for _, text := range strings.Split(widget.Fit(p.View(in.W, in.H), in.W, in.H), "\n") {
		b.WriteString("\n" + side + margin + text + margin + side)
	}
	b.WriteString("\n" + border.Render(line.bottomLeft+strings.Repeat(line.across, inner)+line.bottomRight))
	return b.String()
}

// lines are what a border is drawn with.
type lines struct{ topLeft, topRight, bottomLeft, bottomRight, across, down string }

var (
	thin  = lines{"╭", "╮", "╰", "╯", "─", "│"}
	thick = lines{"┏", "┓", "┗", "┛", "━", "┃"}
)

func (r *root) titleOf(p pane.Pane, w int) string {
	st := r.ctx.Styles
	title := widget.Clip(p.Title(), w-2)
	if r.focus == p.Scope() {
		return st.Title.Render(title)
	}
	return st.Dim.Render(title)
}

// tab is where a tab was drawn.
type tab struct {
	scope    keys.Scope
	from, to int // columns of the screen
}

// tabLine draws "1 Token  2 Expiry …" into w cells. Where that is too much, names are shortened, those of the panes
// that are not shown first; at last only their keys are left.
func (r *root) tabLine(area Rect, w int) string {
	current, scopes := r.shown, keys.Panes()
	if r.w < wideFrom {
		current, scopes = r.focus, append([]keys.Scope{keys.Sessions}, scopes...)
	}
	full, short := keys.Scope.Name, keys.Scope.Short
	none := func(keys.Scope) string { return "" }
	for _, form := range []struct{ shown, others func(keys.Scope) string }{{full, full}, {full, short},
		{short, short}, {full, none}} {
		line, tabs := r.tabsFor(scopes, current, form.shown, form.others, area.X+2)
		r.tabs = tabs
		if widget.Width(line) <= w-2 {
			return line
		}
	}
	return r.titleOf(r.pane(current), w)
}

func (r *root) tabsFor(scopes []keys.Scope, current keys.Scope, shown, others func(keys.Scope) string, x int) (string,
	[]tab) {
	st := r.ctx.Styles
	var parts []string
	var tabs []tab
	for _, s := range scopes {
		look, name := st.Dim, others(s)
		if s == current {
			look, name = st.Strong, shown(s)
			if r.focus == s {
				look = st.Title
			}
		}
		text := strings.TrimSpace(tabKey(s) + " " + name)
		if what, _ := r.runningIn(s); what != "" {
			text += " ●"
		}
		// The pane that is shown is also marked without colour.
		if s == current {
			text = "[" + text + "]"
		}
		parts = append(parts, look.Render(text))
		tabs = append(tabs, tab{scope: s, from: x, to: x + widget.Width(text)})
		x += widget.Width(text) + 2
	}
	return strings.Join(parts, "  "), tabs
}

// tabKey is the key that goes to the pane.
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

func (r *root) tabAt(x int) (keys.Scope, bool) {
	for _, t := range r.tabs {
		if x >= t.from && x < t.to {
			return t.scope, true
		}
	}
	return "", false
}

// header is the first line: who is selected, how many sessions there are, whether the vault works.
func (r *root) header(w int) string {
	st := r.ctx.Styles
	left := " " + st.Title.Render("fob")
	for _, badge := range []string{r.banner, map[bool]string{true: "read-only"}[r.ctx.ReadOnly]} {
		if badge != "" {
			left += " " + st.Banner.Render(" "+tokens.VisibleLine(badge)+" ")
		}
	}
	if who := r.who(); who != "" {
		left += "   " + who
	}
	right := []string{r.goingOn(), r.counts(), r.vaultState(), st.Key.Render("?") + st.Dim.Render(" help") + " "}
	// What matters least goes first where there is no room: the vault while it works, the counts, then the rest.
	if r.list.vault == "ok" && widget.Width(left)+width(right) > w {
		right = slices.Delete(right, 2, 3)
	}
	for len(right) > 2 && widget.Width(left)+width(right) > w { // but a run that waits
		right = slices.Delete(right, 1, 2)
	}
	if widget.Width(left)+width(right) > w {
		right = right[1:]
	}
	tail := joinDots(st, right)
	return widget.Pad(left, w-widget.Width(tail)-1) + " " + tail
}

// goingOn says what goes on in a pane that may not be shown, with the key that goes there.
func (r *root) goingOn() string {
	st := r.ctx.Styles
	for _, s := range keys.Panes() {
		if what, waits := r.runningIn(s); what != "" && s != r.focus {
			look := st.Dim
			if waits {
				look = st.Warn
			}
			return st.Key.Render(tabKey(s)) + " " + look.Render(what)
		}
	}
	return ""
}

// runningIn is what goes on in the pane of a scope: see pane.Runner.
func (r *root) runningIn(s keys.Scope) (what string, waits bool) {
	if p, ok := r.pane(s).(pane.Runner); ok {
		return p.Running()
	}
	return "", false
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
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, st.Faint.Render(" · "))
}

func (r *root) who() string {
	m := r.list.selected
	st := r.ctx.Styles
	if m.ID == "" {
		if r.ctx.Profile == "" || r.ctx.Profile == r.banner {
			return ""
		}
		return st.Dim.Render(tokens.VisibleLine(r.ctx.Profile))
	}
	name := pane.SessionName(m)
	text := st.Strong.Render(name)
	// A label that fob made names the profile already.
	if m.Profile != "" && !strings.Contains(name, tokens.VisibleLine(m.Profile)) {
		text += st.Dim.Render(" · " + tokens.VisibleLine(m.Profile))
	}
	return text
}

func (r *root) counts() string {
	st := r.ctx.Styles
	if !r.list.read {
		return ""
	}
	n := len(r.list.all)
	text := fmt.Sprintf("%s sessions", widget.Thousands(n))
	if n == 1 {
		text = "1 session"
	}
	text = st.Dim.Render(text)
	soon, over := r.list.count(r.ctx.Now())
	// What comes and goes stands first, so that the rest of the line keeps its place.
	if soon > 0 {
		text = st.Warn.Render(fmt.Sprintf("%d expiring", soon)) + st.Dim.Render(", ") + text
	}
	if over > 0 {
		text = st.Bad.Render(fmt.Sprintf("%d expired", over)) + st.Dim.Render(", ") + text
	}
	return text
}

func (r *root) vaultState() string {
	st := r.ctx.Styles
	name := r.svc.VaultName()
	switch r.list.vault {
	case "":
		return st.Dim.Render(name + " … ")
	case "ok":
		return st.Dim.Render(name+" ") + st.Good.Render("ok")
	}
	return st.Bad.Render(name + " " + r.list.vault)
}

// footer is the last line: a notice while there is one, else what can be done here.
func (r *root) footer(w int) string {
	st := r.ctx.Styles
	if text := r.toast.Text(); text != "" {
		return widget.Clip(" "+st.Toast.Render("• "+text), w)
	}
	switch r.modals.Top().(type) {
	case nil:
	case *widget.Picker:
		return r.hints(w, "↑↓", "choose", "enter", "do it", "esc", "close")
	default:
		return r.hints(w, "esc", "close")
	}
	if r.focused().Editing() {
		return r.fit(w, []keys.Action{keys.Back, keys.Palette}, "enter", "go on", "tab", "next field")
	}
	var list []keys.Action
	list = append(list, keys.Open)
	for _, b := range keys.In(r.focus) {
		if b.Footer {
			list = append(list, b.Action)
		}
	}
	for _, b := range keys.In(keys.Global) {
		if b.Footer && b.Action != keys.Open && b.Action != keys.Help {
			list = append(list, b.Action)
		}
	}
	return r.fit(w, list)
}

// hints draws pairs of key and label.
func (r *root) hints(w int, pairs ...string) string {
	st := r.ctx.Styles
	line := ""
	for i := 0; i+1 < len(pairs); i += 2 {
		line += " " + st.Key.Render(pairs[i]) + st.Dim.Render(" "+pairs[i+1]) + "  "
	}
	return widget.Clip(line, w)
}

// paletteFrom is the width from which the footer always names the key to every command.
const paletteFrom = 90

// fit draws as many of the actions as fit, those that cannot be carried out now left out, with help at the right.
// extra are pairs of key and label that come first.
func (r *root) fit(w int, list []keys.Action, extra ...string) string {
	st := r.ctx.Styles
	help, _ := keys.ByAction(keys.Help)
	key := help.Key()
	if r.focused().Editing() {
		key = keys.Show(help.Keys[len(help.Keys)-1])
	}
	right := st.Key.Render(key) + st.Dim.Render(" "+help.Label) + " "
	if palette, ok := keys.ByAction(keys.Palette); ok && w >= paletteFrom {
		right = st.Key.Render(r.footerKey(palette)) + st.Dim.Render(" "+palette.Label) + "   " + right
		list = slices.DeleteFunc(slices.Clone(list), func(a keys.Action) bool { return a == keys.Palette })
	}
	room := w - widget.Width(right) - 1
	left := ""
	add := func(key, label string) {
		part := " " + st.Key.Render(key) + st.Dim.Render(" "+label) + "  "
		if widget.Width(left)+widget.Width(part) <= room {
			left += part
		}
	}
	for i := 0; i+1 < len(extra); i += 2 {
		add(extra[i], extra[i+1])
	}
	for _, a := range list {
		b, ok := keys.ByAction(a)
		if ok && b.AppliesIn(r.focus) && r.disabled(b) == "" {
			add(r.footerKey(b), b.Label)
		}
	}
	return widget.Pad(left, room) + " " + right
}

// footerKey is the key that works now: while a field has the focus, one that is no text.
func (r *root) footerKey(b keys.Binding) string {
	if r.focused().Editing() {
		for _, k := range b.Keys {
			if len([]rune(k)) > 1 {
				return keys.Show(k)
			}
		}
	}
	return b.Key()
}
