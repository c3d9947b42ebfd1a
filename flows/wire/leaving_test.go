package wire

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// Who notes that a request leaves must be asked after whoever holds it, once, and can keep it here.
func TestLeavingIsCalledWhenNothingHoldsTheRequestAnyMore(t *testing.T) {
	var order []string
	s := serve(t, func(http.ResponseWriter, *http.Request) { order = append(order, "received") })
	c, rec := client(t, Options{})
	leaving := func() error { order = append(order, "leaving"); return nil }
	held := func(_ context.Context, p Pending) (*Request, error) {
		order = append(order, "held")
		return &Request{Method: p.Request.Method, URL: p.Request.URL}, nil // as one that was edited by hand
	}
	if _, err := c.Do(WithBefore(t.Context(), held), &Request{URL: s.URL, Leaving: leaving}); err != nil {
		t.Fatal(err)
	}
	if got := len(order); got != 3 || order[0] != "held" || order[1] != "leaving" || order[2] != "received" {
		t.Errorf("got %q, want held, leaving, received", order)
	}
	order = nil
	abort := func(context.Context, Pending) (*Request, error) { return nil, ErrAborted }
	e := failure(t, c, WithBefore(t.Context(), abort), &Request{URL: s.URL, Leaving: leaving})
	if !e.Unsent || order != nil {
		t.Errorf("aborted: unsent %t, got %q, want that nothing left and nothing was noted", e.Unsent, order)
	}
	full := errors.New("the disk is full")
	refuse := func() error { return full }
	if _, err := c.Do(t.Context(), &Request{URL: s.URL, Leaving: refuse}); !errors.Is(err, full) || order != nil {
		t.Errorf("got %v and %q, want %v and nothing sent", err, order, full)
	}
	xs := rec.Exchanges()
	if last := xs[len(xs)-1]; last.Response != nil || last.Err == "" {
		t.Errorf("the record of what was kept here: %+v, want an error and no answer", last)
	}
}

func TestARequestThatHadNoConnectionIsToldFromOneWithoutAnAnswer(t *testing.T) {
	gone := serve(t, func(http.ResponseWriter, *http.Request) {})
	gone.Close()
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	half := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("{"))
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		url    string
		unsent bool
	}{
		{"nothing listens", t.Context(), gone.URL, true},
		{"no such scheme", t.Context(), "gopher://x", true},
		{"TLS that is not answered in TLS", t.Context(), "https" + cut.URL[len("http"):], true},
		{"nobody waits for it", ended, cut.URL, true},
		{"closed without an answer", t.Context(), cut.URL, false},
		{"an answer that broke off", t.Context(), half.URL, false},
	} {
		c, _ := client(t, Options{})
		if e := failure(t, c, tt.ctx, &Request{Method: "POST", URL: tt.url,
			Body: []byte("a=b")}); e.Unsent != tt.unsent {
			t.Errorf("%s: unsent %t, want %t (%v)", tt.name, e.Unsent, tt.unsent, e)
		}
	}
	received, giveUp := context.WithCancel(t.Context())
	mute := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		giveUp()
		<-r.Context().Done()
	})
	c, _ := client(t, Options{})
	if e := failure(t, c, received, &Request{Method: "POST", URL: mute.URL}); e.Phase != PhaseCancelled || e.Unsent {
		t.Errorf("given up after it was received: unsent %t, want false (%v)", e.Unsent, e)
	}
}
