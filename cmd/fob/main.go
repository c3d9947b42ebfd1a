// Command fob is a terminal workbench for OAuth tokens. This package parses, wires and prints; there is one file a
// verb.
//
// Standard output carries the result and nothing else, so that it can be piped; everything else goes to standard error.
// Exit codes are fixed: see exit.go. No verb takes a secret as a flag's value: see secret.go.
//
// It holds no protocol, no layout and no storage: those are flows/session, ui and tokens/vault.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"time"

	"github.com/charmbracelet/x/term"

	"fob/ui/terminal"
	// Before anything of the screen: see there.
	_ "fob/ui/terminal/background"
)

func main() { runProgram(func(*app) {}) }

// guardTerminal is the argument with which the workbench starts the guardian of its terminal. It is no verb.
const guardTerminal = "guard-terminal"

// runProgram runs the app on the real world, changed as told, until it ends or a signal comes.
func runProgram(change func(*app)) {
	disableCoreDumps()
	if len(os.Args) == 2 && os.Args[1] == guardTerminal {
		terminal.RunGuardian(os.Stdin, os.Stdout)
		return
	}
	// Only our own printer writes to the terminal. The standard logger, which net/http writes to unasked, would repeat
	// what servers sent, tokens included, on stderr and over the workbench's screen.
	log.SetOutput(io.Discard)
	a := newApp()
	ctx, stop := endOnSignal(context.Background(), func() {
		a.awaitRefreshesOnSignal() // the answer to a refresh would be lost, and the session with it
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

// newApp is the app on the real world.
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

// screen is the size of the terminal.
func screen() (width, height int) {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, h, err := term.GetSize(f.Fd()); err == nil {
			return w, h
		}
	}
	return 0, 0
}
