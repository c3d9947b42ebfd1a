package widget

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/ui/theme"
)

// Modal covers the screen and gets every key until it is done.
type Modal interface {
	// Update takes a key. done closes the modal; the command is run either way.
	Update(k tea.KeyMsg) (cmd tea.Cmd, done bool)
	// View returns the title and the lines, at most maxW cells wide and maxH of them.
	View(st *theme.Styles, maxW, maxH int) (title string, lines []string)
}

// SwallowFor is how long a modal that opened by itself ignores keys: the user was typing elsewhere.
const SwallowFor = 500 * time.Millisecond

// Stack has the open modals; the topmost is drawn and gets the keys.
type Stack struct {
	now   func() time.Time
	items []stacked
}

type stacked struct {
	modal       Modal
	ignoreUntil time.Time // keys before it are ignored
}

// NewStack returns an empty stack with its clock.
func NewStack(now func() time.Time) *Stack { return &Stack{now: now} }

// Push opens a modal that the user asked for.
func (s *Stack) Push(m Modal) { s.items = append(s.items, stacked{modal: m}) }

// PushUnasked opens a modal that the user did not ask for: keys are ignored for SwallowFor.
func (s *Stack) PushUnasked(m Modal) {
	s.items = append(s.items, stacked{modal: m, ignoreUntil: s.now().Add(SwallowFor)})
}

// Top returns the topmost modal; nil without one.
func (s *Stack) Top() Modal {
	if len(s.items) == 0 {
		return nil
	}
	return s.items[len(s.items)-1].modal
}

// Len returns the number of open modals.
func (s *Stack) Len() int { return len(s.items) }

// Pop closes the topmost modal.
func (s *Stack) Pop() {
	if len(s.items) > 0 {
		s.items = s.items[:len(s.items)-1]
	}
}

// Update passes a key to the topmost modal and closes it when it is done.
func (s *Stack) Update(k tea.KeyMsg) tea.Cmd {
	if len(s.items) == 0 {
		return nil
	}
	top := s.items[len(s.items)-1]
	if s.now().Before(top.ignoreUntil) {
		return nil
	}
	depth := len(s.items)
	cmd, done := top.modal.Update(k)
	if done {
		// The modal may have pushed another one: remove itself, not that.
		s.items = append(s.items[:depth-1:depth-1], s.items[depth:]...)
	}
	return cmd
}

// View draws the topmost modal over a screen of w by h cells; without one it returns the screen unchanged.
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

// Overlay draws lines over a screen of w cells at a position, keeping what is around them.
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
