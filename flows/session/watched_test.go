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

// answers watches the token endpoint of a provider of its own: what it has done, and what it does before it answers.
type answers struct {
	mu     sync.Mutex
	events []demo.TokenEvent
	then   func()
}

func (a *answers) answering(_ context.Context, e demo.TokenEvent) {
	a.mu.Lock()
	a.events = append(a.events, e)
	then := a.then
	a.mu.Unlock()
	if then != nil {
		then()
	}
}

// beforeAnswer has then called when the next requests are carried out and not answered yet; nil: nothing.
func (a *answers) beforeAnswer(then func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.then = then
}

// cut is for beforeAnswer: the connection ends without an answer.
func cut() { panic(http.ErrAbortHandler) }

// requests are those of the token endpoint with the grant type; "" is all.
func (a *answers) requests(grant string) int {
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

// reuses are the refresh tokens that came again after they had been traded in.
func (a *answers) reuses() int {
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

// watchedBench is a bench whose provider is watched.
var watchedProvider = sync.OnceValues(func() (*demo.Server, *clock) {
	c := &clock{now: time.Now().Truncate(time.Second)}
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: c.Now, BeforeTokenResponse: watchedAnswers.answering})
	if err != nil {
		panic(err)
	}
	return server, c
})

var watchedAnswers = &answers{}

func newWatchedBench(t *testing.T) (*bench, *answers) {
	t.Helper()
	server, c := watchedProvider()
	watchedAnswers.mu.Lock()
	watchedAnswers.events, watchedAnswers.then = nil, nil
	watchedAnswers.mu.Unlock()
	t.Cleanup(func() { watchedAnswers.beforeAnswer(nil) })
	return benchOf(t, server, c), watchedAnswers
}

// told collects what a use case tells beside its result.
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

// marks are the kinds of the marks that a later process finds.
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

// cut makes the next refresh of the session one whose answer never arrives, although the provider has rotated.
func (b *bench) cut(a *answers, id string) {
	b.t.Helper()
	a.beforeAnswer(cut)
	defer a.beforeAnswer(nil)
	_, err := b.Refresh(b.ctx(), id, nil)
	var network *wire.Error
	if !errors.As(err, &network) || network.Unsent {
		b.t.Fatalf("a refresh whose answer is cut: got %v, want a network error after it was sent", err)
	}
}
