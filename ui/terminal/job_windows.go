package terminal

import (
	"context"
	"errors"
	"os"
)

// CanSuspend reports whether this system can stop a program and continue it later.
const CanSuspend = false

// ErrNoJobControl means that the program cannot be stopped.
var ErrNoJobControl = errors.New("Windows does not suspend programs")

// Job is this program as a job of a shell, which Windows does not have.
type Job struct{}

// NewJob does nothing.
func NewJob(*os.File) *Job { return &Job{} }

// Close does nothing.
func (*Job) Close() {}

// Signals returns nil.
func (*Job) Signals() <-chan os.Signal { return nil }

// Ended is never closed.
func (*Job) Ended() <-chan struct{} { return nil }

// Interpret returns false.
func (*Job) Interpret(os.Signal) (stop, redraw bool) { return false, false }

// Suspend returns ErrNoJobControl.
func (*Job) Suspend(context.Context, bool) error { return ErrNoJobControl }

// AwaitForeground returns at once.
func (*Job) AwaitForeground(context.Context) error { return nil }

func inBackground(*os.File) bool { return false }
