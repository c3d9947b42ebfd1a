package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fob/tokens"
)

// jsonFlag gives a command its --json.
func jsonFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "print one JSON object on one line, for machines")
}

// printJSON prints v as one line of JSON.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printText prints text from outside: as received into a pipe or a file, made fit for the screen on a terminal. It
// ends with a newline on a terminal, so that the prompt stands on a line of its own.
func (a *app) printText(body []byte) error {
	if !a.tty.out {
		_, err := a.stdout.Write(body)
		return err
	}
	text := tokens.Visible(string(body))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text += "\n"
	}
	_, err := io.WriteString(a.stdout, text)
	return err
}

// indented is a JSON text with its members on lines of their own, in their own order and spelling; a text that is no
// JSON comes back as it is.
func indented(body []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(body), "", "  ") != nil {
		return body
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// compacted is a JSON text on one line; a text that is no JSON becomes a JSON string.
func compacted(body []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, body) == nil && b.Len() > 0 {
		return b.Bytes()
	}
	text, err := json.Marshal(string(body))
	if err != nil { // a string always marshals
		return json.RawMessage("null")
	}
	return text
}

// note tells the person something that is no result.
func (a *app) note(format string, args ...any) {
	_, _ = fmt.Fprintln(a.stderr, tokens.Visible(fmt.Sprintf(format, args...)))
}

// table prints rows in columns on standard output; every cell is made fit for a terminal.
func (a *app) table(rows [][]string) error {
	var laid bytes.Buffer
	w := tabwriter.NewWriter(&laid, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		var line bytes.Buffer
		for i, cell := range row {
			if i > 0 {
				line.WriteByte('\t')
			}
			line.WriteString(tokens.VisibleLine(cell))
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(laid.String()) {
		// The last column needs no filling up.
		if _, err := fmt.Fprintln(a.stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// pairs prints names and values, two columns, leaving out what is empty.
func (a *app) pairs(list ...[2]string) error {
	var rows [][]string
	for _, p := range list {
		if p[1] != "" {
			rows = append(rows, []string{p[0], p[1]})
		}
	}
	return a.table(rows)
}

// moment is a time as people read it: in the local zone, with where it stands from now.
func (a *app) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	when := tokens.Countdown(t, a.now())
	if t.After(a.now()) {
		when = "in " + when
	}
	return t.Local().Format("2 Jan 2006 15:04:05 -0700") + ", " + when
}

// rfc3339 is a time as machines read it; nil when it is not known, which becomes null.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

// textWidth is how wide text is set: as the screen, and no wider than reads well.
func (a *app) textWidth() int {
	const reads, least = 100, 40
	w, _ := a.screen()
	if w <= 0 {
		return reads
	}
	return max(least, min(w, reads))
}

// wrapped breaks text at its spaces into lines of at most width characters, each with the indent before it.
func wrapped(text, indent string, width int) string {
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case used == 0:
			b.WriteString(indent)
			used = len(indent)
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
