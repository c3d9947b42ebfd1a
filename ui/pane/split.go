package pane

import (
	"strings"

	"fob/ui/theme"
	"fob/ui/widget"
)

// The width from which a list has the detail of its selected row beside it, and the height from which it has it below.
// With less, only the list is shown: enter opens the row.
const (
	besideFrom = 124
	belowFrom  = 13
)

// IsWide reports whether a pane of the width shows a list and the detail of its row side by side.
func IsWide(width int) bool { return width >= besideFrom }

// Split draws a list that needs rows lines, with the detail of its selected row: below it, or beside it on a wide
// screen, or not at all on a small one. The list keeps its place while the cursor moves.
func Split(st *theme.Styles, width, height, rows int, list func(w, h int) string, detail func(w int) []string) string {
	switch {
	case IsWide(width) && height > 3:
		left := max(width*5/8, width-90)
		text := Fit(cutWithHint(st, detail(width-left-3), height), width-left-3, height)
		rule := strings.TrimSuffix(strings.Repeat(" "+st.Line.Render("│")+" \n", height), "\n")
		return widget.Beside(widget.Fit(list(left, height), left, height), rule, text)
	case height < belowFrom:
		return list(width, height)
	}
	minDetail := max(5, min(11, height*2/5))
	top := min(rows, height-1-minDetail)
	lines := append(strings.Split(list(width, top), "\n"), st.Line.Render(strings.Repeat("─", width)))
	return Fit(append(lines, cutWithHint(st, detail(width), height-1-top)...), width, height)
}

// cutWithHint returns at most height lines; the last one says that there are more.
func cutWithHint(st *theme.Styles, lines []string, height int) []string {
	if len(lines) <= height || height <= 0 {
		return lines
	}
	return append(lines[:height-1:height-1], st.Dim.Render("… ")+st.Key.Render("enter")+st.Dim.Render(" shows all"))
}

// ShortSpec shortens a reference to a spec: the first one of several, "OIDC" for OpenID Connect.
func ShortSpec(spec string) string {
	first, _, _ := strings.Cut(spec, ", ")
	return strings.NewReplacer("OpenID Connect ", "OIDC ", "OpenID ", "").Replace(first)
}
