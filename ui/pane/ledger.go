package pane

import (
	"slices"
	"strings"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/theme"
)

// LedgerSummary is a ledger in one line: "14 passed · 1 warning · 0 failed".
func LedgerSummary(st *theme.Styles, l tokens.Ledger) string {
	parts := strings.Split(l.Summary(), " · ")
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "0 warnings" })
	for i, part := range parts {
		style := st.Dim
		switch {
		case strings.HasPrefix(part, "0 "):
		case strings.HasSuffix(part, "passed"):
			style = st.Good
		case strings.Contains(part, "warning"):
			style = st.Warn
		case strings.HasSuffix(part, "failed"):
			style = st.Bad
		}
		parts[i] = style.Render(part)
	}
	return strings.Join(parts, st.Dim.Render(" · "))
}

// CheckFacts returns what a check reports besides its title.
func CheckFacts(c tokens.Check) []Fact {
	facts := Facts("expected", c.Expected, "received", c.Received, "because", c.Because, "spec", c.Spec)
	if c.Must && c.Outcome == tokens.Failed {
		facts = append(facts, Fact{"must", "the spec forbids continuing after this failure"})
	}
	return facts
}

// KeyHint is the key of an action with what it does: "y copies the URL".
func KeyHint(st *theme.Styles, a keys.Action, does string) string {
	b, _ := keys.ByAction(a)
	return st.Key.Render(b.Key()) + " " + st.Dim.Render(does)
}
