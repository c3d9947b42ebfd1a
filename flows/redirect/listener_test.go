package redirect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const state = "the-state-that-was-sent"

func listen(t *testing.T, o Options) *Listener {
	t.Helper()
	l, err := Listen(o)
	if err != nil {
		t.Fatalf("Listen(%+v): %v", o, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// waiting is an Await that runs.
type waiting struct {
	ignored chan string
	done    chan struct{}
	got     *Callback
	err     error
}

func await(ctx context.Context, l *Listener, paste <-chan string) *waiting {
	w := &waiting{ignored: make(chan string, 100), done: make(chan struct{})}
	go func() {
		w.got, w.err = l.Await(ctx, state, paste, func(why string) { w.ignored <- why })
		close(w.done)
	}()
	return w
}

// hangLimit ends a wait that a fault in the listener would make endless.
const hangLimit = 20 * time.Second

// end waits until Await has returned.
func (w *waiting) end(t *testing.T) {
	t.Helper()
	select {
	case <-w.done:
	case <-time.After(hangLimit):
		t.Fatalf("Await did not return within %s", hangLimit)
	}
}

// takes sends what must be the awaited callback, waits until Await has returned it, and returns the page that the
// browser gets when the exchange has ended.
func (w *waiting) takes(t *testing.T, r *http.Request) <-chan answer {
	t.Helper()
	page := make(chan answer, 1)
	go func() { page <- visit(r) }()
	w.before(t, page)
	return page
}

// before waits until Await has returned, which is before the browser gets its page.
func (w *waiting) before(t *testing.T, page <-chan answer) {
	t.Helper()
	select {
	case <-w.done:
	case a := <-page:
		t.Fatalf("the browser got %d, %v, %q, and Await did not return", a.status, a.err, a.body)
	case <-time.After(hangLimit):
		t.Fatalf("Await did not return within %s", hangLimit)
	}
}

// ignores sends what is not the awaited callback: the browser is answered with the status and the text, and Await goes
// on waiting.
func (w *waiting) ignores(t *testing.T, what string, r *http.Request, status int, text string) {
	t.Helper()
	page := make(chan answer, 1)
	go func() { page <- visit(r) }()
	select {
	case a := <-page:
		a.wants(t, what, status, text)
	case <-w.done:
		t.Fatalf("%s: Await took it: got %+v, %v", what, w.got, w.err)
	case <-time.After(hangLimit):
		t.Fatalf("%s: no answer within %s", what, hangLimit)
	}
}

// answer is what a browser got.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// visit sends a request as a browser does and follows nothing.
func visit(r *http.Request) answer {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil}, Timeout: hangLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body), err}
}

func request(t *testing.T, method, address, form string) *http.Request {
	t.Helper()
	var body io.Reader
	if form != "" {
		body = strings.NewReader(form)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func get(t *testing.T, address string) answer { return visit(request(t, http.MethodGet, address, "")) }

func (a answer) wants(t *testing.T, what string, status int, text string) {
	t.Helper()
	if a.err != nil || a.status != status || !strings.Contains(a.body, text) {
		t.Errorf("%s: got %d, %v, %q; want %d and a page with %q", what, a.status, a.err, a.body, status, text)
	}
}

func TestTheAnswerArrivesInEveryResponseMode(t *testing.T) {
	const params = "code=the+code&state=" + state + "&session_state=unknown&iss=https%3A%2F%2Fissuer.example"
	for _, c := range []struct {
		via  string
		send func(t *testing.T, uri string) *http.Request
	}{
		{"query", func(t *testing.T, uri string) *http.Request {
			return request(t, http.MethodGet, uri+"?"+params, "")
		}},
		{"form_post", func(t *testing.T, uri string) *http.Request { return request(t, http.MethodPost, uri, params) }},
		{"fragment", func(t *testing.T, uri string) *http.Request {
			return request(t, http.MethodPost, uri, fragmentField+"="+url.QueryEscape(params))
		}},
	} {
		t.Run(c.via, func(t *testing.T) {
			l := listen(t, Options{})
			w := await(t.Context(), l, nil)
			page := w.takes(t, c.send(t, l.URI()))
			if w.err != nil {
				t.Fatalf("Await: %v", w.err)
			}
			if w.got.Via != c.via || w.got.Params.Get("code") != "the code" ||
				w.got.Params.Get("iss") != "https://issuer.example" || w.got.Params.Get("session_state") != "unknown" {
				t.Errorf("got %+v, want the parameters that were sent, via %s", w.got, c.via)
			}
			select {
			case a := <-page:
				t.Fatalf("the browser was answered before the exchange ended: %+v", a)
			default:
			}
			l.Finish(Outcome{OK: true, Heading: "Signed in <b>", Text: "as \x1b[2Jalice & bob"})
			a := <-page
			a.wants(t, "after Finish", http.StatusOK, "Signed in &lt;b&gt;")
			a.wants(t, "after Finish", http.StatusOK, "as ␛[2Jalice &amp; bob")
		})
	}
}

func TestAFailedExchangeIsShownInTheBrowser(t *testing.T) {
	l := listen(t, Options{})
	w := await(t.Context(), l, nil)
	page := w.takes(t, request(t, http.MethodGet, l.URI()+"?error=access_denied&state="+state, ""))
	if w.err != nil || w.got.Params.Get("error") != "access_denied" {
		t.Fatalf("got %+v, %v; want the error response", w.got, w.err)
	}
	l.Finish(Outcome{})
	a := <-page
	a.wants(t, "page", http.StatusOK, "The sign-in failed")
	a.wants(t, "page", http.StatusOK, "fob · failed")
}

func TestACallbackMayComeBeforeAwait(t *testing.T) {
	l := listen(t, Options{})
	page := make(chan answer, 1)
	r := request(t, http.MethodGet, l.URI()+"?code=c&state="+state, "")
	go func() { page <- visit(r) }()
	w := await(t.Context(), l, nil)
	w.before(t, page)
	if w.err != nil || w.got.Params.Get("code") != "c" {
		t.Fatalf("got %+v, %v; want the code", w.got, w.err)
	}
	l.Finish(Outcome{OK: true})
	(<-page).wants(t, "page", http.StatusOK, "You are signed in")
}

func TestWaitsAreBounded(t *testing.T) {
	l := listen(t, Options{})
	l.awaitTimeout, l.finishTimeout = 10*time.Millisecond, 10*time.Millisecond
	get(t, l.URI()+"?code=c&state="+state).wants(t, "without Await", http.StatusServiceUnavailable, "not waiting")
	l.awaitTimeout = time.Hour
	w := await(t.Context(), l, nil)
	get(t, l.URI()+"?code=c&state="+state).wants(t, "without Finish", http.StatusOK, "still working on it")
	if !t.Failed() {
		w.end(t)
	}
	l.Finish(Outcome{OK: true})
}

func TestOtherRequestsAreIgnored(t *testing.T) {
	l := listen(t, Options{})
	w := await(t.Context(), l, nil)
	good := l.URI() + "?code=c&state=" + state
	visitOf := func(target string) *http.Request { return request(t, http.MethodGet, target, "") }
	form := func(text string) *http.Request { return request(t, http.MethodPost, l.URI(), text) }
	base := strings.TrimSuffix(l.URI(), "/callback")

	w.ignores(t, "favicon", visitOf(base+"/favicon.ico"), http.StatusNotFound, "")
	w.ignores(t, "another path", visitOf(base+"/"), http.StatusNotFound, "")
	w.ignores(t, "a longer path", visitOf(l.URI()+"/more?code=c&state="+state), http.StatusNotFound, "")
	w.ignores(t, "bare path", visitOf(l.URI()), http.StatusOK, "Nothing to do yet")
	w.ignores(t, "no answer in it", visitOf(l.URI()+"?utm_source=x"), http.StatusOK, "Nothing to do yet")
	w.ignores(t, "malformed query", visitOf(l.URI()+"?a=%zz"), http.StatusBadRequest, "")
	w.ignores(t, "a form without an answer", form("a=b"), http.StatusOK, "Nothing to do yet")
	w.ignores(t, "an empty fragment", form(fragmentField+"=%23"), http.StatusOK, "Nothing to do yet")
	w.ignores(t, "malformed form", form("code=%zz"), http.StatusBadRequest, "")
	long := form("code=" + strings.Repeat("x", maxBody))
	w.ignores(t, "a form that is too long", long, http.StatusRequestEntityTooLarge, "Too long")
	w.ignores(t, "PUT", request(t, http.MethodPut, l.URI(), "code=c&state="+state), http.StatusMethodNotAllowed, "")
	w.ignores(t, "HEAD", request(t, http.MethodHead, good, ""), http.StatusOK, "")
	json := request(t, http.MethodPost, l.URI(), `{"code":"c"}`)
	json.Header.Set("Content-Type", "application/json")
	w.ignores(t, "JSON", json, http.StatusUnsupportedMediaType, "")
	for name, value := range map[string]string{"Sec-Purpose": "prefetch;prerender",
		"Purpose": "prefetch", "X-Moz": "prefetch"} {
		r := request(t, http.MethodGet, good, "")
		r.Header.Set(name, value)
		w.ignores(t, name, r, http.StatusServiceUnavailable, "")
	}
	for _, host := range []string{"evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example",
		"10.0.0.1", "0.0.0.0"} {
		r := request(t, http.MethodGet, good, "")
		r.Host = host
		w.ignores(t, "Host "+host, r, http.StatusForbidden, "Not for this host")
	}
	if len(w.ignored) != 0 {
		t.Errorf("reported: got %q, want nothing of what is no redirect", <-w.ignored)
	}
	const another = "Not the sign-in fob is waiting for"
	w.ignores(t, "wrong state", visitOf(l.URI()+"?code=c&state=wrong"), http.StatusBadRequest, another)
	w.ignores(t, "no state", visitOf(l.URI()+"?code=c"), http.StatusBadRequest, another)
	w.ignores(t, "two states", visitOf(l.URI()+"?code=c&state="+state+"&state=x"), http.StatusBadRequest, another)
	for _, want := range []string{"another state", "without a state", "more than one state"} {
		select {
		case got := <-w.ignored:
			if !strings.Contains(got, want) {
				t.Errorf("reported: got %q, want %q", got, want)
			}
		case <-w.done:
			t.Fatalf("reported: got nothing, want %q; Await returned %+v, %v", want, w.got, w.err)
		case <-time.After(hangLimit):
			t.Fatalf("reported: got nothing within %s, want %q", hangLimit, want)
		}
	}
	select {
	case <-w.done:
		t.Fatalf("the wait ended: %+v, %v", w.got, w.err)
	default:
	}

	r := request(t, http.MethodGet, good, "")
	r.Host = "LocalHost." // a browser may spell it so
	page := w.takes(t, r)
	if w.err != nil || w.got.Params.Get("code") != "c" {
		t.Fatalf("got %+v, %v; want the code", w.got, w.err)
	}
	get(t, l.URI()+"?code=other&state="+state).wants(t, "a second callback", http.StatusOK, "Already done")
	l.Finish(Outcome{OK: true})
	l.Finish(Outcome{}) // a second Finish changes nothing
	(<-page).wants(t, "the first callback", http.StatusOK, "You are signed in")
	get(t, l.URI()+"?code=other&state="+state).wants(t, "a callback after the end", http.StatusOK, "Already done")
}

func TestThePageIsClosedToEverythingElse(t *testing.T) {
	l := listen(t, Options{})
	a := get(t, l.URI())
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	csp := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src " + sourceHash(style),
		"script-src " + sourceHash(script), "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy of the fragment page: got %q, want %q in it", csp, want)
		}
	}
	// The hashes are over the actual text between the tags.
	if !strings.Contains(a.body, "<style>"+style+"</style>") ||
		!strings.Contains(a.body, "<script>"+script+"</script>") || !strings.Contains(a.body, "<noscript>") {
		t.Errorf("the fragment page: got %q", a.body)
	}
	b := get(t, strings.TrimSuffix(l.URI(), "/callback")+"/other")
	if csp := b.header.Get("Content-Security-Policy"); strings.Contains(csp, "script-src") ||
		!strings.Contains(csp, "form-action 'none'") || !strings.Contains(csp, "default-src 'none'") ||
		strings.Contains(b.body, "<script") {
		t.Errorf("policy of another page: got %q, want no script in it nor on the page", csp)
	}
	if !strings.Contains(style, "prefers-color-scheme:dark") {
		t.Error("the page has no dark colours")
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	l := listen(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	w := await(ctx, l, nil)
	cancel()
	w.end(t)
	var wrong *StateError
	if !errors.Is(w.err, context.Canceled) || errors.As(w.err, &wrong) {
		t.Errorf("got %v, want context.Canceled and no StateError", w.err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	w = await(ctx, l, nil)
	w.ignores(t, "a wrong state", request(t, http.MethodGet, l.URI()+"?code=c&state=wrong", ""), http.StatusBadRequest,
		"")
	cancel()
	w.end(t)
	if !errors.As(w.err, &wrong) || wrong.Expected != state || wrong.Received != "wrong" ||
		!errors.Is(w.err, context.Canceled) {
		t.Errorf("after a wrong state: got %v, want a StateError that is also context.Canceled", w.err)
	}
}

// The server closes the sockets as well, before or after it notices that they are closed.
func TestClosingAClosedSocketIsNoError(t *testing.T) {
	for range 200 {
		if err := listen(t, Options{}).Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCloseEndsTheWaitAndTellsTheBrowser(t *testing.T) {
	l := listen(t, Options{})
	w := await(t.Context(), l, nil)
	page := w.takes(t, request(t, http.MethodGet, l.URI()+"?code=c&state="+state, ""))
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	(<-page).wants(t, "pending page", http.StatusOK, "fob stopped")
	if err := l.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if _, err := l.Await(t.Context(), state, nil, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Await after Close: got %v, want ErrClosed", err)
	}
	if a := get(t, l.URI()); a.err == nil {
		t.Errorf("after Close: got an answer, %+v", a)
	}
}

func TestFinishIsWrittenBeforeCloseEndsIt(t *testing.T) {
	for range 20 {
		l := listen(t, Options{})
		w := await(t.Context(), l, nil)
		page := w.takes(t, request(t, http.MethodGet, l.URI()+"?code=c&state="+state, ""))
		l.Finish(Outcome{OK: true, Heading: "All well"})
		_ = l.Close()
		(<-page).wants(t, "page", http.StatusOK, "All well")
	}
}

func TestPasting(t *testing.T) {
	l := listen(t, Options{})
	paste := make(chan string, 2)
	paste <- "what is this"
	paste <- l.URI() + "?code=c&state=" + state
	got, err := l.Await(t.Context(), state, paste, nil)
	if err != nil || got.Via != "pasted" || got.Params.Get("code") != "c" {
		t.Fatalf("got %+v, %v; want the pasted code", got, err)
	}
	l.Finish(Outcome{OK: true}) // no browser waits; it does no harm
	get(t, l.URI()+"?code=c&state="+state).wants(t, "the browser afterwards", http.StatusOK, "Already done")
}

func TestAPastedURLWithAWrongStateFailsAtOnce(t *testing.T) {
	l := listen(t, Options{})
	for _, text := range []string{"?code=canary&state=wrong",
		"?code=canary", "?code=canary&state=" + state + "&state=x"} {
		paste := make(chan string, 1)
		paste <- l.URI() + text
		_, err := l.Await(t.Context(), state, paste, nil)
		var wrong *StateError
		if !errors.As(err, &wrong) || wrong.Expected != state || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want a StateError that does not show the code", text, err)
		}
	}
}

func TestAWrongPasteIsTheErrorWhenNoOtherCanCome(t *testing.T) {
	l := listen(t, Options{})
	paste := make(chan string, 1)
	paste <- "what is this"
	close(paste)
	var why []string
	_, err := l.Await(t.Context(), state, paste, func(s string) { why = append(why, s) })
	if err == nil || !strings.Contains(err.Error(), "neither a code nor an error") || len(why) != 1 {
		t.Errorf("got %v, reported %q; want what is wrong with it", err, why)
	}
}

func TestPasteMayEndAndTheBrowserStillComes(t *testing.T) {
	l := listen(t, Options{})
	paste := make(chan string)
	close(paste)
	w := await(t.Context(), l, paste)
	w.takes(t, request(t, http.MethodGet, l.URI()+"?code=c&state="+state, ""))
	if w.err != nil || w.got.Via != "query" {
		t.Errorf("got %+v, %v; want the browser's answer", w.got, w.err)
	}
	l.Finish(Outcome{OK: true})
}

func TestTooManyRequestsAtOnceAreRejected(t *testing.T) {
	l := listen(t, Options{})
	for range maxRequests {
		l.slots <- struct{}{}
	}
	get(t, l.URI()+"?code=c&state="+state).wants(t, "one too many", http.StatusServiceUnavailable, "too many")
	get(t, l.URI()).wants(t, "what is no answer takes no place", http.StatusOK, "Nothing to do yet")
	for range maxRequests {
		<-l.slots
	}
	get(t, l.URI()).wants(t, "afterwards", http.StatusOK, "Nothing to do yet")
}
