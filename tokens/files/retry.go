package files

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrInUse means that another program had the file open during all retries of Rename, Remove or RetryWhileInUse.
var ErrInUse = errors.New("another program has the file open")

// How long an operation is retried: on Windows a virus scanner, a backup or a sync client keeps others from renaming,
// removing or reading a file while it has it open. "Access denied" may mean that, or may be permanent.
const (
	inUseTimeout  = 10 * time.Second
	deniedTimeout = 3 * time.Second
	shortestPause = time.Millisecond
	longestPause  = 100 * time.Millisecond
)

// Rename is os.Rename that retries while another program has one of the files open.
func Rename(from, to string) error {
	return RetryWhileInUse(func() error { return os.Rename(from, to) })
}

// Remove is os.Remove that retries while another program has the file open.
func Remove(path string) error { return RetryWhileInUse(func() error { return os.Remove(path) }) }

// RetryWhileInUse retries op for some seconds while it fails because another program has a file open; then the error is
// also ErrInUse. Systems without such locks call it once. op may also read or open a file.
func RetryWhileInUse(op func() error) error {
	return retrier{inUse: inUse, now: time.Now, sleep: time.Sleep}.do(op)
}

// inUseState says whether an error means that another program has the file open.
type inUseState int

const (
	notInUse inUseState = iota
	maybeInUse
	definitelyInUse
)

// retrier retries an operation. Tests replace the clock and the classification.
type retrier struct {
	inUse func(error) inUseState
	now   func() time.Time
	sleep func(time.Duration)
}

func (r retrier) do(op func() error) error {
	begun := r.now()
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := op()
		if err == nil {
			return nil
		}
		timeout := inUseTimeout
		switch r.inUse(err) {
		case notInUse:
			return err
		case maybeInUse:
			timeout = deniedTimeout
		}
		if r.now().Sub(begun) >= timeout {
			return fmt.Errorf("%w: %w", ErrInUse, err)
		}
		r.sleep(pause)
	}
}
