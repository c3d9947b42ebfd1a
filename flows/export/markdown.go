package export

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// markdown writes the run as a report: what happened, the sequence, the ledger and each exchange, redacted.
func markdown(w io.Writer, r Run) error {
	var b strings.Builder
	numbers := numberExchanges(r)
	title := r.Session
	if title == "" {
		title = "a run without a session"
	}
	fmt.Fprintf(&b, "# %s\n\n", escapeMarkdown(title))
	writeSummary(&b, r)
	writeSteps(&b, r, numbers)
	var diagram strings.Builder
	if err := mermaid(&diagram, r); err != nil {
		return err
	}
	b.WriteString("\n## Sequence\n\n" + codeBlock("mermaid", diagram.String()))
	writeLedger(&b, r.ledger())
	writeExchanges(&b, r.Exchanges())
	_, err := io.WriteString(w, b.String())
	return err
}

// numberExchanges assigns each exchange of the run its number in the report.
func numberExchanges(r Run) map[*wire.Exchange]int {
	numbers := map[*wire.Exchange]int{}
	for _, s := range r.Steps {
		if s.Exchange != nil && numbers[s.Exchange] == 0 {
			numbers[s.Exchange] = len(numbers) + 1
		}
	}
	return numbers
}

func writeSummary(b *strings.Builder, r Run) {
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "- %s: %s\n", name, value)
		}
	}
	fact("Grant", codeSpan(r.Grant))
	fact("Authorization server", codeSpan(r.Issuer))
	fact("Client", codeSpan(r.ClientID))
	if begun, took := r.timing(); !begun.IsZero() {
		fact("Begun", begun.UTC().Format(time.RFC3339)+", took "+roundDuration(took))
	}
	if l := r.ledger(); len(l) > 0 {
		fact("Ledger", l.Summary())
	}
	if r.Err != "" {
		b.WriteString("\nThe run ended without tokens:\n\n" + codeBlock("text", tokens.Visible(redact.Text(r.Err))))
	}
	b.WriteString("\nSecrets are shown as fingerprints (`sha256:` and the length) or as `hidden`; one fingerprint is " +
		"one value.\n")
}

// writeSteps writes the steps except checks, which are in the ledger.
func writeSteps(b *strings.Builder, r Run, numbers map[*wire.Exchange]int) {
	b.WriteString("\n## What happened\n\n")
	begun, _ := r.timing()
	n := 0
	for _, s := range r.Steps {
		if s.Check != nil {
			continue
		}
		n++
		fmt.Fprintf(b, "%d. %s: **%s**", n, actors(s), escapeMarkdown(s.Title))
		if n := numbers[s.Exchange]; s.Exchange != nil {
			fmt.Fprintf(b, " ([exchange %d](#exchange-%d))", n, n)
		}
		if !s.At.IsZero() && s.At.After(begun) {
			fmt.Fprintf(b, " after %s", roundDuration(s.At.Sub(begun)))
		}
		b.WriteString("\n")
		if detail := meaningWithSpec(s); detail != "" {
			b.WriteString("\n   " + detail + "\n")
		}
		if s.Prompt != nil && s.Prompt.URL != "" {
			fmt.Fprintf(b, "\n   Sent to %s\n", codeSpan(redact.URL(s.Prompt.URL)))
		}
		if len(s.Edited) > 0 && s.Exchange == nil {
			b.WriteString("\n   Edited before it was sent: " +
				codeSpan(tokens.VisibleLine(strings.Join(s.Edited, ", "))) + "\n")
		}
		if s.Err != "" {
			b.WriteString("\n" + indent(codeBlock("text", tokens.Visible(redact.Text(s.Err))), "   "))
		}
	}
}

func actors(s flows.Step) string {
	if s.From == s.To || s.To == "" {
		return escapeMarkdown(string(s.From))
	}
	return escapeMarkdown(string(s.From)) + " → " + escapeMarkdown(string(s.To))
}

// meaningWithSpec returns the meaning of a step and its section of the spec.
func meaningWithSpec(s flows.Step) string {
	meaning, spec := redactLine(s.Meaning), redactLine(s.Spec)
	switch {
	case spec == "":
		return escapeOwnText(meaning)
	case meaning == "":
		return escapeOwnText(spec + ".")
	}
	return escapeOwnText(strings.TrimSuffix(meaning, ".") + " (" + spec + ").")
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by) + "\n"
}

func writeLedger(b *strings.Builder, l tokens.Ledger) {
	b.WriteString("\n## Ledger\n\n")
	if len(l) == 0 {
		b.WriteString("Nothing was checked.\n")
		return
	}
	b.WriteString("| check | outcome | expected | received | because | spec |\n|---|---|---|---|---|---|\n")
	for _, c := range l {
		outcome := string(c.Outcome)
		if c.Must && c.Outcome == tokens.Failed {
			outcome = "**failed**"
		}
		fmt.Fprintf(b, "| %s<br>%s | %s | %s | %s | %s | %s |\n",
			codeCell(string(c.ID)), escapeOwnText(redactLine(c.Title)), outcome,
			codeCell(c.Expected), codeCell(c.Received), escapeMarkdown(c.Because), escapeOwnText(redactLine(c.Spec)))
	}
}

func writeExchanges(b *strings.Builder, xs []wire.Exchange) {
	if len(xs) == 0 {
		return
	}
	b.WriteString("\n## Exchanges\n")
	for i := range xs {
		x := &xs[i]
		fmt.Fprintf(b, "\n### Exchange %d\n\n%s", i+1, escapeMarkdown(x.Purpose))
		if x.Timing.Total > 0 {
			fmt.Fprintf(b, ", %s", roundDuration(x.Timing.Total))
		}
		if x.Insecure {
			b.WriteString(", **certificates were not verified**")
		}
		b.WriteString(".\n\n")
		if len(x.Edited) > 0 {
			b.WriteString("Edited before it was sent:\n\n" +
				codeBlock("text", tokens.Visible(strings.Join(x.Edited, "\n"))) + "\n")
		}
		b.WriteString(codeBlock("http", requestText(&x.Request)))
		if x.Response != nil {
			b.WriteString("\n" + codeBlock("http", responseText(x.Response)))
		}
		if x.Err != "" {
			b.WriteString("\n" + codeBlock("text", tokens.Visible(x.Err)))
		}
	}
}

func requestText(m *wire.Message) string {
	return tokens.VisibleLine(m.Method+" "+m.URL) + "\n" + messageText(m)
}

func responseText(m *wire.Message) string {
	line := strings.TrimSpace(fmt.Sprintf("%s %d %s", m.Proto, m.Status, http.StatusText(m.Status)))
	return tokens.VisibleLine(line) + "\n" + messageText(m)
}

func messageText(m *wire.Message) string {
	var b strings.Builder
	for _, f := range m.Header {
		b.WriteString(tokens.VisibleLine(f.Name+": "+f.Value) + "\n")
	}
	if m.Body != "" {
		b.WriteString("\n" + tokens.Visible(m.Body) + "\n")
	}
	return b.String()
}

// roundDuration formats a duration with few digits.
func roundDuration(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
