// Package ui is the workbench: the root model, the layout, and what lies over the panes: help, palette, confirmations,
// errors, toasts. The panes live in ui/pane, what they are drawn with in ui/widget, ui/theme and ui/keys, and the faults
// of terminals in ui/terminal.
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
	"fob/ui/pane"
	"fob/ui/terminal"
)

// Config is what the workbench is started with. Service is required.
type Config struct {
	Service  *session.Service
	Profile  string // the profile to begin with; "" for none
	ReadOnly bool   // what makes, changes or ends something that is kept is gone
	NoMouse  bool   // the mouse stays the terminal's
	Theme    string // one of theme.Names; "" after the terminal's background
	Banner   string // a word for the header line: "demo"
	Now      func() time.Time
	In, Out  *os.File // nil: the process's own
}

// ErrNoTerminal means that there is no terminal to draw on.
var ErrNoTerminal = errors.New("the workbench needs a terminal; every verb of fob works without one (fob --help)")

// Run shows the workbench until the person quits or ctx ends. Whatever happens, the terminal is left as it was.
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
	defer terminal.Guard(in, output)()

	root := newRoot(c, c.Service, func() (*pane.Context, []pane.Pane) { return panesFor(c) }, terminal.NewClipboard(output))
	if w, h, err := term.GetSize(out.Fd()); err == nil {
		root.resize(w, h)
	}
	var program *tea.Program
	input := terminal.NewInput(in, func(m tea.Msg) { program.Send(m) })
	options := []tea.ProgramOption{tea.WithInput(input), tea.WithOutput(output), tea.WithAltScreen()}
	if !c.NoMouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	program = tea.NewProgram(root, options...)
	// A program that ends with its context does not wait for its reader of keys before it takes the reader apart; one that
	// quits does.
	defer context.AfterFunc(ctx, program.Quit)()
	_, err = program.Run()
	switch {
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the workbench stopped on a fault of its own (see above); what was stored is safe: %w", err)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("running the workbench: %w", err)
	}
	return nil
}

// openTerminal finds where to read and draw: a standard input that is a pipe is replaced by the controlling terminal.
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
