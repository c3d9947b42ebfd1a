package pane

import (
	"strings"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/widget"
)

// Fit draws lines into exactly height lines of width cells. Every pane's View returns its result.
func Fit(lines []string, width, height int) string {
	return widget.Fit(strings.Join(lines, "\n"), width, height)
}

// EmptyView is what a pane shows while there is no session: the key that signs in, or, with --read-only, the one that
// inspects a pasted token. then follows what the key does.
func EmptyView(c *Context, text, then string, width, height int) string {
	if c.ReadOnly {
		b, _ := keys.ByAction(keys.PasteIn)
		return widget.Hint(c.Styles, text, b.Key(), "inspect a token; "+ReadOnlyReason, width, height)
	}
	b, _ := keys.ByAction(keys.NewLogin)
	return widget.Hint(c.Styles, text, b.Key(), "get a token"+then, width, height)
}

// RejectsFor returns what a field for the named parameter or metadata member rejects, because its text is shown
// unmasked: tokens and secrets. nil leaves it to the kind of the field (see widget.Field).
func RejectsFor(name string) func(text string) bool {
	switch {
	case strings.HasSuffix(name, "_uri"):
		return tokens.LooksUnlikeAddress
	case strings.HasSuffix(name, "_name"):
		return tokens.LooksUnlikeName
	}
	return nil
}
