package redirect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"fob/tokens"
)

// Outcome is what the browser is told when the exchange has ended. Heading and Text are plain text.
type Outcome struct {
	OK      bool
	Heading string // "" is a fitting one
	Text    string
}

// StateError means that callbacks came, and none with the state that was sent (RFC 6749 10.12).
type StateError struct {
	Expected string
	Received string // of the last one; "" when it had none
	Said     string // why the last one was not taken, and what it said
	Err      error  // why the waiting ended; nil for a pasted URL, which ends it
}

func (e *StateError) Error() string {
	received := "no state"
	if e.Received != "" {
		received = tokens.VisibleLine(clip(e.Received))
	}
	text := fmt.Sprintf("the redirect is not the answer to this sign-in: expected the state %s, received %s",
		tokens.VisibleLine(clip(e.Expected)), received)
	if e.Said != "" {
		text += "\n  " + e.Said
	}
	if e.Err != nil {
		text += fmt.Sprintf(" (and waiting ended: %v)", e.Err)
	}
	return text
}

// Unwrap yields why the waiting ended, so that a cancelled run is still found with errors.Is.
func (e *StateError) Unwrap() error { return e.Err }

func clip(s string) string {
	return tokens.Clip(s, 120)
}

// ErrClosed means that the listener was closed while somebody waited.
var ErrClosed = errors.New("the redirect listener is closed")

// ErrPasteOnly means that fob cannot listen at the pinned redirect URI and nobody can paste the answer either.
var ErrPasteOnly = errors.New("fob cannot listen at this redirect URI: the address the browser ends at has to be pasted")

// The bounds of waiting. They are fields of a Listener so that tests need not wait as long.
const (
	// earlyLimit is how long a callback may wait for Await to be called.
	earlyLimit = 15 * time.Second
	// holdLimit is how long the browser's request is kept open for Finish.
	holdLimit = 2 * time.Minute
	// writeLimit is how long Finish and Close wait for the last page to be written.
	writeLimit = 2 * time.Second
	// bodyLimit is how long a body may take.
	bodyLimit = 5 * time.Second
)

// Listener waits for one callback. Its methods may be called from several goroutines; Await from one at a time.
type Listener struct {
	uri, path   string
	sockets     []net.Listener
	server      *http.Server
	arrivals    chan *arrival
	closed      chan struct{}
	closeOnce   sync.Once
	early, hold time.Duration
	state       func(url.Values) []string // finds the state of a response
	slots       chan struct{}             // bounds the answers that are judged at once
	bodies      bodies

	mu       sync.Mutex
	taken    bool          // the awaited callback has come
	waiting  *arrival      // its request, kept open for Finish; nil after that or when it was pasted
	finished chan struct{} // closed by Finish
	outcome  Outcome
}

// arrival is a callback on its way from the browser's request to Await.
type arrival struct {
	callback *Callback
	verdict  chan verdict  // one is sent by Await
	written  chan struct{} // closed when the page has been written
}

// verdict is what Await says of an arrival: awaited, or why not.
type verdict struct {
	accepted bool
	why      string
}

// Listen opens the port. It answers requests from now on; a callback that comes before Await is called waits for it.
//
// A URI that is not plain http on a loopback host cannot be listened at: the Listener then takes a pasted URL alone
// (see PasteOnly). The error is a *PortError when no port could be had.
func Listen(o Options) (*Listener, error) {
	place, err := plan(o)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		uri: place.uri, path: place.path,
		arrivals: make(chan *arrival), closed: make(chan struct{}), finished: make(chan struct{}),
		early: earlyLimit, hold: holdLimit, slots: make(chan struct{}, maxRequests), state: o.State,
		bodies: bodies{limit: bodyLimit},
	}
	if l.state == nil {
		l.state = func(p url.Values) []string { return p["state"] }
	}
	if place.pasteOnly {
		return l, nil
	}
	sockets, port, err := openPort(place.ports)
	if err != nil {
		return nil, err
	}
	l.sockets = sockets
	if l.uri == "" {
		l.uri = place.at(port)
	}
	l.serve()
	return l, nil
}

// URI is the redirect URI to send to the authorization server.
func (l *Listener) URI() string { return l.uri }

// PasteOnly reports whether the answer can come only by pasting, since the redirect URI is none that fob can listen at.
func (l *Listener) PasteOnly() bool { return len(l.sockets) == 0 }

// Await waits for the callback with the given state: from the browser, or from paste (nil: nobody pastes). What is not
// it is answered, reported to ignored (nil: to nobody) and forgotten. The browser's request stays open until Finish.
//
// The error is a *StateError when a pasted URL had another state, or when ctx ended after callbacks with other states;
// else ctx's error, ErrClosed or ErrPasteOnly. A text that is no redirect URL is reported to ignored; it is the error
// only if paste is closed after it.
func (l *Listener) Await(ctx context.Context, state string, paste <-chan string, ignored func(why string)) (*Callback, error) {
	if ignored == nil {
		ignored = func(string) {}
	}
	if l.PasteOnly() && paste == nil {
		return nil, fmt.Errorf("waiting for the redirect to %s: %w", tokens.VisibleLine(l.uri), ErrPasteOnly)
	}
	var wrong error // the last callback that was not the awaited one
	var badPaste error
	for {
		select {
		case a := <-l.arrivals:
			why := l.unfit(a.callback, state)
			if why == "" {
				l.accept(a)
				return a.callback, nil
			}
			wrong = l.wrong(a.callback, state, why)
			a.verdict <- verdict{why: why}
			ignored(why)
		case text, open := <-paste:
			if !open {
				if badPaste != nil {
					return nil, badPaste
				}
				paste = nil
				continue
			}
			var c *Callback
			if c, badPaste = parsePasted(text); badPaste != nil {
				ignored(badPaste.Error())
				continue
			}
			if why := l.unfit(c, state); why != "" {
				return nil, l.wrong(c, state, why)
			}
			l.accept(nil)
			return c, nil
		case <-ctx.Done():
			return nil, waitEnded(wrong, ctx.Err())
		case <-l.closed:
			return nil, waitEnded(wrong, ErrClosed)
		}
	}
}

// UnreadableError means that an answer came that could not be read, and nothing after it.
type UnreadableError struct {
	Why string
	Err error // why the waiting ended
}

func (e *UnreadableError) Error() string { return e.Why }

// Unwrap yields why the waiting ended.
func (e *UnreadableError) Unwrap() error { return e.Err }

// wrong is the error of a callback that is not the awaited one.
func (l *Listener) wrong(c *Callback, state, why string) error {
	if c.unreadable != "" {
		return &UnreadableError{Why: why}
	}
	return &StateError{Expected: state, Received: first(l.state(c.Params)), Said: why}
}

func waitEnded(wrong, why error) error {
	var state *StateError
	var unreadable *UnreadableError
	switch {
	case errors.As(wrong, &state):
		state.Err = why
		return state
	case errors.As(wrong, &unreadable):
		unreadable.Err = why
		return unreadable
	}
	return fmt.Errorf("waiting for the redirect: %w", why)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// accept takes the callback as the awaited one; a is nil when it was pasted.
func (l *Listener) accept(a *arrival) {
	l.mu.Lock()
	l.taken, l.waiting = true, a
	l.mu.Unlock()
	if a != nil {
		a.verdict <- verdict{accepted: true}
	}
}

// Finish answers the browser's held request. Call it once, when the exchange has ended; it returns when the page is
// written, or was given up. It does nothing when no callback was accepted.
func (l *Listener) Finish(o Outcome) {
	l.mu.Lock()
	select {
	case <-l.finished:
		l.mu.Unlock()
		return
	default:
	}
	if !l.taken {
		l.mu.Unlock()
		return
	}
	a := l.waiting
	l.waiting, l.outcome = nil, o
	close(l.finished)
	l.mu.Unlock()
	if a == nil {
		return
	}
	timer := time.NewTimer(writeLimit)
	defer timer.Stop()
	select {
	case <-a.written:
	case <-timer.C:
	}
}

// Close stops listening; it may be called twice. A request that is still held is told that fob stopped before the sign-in was finished.
func (l *Listener) Close() error {
	first := false
	l.closeOnce.Do(func() { first = true; close(l.closed) })
	if !first || l.server == nil {
		return nil
	}
	for _, socket := range l.sockets {
		_ = socket.Close()
	}
	l.awaitServed()
	// Not Shutdown: it waits for connections that a browser opened and never used.
	if err := l.server.Close(); !errors.Is(err, net.ErrClosed) { // the sockets may be closed for the second time
		return err
	}
	return nil
}

// awaitServed waits for the requests that are being served, by taking every slot; not for ever.
func (l *Listener) awaitServed() {
	timer := time.NewTimer(writeLimit)
	defer timer.Stop()
	for range cap(l.slots) {
		select {
		case l.slots <- struct{}{}:
		case <-timer.C:
			return
		}
	}
}
