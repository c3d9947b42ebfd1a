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
	// maxRequests is how many callbacks are handled at once; a pending one is among them.
	maxRequests = 64
	// maxBodies is how many bodies are read at once. One more ends the oldest: a browser on this machine sends its form
	// immediately, so a slow one is not the expected response.
	maxBodies = 32
	// maxBody limits a form_post or fragment response; with tokens it has a few kilobytes.
	maxBody = 512 << 10
	// fragmentField is the form field in which the page's script sends the fragment.
	fragmentField = "fob_fragment"
)

func (l *Listener) serve() {
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.handle),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       10 * time.Second,
		MaxHeaderBytes:    128 << 10, // a query response is in the request line
		ErrorLog:          discardLog,
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
		writePage(w, http.StatusForbidden, page{Heading: "Not for this host",
			Text: "fob answers on loopback addresses only."})
	case r.URL.Path != l.path:
		writePage(w, http.StatusNotFound, page{Heading: "Nothing here",
			Text: "fob expects the response at another address."})
	case isPrefetch(r.Header):
		// An error makes the browser request the page again when the user goes there.
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodGet:
		l.get(w, r)
	case r.Method == http.MethodPost:
		l.post(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		writePage(w, http.StatusMethodNotAllowed,
			page{Heading: "Method not allowed", Text: "fob accepts a redirect by GET or POST."})
	}
}

// loopbackHost reports whether the Host field names this machine. Any other name means that another site resolved its
// name to a loopback address (DNS rebinding).
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
		l.deliverUnreadable(w, r, "the address that the browser was sent to", r.URL.RawQuery)
		return
	}
	if !isResponse(params) {
		// A fragment is not sent to a server, so this may be a fragment response: the page's script finds out.
		showFragmentPage(w)
		return
	}
	l.deliver(w, r, &Callback{Params: params, Via: "query"})
}

func (l *Listener) post(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		kind != "application/x-www-form-urlencoded" {
		writePage(w, http.StatusUnsupportedMediaType,
			page{Heading: "Not a form", Text: "A form_post response is application/x-www-form-urlencoded."})
		return
	}
	body, err := l.bodies.read(w, r)
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			writePage(w, http.StatusRequestEntityTooLarge,
				page{Heading: "Too long", Text: "The form is longer than fob accepts."})
			return
		}
		late := page{Heading: "Not complete", Text: "The form did not arrive in time."}
		writePage(w, http.StatusRequestTimeout, late)
		return
	}
	params, err := url.ParseQuery(body)
	if err != nil {
		l.deliverUnreadable(w, r, "the form that was sent", body)
		return
	}
	c := &Callback{Params: params, Via: "form_post"}
	if fragment, ok := params[fragmentField]; ok {
		text := strings.TrimPrefix(fragment[0], "#")
		if params, err = url.ParseQuery(text); err != nil {
			l.deliverUnreadable(w, r, "the text after the # of the address", text)
			return
		}
		c = &Callback{Params: params, Via: "fragment"}
	}
	if !isResponse(c.Params) {
		writePage(w, http.StatusOK, idlePage)
		return
	}
	l.deliver(w, r, c)
}

// isResponse reports whether the parameters are an authorization response (RFC 6749 4.1.2, 4.2.2; OAuth 2.0 Multiple
// Response Types; JARM 2.3).
func isResponse(p url.Values) bool {
	for _, name := range []string{"code", "error", "state", "access_token", "id_token", "response"} {
		if p.Has(name) {
			return true
		}
	}
	return false
}

// deliver passes the callback to Await and keeps the request open until the page to show is known.
func (l *Listener) deliver(w http.ResponseWriter, r *http.Request, c *Callback) {
	if l.alreadyAccepted() {
		writePage(w, http.StatusOK, donePage)
		return
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
		return
	}
	// The time limit of reading ends with the body; a deadline that expires later would end the request as if the
	// browser had closed it.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	a := &arrival{callback: c, verdict: make(chan verdict, 1), written: make(chan struct{})}
	defer close(a.written)
	timer := time.NewTimer(l.awaitTimeout)
	defer timer.Stop()
	select {
	case l.arrivals <- a:
	case <-timer.C:
		writePage(w, http.StatusServiceUnavailable,
			page{Heading: "fob is not waiting for a sign-in", Text: "Start again in the terminal."})
		return
	case <-l.finished:
		writePage(w, http.StatusOK, donePage)
		return
	case <-l.closed:
		writePage(w, http.StatusOK, stoppedPage)
		return
	case <-r.Context().Done():
		return
	}
	v := <-a.verdict // Await sends a verdict for every arrival at once
	if !v.accepted {
		writePage(w, http.StatusBadRequest, page{Heading: "Not the sign-in fob is waiting for",
			Text: sentence(v.reason) + ". fob keeps waiting for the right one."})
		return
	}
	l.waitForOutcome(w, r)
}

func (l *Listener) alreadyAccepted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

func (l *Listener) waitForOutcome(w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(l.finishTimeout)
	defer timer.Stop()
	select {
	case <-l.finished:
		l.mu.Lock()
		o := l.outcome
		l.mu.Unlock()
		writePage(w, http.StatusOK, outcomePage(o))
	case <-l.closed:
		// Finish and Close may have been called together: Finish takes precedence.
		select {
		case <-l.finished:
			l.mu.Lock()
			o := l.outcome
			l.mu.Unlock()
			writePage(w, http.StatusOK, outcomePage(o))
		default:
			writePage(w, http.StatusOK, stoppedPage)
		}
	case <-timer.C:
		writePage(w, http.StatusOK, page{Heading: "fob is still working on it",
			Text: "The sign-in was received. See the terminal for the result."})
	case <-r.Context().Done():
	}
}
