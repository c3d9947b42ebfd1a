//go:build !windows

package terminal

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// CanSuspend reports whether this system can stop a program and continue it later.
const CanSuspend = true

// ErrNoJobControl means that no shell can continue the program, so the system did not stop it.
var ErrNoJobControl = errors.New("no shell with job control started fob")

// Job is this program as a job of a shell.
type Job struct {
	tty     *os.File
	signals chan os.Signal
	waiting atomic.Bool   // Suspend waits for SIGCONT
	resumed chan struct{} // receives it
	ended   chan struct{} // closed when the program was asked to end while it was in the background
}

// The bounds of waiting in Suspend.
const (
	// stopTimeout is how long a stop signal may take to stop the program. It has long passed when a stopped program
	// continues, and SIGCONT arrives within the same time.
	stopTimeout = 100 * time.Millisecond
	// foregroundPoll is the interval of checks whether a program in the background is in the foreground again.
	foregroundPoll = 100 * time.Millisecond
)

// NewJob subscribes to the signals of job control: until Close, SIGTSTP does not stop the program by itself.
func NewJob(tty *os.File) *Job {
	j := &Job{tty: tty, signals: make(chan os.Signal, 4), resumed: make(chan struct{}, 1), ended: make(chan struct{})}
	signal.Notify(j.signals, unix.SIGTSTP, unix.SIGCONT)
	return j
}

// Close restores the default action of the signals.
func (j *Job) Close() { signal.Stop(j.signals) }

// Signals returns the signals of job control; pass each to Interpret.
func (j *Job) Signals() <-chan os.Signal { return j.signals }

// Ended is closed when the program was asked to end while it was in the background, where it must no longer touch the
// terminal.
func (j *Job) Ended() <-chan struct{} { return j.ended }

// Interpret returns what a signal asks for: to stop, or to redraw after a stop that the program could not foresee
// (SIGSTOP). It returns neither if the signal ended a stop by Suspend.
func (j *Job) Interpret(s os.Signal) (stop, redraw bool) {
	if s == unix.SIGTSTP {
		return true, false
	}
	if j.waiting.Swap(false) {
		j.resumed <- struct{}{}
		return false, false
	}
	return false, true
}

// Suspend stops the program, with its whole process group as ctrl+z does or alone, and returns when it is in the
// foreground again. The caller must have restored the terminal before. If ctx ends while the program is in the
// background, Suspend closes Ended and does not return.
func (j *Job) Suspend(ctx context.Context, group bool) error {
	// Ignored, and not only unhandled: a handler that starts before the stop may end after it, and ask for another
	// stop.
	signal.Ignore(unix.SIGTSTP)
	if group {
		_ = unix.Kill(0, unix.SIGTSTP)
	}
	stopped := j.stop()
	signal.Notify(j.signals, unix.SIGTSTP)
	if !stopped {
		return ErrNoJobControl
	}
	return j.AwaitForeground(ctx)
}

// AwaitForeground returns when the program may use the terminal. In the background it stops again, as every program
// does that needs its terminal.
func (j *Job) AwaitForeground(ctx context.Context) error {
	for inBackground(j.tty) {
		select {
		case <-ctx.Done():
			close(j.ended)
			select {} // the shell has the terminal
		case <-time.After(foregroundPoll):
			j.stop()
		}
	}
	return ctx.Err()
}

// stop stops the program and reports whether it was stopped, and continued. SIGTTOU is the stop signal without a
// handler here; as with SIGTSTP, the system does not stop a process group that no shell controls.
func (j *Job) stop() bool {
	j.waiting.Store(true)
	if unix.Kill(unix.Getpid(), unix.SIGTTOU) == nil {
		for range 2 { // the first wait may have passed while the program was stopped
			select {
			case <-j.resumed:
				return true
			case <-time.After(stopTimeout):
			}
		}
	}
	if !j.waiting.Swap(false) {
		<-j.resumed
		return true
	}
	return false
}

// inBackground reports whether another process group has the terminal.
func inBackground(tty *os.File) bool {
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground != unix.Getpgrp()
}
