package widget

import (
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
)

// MaxInput is the most runes a field takes: a paste beyond it is cut, and Input.Cut says so.
const MaxInput = 4 << 20

// Input is a field for text: one line, or several with Multi. Its cursor does not blink, so that an idle screen wakes
// nobody. The zero value is an empty field.
type Input struct {
	Placeholder string
	Mask        bool // shows • for each rune
	Multi       bool // enter makes a new line, pastes keep theirs
	Cut         bool // the last paste was longer than MaxInput

	value []rune
	pos   int
	top   int // first line shown (Multi)
	left  int // first rune shown of the cursor's line
}

// Value is what was typed.
func (in *Input) Value() string { return string(in.value) }

// SetValue replaces what was typed and puts the cursor at its end.
func (in *Input) SetValue(s string) {
	in.value = []rune(s)
	in.pos, in.left, in.top = len(in.value), 0, 0
}

// Update takes a key and reports whether the value changed. Keys that mean nothing to a field are left alone.
func (in *Input) Update(k tea.KeyMsg) (changed bool) {
	if k.Paste {
		return in.insert(in.pasted(k.Runes))
	}
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		if k.Alt {
			return in.altKey(string(k.Runes))
		}
		return in.insert(k.Runes)
	case tea.KeyEnter:
		return in.Multi && in.insert([]rune{'\n'})
	case tea.KeyBackspace, tea.KeyCtrlH:
		if k.Alt {
			return in.remove(in.wordLeft(), in.pos)
		}
		return in.remove(in.pos-1, in.pos)
	case tea.KeyDelete, tea.KeyCtrlD:
		return in.remove(in.pos, in.pos+1)
	case tea.KeyCtrlW:
		return in.remove(in.wordLeft(), in.pos)
	case tea.KeyCtrlU:
		return in.remove(in.lineStart(), in.pos)
	case tea.KeyCtrlK:
		return in.remove(in.pos, in.lineEnd())
	}
	in.moveBy(k)
	return false
}

func (in *Input) altKey(s string) bool {
	switch s {
	case "b":
		in.pos = in.wordLeft()
	case "f":
		in.pos = in.wordRight()
	case "d":
		return in.remove(in.pos, in.wordRight())
	}
	return false
}

func (in *Input) moveBy(k tea.KeyMsg) {
	switch k.Type {
	case tea.KeyLeft, tea.KeyCtrlB:
		if k.Alt {
			in.pos = in.wordLeft()
			return
		}
		in.pos = max(0, in.pos-1)
	case tea.KeyRight, tea.KeyCtrlF:
		if k.Alt {
			in.pos = in.wordRight()
			return
		}
		in.pos = min(len(in.value), in.pos+1)
	case tea.KeyCtrlLeft:
		in.pos = in.wordLeft()
	case tea.KeyCtrlRight:
		in.pos = in.wordRight()
	case tea.KeyHome, tea.KeyCtrlA:
		in.pos = in.lineStart()
	case tea.KeyEnd, tea.KeyCtrlE:
		in.pos = in.lineEnd()
	case tea.KeyUp:
		in.moveLine(-1)
	case tea.KeyDown:
		in.moveLine(1)
	}
}

// AtTop and AtBottom report whether up or down would leave the field, so that a form goes on to the next one.
func (in *Input) AtTop() bool { return in.lineStart() == 0 }

// AtBottom reports whether the cursor is on the last line.
func (in *Input) AtBottom() bool { return in.lineEnd() == len(in.value) }

func (in *Input) moveLine(d int) {
	col := in.pos - in.lineStart()
	if d < 0 {
		if in.AtTop() {
			return
		}
		in.pos = in.lineStart() - 1
	} else {
		if in.AtBottom() {
			return
		}
		in.pos = in.lineEnd() + 1
	}
	in.pos = min(in.lineStart()+col, in.lineEnd())
}

// pasted prepares what was pasted: tabs become spaces, a field of one line takes line breaks at the ends away and
// turns those within into spaces.
func (in *Input) pasted(rs []rune) []rune {
	s := strings.ReplaceAll(strings.ReplaceAll(string(rs), "\r\n", "\n"), "\r", "\n")
	if !in.Multi {
		s = strings.ReplaceAll(strings.Trim(s, "\n"), "\n", " ")
	}
	return []rune(s)
}

func (in *Input) insert(rs []rune) bool {
	clean := make([]rune, 0, len(rs))
	for _, r := range rs {
		switch {
		case r == '\t':
			clean = append(clean, ' ', ' ')
		case r == '\n' && in.Multi, !unicode.IsControl(r):
			clean = append(clean, r)
		}
	}
	if room := MaxInput - len(in.value); len(clean) > room {
		clean, in.Cut = clean[:room], true
	}
	if len(clean) == 0 {
		return false
	}
	grown := make([]rune, 0, len(in.value)+len(clean))
	grown = append(append(append(grown, in.value[:in.pos]...), clean...), in.value[in.pos:]...)
	in.value = grown
	in.pos += len(clean)
	return true
}

func (in *Input) remove(from, to int) bool {
	from, to = max(0, from), min(to, len(in.value))
	if from >= to {
		return false
	}
	in.value = append(in.value[:from:from], in.value[to:]...)
	in.pos = from
	in.Cut = false
	return true
}

func (in *Input) lineStart() int {
	i := in.pos
	for i > 0 && in.value[i-1] != '\n' {
		i--
	}
	return i
}

func (in *Input) lineEnd() int {
	i := in.pos
	for i < len(in.value) && in.value[i] != '\n' {
		i++
	}
	return i
}

func (in *Input) wordLeft() int {
	i := in.pos
	for i > 0 && !isWord(in.value[i-1]) {
		i--
	}
	for i > 0 && isWord(in.value[i-1]) {
		i--
	}
	return i
}

func (in *Input) wordRight() int {
	i := in.pos
	for i < len(in.value) && !isWord(in.value[i]) {
		i++
	}
	for i < len(in.value) && isWord(in.value[i]) {
		i++
	}
	return i
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// View draws a field of one line into w cells, with the cursor when it has the focus. With Multi it draws the
// cursor's line.
func (in *Input) View(st *theme.Styles, w int, focused bool) string {
	if len(in.value) == 0 {
		return in.emptyView(st, w, focused)
	}
	line := in.value[in.lineStart():in.lineEnd()]
	return in.drawLine(st, line, in.pos-in.lineStart(), w, focused)
}

func (in *Input) emptyView(st *theme.Styles, w int, focused bool) string {
	if !focused {
		return st.Faint.Render(Clip(in.Placeholder, w))
	}
	hint := []rune(in.Placeholder)
	if len(hint) == 0 {
		return st.Cursor.Render(" ")
	}
	return st.Cursor.Render(string(hint[0])) + st.Faint.Render(Clip(string(hint[1:]), w-1))
}

// drawLine shows the part of the line around the cursor. Only that part is measured, so that a field holding a whole
// token costs what a short one does.
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
	for in.left < pos && Width(in.shown(line[in.left:pos])) >= w {
		in.left++
	}
	before := in.shown(line[in.left:pos])
	at, after := " ", ""
	if pos < len(line) {
		at = in.shown(line[pos : pos+1])
		rest := line[pos+1:]
		after = ansiCut(in.shown(rest[:min(len(rest), w)]), w-Width(before)-Width(at))
	}
	return before + st.Cursor.Render(at) + after
}

func (in *Input) shown(rs []rune) string {
	if in.Mask {
		return strings.Repeat("•", len(rs))
	}
	return visible(string(rs))
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
