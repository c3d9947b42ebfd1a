package widget

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

func (f *Form) hidden(i int) bool {
	return i >= 0 && i < len(f.fields) && f.fields[i].Advanced && !f.advanced
}

func (f *Form) hasAdvanced() bool {
	for i := range f.fields {
		if f.fields[i].Advanced {
			return true
		}
	}
	return false
}

// order returns the focusable parts from top to bottom: plain fields, the fold, advanced fields, the button.
func (f *Form) order() []int {
	var list []int
	for i := range f.fields {
		if !f.fields[i].Advanced {
			list = append(list, i)
		}
	}
	if f.hasAdvanced() {
		list = append(list, onFold)
		for i := range f.fields {
			if f.fields[i].Advanced && f.advanced {
				list = append(list, i)
			}
		}
	}
	return append(list, len(f.fields))
}

func (f *Form) step(from, d int) int {
	order := f.order()
	for k, i := range order {
		if i == from {
			return order[(k+d+len(order))%len(order)]
		}
	}
	return order[0]
}

func (f *Form) move(d int) {
	f.leave()
	f.at = f.step(f.at, d)
}

// Click focuses the part at line y of the last View and reports whether it was the button.
func (f *Form) Click(y int) FormEvent {
	if y < 0 || y >= len(f.lineTargets) || f.lineTargets[y] == noTarget {
		return FormNone
	}
	f.leave()
	f.at = f.lineTargets[y]
	if x := f.current(); x != nil && (x.Kind == BoolField || x.Kind == ChoiceField) {
		return f.typed(tea.KeyMsg{Type: tea.KeySpace})
	}
	if f.at == len(f.fields) || f.at == onFold {
		return f.enter(tea.KeyMsg{Type: tea.KeyEnter})
	}
	return FormNone
}

// View draws the form into h lines of w cells, scrolled so that the focused part is visible.
func (f *Form) View(w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	var lines []string
	var spots []int
	add := func(spot int, more ...string) {
		for _, l := range more {
			lines = append(lines, l)
			spots = append(spots, spot)
		}
	}
	from, to := 0, 0
	label := f.labelWidth(w)
	for _, i := range f.order() {
		start := len(lines)
		switch {
		case i == onFold:
			add(noTarget, "")
			add(onFold, f.foldLine(w))
		case i == len(f.fields):
			add(noTarget, "")
			add(i, f.buttonLine())
		default:
			add(i, f.fieldLines(i, label, w)...)
		}
		if i == f.at {
			from, to = start, len(lines)
		}
	}
	if to-f.top > h {
		f.top = to - h
	}
	if from < f.top {
		f.top = from
	}
	f.top = max(0, min(f.top, len(lines)-h))
	lines, spots = lines[f.top:], spots[f.top:]
	f.lineTargets = spots[:min(len(spots), h)]
	return Fit(strings.Join(lines, "\n"), w, h)
}

func (f *Form) labelWidth(w int) int {
	n := 0
	for i := range f.fields {
		if !f.hidden(i) {
			n = max(n, Width(f.fields[i].Label)+1)
		}
	}
	return min(n, max(8, w/3))
}

func (f *Form) fieldLines(i, label, w int) []string {
	x := &f.fields[i]
	focused := i == f.at
	mark, style := "  ", f.Styles.Label
	if focused {
		mark, style = f.Styles.Accent.Render("> "), f.Styles.Strong
	}
	name := x.Label
	if x.Required {
		name += "*"
	}
	indent := spaces(2 + label + 2)
	room := max(4, w-2-label-2)
	body := f.fieldBody(x, room, focused)
	lines := []string{mark + style.Render(Pad(name, label)) + "  " + body[0]}
	for _, l := range body[1:] {
		lines = append(lines, indent+l)
	}
	if message := f.problem[x.Name]; message != "" {
		for _, l := range Wrap("! "+message, room) {
			lines = append(lines, indent+f.Styles.Bad.Render(l))
		}
	} else if focused && x.Help != "" {
		help := x.Help
		if x.Spec != "" {
			help += " " + x.Spec + "."
		}
		if at, of := x.in.Line(); x.Kind == LinesField && of > max(4, x.Lines) {
			help += fmt.Sprintf(" Line %d of %d.", at, of)
		}
		for _, l := range Wrap(help, room) {
			lines = append(lines, indent+f.Styles.Dim.Render(l))
		}
	}
	return lines
}

func (f *Form) fieldBody(x *formField, w int, focused bool) []string {
	st := f.Styles
	switch x.Kind {
	case ChoiceField:
		return []string{f.choiceLine(x, w, focused)}
	case BoolField:
		box := "[ ] no"
		if x.in.Value() == "true" {
			box = "[x] yes"
		}
		if focused {
			box += st.Dim.Render("   space switches")
		}
		return []string{Clip(box, w)}
	case LinesField:
		h := x.Lines
		if h <= 0 {
			h = 4
		}
		lines := x.in.ViewLines(st, w-2, h, focused)
		bar := st.Line.Render("│ ")
		if focused {
			bar = st.Accent.Render("│ ")
		}
		for i := range lines {
			lines[i] = bar + lines[i]
		}
		return lines
	}
	body := x.in.View(st, w, focused)
	if !focused && x.in.Value() == "" && x.Placeholder == "" {
		body = st.Faint.Render("–")
	}
	return []string{body}
}

// choiceLine shows all choices side by side if they fit, else only the chosen one.
func (f *Form) choiceLine(x *formField, w int, focused bool) string {
	st := f.Styles
	var parts []string
	total := 0
	for _, c := range x.Choices {
		total += Width(c) + 4
		switch {
		case c != x.in.Value():
			parts = append(parts, " "+st.Dim.Render(c)+" ")
		case focused:
			parts = append(parts, st.Selected.Render("‹"+c+"›"))
		default:
			parts = append(parts, st.Strong.Render("‹"+c+"›"))
		}
	}
	if total <= w {
		return strings.Join(parts, "  ")
	}
	style := st.Strong
	if focused {
		style = st.Selected
	}
	more := ""
	if focused {
		more = st.Dim.Render("  ← → choose")
	}
	return Clip(style.Render("‹"+x.in.Value()+"›")+more, w)
}

func (f *Form) foldLine(w int) string {
	mark, style := "  ", f.Styles.Dim
	if f.at == onFold {
		mark, style = f.Styles.Accent.Render("> "), f.Styles.Strong
	}
	if f.advanced {
		return mark + style.Render(Clip("▾ fewer settings", w-2))
	}
	var names []string
	for i := range f.fields {
		if f.fields[i].Advanced {
			names = append(names, strings.ToLower(f.fields[i].Label))
		}
	}
	return mark + Clip(style.Render("▸ more settings")+f.Styles.Faint.Render("   "+strings.Join(names, ", ")), w-2)
}

func (f *Form) buttonLine() string {
	text := "[ " + f.Submit + " ]"
	if f.at == len(f.fields) {
		return f.Styles.Accent.Render("> ") + f.Styles.Selected.Render(text) + f.Styles.Dim.Render("  enter")
	}
	return "  " + f.Styles.Strong.Render(text) + f.Styles.Dim.Render("  ctrl+x")
}
