package files

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrInUse means that another program had the file open for all of the time that Rename, Remove and Patiently wait.
var ErrInUse = errors.New("another program has the file open")

// How long an operation is tried again: on Windows a virus scanner, a backup or a sync client keeps others from
// renaming, removing or reading a file for as long as it has it open. "Access denied" can mean that, and can be final.
const (
	inUsePatience  = 10 * time.Second
	deniedPatience = 3 * time.Second
	shortestPause  = time.Millisecond
	longestPause   = 100 * time.Millisecond
)

// Rename is os.Rename that waits while another program has one of the files open.
func Rename(from, to string) error { return Patiently(func() error { return os.Rename(from, to) }) }

// Remove is os.Remove that waits while another program has the file open.
func Remove(path string) error { return Patiently(func() error { return os.Remove(path) }) }

// Patiently calls op again while it fails because another program has a file open, for seconds; then the error is
// ErrInUse as well. Systems without such locks call it once. Reading a file whole is an op; so is opening one.
func Patiently(op func() error) error {
	return waiter{inUse: inUse, now: time.Now, sleep: time.Sleep}.do(op)
}

// use says what an error tells of other programs.
type use int

const (
	notInUse use = iota
	perhapsInUse
	surelyInUse
)

// waiter calls an operation again. The clock and the classification are handed in.
type waiter struct {
	inUse func(error) use
	now   func() time.Time
	sleep func(time.Duration)
}

func (w waiter) do(op func() error) error {
	begun := w.now()
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := op()
		if err == nil {
			return nil
		}
		patience := inUsePatience
		switch w.inUse(err) {
		case notInUse:
			return err
		case perhapsInUse:
			patience = deniedPatience
		}
		if w.now().Sub(begun) >= patience {
			return fmt.Errorf("%w: %w", ErrInUse, err)
		}
		w.sleep(pause)
	}
}
