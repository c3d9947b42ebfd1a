package pane

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
	"fob/ui/widget"
)

// beatEvery is the pace at which a pane with running work is drawn again.
const beatEvery = 120 * time.Millisecond

// numbers are unique over all panes, so that a message can never be taken for another pane's.
var numbers atomic.Int64

// Work is one piece of work that a pane has running: its number, its context's cancel, and how long it takes. Starting
// another supersedes the one before: its context ends and its result is stale. The zero Work is idle. It is changed in
// Update only.
type Work struct {
	n        int64
	cancel   context.CancelFunc
	running  bool
	stopping bool // cancelled, and the command has not come back yet
	spinner  widget.Spinner
}

// beatMsg draws the work with that number again.
type beatMsg struct{ n int64 }

// Start runs do as a command, with a context of its own and the number that its result must carry. what is shown when
// it takes longer than widget.SpinnerDelay: "reading the keys".
func (w *Work) Start(what string, now time.Time, do func(ctx context.Context, n int64) tea.Msg) tea.Cmd {
	w.Drop()
	ctx, cancel := context.WithCancel(context.Background())
	n := numbers.Add(1)
	*w = Work{n: n, cancel: cancel, running: true}
	_ = w.spinner.Start(what, now) // beaten by beatMsg, whose number no other pane has
	return tea.Batch(func() tea.Msg { return do(ctx, n) }, beat(n, widget.SpinnerDelay))
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

// Awaits reports whether the result with that number is still awaited.
func (w *Work) Awaits(n int64) bool { return w.running && n == w.n }

// Drop ends the work at once: its context ends and its result, if one still comes, is stale.
func (w *Work) Drop() {
	if w.cancel != nil {
		w.cancel()
	}
	w.running, w.cancel = false, nil
	w.spinner.Stop()
}

// Cancel ends the work's context and goes on waiting for its result, which says how it ended. It reports whether there
// was anything to cancel.
func (w *Work) Cancel() bool {
	if !w.running || w.stopping {
		return false
	}
	w.cancel()
	w.stopping = true
	return true
}

// Running reports whether a result is still awaited.
func (w *Work) Running() bool { return w.running }

// Busy says what is going on and what to do about it, as the reason why nothing else can be begun; "" when nothing is.
func (w *Work) Busy() string {
	switch {
	case !w.running:
		return ""
	case w.stopping:
		return "fob is still stopping " + w.spinner.What() + ": wait a moment"
	}
	return "fob is still " + w.spinner.What() + ": wait, or cancel it with esc"
}

// Update takes the messages of running work; every pane hands its messages to each of its works.
func (w *Work) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case beatMsg:
		if w.running && m.n == w.n {
			return beat(w.n, beatEvery)
		}
	case endedMsg:
		w.Done(m.n)
	case agreedMsg:
		if m.work == w {
			return m.start()
		}
	}
	return nil
}

// View says what is going on, for how long, and that esc cancels; "" when nothing is or it began only just now.
func (w *Work) View(st *theme.Styles, now time.Time) string {
	if !w.running {
		return ""
	}
	if w.stopping {
		return st.Dim.Render("stopping …")
	}
	return w.spinner.View(st, now)
}

// Millis is a measured duration in milliseconds with three significant digits: "0.82 ms", "14.2 ms", "812 ms"; "-" for
// a phase that did not happen.
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
