package pane

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// Patience is how long work may take before a pane says that it is going on.
const Patience = 200 * time.Millisecond

// beatEvery is the pace of the spinner.
const beatEvery = 120 * time.Millisecond

// spinner is drawn with runes that every terminal font has.
var spinner = []string{"|", "/", "-", "\\"}

// numbers are unique over all panes, so that a message can never be taken for another pane's.
var numbers atomic.Int64

// Work is one piece of work that a pane has running: its number, its context's cancel, and how long it takes. Starting
// another supersedes the one before: its context ends and its result is stale. The zero Work is idle. It is changed in
// Update only.
type Work struct {
	n       int64
	what    string
	started time.Time
	cancel  context.CancelFunc
	running bool
	ended   bool // cancelled, and the command has not come back yet
	frame   int
}

// beatMsg moves the spinner of the work with that number.
type beatMsg struct{ n int64 }

// Start runs do as a command, with a context of its own and the number that its result must carry. what is shown when
// it takes longer than Patience: "reading the keys".
func (w *Work) Start(what string, now time.Time, do func(ctx context.Context, n int64) tea.Msg) tea.Cmd {
	w.Drop()
	ctx, cancel := context.WithCancel(context.Background())
	n := numbers.Add(1)
	*w = Work{n: n, what: what, started: now, cancel: cancel, running: true}
	return tea.Batch(func() tea.Msg { return do(ctx, n) }, beat(n, Patience))
}

func beat(n int64, after time.Duration) tea.Cmd {
	return tea.Tick(after, func(time.Time) tea.Msg { return beatMsg{n} })
}

// Done reports whether the result with that number is the awaited one, and ends the work if so. A stale result is
// dropped by whoever asks.
func (w *Work) Done(n int64) bool {
	if !w.running || n != w.n {
		return false
	}
	w.Drop()
	return true
}

// Drop ends the work at once: its context ends and its result, if one still comes, is stale.
func (w *Work) Drop() {
	if w.cancel != nil {
		w.cancel()
	}
	w.running, w.cancel = false, nil
}

// Cancel ends the work's context and goes on waiting for its result, which says how it ended. It reports whether there
// was anything to cancel.
func (w *Work) Cancel() bool {
	if !w.running || w.ended {
		return false
	}
	w.cancel()
	w.ended = true
	return true
}

// Running reports whether a result is still awaited.
func (w *Work) Running() bool { return w.running }

// Update moves the spinner; other messages are ignored.
func (w *Work) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(beatMsg)
	if !ok || !w.running || m.n != w.n {
		return nil
	}
	w.frame++
	return beat(w.n, beatEvery)
}

// Line says what is going on, for how long, and that esc cancels; "" when nothing is or it began only just now.
func (w *Work) Line(now time.Time) string {
	if !w.running || (w.frame == 0 && now.Sub(w.started) < Patience) {
		return ""
	}
	frame := spinner[w.frame%len(spinner)]
	if w.ended {
		return fmt.Sprintf("%s %s · stopping", frame, w.what)
	}
	return fmt.Sprintf("%s %s · %s · esc cancels", frame, w.what, Elapsed(now.Sub(w.started)))
}

// Elapsed is a duration as a person reads it while waiting: "0.4 s", "12 s", "2m05s".
func Elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "0.0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

// Millis is a measured duration in milliseconds with three significant digits: "0.82 ms", "14.2 ms", "812 ms".
func Millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d == 0:
		return "-"
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}
