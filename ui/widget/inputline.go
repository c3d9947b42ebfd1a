package widget

import (
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
)

// editor returns the Bubbles field behind an input of one line. It always has the focus, since the owner of the Input
// routes the keys, and no Width: with one it measures its whole text at every key, and once for each cell that the
// cursor moves. Its word keys and its clipboard are disabled: see moveWord, and the paste that the terminal sends.
func (in *Input) editor() *textinput.Model {
	if in.line == nil {
		m := textinput.New()
		m.Prompt, m.CharLimit = "", MaxInput
		off := key.NewBinding(key.WithDisabled())
		m.KeyMap.Paste, m.KeyMap.AcceptSuggestion, m.KeyMap.NextSuggestion, m.KeyMap.PrevSuggestion = off, off, off, off
		m.KeyMap.DeleteWordBackward, m.KeyMap.DeleteWordForward, m.KeyMap.WordBackward, m.KeyMap.WordForward = off, off,
			off, off
		m.Cursor.SetMode(cursor.CursorStatic)
		m.Focus()
		in.line = &m
	}
	return in.line
}

// edit passes a key to the editor and reports whether the value changed. A static cursor has no commands to run.
func (in *Input) edit(k tea.KeyMsg) bool {
	m, before := in.editor(), len(in.value)
	*m, _ = m.Update(k)
	in.follow()
	if len(in.value) < before {
		in.Cut = false
	}
	return len(in.value) != before
}

// follow copies the editor's value and cursor.
func (in *Input) follow() {
	in.value, in.pos = []rune(in.line.Value()), in.line.Position()
}

// View draws a field of one line into w cells, with the cursor if it has the focus. With Multi it draws the cursor's
// line.
func (in *Input) View(st *theme.Styles, w int, focused bool) string {
	if len(in.value) == 0 {
		return in.emptyView(st, w, focused)
	}
	return in.drawLine(st, in.value[in.lineStart():in.lineEnd()], in.pos-in.lineStart(), w, focused)
}

func (in *Input) emptyView(st *theme.Styles, w int, focused bool) string {
	if !focused {
		return st.Faint.Render(Clip(in.Placeholder, w))
	}
	return in.renderText(st, "", 0, w)
}

// drawLine shows the part of the line around the cursor. Only that part is measured, so that a field with a whole token
// costs no more than a short one.
func (in *Input) drawLine(st *theme.Styles, line []rune, pos, w int, focused bool) string {
	if !focused {
		head := line[:min(len(line), w+1)]
		return Clip(in.shown(head), w)
	}
	if pos < in.left {
		in.left = pos
	}
	if pos-in.left >= w {
		in.left = pos - w + 1
	}
	in.left = max(0, min(in.left, len(line)))
	// Wide runes take two cells: drop from the left until the cursor's cell fits.
	cut := func() int { return min(in.left, 1) } // the cell of the … mark
	for in.left < pos && Width(in.shown(line[in.left:pos]))+cut() >= w {
		in.left++
	}
	before := line[in.left:pos]
	after := line[pos:]
	after = after[:min(len(after), w+1)]
	text := visible(string(before))
	if w < minMarkedWidth {
		return in.renderText(st, text+visible(string(after)), len([]rune(text)), w)
	}
	mark := ""
	if in.left > 0 {
		mark = st.Faint.Render("…")
	}
	rest := visible(string(after))
	if over := w - cut() - Width(in.shown(line[in.left:pos])); Width(in.shown(after)) > over && over > 1 {
		return mark + in.renderText(st, text+rest, len([]rune(text)), w-cut()-1) + st.Faint.Render("…")
	}
	return mark + in.renderText(st, text+rest, len([]rune(text)), w-cut())
}

// minMarkedWidth is the width from which a cut text is marked with ….
const minMarkedWidth = 8

// renderText returns Bubbles' drawing of a text with the cursor before its rune pos. The editor draws only the visible
// part of its text.
func (in *Input) renderText(st *theme.Styles, text string, pos, w int) string {
	m := *in.editor()
	m.Cursor.Style, m.PlaceholderStyle, m.Placeholder = st.Field.Cursor, st.Field.Placeholder, ""
	if len(in.value) == 0 { // an empty line of a longer text has no placeholder
		m.Placeholder = in.Placeholder
	}
	m.EchoMode = textinput.EchoNormal
	if in.Mask {
		m.EchoMode, m.EchoCharacter = textinput.EchoPassword, '•'
	}
	if text == "" {
		m.Width = w
	}
	m.SetValue(text)
	m.SetCursor(pos)
	return ansiCut(m.View(), w)
}

func (in *Input) shown(rs []rune) string {
	if in.Mask {
		return strings.Repeat("•", len(rs))
	}
	return visible(string(rs))
}

// Line returns the cursor's line and the number of lines, counted from 1.
func (in *Input) Line() (at, of int) {
	at, of = 1, 1
	for i, r := range in.value {
		if r == '\n' {
			of++
			if i < in.pos {
				at++
			}
		}
	}
	return at, of
}

// ViewLines draws a field of several lines into exactly h lines of at most w cells, scrolled to the cursor.
func (in *Input) ViewLines(st *theme.Styles, w, h int, focused bool) []string {
	out := make([]string, 0, h)
	if len(in.value) == 0 {
		out = append(out, in.emptyView(st, w, focused))
	}
	at := 0 // the cursor's line
	for _, r := range in.value[:in.pos] {
		if r == '\n' {
			at++
		}
	}
	in.top = max(0, max(at-h+1, min(in.top, at)))
	start, n := 0, 0
	for i := 0; i <= len(in.value) && len(out) < h && len(in.value) > 0; i++ {
		if i < len(in.value) && in.value[i] != '\n' {
			continue
		}
		line := in.value[start:i]
		switch {
		case n < in.top:
		case n == at && focused:
			out = append(out, in.drawLine(st, line, in.pos-start, w, true))
		default:
			out = append(out, Clip(in.shown(line[:min(len(line), w+1)]), w))
		}
		start = i + 1
		n++
	}
	for len(out) < h {
		out = append(out, "")
	}
	return out
}
