package redirect

import (
	"context"
	"errors"
)

// Outcome is what the browser is told when the exchange has ended.
type Outcome struct {
	OK      bool
	Heading string
	Text    string
}

// StateError means that a callback came with another state than the one that was sent.
type StateError struct {
	Expected string
	Received string
}

func (e *StateError) Error() string { return "the callback's state is not the one that was sent" }

// ErrNoBrowser means that there is no browser to open here; the error's text says what to do instead.
var ErrNoBrowser = errors.New("no browser can be opened here")

// Listener waits for one callback.
type Listener struct{}

var errNotYet = errors.New("redirect: not there yet")

func Listen(o Options) (*Listener, error) { return nil, errNotYet }
func (l *Listener) URI() string           { return "" }
func (l *Listener) Await(ctx context.Context, state string, paste <-chan string, ignored func(why string)) (*Callback, error) {
	return nil, errNotYet
}
func (l *Listener) Finish(o Outcome)             {}
func (l *Listener) Close() error                 { return nil }
func ParsePasted(text string) (*Callback, error) { return nil, errNotYet }
func Open(ctx context.Context, url string) error { return errNotYet }
