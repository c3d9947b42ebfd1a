package flow

import (
	"strings"

	"fob/flows"
	"fob/ui/theme"
	"fob/ui/widget"
)

// lanesFrom is the pane width from which lanes are drawn. Below it, the actors are named in each line.
const lanesFrom = 76

// lane is the column of an actor: where its name begins, where its line is, and the name.
type lane struct {
	from, middle int
	name         string
}

// laneList are the lanes, each as wide as the name of its actor, one cell apart.
var laneList = func() []lane {
	var list []lane
	at := 0
	for _, a := range flows.Actors() {
		name := shortName(a)
		w := widget.Width(name)
		list = append(list, lane{at, at + w/2, name})
		at += w + 1
	}
	return list
}()

// lanesWidth is the width of all lanes.
var lanesWidth = func() int {
	last := laneList[len(laneList)-1]
	return last.from + widget.Width(last.name)
}()

// laneOf is the index of an actor's lane.
func laneOf(a flows.Actor) int {
	for i, have := range flows.Actors() {
		if have == a {
			return i
		}
	}
	return -1
}

// shortName is the last word of an actor's name: "Server".
func shortName(a flows.Actor) string {
	words := strings.Fields(string(a))
	if len(words) == 1 {
		return words[0]
	}
	last := words[len(words)-1]
	return strings.ToUpper(last[:1]) + last[1:]
}

// laneHeads is the line with the name of each actor above its lane.
func laneHeads() string {
	var b strings.Builder
	for i, l := range laneList {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(l.name)
	}
	return b.String()
}

// lanes draws a step in the lanes, their lines fainter than the arrow.
func lanes(st *theme.Styles, from, to flows.Actor) string {
	var b strings.Builder
	row := []rune(laneRow(from, to))
	for i := 0; i < len(row); {
		style, line := st.Accent, isLine(row[i])
		if line {
			style = st.Faint
		}
		start := i
		for i < len(row) && isLine(row[i]) == line {
			i++
		}
		b.WriteString(style.Render(string(row[start:i])))
	}
	return b.String()
}

func isLine(r rune) bool { return r == '│' || r == ' ' }

// laneRow is one step in the lanes: an arrow from one actor to another, or a dot for a step of one actor.
func laneRow(from, to flows.Actor) string {
	cells := make([]rune, lanesWidth)
	for i := range cells {
		cells[i] = ' '
	}
	for _, l := range laneList {
		cells[l.middle] = '│'
	}
	a, b := laneOf(from), laneOf(to)
	if a < 0 || b < 0 {
		return string(cells)
	}
	start, end := laneList[a].middle, laneList[b].middle
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
