package redirect

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A signed response contains its state: Options.State finds it.
func TestTheStateOfASignedResponseIsFoundInIt(t *testing.T) {
	inside := func(p url.Values) []string {
		state, ok := strings.CutPrefix(p.Get("response"), "state-")
		if !ok {
			return nil
		}
		return []string{state}
	}
	l := listen(t, Options{State: inside})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ignored := make(chan string, 4)
	type result struct {
		c   *Callback
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := l.Await(ctx, "right", nil, func(why string) { ignored <- why })
		done <- result{c, err}
	}()
	for _, other := range []string{"?response=state-wrong", "?response=junk"} {
		r := request(t, http.MethodGet, l.URI()+other, "")
		page := make(chan answer, 1)
		go func() { page <- visit(r) }()
		select {
		case a := <-page:
			if a.status != http.StatusBadRequest {
				t.Fatalf("%s: got %d, want it refused", other, a.status)
			}
		case got := <-done:
			t.Fatalf("%s: Await took it: got %+v, %v", other, got.c, got.err)
		}
		select {
		case <-ignored:
		case <-ctx.Done():
			t.Fatalf("%s: nothing was reported", other)
		}
	}
	page := make(chan answer, 1)
	right := request(t, http.MethodGet, l.URI()+"?response=state-right", "")
	go func() { page <- visit(right) }()
	var got result
	select {
	case got = <-done:
	case a := <-page:
		t.Fatalf("the right state: the browser got %d, %v, %q, and Await did not return", a.status, a.err, a.body)
	}
	if got.err != nil || got.c.Params.Get("response") != "state-right" {
		t.Fatalf("got %+v, %v; want the response with the right state", got.c, got.err)
	}
	l.Finish(Outcome{OK: true})
	if c, err := parsePasted("http://127.0.0.1/callback?response=state-right"); err != nil ||
		c.Params.Get("response") == "" {
		t.Errorf("pasted: got %v, %v; want it to be read", c, err)
	}
}
