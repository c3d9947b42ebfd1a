package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
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
	return w.Flush()
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
	return t.Local().Format("2 Jan 2006 15:04:05 -0700") + ", " + tokens.Relative(t, a.now())
}

// rfc3339 is a time as machines read it; nil when it is not known, which becomes null.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}
