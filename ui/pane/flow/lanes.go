package flow

import (
	"strings"

	"fob/flows"
	"fob/ui/theme"
	"fob/ui/widget"
)

// laneWidth is the width of one actor's lane; lanesFrom is the pane width from which lanes are drawn. Below it the
// actors are written out in a list.
const (
	laneWidth = 7
	lanesFrom = 86
)

// laneOf is the place of an actor among the lanes.
func laneOf(a flows.Actor) int {
	for i, have := range flows.Actors() {
		if have == a {
			return i
		}
	}
	return -1
}

// shortName is an actor's name that fits a lane: the last word of a longer one, "Server".
func shortName(a flows.Actor) string {
	name := string(a)
	if widget.Width(name) <= laneWidth {
		return name
	}
	words := strings.Fields(name)
	last := words[len(words)-1]
	return strings.ToUpper(last[:1]) + last[1:]
}

// laneHeads is the line above the lanes: each actor over the middle of its lane.
func laneHeads() string {
	var b strings.Builder
	for _, a := range flows.Actors() {
		name := widget.Clip(shortName(a), laneWidth)
		left := (laneWidth - widget.Width(name)) / 2
		b.WriteString(widget.Pad(strings.Repeat(" ", left)+name, laneWidth))
	}
	return b.String()
}

// lanes draws a step in the lanes, the lines of the lanes fainter than the arrow.
func lanes(st *theme.Styles, from, to flows.Actor) string {
	var b strings.Builder
	row := []rune(laneRow(from, to))
	for i := 0; i < len(row); {
		look, line := st.Accent, isLine(row[i])
		if line {
			look = st.Faint
		}
		start := i
		for i < len(row) && isLine(row[i]) == line {
			i++
		}
		b.WriteString(look.Render(string(row[start:i])))
	}
	return b.String()
}

func isLine(r rune) bool { return r == '│' || r == ' ' }

// laneRow draws one step in the lanes: an arrow from one actor to another, a dot where an actor works alone.
func laneRow(from, to flows.Actor) string {
	actors := flows.Actors()
	cells := make([]rune, len(actors)*laneWidth)
	for i := range cells {
		cells[i] = ' '
		if i%laneWidth == laneWidth/2 {
			cells[i] = '│'
		}
	}
	a, b := laneOf(from), laneOf(to)
	if a < 0 || b < 0 {
		return string(cells)
	}
	middle := func(lane int) int { return lane*laneWidth + laneWidth/2 }
	start, end := middle(a), middle(b)
	switch {
	case start == end:
		cells[start] = '●'
	case start < end:
		for i := start + 1; i < end-1; i++ {
			cells[i] = '─'
		}
		cells[start], cells[end-1] = '├', '▶'
	default:
		for i := end + 2; i < start; i++ {
			cells[i] = '─'
		}
		cells[start], cells[end+1] = '┤', '◀'
	}
	return string(cells)
}
