package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
)

// api serves answers by the path of a request and keeps the requests.
type api struct {
	*httptest.Server
	requests []*http.Request
	bodies   []string
}

func newAPI(t *testing.T, routes map[string]http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.requests, a.bodies = append(a.requests, r), append(a.bodies, string(body))
		if route := routes[r.URL.Path]; route != nil {
			route(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// last is the newest request.
func (a *api) last() *http.Request { return a.requests[len(a.requests)-1] }

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.Bytes()
}

func compressed(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(text))
	}
}

// A script must get the whole body, or an exit code that reports the truncation.
func TestABodyIsPrintedWholeOrTheExitCodeSaysSo(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	long := strings.Repeat("0123456789abcdef", (wire.DefaultMaxBody+1<<20)/16)
	s := newAPI(t, map[string]http.HandlerFunc{
		"/long": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) },
		"/zip":  compressed(long),
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "the beginning")
		},
		"/chunks": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "the beginning")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"/damaged": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "no gzip at all")
		},
	})
	for _, path := range []string{"/long", "/zip"} {
		for _, flags := range [][]string{nil, {"-i"}, {"--raw"}, {"--show-secrets"}} {
			r := w.must(append([]string{"call", login.Session, "GET", s.URL + path}, flags...)...)
			if !strings.HasSuffix(r.out, long) || len(r.out) > len(long)+500 || r.stderr != "" {
				t.Errorf("%s %v: printed %d bytes, want %d: %s", path, flags, len(r.out), len(long), r.stderr)
			}
		}
		got := parse[callJSON](t, w.must("call", login.Session, "GET", s.URL+path, "--json").out)
		if len(got.Body) != len(long)+2 {
			t.Errorf("%s --json: printed %d bytes, want %d", path, len(got.Body), len(long)+2)
		}
		w.tty = ttys{out: true}
		r := w.run("call", login.Session, "GET", s.URL+path)
		if r.code != exitNetwork || !strings.Contains(r.stderr, "the body was truncated") ||
			len(r.out) > wire.DefaultMaxBody+1 {
			t.Errorf("%s on a terminal: exit %d with %d bytes: %s", path, r.code, len(r.out), r.stderr)
		}
		if r := w.must("call", login.Session, "GET", s.URL+path, "--raw"); r.out != long {
			t.Errorf("%s --raw on a terminal: %d bytes", path, len(r.out))
		}
		w.tty = ttys{}
	}
	for _, path := range []string{"/cut", "/chunks", "/damaged"} {
		for _, flag := range []string{"--raw", "--json"} {
			r := w.run("call", login.Session, "GET", s.URL+path, flag)
			if r.code != exitNetwork || !strings.Contains(r.stderr, "the answer broke off") {
				t.Errorf("%s %s: exit %d, printed %q: %s", path, flag, r.code, r.out, r.stderr)
			}
		}
	}
}

func TestAnEncodingThatWasAskedForIsPassedOn(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	const text = `{"hello":1}`
	s := newAPI(t, map[string]http.HandlerFunc{
		"/zip":   compressed(text),
		"/plain": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) },
		"/shell": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "sea-shell")
			_, _ = io.WriteString(w, "\x00\x01")
		},
		"/token": func(w http.ResponseWriter, r *http.Request) { compressed(r.Header.Get("Authorization"))(w, r) },
	})
	own := []string{"-H", "Accept-Encoding: gzip, br"}
	call := func(path string, flags ...string) ran {
		return w.must(append([]string{"call", login.Session, "GET", s.URL + path}, flags...)...)
	}
	if r := call("/zip", own...); r.out != string(gzipped(text)) || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, "compressed with gzip") || s.last().Header.Get("Accept-Encoding") != "gzip, br" {
		t.Errorf("asked for: printed %q, said %q", r.out, r.stderr)
	}
	if r := call("/zip"); r.out != text || r.stderr != "" {
		t.Errorf("not asked for: printed %q, said %q", r.out, r.stderr)
	}
	if r := call("/plain", own...); r.out != text || r.stderr != "" {
		t.Errorf("asked for and not given: printed %q, said %q", r.out, r.stderr)
	}
	if r := call("/zip", append(own, "--json")...); string(parse[callJSON](t, r.out).Body) != text ||
		!strings.Contains(r.stderr, "decompressed") {
		t.Errorf("--json: printed %q, said %q", r.out, r.stderr)
	}
	if r := call("/shell"); r.out != "\x00\x01" || !strings.Contains(r.stderr, "sea-shell") {
		t.Errorf("of no known kind: printed %q, said %q", r.out, r.stderr)
	}
	if got := parse[callJSON](t, call("/shell", "--json").out); string(got.Base64) != "\x00\x01" &&
		string(got.Body) != `"\u0000\u0001"` {
		t.Errorf("of no known kind, --json: %+v", got)
	}
	if r := call("/token", own...); !strings.Contains(r.stderr, "repeats the token, which is not masked") {
		t.Errorf("a token under the encoding: said %q", r.stderr)
	}
	w.tty = ttys{out: true}
	if r := call("/zip", own...); r.out != text+"\n" || !strings.Contains(r.stderr, "shown decompressed") {
		t.Errorf("on a terminal: printed %q, said %q", r.out, r.stderr)
	}
	if r := call("/shell"); r.out != "[2 bytes, encoded with sea-shell]\n" {
		t.Errorf("of no known kind, on a terminal: %q", r.out)
	}
}

// A binary body is not converted to text.
func TestCallJSONKeepsABodyThatIsNoText(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	s := newAPI(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte{0xff, 0})
	}})
	got := parse[callJSON](t, w.must("call", login.Session, "GET", s.URL+"/", "--json").out)
	if string(got.Body) != "null" || !bytes.Equal(got.Base64, []byte{0xff, 0}) {
		t.Errorf("printed %+v", got)
	}
}

// A token in the response is masked however long the response is, also across two reads.
func TestATokenIsMaskedInAllOfAStream(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	token := strings.TrimSpace(w.must("token", login.Session).out)
	filler := strings.Repeat(".", 32<<10-len(token)/2)
	s := newAPI(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		for range 160 { // past what is kept for searching
			_, _ = io.WriteString(w, filler+token)
		}
	}})
	r := w.must("call", login.Session, "GET", s.URL+"/")
	if strings.Contains(r.out, token) || strings.Count(r.out, "sha256:") != 160 ||
		!strings.Contains(r.stderr, "masked") {
		t.Errorf("printed %d bytes with %d fingerprints: %s", len(r.out), strings.Count(r.out, "sha256:"), r.stderr)
	}
	// A token that the user sent by hand is a secret too.
	echo := newAPI(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate",
			`Bearer error="invalid_token", error_description="not `+r.Header.Get("Authorization")+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	}})
	for _, flag := range []string{"--raw", "--json"} {
		r := w.run("call", login.Session, "GET", echo.URL+"/", "-H",
			"Authorization: Bearer CANARY-by-hand-0123456789", flag)
		if strings.Contains(r.out+r.stderr, "CANARY") || !strings.Contains(r.stderr, "invalid_token") {
			t.Errorf("%s: printed %q and said %q", flag, r.out, r.stderr)
		}
	}
}

func TestARedirectIsReportedAndFollowedWithFollow(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	elsewhere := newAPI(t, map[string]http.HandlerFunc{
		"/file": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a file") },
	})
	var s *api
	redirect := func(to func() string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to(), http.StatusFound) }
	}
	s = newAPI(t, map[string]http.HandlerFunc{
		"/signin": redirect(func() string { return "https://login.example.com/signin" }),
		"/old":    redirect(func() string { return "/new" }),
		"/new":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "it is here") },
		"/file":   redirect(func() string { return elsewhere.URL + "/file?sig=1" }),
		"/circle": redirect(func() string { return "/circle" }),
	})
	r := w.must("call", login.Session, "GET", s.URL+"/signin")
	wanted := []string{"HTTP 302", "https://login.example.com/signin", "not followed", "sign-in page", "--follow"}
	for _, want := range wanted {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("said %q, want %q", r.stderr, want)
		}
	}
	if r := w.must("call", login.Session, "GET", s.URL+"/old", "--follow"); r.out != "it is here" ||
		!strings.Contains(r.stderr, "/new: followed with the token") || s.last().Header.Get("Authorization") == "" {
		t.Errorf("within the origin: printed %q, said %q", r.out, r.stderr)
	}
	r = w.must("call", login.Session, "GET", s.URL+"/file", "--follow", "-H", "X-Api-Key: CANARY0123")
	if r.out != "a file" || !strings.Contains(r.stderr, "followed without the token") {
		t.Errorf("elsewhere: printed %q, said %q", r.out, r.stderr)
	}
	if h := elsewhere.last().Header; h.Get("Authorization") != "" || h.Get("X-Api-Key") != "" {
		t.Errorf("elsewhere went %v", h)
	}
	if r := w.run("call", login.Session, "GET", s.URL+"/circle", "--follow"); r.code != exitFailed ||
		!strings.Contains(r.stderr, "ten redirects") {
		t.Errorf("in a circle: exit %d: %s", r.code, r.stderr)
	}
}

func TestAURLIsEncodedWithANote(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	s := newAPI(t, nil)
	for typed, want := range map[string]string{
		"/echo?q=a b c&r=d e":    "/echo?q=a%20b%20c&r=d%20e",
		"/ü?q=Käse 100%":         "/%C3%BC?q=K%C3%A4se%20100%25",
		"/echo?q=a%20b%2Fc+d":    "/echo?q=a%20b%2Fc+d",
		"/echo?password=a b c d": "/echo?password=a%20b%20c%20d",
	} {
		r := w.must("call", login.Session, "GET", s.URL+typed)
		if got := s.last().RequestURI; got != want {
			t.Errorf("%s: sent %s, want %s", typed, got, want)
		}
		if noted := strings.Contains(r.stderr, "percent-encoded"); noted != (typed != want) {
			t.Errorf("%s: said %q", typed, r.stderr)
		}
		if strings.Contains(r.stderr, "a%20b%20c%20d") {
			t.Errorf("%s: the password is shown: %s", typed, r.stderr)
		}
	}
	r := w.must("call", login.Session, "GET", s.URL+"/?q=ä b")
	if !strings.Contains(r.stderr, "/?q=%C3%A4%20b (percent-encoded: ä space)") {
		t.Errorf("said %q", r.stderr)
	}
}

// The demo API reads a token where RFC 6750 allows one, so that each way can be tried without a server of one's own.
func TestTheDemoAPITakesATokenInTheBodyAndTheQuery(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	id := w.loginService(s, "--scope", "api:read").Session
	token := strings.TrimSpace(w.must("token", id).out)
	for _, args := range [][]string{
		{"GET", s.API() + "/orders", "--token-in", "query"},
		{"GET", s.API() + "/echo?a=1", "--token-in", "query"},
		{"POST", s.API() + "/echo", "--token-in", "body", "-d", "a=1"},
	} {
		r := w.must(append([]string{"call", id, "--fail"}, args...)...)
		if strings.Contains(r.out+r.stderr, token) || !strings.Contains(r.stderr, "RFC 6750 2.") {
			t.Errorf("%v: printed %q and said %q, want the warning and no token", args, r.out, r.stderr)
		}
		if strings.Contains(args[1], "/echo") && !strings.Contains(r.out, "a=1") {
			t.Errorf("%v: the echo is %s", args, r.out)
		}
	}
	for _, place := range []string{"query", "body"} {
		r := w.run("call", id, "POST", s.MCP(), "--token-in", place, "--fail")
		if r.code == 0 {
			t.Errorf("the MCP server takes a token in the %s: %s", place, r.out)
		}
	}
}

func TestATokenInTheBodyOrTheQueryIsExplicit(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	token := strings.TrimSpace(w.must("token", login.Session).out)
	s := newAPI(t, map[string]http.HandlerFunc{"/echo": func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s", r.URL, r.PostForm)
	}})
	r := w.must("call", login.Session, "GET", s.URL+"/echo?a=1", "--token-in", "query")
	if got := s.last(); got.URL.Query().Get("access_token") != token || got.Header.Get("Authorization") != "" ||
		got.URL.Query().Get("a") != "1" {
		t.Errorf("query: sent %s with %v", got.URL, got.Header)
	}
	if strings.Contains(r.out+r.stderr, token) || !strings.Contains(r.out, "access_token=sha256:") ||
		!strings.Contains(r.stderr, "RFC 9700 4.3.2") {
		t.Errorf("query: printed %q and said %q", r.out, r.stderr)
	}
	r = w.must("call", login.Session, s.URL+"/form", "--token-in", "body", "-d", "a=1")
	form, _ := url.ParseQuery(s.bodies[len(s.bodies)-1])
	if got := s.last(); got.Method != "POST" || form.Get("access_token") != token || form.Get("a") != "1" ||
		got.Header.Get("Authorization") != "" {
		t.Errorf("body: sent %s %v with %v", got.Method, form, got.Header)
	}
	if !strings.Contains(r.stderr, "RFC 6750 2.2") {
		t.Errorf("body: said %q", r.stderr)
	}
	if r := w.must("call", login.Session, s.URL+"/x", "--token-in", "body"); s.last().Method != "POST" {
		t.Errorf("body without a method: sent %s: %s", s.last().Method, r.stderr)
	}
	before := len(s.requests)
	w.wants(exitUsage, "header, body, query", "call", login.Session, s.URL+"/x", "--token-in", "cookie")
	w.wants(exitUsage, "a GET request should have no body", "call", login.Session, "GET", s.URL+"/x", "--token-in",
		"body")
	w.wants(exitUsage, "only a form", "call", login.Session, s.URL+"/x", "--token-in", "body", "-d", "{}")
	w.wants(exitUsage, "one way only", "call", login.Session, s.URL+"/x", "--token-in", "query", "-H",
		"Authorization: x")
	if len(s.requests) != before {
		t.Errorf("%d requests were sent", len(s.requests)-before)
	}
	if r := w.run("call", login.Session, "GET", "http://127.0.0.1:1/x", "--token-in", "query"); r.code != exitNetwork ||
		strings.Contains(r.stderr, token) {
		t.Errorf("no server: exit %d: %s", r.code, r.stderr)
	}
}

// The deadline of --timeout is lifted for a streamed body, and distinguished from an interrupt.
func TestADeadlineCanBeLifted(t *testing.T) {
	a := &app{global: globalFlags{timeout: time.Hour}}
	d, cancel := a.withLiftableTimeout(context.Background())
	defer cancel()
	if d.lift(); d.timer.Stop() || d.Err() != nil {
		t.Errorf("lifted: the timer runs, or %v", d.Err())
	}
	if cancel(); !errors.Is(d.Err(), context.Canceled) || errors.Is(d.Err(), context.DeadlineExceeded) {
		t.Errorf("cancelled: got %v", d.Err())
	}
	a.global.timeout = time.Nanosecond
	d, cancel = a.withLiftableTimeout(context.Background())
	defer cancel()
	<-d.Done()
	said := withTimedOut(d, d.Err()).Error()
	if !errors.Is(d.Err(), context.DeadlineExceeded) || !strings.Contains(said, "allow more time with --timeout") {
		t.Errorf("over: got %v, %s", d.Err(), said)
	}
}
