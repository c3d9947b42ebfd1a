// Package ui is the workbench: the root model, the layout, and what is drawn over the panes: help, palette,
// confirmations, errors, toasts. The panes are in ui/pane, what they are drawn with in ui/widget, ui/theme and ui/keys,
// and the faults of terminals in ui/terminal.
//
// The package starts no goroutine of its own and does no I/O outside commands.
package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"

	"fob/flows/session"
	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/terminal"
)

// Config is the configuration of the workbench. Service is required.
type Config struct {
	Service  *session.Service
	Profile  string // the profile to start with; "" for none
	ReadOnly bool   // actions that create, change or remove something stored are disabled
	NoMouse  bool   // the terminal keeps the mouse
	Theme    string // one of theme.Names; "" to match the terminal's background
	Banner   string // a word in the header: "demo"
	Now      func() time.Time
	In, Out  *os.File // nil: the process's own
	// Guardian is a command that calls terminal.RunGuardian; nil: the terminal stays raw after a kill -9.
	Guardian []string
}

// ErrNoTerminal reports that there is no terminal to draw on.
var ErrNoTerminal = errors.New("the workbench needs a terminal; every verb of fob works without one (fob --help)")

// quitTimeout is how long the program may take to quit in good order. After that the terminal is restored without
// waiting for it. A variable for tests.
var quitTimeout = 3 * time.Second

// errTerminalLost reports that the terminal was closed while the workbench was running.
var errTerminalLost = fmt.Errorf("the terminal was closed: %w", context.Canceled)

// Run shows the workbench until the user quits, ctx ends or the terminal is closed. In every case it restores the
// terminal.
func Run(ctx context.Context, c Config) error {
	if c.Now == nil {
		c.Now = time.Now
	}
	in, out, closeIn, err := openTerminal(c)
	if err != nil {
		return err
	}
	defer closeIn()
	output := terminal.NewOutput(out)
	undo, _ := terminal.EnableSequences(out)
	defer undo()
	guardian := terminal.StartGuardian(c.Guardian, in)
	defer terminal.Guard(in, output, guardian)()

	root := newRoot(c, c.Service, func() (*pane.Context, []pane.Pane) { return panesFor(c) },
		terminal.NewClipboard(output))
	if w, h, err := term.GetSize(out.Fd()); err == nil {
		root.resize(w, h)
	}
	root.clip.files.Guardian = guardian
	defer terminal.OnExit(root.clip.files.Remove)()
	job := terminal.NewJob(in)
	defer job.Close()
	root.suspend = func(s suspension) tea.Cmd { return tea.Exec(&suspender{ctx, job, guardian, s}, suspended) }
	var program *tea.Program
	input := terminal.NewInput(in, func(m tea.Msg) { program.Send(m) })
	program = newProgram(root, input, output, !c.NoMouse)
	return supervise(ctx, program, input, job)
}

func newProgram(model tea.Model, in *terminal.Input, out *terminal.Output, mouse bool) *tea.Program {
	// The caller handles signals and ends ctx. The library's own handler would end the program a second time, and wait
	// forever for its message to be received.
	options := []tea.ProgramOption{tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(),
		tea.WithoutSignalHandler()}
	if mouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	recovering := terminal.NewRecovering(model)
	program := tea.NewProgram(recovering, options...)
	recovering.SetQuit(program.Quit)
	return program
}

// crashOf is the error of a workbench that panicked; nil when it did not. It prints the stack.
func crashOf(model tea.Model) error {
	recovering, ok := model.(*terminal.Recovering)
	if !ok || recovering.Crash() == nil {
		return nil
	}
	crash := recovering.Crash()
	_, _ = fmt.Fprintf(os.Stderr, "panic: %s\n\n%s\n", tokens.Visible(fmt.Sprint(crash.Value)), crash.Stack)
	return tea.ErrProgramPanic
}

// supervise runs the program, passes job control on to it, and makes it end when ctx or the terminal ends.
func supervise(ctx context.Context, program *tea.Program, input *terminal.Input, job *terminal.Job) error {
	ended := make(chan error, 1)
	go func() {
		model, err := program.Run()
		if crash := crashOf(model); crash != nil {
			err = crash
		}
		ended <- err
	}()
	cancelled, lost := ctx.Done(), input.Lost()
	var late <-chan time.Time
	var why error
	for {
		select {
		case err := <-ended:
			if why == nil {
				why = ctx.Err()
			}
			switch {
			case errors.Is(err, tea.ErrProgramPanic):
				return fmt.Errorf("the workbench crashed (see above); what was stored is safe: %w", err)
			case why != nil:
				return why
			case err != nil:
				return fmt.Errorf("running the workbench: %w", err)
			}
			return nil
		case s := <-job.Signals():
			if stop, redraw := job.Interpret(s); stop || redraw {
				go program.Send(suspension{stop: stop})
			}
			continue
		case <-cancelled:
			cancelled, why = nil, ctx.Err()
		case <-lost:
			lost, why = nil, errTerminalLost
		case <-late:
			return why
		case <-job.Ended():
			return why
		}
		// A program that ends with its context closes its key reader without waiting for it; one that quits waits.
		go program.Quit()
		late = time.After(quitTimeout)
	}
}

// openTerminal opens the input and the output: a standard input that is a pipe is replaced by the controlling terminal.
func openTerminal(c Config) (in, out *os.File, closeIn func(), err error) {
	in, out = c.In, c.Out
	if in == nil {
		in = os.Stdin
	}
	if out == nil {
		out = os.Stdout
	}
	if !terminal.IsTerminal(out) {
		return nil, nil, nil, ErrNoTerminal
	}
	if terminal.IsTerminal(in) {
		return in, out, func() {}, nil
	}
	tty, err := terminal.OpenTTY()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return tty, out, func() { _ = tty.Close() }, nil
}
