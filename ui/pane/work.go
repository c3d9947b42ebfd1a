package pane

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/widget"
)

// redrawInterval is the interval at which a pane with running work is redrawn.
const redrawInterval = 120 * time.Millisecond

// workNumbers are unique over all panes, so that a message of one pane is never taken for that of another.
var workNumbers atomic.Int64

// Work is one command that a pane has running: its number, the cancel function of its context, and its spinner.
// Starting another supersedes it: its context ends and its result is stale. The zero Work is idle. It is changed in
// Update only.
type Work struct {
	n        int64
	cancel   context.CancelFunc
	running  bool
	stopping bool // cancelled, and the command has not returned yet
	spinner  widget.Spinner
}

// redrawMsg redraws the work with that number.
type redrawMsg struct{ n int64 }

// Start runs do as a command, with its own context and the number that its result must have. what is shown when it
// takes longer than widget.SpinnerDelay: "reading the keys".
func (w *Work) Start(c *Context, what string, do func(ctx context.Context, n int64) tea.Msg) tea.Cmd {
	w.Drop()
	ctx, cancel := context.WithCancel(context.Background())
	n := workNumbers.Add(1)
	*w = Work{n: n, cancel: cancel, running: true}
	_ = w.spinner.Start(what, c.Now()) // redrawn by redrawMsg, which has this work's number
	return tea.Batch(func() tea.Msg { return do(ctx, n) }, scheduleRedraw(n, widget.SpinnerDelay))
}

func scheduleRedraw(n int64, after time.Duration) tea.Cmd {
	return tea.Tick(after, func(time.Time) tea.Msg { return redrawMsg{n} })
}

// Done reports whether the result with that number is current, and ends the work if so. The caller ignores a stale
// result.
func (w *Work) Done(n int64) bool {
	if !w.running || n != w.n {
		return false
	}
	w.Drop()
	return true
}

// Awaits reports whether the work with that number is still running.
func (w *Work) Awaits(n int64) bool { return w.running && n == w.n }

// Drop ends the work at once: its context ends and its result is stale.
func (w *Work) Drop() {
	if w.cancel != nil {
		w.cancel()
	}
	w.running, w.cancel = false, nil
	w.spinner.Stop()
}

// Cancel ends the work's context and still waits for its result, which says how it ended. It reports whether there was
// anything to cancel.
func (w *Work) Cancel() bool {
	if !w.running || w.stopping {
		return false
	}
	w.cancel()
	w.stopping = true
	return true
}

// Running reports whether the work has not ended.
func (w *Work) Running() bool { return w.running }

// Busy is the reason why other work cannot start now: what is running and how to end it; "" when idle.
func (w *Work) Busy() string {
	switch {
	case !w.running:
		return ""
	case w.stopping:
		return "fob is still stopping " + w.spinner.What() + ": wait a moment"
	}
	return "fob is still " + w.spinner.What() + ": wait, or cancel it with esc"
}

// Update handles the messages of running work. Every pane passes its messages to each of its works.
func (w *Work) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case redrawMsg:
		if w.running && m.n == w.n {
			return scheduleRedraw(w.n, redrawInterval)
		}
	case workEndedMsg:
		w.Done(m.n)
	case confirmedMsg:
		if m.work == w {
			return m.start()
		}
	}
	return nil
}

// View says what is running, for how long, and that esc cancels it; "" when idle or just started.
func (w *Work) View(c *Context) string {
	if !w.running {
		return ""
	}
	if w.stopping {
		return c.Styles.Dim.Render("stopping …")
	}
	return w.spinner.View(c.Styles, c.Now())
}

// Millis formats a duration with three significant digits: "0.82 ms", "14.2 ms", "812 ms"; "-" for a phase that did not
// happen.
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
