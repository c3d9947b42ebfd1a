package widget

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
)

// Bar draws a countdown bar of w cells: the remaining part, filled, in the style of the level ("valid", "expiring",
// "expired"). left is clamped to 0…1.
func Bar(st *theme.Styles, w int, left float64, level string) string {
	if w <= 0 {
		return ""
	}
	left = min(1, max(0, left))
	n := int(left*float64(w) + 0.5)
	if n == 0 && left > 0 {
		n = 1
	}
	return st.Level(level).Render(strings.Repeat("█", n)) + st.Line.Render(strings.Repeat("░", w-n))
}

// SpinMsg drives spinners. Panes pass it on to their spinner's Update.
type SpinMsg struct{ id int64 }

// lastSpinner makes IDs unique over all spinners: a tick is never for another spinner, nor for an earlier one in the
// same place.
var lastSpinner atomic.Int64

// SpinnerDelay is how long work takes before a spinner shows: quick work does not flicker.
const SpinnerDelay = 200 * time.Millisecond

const spinInterval = 120 * time.Millisecond

// Spinner shows that work is in progress, since when, and that esc cancels it. The zero value is stopped.
type Spinner struct {
	what  string
	since time.Time
	id    int64
	on    bool
}

// Start starts the spinner; what describes the work ("fetching the keys"). The command must be returned from Update.
func (s *Spinner) Start(what string, now time.Time) tea.Cmd {
	s.what, s.since, s.on = what, now, true
	s.id = lastSpinner.Add(1)
	return s.tick()
}

// What returns the description of the work.
func (s *Spinner) What() string { return s.what }

// Stop stops it; a pending tick is dropped.
func (s *Spinner) Stop() { s.on = false }

// Update continues spinning.
func (s *Spinner) Update(msg tea.Msg) tea.Cmd {
	if m, ok := msg.(SpinMsg); !ok || m.id != s.id || !s.on {
		return nil
	}
	return s.tick()
}

func (s *Spinner) tick() tea.Cmd {
	id := s.id
	return tea.Tick(spinInterval, func(time.Time) tea.Msg { return SpinMsg{id: id} })
}

// View returns "⠹ fetching the keys 1.2 s esc cancels"; "" while stopped or within the first SpinnerDelay.
func (s *Spinner) View(st *theme.Styles, now time.Time) string {
	elapsed := now.Sub(s.since)
	if !s.on || elapsed < SpinnerDelay {
		return ""
	}
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	frame := string(frames[int(elapsed/spinInterval)%len(frames)])
	return st.Accent.Render(frame) + " " + s.what + st.Dim.Render("  "+Elapsed(elapsed)+"   ") + st.Key.Render("esc") +
		st.Dim.Render(" cancels")
}

// Elapsed formats an elapsed time in a form that does not jitter: "0.4 s", "12 s", "3m 05s".
func Elapsed(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%dm %02ds", int(d.Minutes()), int(d.Seconds())%60)
}
