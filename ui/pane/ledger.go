package pane

import (
	"slices"
	"strings"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// LedgerSummary is a ledger in one line, what went wrong in its look: "14 passed · 1 warning · 0 failed".
func LedgerSummary(st *theme.Styles, l tokens.Ledger) string {
	parts := strings.Split(l.Summary(), " · ")
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "0 warnings" })
	for i, part := range parts {
		look := st.Dim
		switch {
		case strings.HasPrefix(part, "0 "):
		case strings.HasSuffix(part, "passed"):
			look = st.Good
		case strings.Contains(part, "warning"):
			look = st.Warn
		case strings.HasSuffix(part, "failed"):
			look = st.Bad
		}
		parts[i] = look.Render(part)
	}
	return strings.Join(parts, st.Dim.Render(" · "))
}

// CheckFacts are everything that a check says besides its title.
func CheckFacts(c tokens.Check) []Fact {
	var facts []Fact
	for _, f := range []Fact{{"expected", c.Expected}, {"received", c.Received}, {"because", c.Because}, {"spec", c.Spec}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	if c.Must && c.Outcome == tokens.Failed {
		facts = append(facts, Fact{"must", "the spec forbids going on after this"})
	}
	return facts
}

// KeyHint is the key of an action and what it does: "y copies the URL".
func KeyHint(st *theme.Styles, a keys.Action, does string) string {
	b, _ := keys.ByAction(a)
	return st.Key.Render(b.Key()) + " " + st.Dim.Render(does)
}

// Flow puts parts one after another, gap cells between them, in as few lines of width cells as they need.
func Flow(parts []string, width, gap int) []string {
	var lines []string
	line := ""
	for _, part := range parts {
		switch {
		case line == "":
			line = part
		case widget.Width(line)+gap+widget.Width(part) <= width:
			line += strings.Repeat(" ", gap) + part
		default:
			lines = append(lines, line)
			line = part
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
