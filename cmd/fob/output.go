package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/tokens"
	"fob/ui/widget"
)

// jsonFlag gives a command its --json.
func jsonFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "print one JSON object on one line, for machines")
}

// printJSON prints v as one line of JSON. What could harm a terminal is escaped, which changes no value.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	line := tokens.AppendVisibleJSON(nil, bytes.TrimSpace(b.Bytes()))
	_, err := a.stdout.Write(append(line, '\n'))
	return err
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
func (a *app) table(rows [][]string) error { return a.tableWithin(rows, 0) }

// tableWithin is table with cells that go on in the next line where the columns together are wider than width. A cell
// ends with a mark where it has more lines than are shown. Width 0 is no bound: every row is one line, and a very wide
// cell pushes what follows it in its own row alone.
func (a *app) tableWithin(rows [][]string, width int) error {
	const gap, most, aligned = 2, 8, 80
	lines := make([][]string, len(rows))
	var widths []int
	for y, row := range rows {
		lines[y] = make([]string, len(row))
		for i, cell := range row {
			lines[y][i] = tokens.VisibleLine(cell)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if n := widget.Width(lines[y][i]); width > 0 || n <= aligned {
				widths[i] = max(widths[i], n)
			}
		}
	}
	squeeze(widths, width-gap*(len(widths)-1))
	var b bytes.Buffer
	for _, row := range lines {
		cells, height := make([][]string, len(row)), 1
		for i, cell := range row {
			if cells[i] = []string{cell}; width > 0 {
				cells[i] = widget.Wrap(cell, widths[i])
			}
			if len(cells[i]) > most {
				cells[i] = append(cells[i][:most-1], widget.Clip(cells[i][most-1]+" "+cells[i][most], widths[i]))
			}
			height = max(height, len(cells[i]))
		}
		for n := range height {
			line, at := "", 0
			for i := range cells {
				if n < len(cells[i]) && cells[i][n] != "" {
					line += strings.Repeat(" ", max(min(gap, at), at-widget.Width(line))) + cells[i][n]
				}
				at += widths[i] + gap
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

// squeeze narrows the widest columns until they fit into room cells together. Below a least width none goes.
func squeeze(widths []int, room int) {
	const least = 12
	for room > 0 {
		total, widest := 0, 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		if total <= room || widths[widest] <= least {
			return
		}
		second := least
		for i, w := range widths {
			if i != widest {
				second = max(second, min(w, widths[widest]-1))
			}
		}
		widths[widest] = max(second, widths[widest]-(total-room))
	}
}

// tableWidth is the width that tables keep to: the screen's, and none where the output goes into a pipe or a file, in
// which a row is looked for by its line.
func (a *app) tableWidth() int {
	if w, _ := a.screen(); a.tty.out && w > 0 {
		return max(40, w)
	}
	return 0
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
	return dateTime(t) + ", " + when
}

// dateTime is a time in the local zone.
func dateTime(t time.Time) string { return t.Local().Format("2 Jan 2006 15:04:05 -0700") }

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
