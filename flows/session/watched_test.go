package session

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/flows/demo"
	"fob/flows/wire"
)

// tokenEndpoint observes the token endpoint of a provider: its events, and a function to call before each response.
type tokenEndpoint struct {
	mu     sync.Mutex
	events []demo.TokenEvent
	then   func() // called before each response
}

func (a *tokenEndpoint) onRequest(_ context.Context, e demo.TokenEvent) {
	a.mu.Lock()
	a.events = append(a.events, e)
	then := a.then
	a.mu.Unlock()
	if then != nil {
		then()
	}
}

// beforeResponse sets a function to call after the next requests are carried out and before the response is sent; nil
// removes it.
func (a *tokenEndpoint) beforeResponse(then func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.then = then
}

// cut is for beforeResponse: the connection ends without a response.
func cut() { panic(http.ErrAbortHandler) }

// requests counts the token requests with the grant type; "" is all.
func (a *tokenEndpoint) requests(grant string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, e := range a.events {
		if grant == "" || e.Grant == grant {
			n++
		}
	}
	return n
}

// reuses counts the rotated refresh tokens that were sent again.
func (a *tokenEndpoint) reuses() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	spent, n := map[string]bool{}, 0
	for _, e := range a.events {
		if e.Grant == refreshGrant && spent[e.PresentedHash] {
			n++
		}
		spent[e.PresentedHash] = spent[e.PresentedHash] || e.Error == ""
	}
	return n
}

// watchedBench is a bench whose token endpoint is observed.
var watchedProvider = sync.OnceValues(func() (*demo.Server, *clock) {
	c := &clock{now: time.Now().Truncate(time.Second)}
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: c.Now,
		BeforeTokenResponse: observedEndpoint.onRequest})
	if err != nil {
		panic(err)
	}
	return server, c
})

var observedEndpoint = &tokenEndpoint{}

func newWatchedBench(t *testing.T) (*bench, *tokenEndpoint) {
	t.Helper()
	server, c := watchedProvider()
	observedEndpoint.mu.Lock()
	observedEndpoint.events, observedEndpoint.then = nil, nil
	observedEndpoint.mu.Unlock()
	t.Cleanup(func() { observedEndpoint.beforeResponse(nil) })
	return benchOf(t, server, c), observedEndpoint
}

// notices collects the notifications of a use case.
type notices struct {
	mu      sync.Mutex
	list    []string
	arrived chan struct{} // closed at the first
}

func newNotices() *notices { return &notices{arrived: make(chan struct{})} }

func (t *notices) notify(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list = append(t.list, text); len(t.list) == 1 {
		close(t.arrived)
	}
}

func (t *notices) all() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.list, "\n")
}

// marks returns the kinds of the marks that a later process finds.
func (b *bench) marks() string {
	b.t.Helper()
	other, _ := b.another(os.Getenv)
	list, err := other.o.Store.Marks()
	if err != nil {
		b.t.Fatal(err)
	}
	var kinds []string
	for _, m := range list {
		kinds = append(kinds, string(m.Kind))
	}
	return strings.Join(kinds, " ")
}

// cutResponse refreshes the session without a response arriving, although the provider has rotated.
func (b *bench) cutResponse(a *tokenEndpoint, id string) {
	b.t.Helper()
	a.beforeResponse(cut)
	defer a.beforeResponse(nil)
	_, err := b.Refresh(b.ctx(), id, nil)
	var network *wire.Error
	if !errors.As(err, &network) || network.Unsent {
		b.t.Fatalf("a refresh whose answer is cut: got %v, want a network error after it was sent", err)
	}
}
