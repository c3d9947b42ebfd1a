package export

import (
	"fmt"
	"io"
	"strings"

	"fob/flows"
	"fob/tokens"
)

// maxLabel is how much of a text stands at an arrow, in bytes: longer ones make the diagram unreadable.
const maxLabel = 160

// mermaid writes the run as a sequence diagram with the actors as participants. Checks are notes, a failed step is an
// arrow with a cross.
func mermaid(w io.Writer, r Run) error {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n    autonumber\n")
	lane := participants(&b, r.Steps)
	for _, s := range r.Steps {
		from, to := lane[s.From], lane[s.To]
		if to == "" {
			to = from
		}
		switch {
		case from == "":
			continue
		case s.Check != nil:
			if s.Check.Outcome == tokens.Skipped || s.Check.Outcome == tokens.Passed {
				continue // the ledger has them; a diagram shows what is remarkable
			}
			fmt.Fprintf(&b, "    Note over %s: %s %s\n", from, label(string(s.Check.Outcome)), label(s.Check.Title+" ("+s.Check.ID+")"))
			continue
		}
		arrow := "->>"
		if s.Err != "" {
			arrow = "-x"
		}
		fmt.Fprintf(&b, "    %s%s%s: %s\n", from, arrow, to, label(s.Title))
		if len(s.Edited) > 0 {
			fmt.Fprintf(&b, "    Note over %s: %s\n", from, label("edited "+strings.Join(s.Edited, ", ")))
		}
		if s.Exchange != nil && s.Exchange.Response != nil {
			fmt.Fprintf(&b, "    %s-->>%s: HTTP %d\n", to, from, s.Exchange.Response.Status)
		}
		if s.Err != "" {
			first, _, _ := strings.Cut(s.Err, "\n")
			fmt.Fprintf(&b, "    Note over %s: %s\n", from, label(first))
		}
	}
	if l := r.ledger(); len(l) > 0 {
		fmt.Fprintf(&b, "    Note over %s: %s\n", lane[flows.Fob], label("Ledger "+l.Summary()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// participants declares the lanes that the steps use, in the house's order, and fob's own in any case.
func participants(b *strings.Builder, steps []flows.Step) map[flows.Actor]string {
	used := map[flows.Actor]bool{flows.Fob: true}
	order := flows.Actors()
	known := map[flows.Actor]bool{}
	for _, a := range order {
		known[a] = true
	}
	for _, s := range steps {
		for _, a := range []flows.Actor{s.From, s.To} {
			if a != "" && !known[a] {
				known[a], order = true, append(order, a)
			}
			used[a] = true
		}
	}
	lane := map[flows.Actor]string{}
	for _, a := range order {
		if used[a] {
			lane[a] = fmt.Sprintf("P%d", len(lane)+1)
			fmt.Fprintf(b, "    participant %s as %s\n", lane[a], label(string(a)))
		}
	}
	return lane
}

// label is a text as it stands in a diagram. Whatever is not a letter, a digit or harmless punctuation is written by its
// number (#59;), so that no text ends a statement, begins a comment or a directive, or becomes HTML or a formula.
func label(text string) string {
	var b strings.Builder
	for _, c := range tokens.Clip(outside(text), maxLabel) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune(" .,/_-()?!'", c):
			b.WriteRune(c)
		case c < 0x80, strings.ContainsRune("ﬂ°¶ß", c): // the four are how Mermaid writes entities inside itself
			fmt.Fprintf(&b, "#%d;", c)
		default:
			b.WriteRune(c)
		}
	}
	if strings.TrimSpace(b.String()) == "" {
		return "#8203;" // an arrow must have a text
	}
	return b.String()
}
