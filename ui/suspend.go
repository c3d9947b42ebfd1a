package ui

import (
	"context"
	"errors"
	"io"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/pane"
	"fob/ui/terminal"
)

// suspension asks to release the terminal and to take it again: around a stop of the program, or after a stop that it
// could not prepare for.
type suspension struct {
	stop  bool
	group bool // the whole process group stops, as the terminal would have it for ctrl+z
}

// resumedMsg reports that the terminal was taken again.
type resumedMsg struct{ err error }

func suspended(err error) tea.Msg { return resumedMsg{err} }

// suspender is what Bubble Tea runs while it has released the terminal.
type suspender struct {
	ctx context.Context
	job *terminal.Job

	guardian *terminal.Guardian
	suspension
}

// Run implements tea.ExecCommand.
func (s *suspender) Run() error {
	s.guardian.Released()
	defer s.guardian.Taken()
	if s.stop {
		return s.job.Suspend(s.ctx, s.group)
	}
	return s.job.AwaitForeground(s.ctx)
}

// SetStdin implements tea.ExecCommand; nothing is read.
func (*suspender) SetStdin(io.Reader) {}

// SetStdout implements tea.ExecCommand; nothing is written.
func (*suspender) SetStdout(io.Writer) {}

// SetStderr implements tea.ExecCommand.
func (*suspender) SetStderr(io.Writer) {}

// resume turns on what Bubble Tea does not turn on again, and reads what other processes may have changed.
func (r *root) resume(m resumedMsg) tea.Cmd {
	var cmds []tea.Cmd
	if r.mouse {
		cmds = append(cmds, tea.EnableMouseCellMotion)
	}
	if errors.Is(m.err, terminal.ErrNoJobControl) {
		return tea.Batch(append(cmds, r.notices.showToast("not suspended: "+pane.ErrorText(m.err)))...)
	}
	return tea.Batch(append(cmds, r.reload())...)
}
