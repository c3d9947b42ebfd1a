package pane_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/flows/session"
	"fob/flows/wire"
	"fob/ui/keys"
)

// A refresh without a response is not tried again before the user confirms.
func TestARefreshInDoubtAsksFirst(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.sessions, "alice")
	lost := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(lost.Close)
	elsewhere := func(_ context.Context, p wire.Pending) (*wire.Request, error) {
		p.Request.URL = lost.URL
		return p.Request, nil
	}
	r := session.RefreshRequest{Before: elsewhere}
	if _, err := b.ctx.Service.RefreshWith(t.Context(), b.newest(), r, nil); err == nil {
		t.Fatal("the answer arrived")
	}
	asked := len(b.ctx.Service.Exchanges())
	b.do(b.sessions, keys.SessionRefresh)
	b.Until("the person is asked", func() bool { return len(b.Confirms) == 1 })
	ask := b.Confirms[0]
	if !strings.Contains(ask.Text, "never arrived") || !strings.Contains(ask.Text, "theft") || ask.Letter != "y" {
		t.Errorf("asked %+v", ask)
	}
	if got := len(b.ctx.Service.Exchanges()); got != asked || len(b.Errors) != 0 || len(b.Toasts) != 0 {
		t.Errorf("before an answer: %d requests, errors %v, toasts %q", got-asked, b.Errors, b.Toasts)
	}
	b.Run(ask.Do)
	b.Until("the tokens were renewed", func() bool {
		return strings.Contains(strings.Join(b.Toasts, "\n"), "has new tokens")
	})
	b.Until("the work is over", func() bool { return b.sessions.Disabled(keys.SessionRefresh) == "" })
	b.do(b.sessions, keys.SessionRefresh)
	b.Until("they are renewed without asking", func() bool { return len(b.Toasts) == 2 })
	if len(b.Confirms) != 1 || len(b.Errors) != 0 {
		t.Errorf("asked %d times, errors %v", len(b.Confirms), b.Errors)
	}
}
