package pane

import (
	"strings"

	"fob/ui/theme"
	"fob/ui/widget"
)

// Tabs draws the names of a pane's views in one line of at most width cells. Brackets mark the shown one, so that it
// is visible without colour. Where not all fit, those around the shown one are drawn,
// and ‹ and › mark a side with more.
func Tabs(st *theme.Styles, names []string, shown, width int) string {
	line := func(from, to int) string {
		var parts []string
		for i, name := range names[from:to] {
			if from+i == shown {
				parts = append(parts, st.Title.Render("["+name+"]"))
			} else {
				parts = append(parts, st.Dim.Render(" "+name+" "))
			}
		}
		text := strings.Join(parts, " ")
		if from > 0 {
			text = st.Key.Render("‹ ") + text
		}
		if to < len(names) {
			text += st.Key.Render(" ›")
		}
		return text
	}
	if all := line(0, len(names)); widget.Width(all) <= width || shown < 0 || shown >= len(names) {
		return widget.Clip(all, width)
	}
	from, to := shown, shown+1
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
