package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/widget"
)

// notices are the dialogs over the panes, and the toast in the footer.
type notices struct {
	ctx    *pane.Context
	modals *widget.Stack
	toast  widget.Toast
}

type toastOverMsg struct{ n int }

// showToast shows a short notice for as long as it takes to read.
func (n *notices) showToast(text string) tea.Cmd {
	number := n.toast.Show(tokens.VisibleLine(text))
	reading := 3*time.Second + time.Duration(len(text))*25*time.Millisecond
	return tea.Tick(min(reading, 8*time.Second), func(time.Time) tea.Msg { return toastOverMsg{number} })
}

// noticeWidth is the width of the text of a notice.
const noticeWidth = 84

// showError shows an error until it is dismissed.
func (n *notices) showError(m pane.ErrorMsg) {
	problem, remedies := n.ctx.Explain(m), map[string]tea.Cmd{}
	text := problem.Text(noticeWidth)
	if text == "" {
		text = "no reason was given"
	}
	for _, r := range problem.Remedies {
		remedies[r.Key] = r.Do
	}
	push := n.modals.PushUnasked
	if m.Requested {
		push = n.modals.Push
	}
	push(&widget.Notice{
		What: tokens.VisibleLine(m.What),
		Text: text,
		Keys: remedies,
		Copy: func(text string) tea.Cmd { return pane.Send(pane.CopyMsg{What: "error", Text: text}) },
	})
}

// startCountdown counts down before a command is run.
func (n *notices) startCountdown(m pane.WaitMsg) {
	n.modals.Push(&widget.Countdown{What: m.What, Over: n.ctx.Now().Add(m.For), Do: m.Do, Now: n.ctx.Now})
}

// countdown is the countdown on top; nil: none.
func (n *notices) countdown() *widget.Countdown {
	c, _ := n.modals.Top().(*widget.Countdown)
	return c
}

// finishCountdown returns the command of a countdown that is over.
func (n *notices) finishCountdown() tea.Cmd {
	c := n.countdown()
	if c == nil || n.ctx.Now().Before(c.Over) {
		return nil
	}
	n.modals.Pop()
	return c.Do
}

// choose asks the user to choose one of the items.
func (n *notices) choose(title string, items []widget.Item, choose func(i int) tea.Cmd) {
	n.modals.Push(&widget.Picker{Title: title, Items: items, Choose: choose})
}

// acceptsBurst reports whether the topmost dialog accepts several characters at once. A picker does not: one of the
// keys may close it.
func (n *notices) acceptsBurst() bool {
	_, ok := n.modals.Top().(*widget.Prompt)
	return ok
}
