// Command fob is a terminal workbench for OAuth tokens. This package parses flags, connects the other packages and
// prints; there is one file a verb.
//
// Standard output is only the result, so that it can be piped; notes and errors go to standard error. Exit codes are
// fixed: see exit.go. No verb takes a secret as a flag's value: see secret.go.
//
// Protocol, layout and storage are in flows/session, ui and tokens/vault.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"time"

	"github.com/charmbracelet/x/term"

	"fob/ui/terminal"
	// Imported for its init, which must run before Bubble Tea's.
	_ "fob/ui/terminal/background"
)

func main() { runProgram(func(*app) {}) }

// guardTerminal is the argument with which the workbench starts the guardian of its terminal. It is not a verb.
const guardTerminal = "guard-terminal"

// runProgram runs the app with the real streams, clock and keyring, after change, until it ends or a signal arrives.
func runProgram(change func(*app)) {
	disableCoreDumps()
	if len(os.Args) == 2 && os.Args[1] == guardTerminal {
		terminal.RunGuardian(os.Stdin, os.Stdout)
		return
	}
	// Only our own printer may write to the terminal. The standard logger, which net/http uses, would print what
	// servers sent, including tokens, to stderr and over the workbench's screen.
	log.SetOutput(io.Discard)
	a := newApp()
	ctx, stop := endOnSignal(context.Background(), func() {
		a.awaitRefreshesOnSignal() // otherwise the response to a refresh and so the session would be lost
		terminal.Restore()
		os.Exit(exitInterrupted)
	})
	if self, err := os.Executable(); err == nil {
		a.guardian = []string{self, guardTerminal}
	}
	undo, ok := terminal.EnableSequences(os.Stderr)
	a.tty.plain = !ok
	change(a)
	code := a.run(ctx, os.Args[1:])
	stop()
	undo()
	os.Exit(code)
}

// newApp returns the app with the real streams, environment and clock.
func newApp() *app {
	return &app{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		tty: ttys{
			in:  terminal.IsTerminal(os.Stdin),
			out: terminal.IsTerminal(os.Stdout),
			err: terminal.IsTerminal(os.Stderr),
		},
		getenv:  os.Getenv,
		environ: os.Environ,
		now:     time.Now,
		readSecret: func(ctx context.Context, ask func()) ([]byte, error) {
			return terminal.ReadSecret(ctx, os.Stdin, ask)
		},
		screen:      screen,
		execReplace: execReplace,
	}
}

// screen returns the size of the terminal; 0, 0 without one.
func screen() (width, height int) {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, h, err := term.GetSize(f.Fd()); err == nil {
			return w, h
		}
	}
	return 0, 0
}
