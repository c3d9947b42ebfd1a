package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens/vault"
)

// app is the state that the verbs share. Streams, environment, clock, keyring and browser are passed in, so that tests
// run every verb in their own process.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	tty            ttys
	getenv         func(string) string
	environ        func() []string
	now            func() time.Time
	// readSecret reads a line from the terminal without echo, after ask has printed the question.
	readSecret  func(ctx context.Context, ask func()) ([]byte, error)
	screen      func() (width, height int)         // of the terminal; 0, 0 without one
	execReplace func(context.Context, child) error // runs the command of fob exec
	browser     func(context.Context, string) error
	guardian    []string      // the command that restores the terminal after a crash of the workbench; nil without
	backend     vault.Backend // nil for the one that FOB_VAULT selects

	global globalFlags
	paste  *paster          // reads standard input once started; nil if nothing is pasted
	svc    *session.Service // created on first use: see service.go
	// svcOnSignal is svc for the signal handler, which runs concurrently; nil until svc is created.
	svcOnSignal atomic.Pointer[session.Service]
	store       *vault.Store
	exposed     []string             // problems with the permissions of the state folder, fixed or not
	helpErr     error                // of `fob help WORD` for an unknown command
	errContext  session.ErrorContext // what the verb works on, for the diagnosis of an error

	onScreen atomic.Bool // the workbench has the terminal
}

// ttys says which of the standard streams are terminals.
type ttys struct {
	in, out, err bool
	plain        bool // the terminal does not support escape sequences
}

// globalFlags are the flags that every verb takes.
type globalFlags struct {
	noInput  bool
	readOnly bool
	timeout  time.Duration
	theme    string
	noMouse  bool
}

// run runs the program with the arguments and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(append([]string{}, args...)) // not nil: cobra would use os.Args
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = a.helpErr
	}
	var ran *ranError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ran):
		err = ran.err
	default:
		// An error that no verb returned is one of the arguments.
		err = &usageError{err: err, use: cmd.UseLine()}
	}
	a.report(err)
	return exitCode(err)
}

// ranError marks an error that a verb returned, unlike an error in the arguments.
type ranError struct{ err error }

func (e *ranError) Error() string { return e.err.Error() }
func (e *ranError) Unwrap() error { return e.err }

// errTimedOut is the cause of a context that --timeout ended.
type errTimedOut struct{ after time.Duration }

func (e errTimedOut) Error() string {
	return fmt.Sprintf("timed out after %s: allow more time with --timeout", e.after)
}

// Is makes it match context.DeadlineExceeded.
func (e errTimedOut) Is(target error) bool { return target == context.DeadlineExceeded }

// verb returns a cobra function for f. It applies --timeout and marks the error that f returns.
func (a *app) verb(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return a.longVerb(func(ctx context.Context, args []string) error {
		ctx, cancel := a.withTimeout(ctx)
		defer cancel()
		return withTimedOut(ctx, f(ctx, args))
	})
}

// withTimedOut adds to a deadline error that --timeout was too short, if that is the cause.
func withTimedOut(ctx context.Context, err error) error {
	var timedOut errTimedOut
	if errors.Is(err, context.DeadlineExceeded) && errors.As(context.Cause(ctx), &timedOut) {
		return fmt.Errorf("%w\n  %w", err, timedOut)
	}
	return err
}

// withTimeout returns ctx with the deadline of --timeout, unless that is 0, and with the printing of notes.
func (a *app) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = a.withNotes(ctx)
	if a.global.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, a.global.timeout, errTimedOut{a.global.timeout})
}

// deadline is a context that ends after --timeout unless lifted.
type deadline struct {
	context.Context
	timer *time.Timer
}

// withLiftableTimeout is withTimeout with a deadline that lift removes: streaming a body may take as long as data keeps
// coming.
func (a *app) withLiftableTimeout(ctx context.Context) (d deadline, cancel context.CancelFunc) {
	ctx, end := context.WithCancelCause(a.withNotes(ctx))
	d = deadline{Context: ctx}
	if after := a.global.timeout; after > 0 {
		d.timer = time.AfterFunc(after, func() { end(errTimedOut{after}) })
	}
	return d, func() { d.lift(); end(nil) }
}

func (d deadline) lift() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// Err distinguishes the timeout from an interrupt by the user.
func (d deadline) Err() error {
	if err := d.Context.Err(); err == nil || !errors.Is(context.Cause(d.Context), context.DeadlineExceeded) {
		return err
	}
	return context.DeadlineExceeded
}

// longVerb is verb for what runs until it is interrupted: --timeout does not end it.
func (a *app) longVerb(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if a.global.readOnly && cmd.Annotations[changes] != "" {
			return usagef("%s %s: not allowed with --read-only", cmd.CommandPath(), cmd.Annotations[changes])
		}
		ctx := cmd.Context()
		if err := a.retryMovedEndpoint(ctx, func() error { return f(ctx, args) }); err != nil {
			return &ranError{err}
		}
		return nil
	}
}

// changes annotates a command that changes or ends something; the value completes the command's name to a sentence.
const changes = "fob/changes"

// changing returns the annotation of a command that changes something.
func changing(what string) map[string]string { return map[string]string{changes: what} }
