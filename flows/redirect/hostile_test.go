package redirect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// slowBody sends the head of a request and the beginning of its body, and then nothing.
func slowBody(t *testing.T, l *Listener, host, path string) net.Conn {
	t.Helper()
	u, err := url.Parse(l.URI())
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	const form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncode="
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\n"+form, path, host)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestABodyHasAShortTime(t *testing.T) {
	l := listen(t, Options{})
	if l.bodies.limit > 5*time.Second {
		t.Errorf("a body has %s, want 5 s at most", l.bodies.limit)
	}
	l.bodies.limit = 10 * time.Millisecond
	c := slowBody(t, l, "127.0.0.1", "/callback")
	if err := c.SetReadDeadline(time.Now().Add(hangLimit)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, "408") {
		t.Errorf("got %q, %v; want that the body did not come in time", line, err)
	}
}

func TestSlowBodiesDoNotKeepTheAnswerOut(t *testing.T) {
	for _, form := range []string{"", "code=c&state=" + state} {
		l := listen(t, Options{})
		w := await(t.Context(), l, nil)
		for range 70 {
			slowBody(t, l, strings.TrimPrefix(strings.TrimSuffix(l.URI(), "/callback"), "http://"), "/callback")
		}
		// All that may be read at once are being read.
		for deadline := time.Now().Add(hangLimit); ; time.Sleep(time.Millisecond) {
			l.bodies.mu.Lock()
			n := len(l.bodies.reading)
			l.bodies.mu.Unlock()
			if n == maxBodies {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d bodies are being read, want %d", n, maxBodies)
			}
		}
		r := request(t, http.MethodGet, l.URI()+"?code=c&state="+state, "")
		if form != "" {
			r = request(t, http.MethodPost, l.URI(), form)
		}
		page := w.takes(t, r)
		if w.err != nil || w.got.Params.Get("code") != "c" {
			t.Fatalf("got %+v, %v; want the code", w.got, w.err)
		}
		l.Finish(Outcome{OK: true})
		(<-page).wants(t, "the callback", http.StatusOK, "You are signed in")
	}
}

func TestSlowBodiesForSomethingElseTakeNoPlace(t *testing.T) {
	l := listen(t, Options{})
	for range 2 * maxRequests {
		slowBody(t, l, "evil.example", "/callback")
		slowBody(t, l, "127.0.0.1", "/other")
	}
	w := await(t.Context(), l, nil)
	w.takes(t, request(t, http.MethodPost, l.URI(), "code=c&state="+state))
	if w.err != nil || len(l.bodies.reading) > 1 {
		t.Errorf("got %v with %d bodies being read", w.err, len(l.bodies.reading))
	}
	l.Finish(Outcome{OK: true})
}

// What came is shown, with what is wrong with it, in the browser and to who waits; then the right answer still counts.
func TestRejectedCallbacksAreReported(t *testing.T) {
	const refusal = "error=access_denied&error_description=the+person+said+no"
	for name, c := range map[string]struct {
		query  string
		hidden string // must not be reported
		want   []string
	}{
		"an error without a state": {
			refusal, "",
			[]string{"without a state", "access_denied", "the person said no"},
		},
		"an error with another state": {
			refusal + "&state=x", "",
			[]string{"another state", "access_denied", "the person said no"},
		},
		"a code without a state": {
			"code=canary&x=1", "canary",
			[]string{"without a state", "code", "x"},
		},
		"written as HTML": {
			"code=canary&amp;state=" + state, "canary",
			[]string{"HTML-escaped", "code, state", "paste it here"},
		},
		"an error written as HTML": {
			strings.ReplaceAll(refusal, "&", "&amp;") + "&amp;state=" + state, "",
			[]string{"HTML-escaped", "access_denied", "the person said no"},
		},
		"a semicolon": {
			"code=canary;x&state=" + state, "canary",
			[]string{"semicolon", "state"},
		},
		"a percent sign": {
			"code=canary&x=%zz&state=" + state, "canary",
			[]string{"hexadecimal", "code, state"},
		},
		"text that a terminal may obey": {
			"error=%1b[2J&error_description=%e2%80%ae", "\x1b",
			[]string{"without a state"},
		},
	} {
		for _, via := range []string{"query", "form", "fragment"} {
			t.Run(name+" by "+via, func(t *testing.T) {
				l := listen(t, Options{})
				w := await(t.Context(), l, nil)
				r := request(t, http.MethodGet, l.URI()+"?"+c.query, "")
				switch via {
				case "form":
					r = request(t, http.MethodPost, l.URI(), c.query)
				case "fragment":
					r = request(t, http.MethodPost, l.URI(), url.Values{fragmentField: {c.query}}.Encode())
				}
				page := make(chan answer, 1)
				go func() { page <- visit(r) }()
				var reported string
				var a answer
				for range 2 { // in any order
					select {
					case reported = <-w.ignored:
					case a = <-page:
					case <-w.done:
						t.Fatalf("Await took it: %+v, %v", w.got, w.err)
					case <-time.After(hangLimit):
						t.Fatalf("the browser got %d %q, and what was reported is %q", a.status, a.body, reported)
					}
				}
				a.wants(t, "the page", http.StatusBadRequest, "keeps waiting")
				for _, text := range []string{reported, strings.ReplaceAll(a.body, "&amp;", "&")} {
					for _, want := range c.want {
						if !strings.Contains(text, want) {
							t.Errorf("got %q, want %q in it", text, want)
						}
					}
					if c.hidden != "" && strings.Contains(text, c.hidden) {
						t.Errorf("%q is in %q", c.hidden, text)
					}
				}
				w.takes(t, request(t, http.MethodGet, l.URI()+"?code=c&state="+state, ""))
				if w.err != nil {
					t.Errorf("the right answer: %v", w.err)
				}
				l.Finish(Outcome{OK: true})
			})
		}
	}
}

func TestTheEndOfTheWaitSaysWhatCame(t *testing.T) {
	for query, want := range map[string]string{
		"error=access_denied":                      "access_denied",
		"code=c&amp;state=" + state:                "&amp;",
		"error=invalid_scope&amp;state=" + state:   "invalid_scope",
		"error=login_required&state=someone-elses": "login_required",
	} {
		l := listen(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		w := await(ctx, l, nil)
		w.ignores(t, query, request(t, http.MethodGet, l.URI()+"?"+query, ""), http.StatusBadRequest, "")
		cancel()
		w.end(t)
		if w.err == nil || !strings.Contains(w.err.Error(), want) || !errors.Is(w.err, context.Canceled) {
			t.Errorf("%s: got %v, want %q and the context's end", query, w.err, want)
		}
	}
}
