package pane

import (
	"strings"

	"fob/ui/theme"
	"fob/ui/widget"
)

// Where a list and what is said of the row under its cursor stand beside each other, and the least height at which they
// stand above each other. With less, the list stands alone: enter opens the row.
const (
	besideFrom = 124
	belowFrom  = 13
)

// Wide reports whether a pane of the width has a list and what is said of its rows beside each other.
func Wide(width int) bool { return width >= besideFrom }

// Split draws a list that wants rows lines, with what is said of the row under its cursor: below it, or beside it on a
// wide screen, or not at all on a small one. The list keeps its place while the cursor moves.
func Split(st *theme.Styles, width, height, rows int, list func(w, h int) string, detail func(w int) []string) string {
	switch {
	case Wide(width) && height > 3:
		left := max(width*5/8, width-90)
		text := Fit(cut(st, detail(width-left-3), height), width-left-3, height)
		rule := strings.TrimSuffix(strings.Repeat(" "+st.Line.Render("│")+" \n", height), "\n")
		return widget.Beside(widget.Fit(list(left, height), left, height), rule, text)
	case height < belowFrom:
		return list(width, height)
	}
	least := max(5, min(11, height*2/5))
	top := min(rows, height-1-least)
	lines := append(strings.Split(list(width, top), "\n"), st.Line.Render(strings.Repeat("─", width)))
	return Fit(append(lines, cut(st, detail(width), height-1-top)...), width, height)
}

// cut says in the last line that there is more than height lines.
func cut(st *theme.Styles, lines []string, height int) []string {
	if len(lines) <= height || height <= 0 {
		return lines
	}
	return append(lines[:height-1:height-1], st.Dim.Render("… ")+st.Key.Render("enter")+st.Dim.Render(" shows all"))
}

// ShortSpec is a section of a spec in few cells: the first one of several, "OIDC" for OpenID Connect.
func ShortSpec(spec string) string {
	first, _, _ := strings.Cut(spec, ", ")
	return strings.NewReplacer("OpenID Connect ", "OIDC ", "OpenID ", "").Replace(first)
}
