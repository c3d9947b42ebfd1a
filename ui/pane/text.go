package pane

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/widget"
)

// Fit draws lines into exactly height lines of width cells. Every pane's View ends with it.
func Fit(lines []string, width, height int) string {
	return widget.Fit(strings.Join(lines, "\n"), width, height)
}

// Empty is what a pane shows that has nothing to show without a session: the key that gets one, or, where nothing may be
// kept, the one that looks at a token from elsewhere. then follows what the key does.
func Empty(c *Context, text, then string, width, height int) string {
	if c.ReadOnly {
		b, _ := keys.ByAction(keys.PasteIn)
		return widget.Hint(c.Styles, text, b.Key(), "inspect a token; "+RunsReadOnly, width, height)
	}
	b, _ := keys.ByAction(keys.NewLogin)
	return widget.Hint(c.Styles, text, b.Key(), "get a token"+then, width, height)
}

// Fold breaks text that has no spaces (a URL, a token) at exactly width cells.
func Fold(text string, width int) []string {
	return strings.Split(ansi.Hardwrap(text, max(1, width), true), "\n")
}

// Spread puts left and right at the two ends of a line of width cells; where both do not fit, left alone stays.
func Spread(left, right string, width int) string {
	gap := width - widget.Width(left) - widget.Width(right)
	if gap < 1 {
		return widget.Clip(left, width)
	}
	return left + strings.Repeat(" ", gap) + right
}

// Plural is "1 session", "2 sessions".
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Refuses is what a field for the parameter or the metadata of that name does not take, since it shows what it holds;
// nil leaves it to the kind of the field (see widget.Field).
func Refuses(name string) func(text string) bool {
	switch {
	case strings.HasSuffix(name, "_uri"):
		return tokens.LooksUnlikeAddress
	case strings.HasSuffix(name, "_name"):
		return tokens.LooksUnlikeName
	}
	return nil
}
