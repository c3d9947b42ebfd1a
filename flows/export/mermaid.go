package export

import (
	"fmt"
	"io"
	"strings"

	"fob/flows"
	"fob/tokens"
)

// maxLabel limits the text at an arrow, in bytes: longer texts make the diagram unreadable.
const maxLabel = 160

// mermaid writes the run as a sequence diagram with the actors as participants. Failed checks are notes, a failed step
// is an arrow with a cross.
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
				continue // the ledger has them; the diagram shows only problems
			}
			fmt.Fprintf(&b, "    Note over %s: %s %s\n",
				from, escapeLabel(string(s.Check.Outcome)), escapeLabel(s.Check.Title+" ("+string(s.Check.ID)+")"))
			continue
		}
		arrow := "->>"
		if s.Err != "" {
			arrow = "-x"
		}
		fmt.Fprintf(&b, "    %s%s%s: %s\n", from, arrow, to, escapeLabel(s.Title))
		if len(s.Edited) > 0 {
			fmt.Fprintf(&b, "    Note over %s: %s\n", from, escapeLabel("edited "+strings.Join(s.Edited, ", ")))
		}
		if s.Exchange != nil && s.Exchange.Response != nil {
			fmt.Fprintf(&b, "    %s-->>%s: HTTP %d\n", to, from, s.Exchange.Response.Status)
		}
		if s.Err != "" {
			first, _, _ := strings.Cut(s.Err, "\n")
			fmt.Fprintf(&b, "    Note over %s: %s\n", from, escapeLabel(first))
		}
	}
	if l := r.ledger(); len(l) > 0 {
		fmt.Fprintf(&b, "    Note over %s: %s\n", lane[flows.Fob], escapeLabel("Ledger "+l.Summary()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// participants declares the actors of the steps, in the order of flows.Actors, and always fob.
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
			fmt.Fprintf(b, "    participant %s as %s\n", lane[a], escapeLabel(string(a)))
		}
	}
	return lane
}

// escapeLabel escapes a text for a diagram. All characters but letters, digits and safe punctuation are written by
// their number (#59;), so that no text ends a statement, begins a comment or a directive, or becomes HTML or a formula.
func escapeLabel(text string) string {
	var b strings.Builder
	for _, c := range tokens.Clip(redactLine(text), maxLabel) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune(" .,/_-()?!'", c):
			b.WriteRune(c)
		case c < 0x80, strings.ContainsRune("ﬂ°¶ß", c): // Mermaid uses these four for entities internally
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
