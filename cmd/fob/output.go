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

// jsonFlag adds --json to a command.
func jsonFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "print one JSON object on one line, for machines")
}

// printJSON prints v as one line of JSON. Characters that could control a terminal are escaped, which changes no value.
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

// printText prints text from outside: unchanged to a pipe or a file, without control characters and with a final
// newline to a terminal.
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

// indented returns JSON text with its members on separate lines, in their order and spelling; other text is returned
// unchanged.
func indented(body []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(body), "", "  ") != nil {
		return body
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// compacted returns JSON text on one line; other text as a JSON string.
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

// note prints a message on standard error.
func (a *app) note(format string, args ...any) {
	_, _ = fmt.Fprintln(a.stderr, tokens.Visible(fmt.Sprintf(format, args...)))
}

// table prints rows in columns on standard output, with control characters made visible.
func (a *app) table(rows [][]string) error { return a.tableWithin(rows, 0) }

// tableWithin is table with cells that are wrapped if the columns are wider than width. A cell with too many lines is
// truncated with a mark. With width 0 every row is one line, and a very wide cell shifts only its own row.
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

// squeeze narrows the widest columns until all fit into room cells, down to a minimum width.
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

// tableWidth returns the width of tables: that of the screen, or 0 to a pipe or a file, where each row should be one
// line.
func (a *app) tableWidth() int {
	if w, _ := a.screen(); a.tty.out && w > 0 {
		return max(40, w)
	}
	return 0
}

// pairs prints names and values in two columns, without empty values.
func (a *app) pairs(list ...[2]string) error {
	var rows [][]string
	for _, p := range list {
		if p[1] != "" {
			rows = append(rows, []string{p[0], p[1]})
		}
	}
	return a.table(rows)
}

// moment formats a time for people: in the local zone, with the time until or since then.
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

// dateTime formats a time in the local zone.
func dateTime(t time.Time) string { return t.Local().Format("2 Jan 2006 15:04:05 -0700") }

// rfc3339 formats a time for JSON; nil, which is null, if it is unknown.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

// textWidth returns the width of paragraphs: that of the screen, within readable limits.
func (a *app) textWidth() int {
	const most, least = 100, 40
	w, _ := a.screen()
	if w <= 0 {
		return most
	}
	return max(least, min(w, most))
}

// wrapped breaks text at its spaces into lines of at most width characters, each after the indent.
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
