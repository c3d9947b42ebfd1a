// Package widget has the building blocks of panes: a windowed table, a text window for big bodies, a form,
// a modal stack, toasts, countdown bars, a spinner, QR codes. They do not know OAuth, do no I/O and start no
// goroutine; the caller supplies the time.
//
// Widths are terminal cells as github.com/charmbracelet/x/ansi counts them. Text from outside must be made visible
// (tokens.Visible) by the caller; only TextWindow does that itself, line by line.
package widget

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"fob/tokens"
	"fob/ui/terminal"
	"fob/ui/theme"
)

// Width returns the number of cells of one line.
func Width(s string) int { return terminal.Width(s) }

// Clip cuts one line to at most w cells, ending it with "…" if it was cut.
func Clip(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, "…")
}

// Pad makes one line exactly w cells wide, cutting a longer one.
func Pad(s string, w int) string {
	n := w - Width(s)
	switch {
	case n > 0:
		return s + spaces(n)
	case n == 0:
		return s
	}
	// A wide rune that does not fit whole leaves a cell free.
	s = Clip(s, w)
	return s + spaces(w-Width(s))
}

// PadLeft is Pad with the text at the right.
func PadLeft(s string, w int) string {
	s = Clip(s, w)
	if n := w - Width(s); n > 0 {
		return spaces(n) + s
	}
	return s
}

// Center is Pad with the text in the middle.
func Center(s string, w int) string {
	s = Clip(s, w)
	return Pad(spaces((w-Width(s))/2)+s, w)
}

// Wrap breaks text into lines of at most w cells, at spaces if possible. Newlines are kept; it returns at least one
// line.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return []string{""}
	}
	return strings.Split(ansi.Wrap(s, w, ""), "\n")
}

// WrapStyled is Wrap with every line in the style.
func WrapStyled(style theme.Style, s string, w int) []string {
	lines := Wrap(s, w)
	for i, l := range lines {
		lines[i] = style.Render(l)
	}
	return lines
}

// Fit makes a block exactly h lines of exactly w cells, cutting and filling.
func Fit(block string, w, h int) string {
	if h <= 0 || w <= 0 {
		return ""
	}
	lines := strings.Split(block, "\n")
	var b strings.Builder
	b.Grow(h * (w + 16))
	for i := range h {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i < len(lines) {
			b.WriteString(Pad(lines[i], w))
		} else {
			b.WriteString(spaces(w))
		}
	}
	return b.String()
}

// Beside puts blocks of equal height next to each other, line by line.
func Beside(blocks ...string) string {
	var rows [][]string
	height := 0
	for _, block := range blocks {
		lines := strings.Split(block, "\n")
		rows = append(rows, lines)
		height = max(height, len(lines))
	}
	var b strings.Builder
	for y := range height {
		if y > 0 {
			b.WriteByte('\n')
		}
		for _, lines := range rows {
			if y < len(lines) {
				b.WriteString(lines[y])
			}
		}
	}
	return b.String()
}

// Link makes text an OSC 8 link, so that a terminal opens the whole URL however the text is cut or wrapped. A URL with
// control characters gives the text alone.
func Link(url, text string) string {
	for _, r := range url {
		if r < 0x20 || r == 0x7f {
			return text
		}
	}
	if url == "" {
		return text
	}
	return ansi.SetHyperlink(url) + text + ansi.ResetHyperlink()
}

// Hint returns the text of an empty pane: what is missing, and below it which key to press, centered in w by h.
func Hint(st *theme.Styles, what, key, does string, w, h int) string {
	lines := make([]string, 0, h)
	for range max(0, (h-3)/2) {
		lines = append(lines, "")
	}
	for _, l := range Wrap(what, max(1, w-4)) {
		lines = append(lines, Center(st.Dim.Render(l), w))
	}
	if key != "" {
		lines = append(lines, "")
		for i, l := range Wrap(key+" "+does, max(1, w-4)) {
			l, first := strings.CutPrefix(l, key+" ")
			l = st.Dim.Render(l)
			if first && i == 0 {
				l = st.Key.Render(key) + " " + l
			}
			lines = append(lines, Center(l, w))
		}
	}
	return Fit(strings.Join(lines, "\n"), w, h)
}

func spaces(n int) string {
	const many = "                                                                                                   " +
		"                             "
	if n <= 0 {
		return ""
	}
	if n <= len(many) {
		return many[:n]
	}
	return strings.Repeat(" ", n)
}

// ansiCut cuts to w cells without a mark.
func ansiCut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, "")
}

// visible makes one line of untrusted text safe for the screen.
func visible(s string) string { return tokens.VisibleLine(s) }
