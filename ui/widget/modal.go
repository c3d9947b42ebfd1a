package widget

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/ui/theme"
)

// Modal is something that lies over the screen and takes every key until it is done.
type Modal interface {
	// Update takes a key. done closes the modal; the command is run either way.
	Update(k tea.KeyMsg) (cmd tea.Cmd, done bool)
	// View yields the title and the lines, at most maxW cells wide and maxH of them.
	View(st *theme.Styles, maxW, maxH int) (title string, lines []string)
}

// SwallowFor is how long a modal that opened by itself lets keys drop: what was being typed was not meant for it.
const SwallowFor = 500 * time.Millisecond

// Stack holds the modals; the topmost is drawn and takes the keys.
type Stack struct {
	now   func() time.Time
	items []stacked
}

type stacked struct {
	modal Modal
	deaf  time.Time // keys before it are swallowed
}

// NewStack makes an empty stack with the clock to go by.
func NewStack(now func() time.Time) *Stack { return &Stack{now: now} }

// Push opens a modal that the person asked for.
func (s *Stack) Push(m Modal) { s.items = append(s.items, stacked{modal: m}) }

// PushUnasked opens a modal by itself: keys are swallowed for SwallowFor.
func (s *Stack) PushUnasked(m Modal) {
	s.items = append(s.items, stacked{modal: m, deaf: s.now().Add(SwallowFor)})
}

// Top is the topmost modal; nil when there is none.
func (s *Stack) Top() Modal {
	if len(s.items) == 0 {
		return nil
	}
	return s.items[len(s.items)-1].modal
}

// Len is the number of open modals.
func (s *Stack) Len() int { return len(s.items) }

// Pop closes the topmost modal.
func (s *Stack) Pop() {
	if len(s.items) > 0 {
		s.items = s.items[:len(s.items)-1]
	}
}

// Update hands a key to the topmost modal and closes it when it is done.
func (s *Stack) Update(k tea.KeyMsg) tea.Cmd {
	if len(s.items) == 0 {
		return nil
	}
	top := s.items[len(s.items)-1]
	if s.now().Before(top.deaf) {
		return nil
	}
	depth := len(s.items)
	cmd, done := top.modal.Update(k)
	if done {
		// The modal may have pushed another one: take out itself, not that.
		s.items = append(s.items[:depth-1:depth-1], s.items[depth:]...)
	}
	return cmd
}

// View draws the topmost modal over a screen of w by h cells; without one it is the screen as it was.
func (s *Stack) View(st *theme.Styles, screen string, w, h int) string {
	if len(s.items) == 0 {
		return screen
	}
	m := s.items[len(s.items)-1].modal
	title, lines := m.View(st, max(1, w-6), max(1, h-4))
	if len(lines) > max(1, h-4) {
		lines = lines[:max(1, h-4)]
	}
	inner := Width(title) + 2
	for _, l := range lines {
		inner = max(inner, Width(l)+2)
	}
	inner = min(inner, max(1, w-2))
	border := st.BorderFocus
	if _, bad := m.(*Notice); bad {
		border = st.BorderError
	}
	box := BoxLines(st.Title.Render(title), lines, inner, border)
	return Overlay(screen, box, (w-inner-2)/2, max(0, (h-len(box))/2), w)
}

// BoxLines draws a rounded box: inner cells wide inside, a line high for each line, the title in its upper edge.
func BoxLines(title string, lines []string, inner int, border theme.Style) []string {
	title = Clip(title, inner-2)
	head := border.Render("╭" + strings.Repeat("─", max(0, inner)) + "╮")
	if Width(title) > 0 {
		head = border.Render("╭ ") + title + border.Render(" "+strings.Repeat("─", max(0, inner-Width(title)-2))+"╮")
	}
	out := []string{head}
	side := border.Render("│")
	for _, l := range lines {
		out = append(out, side+Pad(" "+l, inner)+side)
	}
	return append(out, border.Render("╰"+strings.Repeat("─", max(0, inner))+"╯"))
}

// Overlay lays lines over a screen of w cells at a place, keeping what is around them.
func Overlay(screen string, box []string, x, y, w int) string {
	lines := strings.Split(screen, "\n")
	x = max(0, x)
	for i, l := range box {
		at := y + i
		if at < 0 || at >= len(lines) {
			continue
		}
		under := lines[at]
		left := Pad(ansi.Truncate(under, x, ""), x)
		right := ""
		if end := x + Width(l); end < w {
			right = ansi.TruncateLeft(under, end, "")
		}
		lines[at] = left + "\x1b[0m" + l + right
	}
	return strings.Join(lines, "\n")
}
