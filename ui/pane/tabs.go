package pane

import (
	"strings"

	"fob/ui/theme"
	"fob/ui/widget"
)

// Tabs draws the names of a pane's views in one line; the shown one is marked by brackets as well as by its look.
func Tabs(st *theme.Styles, names []string, shown int) string {
	parts := make([]string, len(names))
	for i, name := range names {
		if i == shown {
			parts[i] = st.Title.Render("[" + name + "]")
			continue
		}
		parts[i] = st.Dim.Render(" " + name + " ")
	}
	return strings.Join(parts, " ")
}

// TabsIn is Tabs in at most width cells: where not all fit, those around the shown one stay, and ‹ and › say that there are
// more at that side.
func TabsIn(st *theme.Styles, names []string, shown, width int) string {
	if line := Tabs(st, names, shown); widget.Width(line) <= width || shown < 0 || shown >= len(names) {
		return widget.Clip(line, width)
	}
	from, to := shown, shown+1
	line := func(from, to int) string {
		text := Tabs(st, names[from:to], shown-from)
		if from > 0 {
			text = st.Key.Render("‹ ") + text
		}
		if to < len(names) {
			text += st.Key.Render(" ›")
		}
		return text
	}
	for grown := true; grown; {
		grown = false
		if to < len(names) && widget.Width(line(from, to+1)) <= width {
			to, grown = to+1, true
		}
		if from > 0 && widget.Width(line(from-1, to)) <= width {
			from, grown = from-1, true
		}
	}
	return widget.Clip(line(from, to), width)
}
