package pane

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Fit makes exactly height lines of at most width cells: longer lines end in "…", lines too many are left out, lines
// too few are empty. Every pane's View ends with it.
func Fit(lines []string, width, height int) string {
	if width <= 0 || height <= 0 {
		return strings.Repeat("\n", max(height-1, 0))
	}
	out := make([]string, height)
	for i := range out {
		if i < len(lines) {
			out[i] = Cut(lines[i], width)
		}
	}
	return strings.Join(out, "\n")
}

// Cut shortens a line to width cells, ending it in "…" when something is left out.
func Cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if strings.Contains(s, "\n") {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	return ansi.Truncate(s, width, "…")
}

// Pad cuts or fills a line with spaces to exactly width cells.
func Pad(s string, width int) string {
	s = Cut(s, width)
	return s + strings.Repeat(" ", max(width-ansi.StringWidth(s), 0))
}

// PadLeft is Pad with the spaces before the text: for numbers.
func PadLeft(s string, width int) string {
	s = Cut(s, width)
	return strings.Repeat(" ", max(width-ansi.StringWidth(s), 0)) + s
}

// Wrap breaks text into lines of at most width cells, at spaces where there are any.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}

// WrapIndent is Wrap with indent before every line.
func WrapIndent(s string, width int, indent string) []string {
	lines := Wrap(s, width-ansi.StringWidth(indent))
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return lines
}

// Fold breaks text that has no spaces (a URL, a token) at exactly width cells.
func Fold(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	return strings.Split(ansi.Hardwrap(s, width, true), "\n")
}

// Spread puts left and right at the two ends of a line of width cells; what does not fit is cut from the right text
// first.
func Spread(left, right string, width int) string {
	gap := width - ansi.StringWidth(left) - ansi.StringWidth(right)
	if gap < 1 {
		return Cut(left, width)
	}
	return left + strings.Repeat(" ", gap) + right
}

// Columns shares width among columns whose natural widths are wanted; each keeps at least 4 cells, and the widest
// give way first. gap is the number of cells between two columns.
func Columns(wanted []int, width, gap int) []int {
	got := append([]int(nil), wanted...)
	room := width - gap*(len(got)-1)
	for {
		sum, widest := 0, 0
		for i, w := range got {
			sum += w
			if w > got[widest] {
				widest = i
			}
		}
		if sum <= room || len(got) == 0 || got[widest] <= 4 {
			return got
		}
		got[widest] -= min(sum-room, max(1, got[widest]-secondWidest(got, widest)))
		got[widest] = max(got[widest], 4)
	}
}

func secondWidest(ws []int, widest int) int {
	second := 0
	for i, w := range ws {
		if i != widest && w > second {
			second = w
		}
	}
	return second
}

// Plural is "1 session", "2 sessions".
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
