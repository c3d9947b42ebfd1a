package redirect

import (
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fob/tokens"
)

const (
	// maxRequests is how many answers are judged at once; a held one is among them.
	maxRequests = 64
	// maxBodies is how many bodies are read at once. One more ends the oldest: a browser on this machine sends its form in
	// a moment, so that what is slow is not the awaited answer.
	maxBodies = 32
	// maxBody bounds a form_post or fragment response; tokens and an id_token in it take a few kilobytes.
	maxBody = 512 << 10
	// fragmentField is the field in which the page's script sends what stood behind the #.
	fragmentField = "fob_fragment"
)

func (l *Listener) serve() {
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.handle),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       10 * time.Second,
		MaxHeaderBytes:    128 << 10, // a query response stands in the request line
		ErrorLog:          quiet,
	}
	l.server.SetKeepAlivesEnabled(false)
	for _, socket := range l.sockets {
		go func() { _ = l.server.Serve(socket) }()
	}
}

func (l *Listener) handle(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	switch {
	case !l.loopbackHost(r.Host):
		show(w, http.StatusForbidden, page{Heading: "Not for this host", Text: "fob answers on loopback addresses only."})
	case r.URL.Path != l.path:
		show(w, http.StatusNotFound, page{Heading: "Nothing here", Text: "fob waits for a sign-in at another address."})
	case isPrefetch(r.Header):
		// A failure makes the browser ask again when the person really goes there.
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodGet:
		l.get(w, r)
	case r.Method == http.MethodPost:
		l.post(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		show(w, http.StatusMethodNotAllowed, page{Heading: "Not like this", Text: "fob takes a redirect by GET or by POST."})
	}
}

// loopbackHost reports whether the Host field names this machine. Another name means that a page elsewhere resolved its
// own name to a loopback address (DNS rebinding).
func (l *Listener) loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return tokens.IsLoopback(name)
}

func isPrefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"} {
		if strings.Contains(strings.ToLower(h.Get(name)), "prefetch") || strings.EqualFold(h.Get(name), "preview") {
			return true
		}
	}
	return false
}

func (l *Listener) get(w http.ResponseWriter, r *http.Request) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		l.unreadable(w, r, "the address that the browser was sent to", r.URL.RawQuery)
		return
	}
	if !isResponse(params) {
		// A fragment never reaches a server, so this can be a fragment response: the page's script tells.
		showFragmentPage(w)
		return
	}
	l.arrive(w, r, &Callback{Params: params, Via: "query"})
}

func (l *Listener) post(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		show(w, http.StatusUnsupportedMediaType, page{Heading: "Not a form", Text: "A form_post response is application/x-www-form-urlencoded."})
		return
	}
	body, err := l.bodies.read(w, r)
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			show(w, http.StatusRequestEntityTooLarge, page{Heading: "Too long", Text: "What was sent is longer than fob takes."})
			return
		}
		late := page{Heading: "Not complete", Text: "The form that was sent did not arrive in time."}
		show(w, http.StatusRequestTimeout, late)
		return
	}
	params, err := url.ParseQuery(body)
	if err != nil {
		l.unreadable(w, r, "the form that was sent", body)
		return
	}
	c := &Callback{Params: params, Via: "form_post"}
	if fragment, ok := params[fragmentField]; ok {
		behind := strings.TrimPrefix(fragment[0], "#")
		if params, err = url.ParseQuery(behind); err != nil {
			l.unreadable(w, r, "what stands behind the # of the address", behind)
			return
		}
		c = &Callback{Params: params, Via: "fragment"}
	}
	if !isResponse(c.Params) {
		show(w, http.StatusOK, idlePage)
		return
	}
	l.arrive(w, r, c)
}

// isResponse tells an authorization response from anything else that is sent to the path (RFC 6749 4.1.2, 4.2.2;
// OAuth 2.0 Multiple Response Types; JARM 2.3).
func isResponse(p url.Values) bool {
	for _, name := range []string{"code", "error", "state", "access_token", "id_token", "response"} {
		if p.Has(name) {
			return true
		}
	}
	return false
}

// arrive hands the callback to Await and keeps the request open until it is known what to answer.
func (l *Listener) arrive(w http.ResponseWriter, r *http.Request, c *Callback) {
	if l.alreadyTaken() {
		show(w, http.StatusOK, donePage)
		return
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
		return
	}
	// The time for reading is over with the body; a deadline that passes later would end the request as if the browser
	// had gone.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	a := &arrival{callback: c, verdict: make(chan verdict, 1), written: make(chan struct{})}
	defer close(a.written)
	timer := time.NewTimer(l.early)
	defer timer.Stop()
	select {
	case l.arrivals <- a:
	case <-timer.C:
		show(w, http.StatusServiceUnavailable, page{Heading: "fob is not waiting for a sign-in", Text: "Start again in the terminal."})
		return
	case <-l.finished:
		show(w, http.StatusOK, donePage)
		return
	case <-l.closed:
		show(w, http.StatusOK, stoppedPage)
		return
	case <-r.Context().Done():
		return
	}
	v := <-a.verdict // Await answers every arrival that it takes, at once
	if !v.accepted {
		show(w, http.StatusBadRequest, page{Heading: "Not the sign-in fob is waiting for",
			Text: sentence(v.why) + ". fob goes on waiting for the right answer."})
		return
	}
	l.holdOpen(w, r)
}

func (l *Listener) alreadyTaken() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

func (l *Listener) holdOpen(w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(l.hold)
	defer timer.Stop()
	select {
	case <-l.finished:
		l.mu.Lock()
		o := l.outcome
		l.mu.Unlock()
		show(w, http.StatusOK, outcomePage(o))
	case <-l.closed:
		// Finish and Close may have come together: what Finish said counts.
		select {
		case <-l.finished:
			l.mu.Lock()
			o := l.outcome
			l.mu.Unlock()
			show(w, http.StatusOK, outcomePage(o))
		default:
			show(w, http.StatusOK, stoppedPage)
		}
	case <-timer.C:
		show(w, http.StatusOK, page{Heading: "fob is still working on it", Text: "The sign-in has arrived. See the terminal for how it went."})
	case <-r.Context().Done():
	}
}
