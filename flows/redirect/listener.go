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

// Outcome is what the browser shows at the end of the exchange. Heading and Text are plain text.
type Outcome struct {
	OK      bool
	Heading string // "": a default one
	Text    string
}

// StateError means that callbacks arrived, but none with the expected state (RFC 6749 10.12).
type StateError struct {
	Expected string
	Received string // of the last callback; "" if it had none
	Detail   string // why the last callback was rejected, and its content
	Err      error  // why waiting ended; nil for a pasted URL, which ends it
}

func (e *StateError) Error() string {
	received := "no state"
	if e.Received != "" {
		received = tokens.VisibleLine(clip(e.Received))
	}
	text := fmt.Sprintf("the redirect does not belong to this sign-in: expected the state %s, received %s",
		tokens.VisibleLine(clip(e.Expected)), received)
	if e.Detail != "" {
		text += "\n  " + e.Detail
	}
	if e.Err != nil {
		text += fmt.Sprintf(" (and waiting ended: %v)", e.Err)
	}
	return text
}

// Unwrap returns why waiting ended, so that errors.Is finds a cancelled run.
func (e *StateError) Unwrap() error { return e.Err }

func clip(s string) string {
	return tokens.Clip(s, 120)
}

// ErrClosed means that the listener was closed during Await.
var ErrClosed = errors.New("the redirect listener is closed")

// ErrPasteOnly means that fob cannot listen at the pinned redirect URI and that pasting is not possible either.
var ErrPasteOnly = errors.New("fob cannot listen at this redirect URI: the address the browser ends at has to be " +
	"pasted")

// The time limits. They are fields of a Listener so that tests can shorten them.
const (
	// awaitTimeout is how long a callback waits for a call of Await.
	awaitTimeout = 15 * time.Second
	// finishTimeout is how long the browser's request stays open for Finish.
	finishTimeout = 2 * time.Minute
	// writeTimeout is how long Finish and Close wait until the last page is written.
	writeTimeout = 2 * time.Second
	// bodyTimeout is the time limit of a body.
	bodyTimeout = 5 * time.Second
)

// Listener waits for one callback. Its methods may be called from several goroutines; Await from one at a time.
type Listener struct {
	uri, path                   string
	sockets                     []net.Listener
	server                      *http.Server
	arrivals                    chan *arrival
	closed                      chan struct{}
	closeOnce                   sync.Once
	awaitTimeout, finishTimeout time.Duration
	state                       func(url.Values) []string // returns the state of a response
	slots                       chan struct{}             // limits the callbacks that are handled at once
	bodies                      bodyReader

	mu       sync.Mutex
	accepted bool          // the expected callback has arrived
	pending  *arrival      // its request, open until Finish; nil after that or if it was pasted
	finished chan struct{} // closed by Finish
	outcome  Outcome
}

// arrival is a callback between the browser's request and Await.
type arrival struct {
	callback *Callback
	verdict  chan verdict  // Await sends one
	written  chan struct{} // closed when the page is written
}

// verdict is Await's decision on an arrival.
type verdict struct {
	accepted bool
	reason   string
}

// Listen opens the port and answers requests from then on. A callback that arrives before Await is called waits for it.
//
// fob cannot listen at a URI other than plain http on a loopback host: then the Listener accepts only a pasted URL (see
// PasteOnly). The error is a *PortError if no port is available.
func Listen(o Options) (*Listener, error) {
	config, err := newListenConfig(o)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		uri: config.uri, path: config.path,
		arrivals: make(chan *arrival), closed: make(chan struct{}), finished: make(chan struct{}),
		awaitTimeout: awaitTimeout, finishTimeout: finishTimeout, slots: make(chan struct{},
			maxRequests), state: o.State,
		bodies: bodyReader{limit: bodyTimeout},
	}
	if l.state == nil {
		l.state = func(p url.Values) []string { return p["state"] }
	}
	if config.pasteOnly {
		return l, nil
	}
	sockets, port, err := openPort(config.ports)
	if err != nil {
		return nil, err
	}
	l.sockets = sockets
	if l.uri == "" {
		l.uri = config.uriWithPort(port)
	}
	l.serve()
	return l, nil
}

// URI returns the redirect URI to send to the authorization server.
func (l *Listener) URI() string { return l.uri }

// PasteOnly reports whether the response can only be pasted, because fob cannot listen at the redirect URI.
func (l *Listener) PasteOnly() bool { return len(l.sockets) == 0 }

// Await waits for the callback with the given state, from the browser or from paste (which may be nil). Other callbacks
// are answered, reported to ignored (which may be nil) and dropped. The browser's request stays open until Finish.
//
// The error is a *StateError if a pasted URL had another state, or if ctx ended after callbacks with other states; else
// ctx's error, ErrClosed or ErrPasteOnly. A text that is not a redirect URL is reported to ignored; it is the error
// only if paste is closed after it.
func (l *Listener) Await(ctx context.Context, state string, paste <-chan string,
	ignored func(reason string)) (*Callback, error) {
	if ignored == nil {
		ignored = func(string) {}
	}
	if l.PasteOnly() && paste == nil {
		return nil, fmt.Errorf("waiting for the redirect to %s: %w", tokens.VisibleLine(l.uri), ErrPasteOnly)
	}
	var rejected error // of the last callback that was rejected
	var badPaste error
	for {
		select {
		case a := <-l.arrivals:
			reason := l.rejectReason(a.callback, state)
			if reason == "" {
				l.accept(a)
				return a.callback, nil
			}
			rejected = l.rejectError(a.callback, state, reason)
			a.verdict <- verdict{reason: reason}
			ignored(reason)
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
			if reason := l.rejectReason(c, state); reason != "" {
				return nil, l.rejectError(c, state, reason)
			}
			l.accept(nil)
			return c, nil
		case <-ctx.Done():
			return nil, waitError(rejected, ctx.Err())
		case <-l.closed:
			return nil, waitError(rejected, ErrClosed)
		}
	}
}

// UnreadableError means that a malformed response arrived, and no valid one after it.
type UnreadableError struct {
	Reason string
	Err    error // why waiting ended
}

func (e *UnreadableError) Error() string { return e.Reason }

// Unwrap returns why waiting ended.
func (e *UnreadableError) Unwrap() error { return e.Err }

// rejectError returns the error of a rejected callback.
func (l *Listener) rejectError(c *Callback, state, reason string) error {
	if c.unreadable != "" {
		return &UnreadableError{Reason: reason}
	}
	return &StateError{Expected: state, Received: first(l.state(c.Params)), Detail: reason}
}

func waitError(rejected, cause error) error {
	var state *StateError
	var unreadable *UnreadableError
	switch {
	case errors.As(rejected, &state):
		state.Err = cause
		return state
	case errors.As(rejected, &unreadable):
		unreadable.Err = cause
		return unreadable
	}
	return fmt.Errorf("waiting for the redirect: %w", cause)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// accept marks the callback as the expected one; a is nil if it was pasted.
func (l *Listener) accept(a *arrival) {
	l.mu.Lock()
	l.accepted, l.pending = true, a
	l.mu.Unlock()
	if a != nil {
		a.verdict <- verdict{accepted: true}
	}
}

// Finish answers the browser's pending request. Call it once, at the end of the exchange. It returns when the page is
// written or after a timeout. It does nothing if no callback was accepted.
func (l *Listener) Finish(o Outcome) {
	l.mu.Lock()
	select {
	case <-l.finished:
		l.mu.Unlock()
		return
	default:
	}
	if !l.accepted {
		l.mu.Unlock()
		return
	}
	a := l.pending
	l.pending, l.outcome = nil, o
	close(l.finished)
	l.mu.Unlock()
	if a == nil {
		return
	}
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	select {
	case <-a.written:
	case <-timer.C:
	}
}

// Close stops listening; it may be called twice. The page of a pending request says that fob stopped before the sign-in
// was finished.
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
	// Not Shutdown: it waits for connections that a browser opened but never used.
	if err := l.server.Close(); !errors.Is(err, net.ErrClosed) { // the sockets may already be closed
		return err
	}
	return nil
}

// awaitServed waits for the requests that are being served, by acquiring every slot, up to a timeout.
func (l *Listener) awaitServed() {
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	for range cap(l.slots) {
		select {
		case l.slots <- struct{}{}:
		case <-timer.C:
			return
		}
	}
}
