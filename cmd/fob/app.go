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

// app is what the verbs work with. The world (streams, environment, clock, keyring, browser) is handed in, so that
// tests run every verb in their own process.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	tty            ttys
	getenv         func(string) string
	environ        func() []string
	now            func() time.Time
	// readSecret reads a line from the terminal without echo, after ask has printed the question.
	readSecret  func(ctx context.Context, ask func()) ([]byte, error)
	screen      func() (width, height int)         // of the terminal; 0, 0 when there is none
	execReplace func(context.Context, child) error // runs the command of exec; see exec.go
	browser     func(context.Context, string) error
	guardian    []string      // the command that guards the terminal of the workbench; nil: none
	backend     vault.Backend // nil: the one that FOB_VAULT names

	global globalFlags
	paste  *paster          // reads standard input once it was started; nil: nothing does
	svc    *session.Service // made once, on first use: see service.go
	// spending is made, for who handles signals meanwhile; nil: there is none yet.
	svcOnSignal atomic.Pointer[session.Service]
	store       *vault.Store
	exposed     []string             // what of the state folder is, or was, open to other users
	helpErr     error                // why there is no help for what was asked
	errContext  session.ErrorContext // what the verb is about, for the diagnosis of what may fail

	onScreen atomic.Bool // the workbench has the terminal
}

// ttys says which of the standard streams are terminals.
type ttys struct {
	in, out, err bool
	plain        bool // the terminal takes no escape sequences
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
	root.SetArgs(append([]string{}, args...)) // none is not nil, for which cobra takes the process's own
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
		// What did not come out of a verb is a complaint about the arguments.
		err = &usageError{err: err, use: cmd.UseLine()}
	}
	a.report(err)
	return exitCode(err)
}

// ranError marks an error that a verb returned, as against one that the arguments caused.
type ranError struct{ err error }

func (e *ranError) Error() string { return e.err.Error() }
func (e *ranError) Unwrap() error { return e.err }

// errTimedOut is the cause of a context that --timeout ended.
type errTimedOut struct{ after time.Duration }

func (e errTimedOut) Error() string {
	return fmt.Sprintf("not done after %s: give it longer with --timeout", e.after)
}

// Is makes it a passed deadline.
func (e errTimedOut) Is(target error) bool { return target == context.DeadlineExceeded }

// verb makes a cobra function of f: it bounds the time by --timeout and marks what f returns.
func (a *app) verb(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return a.longVerb(func(ctx context.Context, args []string) error {
		ctx, cancel := a.withTimeout(ctx)
		defer cancel()
		return withTimedOut(ctx, f(ctx, args))
	})
}

// withTimedOut adds to an error that --timeout was too short, where it was.
func withTimedOut(ctx context.Context, err error) error {
	var timedOut errTimedOut
	if errors.Is(err, context.DeadlineExceeded) && errors.As(context.Cause(ctx), &timedOut) {
		return fmt.Errorf("%w\n  %w", err, timedOut)
	}
	return err
}

// bounded is ctx with the end that --timeout sets; 0 sets none. Who uses it is told what use cases have to say.
func (a *app) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = a.withNotes(ctx)
	if a.global.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, a.global.timeout, errTimedOut{a.global.timeout})
}

// deadline is a context that ends at the time that --timeout sets, until it is lifted.
type deadline struct {
	context.Context
	timer *time.Timer
}

// liftable is bounded, with an end that lift takes away: a body that is streamed may take as long as it keeps coming.
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

// Err tells the end of the time from the wish of a person.
func (d deadline) Err() error {
	if err := d.Context.Err(); err == nil || !errors.Is(context.Cause(d.Context), context.DeadlineExceeded) {
		return err
	}
	return context.DeadlineExceeded
}

// longVerb is verb for what runs until it is told to stop: --timeout does not end it.
func (a *app) longVerb(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if a.global.readOnly && cmd.Annotations[changes] != "" {
			return usagef("%s %s: not with --read-only", cmd.CommandPath(), cmd.Annotations[changes])
		}
		ctx := cmd.Context()
		if err := a.retryMovedEndpoint(ctx, func() error { return f(ctx, args) }); err != nil {
			return &ranError{err}
		}
		return nil
	}
}

// changes annotates a command that changes or ends something; the value says what, to follow the command's name.
const changes = "fob/changes"

// changing is the annotation of such a command.
func changing(what string) map[string]string { return map[string]string{changes: what} }
