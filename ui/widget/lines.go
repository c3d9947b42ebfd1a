package widget

import (
	"strconv"
	"strings"
)

// Spread puts left and right at the two ends of a line of width cells. Where both do not fit, it returns left alone.
func Spread(left, right string, width int) string {
	gap := width - Width(left) - Width(right)
	if gap < 1 {
		return Clip(left, width)
	}
	return left + strings.Repeat(" ", gap) + right
}

// WrapItems puts items side by side, gap cells apart, in as few lines of width cells as they need.
func WrapItems(items []string, width, gap int) []string {
	var lines []string
	line := ""
	for _, item := range items {
		switch {
		case line == "":
			line = item
		case Width(line)+gap+Width(item) <= width:
			line += strings.Repeat(" ", gap) + item
		default:
			lines = append(lines, line)
			line = item
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Plural is "1 session", "2 sessions".
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
