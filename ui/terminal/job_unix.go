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

// ErrNoJobControl means that no shell is there to continue the program, so that the system did not stop it.
var ErrNoJobControl = errors.New("no shell with job control started fob")

// Job is this program as a job of a shell.
type Job struct {
	tty     *os.File
	signals chan os.Signal
	waiting atomic.Bool   // Suspend waits for SIGCONT
	resumed chan struct{} // brings it
	ended   chan struct{} // closed when the program was told to end while it was in the background
}

// The bounds of waiting in Suspend.
const (
	// stopLimit is how long a stop signal may take to stop the program. It is long over when a stopped program continues,
	// and the news of that comes within the same time.
	stopLimit = 100 * time.Millisecond
	// backgroundPause is the time between two looks whether a program in the background is in the foreground again.
	backgroundPause = 100 * time.Millisecond
)

// NewJob begins to receive the signals of job control: while it does, SIGTSTP does not stop the program by itself.
func NewJob(tty *os.File) *Job {
	j := &Job{tty: tty, signals: make(chan os.Signal, 4), resumed: make(chan struct{}, 1), ended: make(chan struct{})}
	signal.Notify(j.signals, unix.SIGTSTP, unix.SIGCONT)
	return j
}

// Close lets the signals do again what they do by default.
func (j *Job) Close() { signal.Stop(j.signals) }

// Signals brings the signals of job control; each is for Asked.
func (j *Job) Signals() <-chan os.Signal { return j.signals }

// Ended is closed when the program has been told to end while it was in the background, where it must not touch the
// terminal any more.
func (j *Job) Ended() <-chan struct{} { return j.ended }

// Asked says what a signal asks for: to stop, or to draw again after a stop that the program could not see coming
// (SIGSTOP). Neither when it ended a stop by Suspend.
func (j *Job) Asked(s os.Signal) (stop, redraw bool) {
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
// foreground again. The terminal must have been given back before. When ctx ends while the program is in the
// background, it closes Ended and does not return.
func (j *Job) Suspend(ctx context.Context, group bool) error {
	// Ignored, and not only unhandled: a handler that begins before the stop may end after it, and would ask for another.
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
// that needs its terminal does.
func (j *Job) AwaitForeground(ctx context.Context) error {
	for inBackground(j.tty) {
		select {
		case <-ctx.Done():
			close(j.ended)
			select {} // the terminal is the shell's
		case <-time.After(backgroundPause):
			j.stop()
		}
	}
	return ctx.Err()
}

// stop stops the program and reports whether it was stopped, and continued. SIGTTOU is the stop signal that
// nothing here ever handles; as with SIGTSTP, the system does not stop by it a process group that no shell controls.
func (j *Job) stop() bool {
	j.waiting.Store(true)
	if unix.Kill(unix.Getpid(), unix.SIGTTOU) == nil {
		for range 2 { // the first wait may have passed while the program was stopped
			select {
			case <-j.resumed:
				return true
			case <-time.After(stopLimit):
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
