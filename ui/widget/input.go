package widget

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// MaxInput is the limit of a field in runes: a longer paste is cut, and sets Input.Cut.
const MaxInput = 4 << 20

// Input is a text field: one line, edited by Bubbles' textinput, or several with Multi. Its cursor does not blink, so
// that an idle screen needs no redraws. The zero value is an empty field.
type Input struct {
	Placeholder string
	Mask        bool // shows • for each rune
	Multi       bool // enter starts a new line, pastes keep theirs
	Cut         bool // the last paste was longer than MaxInput
	// Refuses reports whether a paste is rejected because it must not be shown in clear; nil rejects nothing. Refused
	// is set if the last paste was rejected.
	Refuses func(text string) bool
	Refused bool

	line  *textinput.Model // edits a field of one line; value and pos follow it
	value []rune
	pos   int
	top   int // first line shown (Multi)
	left  int // first rune shown of the cursor's line
}

// Value returns the typed text.
func (in *Input) Value() string { return string(in.value) }

// SetValue replaces the text and puts the cursor at its end.
func (in *Input) SetValue(s string) {
	in.set([]rune(s), -1)
	in.left, in.top = 0, 0
}

// set replaces the text, with the cursor before rune pos; -1 is the end.
func (in *Input) set(value []rune, pos int) {
	if pos < 0 {
		pos = len(value)
	}
	if in.Multi {
		in.value, in.pos = value, min(pos, len(value))
		return
	}
	m := in.editor()
	m.SetValue(string(value))
	m.SetCursor(pos)
	in.follow()
}

// Update handles a key and reports whether the value changed. Other keys are ignored.
func (in *Input) Update(k tea.KeyMsg) (changed bool) {
	in.Refused = false
	if k.Paste {
		text := in.pasted(k.Runes)
		if in.Refused = in.refuses(text); in.Refused {
			return false
		}
		return in.insert(text)
	}
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		if k.Alt {
			return in.altKey(string(k.Runes))
		}
		if in.Refused = len(k.Runes) >= pasteFrom && in.refuses(k.Runes); in.Refused {
			return false
		}
		return in.insert(k.Runes)
	case tea.KeyEnter:
		return in.Multi && in.insert([]rune{'\n'})
	case tea.KeyCtrlW:
		return in.remove(in.wordLeft(), in.pos)
	case tea.KeyBackspace, tea.KeyCtrlH:
		if k.Alt {
			return in.remove(in.wordLeft(), in.pos)
		}
	}
	if in.moveWord(k) {
		return false
	}
	if !in.Multi {
		return in.edit(k)
	}
	switch k.Type {
	case tea.KeyBackspace, tea.KeyCtrlH:
		return in.remove(in.pos-1, in.pos)
	case tea.KeyDelete, tea.KeyCtrlD:
		return in.remove(in.pos, in.pos+1)
	case tea.KeyCtrlU: // the whole line: only for fields of several lines
		return in.remove(in.lineStart(), in.lineEnd())
	case tea.KeyCtrlK:
		return in.remove(in.pos, in.lineEnd())
	}
	in.moveBy(k)
	return false
}

// pasteFrom is how many characters at once count as a paste in a terminal without bracketed paste.
const pasteFrom = 16

func (in *Input) refuses(text []rune) bool { return in.Refuses != nil && in.Refuses(string(text)) }

// altKey handles the word keys of a shell. Other letters with alt are ignored.
func (in *Input) altKey(s string) bool {
	switch s {
	case "b":
		in.moveTo(in.wordLeft())
	case "f":
		in.moveTo(in.wordRight())
	case "d":
		return in.remove(in.pos, in.wordRight())
	}
	return false
}

// moveWord handles the keys that move by words, in every field: Bubbles' own words end only at spaces, which URLs do
// not have.
func (in *Input) moveWord(k tea.KeyMsg) bool {
	switch {
	case k.Type == tea.KeyCtrlLeft, k.Type == tea.KeyLeft && k.Alt:
		in.moveTo(in.wordLeft())
	case k.Type == tea.KeyCtrlRight, k.Type == tea.KeyRight && k.Alt:
		in.moveTo(in.wordRight())
	default:
		return false
	}
	return true
}

func (in *Input) moveTo(pos int) {
	if !in.Multi {
		in.editor().SetCursor(pos)
	}
	in.pos = pos
}

func (in *Input) moveBy(k tea.KeyMsg) {
	switch k.Type {
	case tea.KeyLeft, tea.KeyCtrlB:
		in.pos = max(0, in.pos-1)
	case tea.KeyRight, tea.KeyCtrlF:
		in.pos = min(len(in.value), in.pos+1)
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

// AtTop and AtBottom report whether up or down would leave the field, so that a form moves to the next one.
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

// pasted prepares a paste: it replaces tabs by spaces; a field of one line drops line breaks at the ends and replaces
// others by spaces.
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
	if !in.Multi {
		// As a paste, since a burst of letters may spell the name of a key.
		return in.edit(tea.KeyMsg{Type: tea.KeyRunes, Runes: clean, Paste: true})
	}
	grown := make([]rune, 0, len(in.value)+len(clean))
	grown = append(append(append(grown, in.value[:in.pos]...), clean...), in.value[in.pos:]...)
	in.set(grown, in.pos+len(clean))
	return true
}

func (in *Input) remove(from, to int) bool {
	from, to = max(0, from), min(to, len(in.value))
	if from >= to {
		return false
	}
	in.Cut = false
	in.set(append(in.value[:from:from], in.value[to:]...), from)
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

// wordLeft and wordRight return where the word around the cursor begins and ends. A masked field is one word, so that
// its words are not revealed.
func (in *Input) wordLeft() int {
	i := in.pos
	if in.Mask {
		return 0
	}
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
	if in.Mask {
		return len(in.value)
	}
	for i < len(in.value) && !isWord(in.value[i]) {
		i++
	}
	for i < len(in.value) && isWord(in.value[i]) {
		i++
	}
	return i
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
