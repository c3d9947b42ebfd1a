package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

// client makes a Client with its own Recorder and closes it after the test.
func client(t testing.TB, o Options) (*Client, *Recorder) {
	t.Helper()
	r := NewRecorder(0)
	o.Recorder = r
	c, err := New(t.Context(), o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(c.Close)
	return c, r
}

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func mustDo(t testing.TB, c *Client, r *Request) *Response {
	t.Helper()
	resp, err := c.Do(context.Background(), r)
	if err != nil {
		t.Fatalf("Do: %v", err)
	}
	return resp
}

// failure sends a request that must fail and returns its error.
func failure(t testing.TB, c *Client, ctx context.Context, r *Request) *Error {
	t.Helper()
	resp, err := c.Do(ctx, r)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %+v, %v; want an *Error", resp, err)
	}
	return e
}

func TestARequestIsSentAndItsAnswerReadAndRecorded(t *testing.T) {
	var got *http.Request
	var body bytes.Buffer
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = body.ReadFrom(r.Body)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`{"ok":true}`))
	})
	c, rec := client(t, Options{UserAgent: "fob/1"})
	resp := mustDo(t, c, &Request{Purpose: "API call", Method: "POST", URL: s.URL + "/a?b=c",
		Header: http.Header{"X-Asked": {"1", "2"}, "Host": {"api.example"}}, Body: []byte("hello")})

	if resp.Status != 418 || string(resp.Body) != `{"ok":true}` || resp.Header.Get("X-Answer") != "yes" ||
		resp.Truncated {
		t.Errorf("answer: got %d %q %v", resp.Status, resp.Body, resp.Header)
	}
	if got.Method != "POST" || got.RequestURI != "/a?b=c" || got.Host != "api.example" || body.String() != "hello" ||
		strings.Join(got.Header["X-Asked"], ",") != "1,2" || got.UserAgent() != "fob/1" {
		t.Errorf("received: got %s %s host %s body %q header %v", got.Method, got.RequestURI, got.Host, body.String(),
			got.Header)
	}
	xs := rec.Exchanges()
	if len(xs) != 1 || resp.Exchange == nil || xs[0].ID != 1 || resp.Exchange.ID != 1 {
		t.Fatalf("recorded: got %d exchanges, answer's %+v", len(xs), resp.Exchange)
	}
	x := xs[0]
	if x.Purpose != "API call" || x.Request.URL != s.URL+"/a?b=c" || x.Request.Body != "hello" ||
		x.Request.BodySize != 5 ||
		x.Response.Status != 418 || x.Response.Body != `{"ok":true}` || x.Response.Get("x-answer") != "yes" ||
		x.Response.Date.IsZero() {
		t.Errorf("exchange: got %+v / %+v", x.Request, x.Response)
	}
	if x.Request.Get("Host") != "api.example" || x.Request.Get("Content-Length") != "5" {
		t.Errorf("the record must show the header fields as they left; got %v", x.Request.Header)
	}
	if x.Timing.Total <= 0 || x.Timing.Connect <= 0 || x.Timing.FirstByte <= 0 || x.Timing.TLS != 0 || x.Reused ||
		x.Remote != s.Listener.Addr().String() {
		t.Errorf("timing: got %+v reused %v remote %s", x.Timing, x.Reused, x.Remote)
	}
	if again := mustDo(t, c, &Request{URL: s.URL}); !again.Exchange.Reused || again.Exchange.Timing.Connect != 0 {
		t.Errorf("second request: got reused %v, connect %v; want the open connection", again.Exchange.Reused,
			again.Exchange.Timing.Connect)
	}
}

func TestARedirectIsTheAnswerAndCookiesAreNotKept(t *testing.T) {
	hits, cookies := 0, 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits++
		cookies += len(r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "CANARYcookie0123456789abcdef"})
		http.Redirect(w, r, "/next?code=CANARYcode0123456789abcdefgh&state=s1", http.StatusFound)
	})
	c, rec := client(t, Options{})
	for range 2 {
		if resp := mustDo(t, c, &Request{URL: s.URL}); resp.Status != 302 {
			t.Errorf("got status %d, want 302", resp.Status)
		}
	}
	if hits != 2 || cookies != 0 {
		t.Errorf("got %d requests with %d cookies, want 2 with 0", hits, cookies)
	}
	location := rec.Exchanges()[0].Response.Get("Location")
	if !strings.Contains(location, "code=sha256:") || !strings.Contains(location, "state=s1") {
		t.Errorf("Location: got %q, want the code redacted and the state shown", location)
	}
}

func TestABodyIsCutAtTheLimitAfterInflating(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bomb" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			chunk := make([]byte, 1<<20)
			for range 8 {
				if _, err := z.Write(chunk); err != nil {
					return
				}
			}
			_ = z.Close()
			return
		}
		_, _ = w.Write(bytes.Repeat([]byte("a"), 5000))
	})
	c, _ := client(t, Options{MaxBody: 1000})
	for _, path := range []string{"/plain", "/bomb"} {
		resp := mustDo(t, c, &Request{URL: s.URL + path})
		if len(resp.Body) != 1000 || !resp.Truncated || !resp.Exchange.Response.Truncated {
			t.Errorf("%s: got %d bytes, truncated %v; want 1000 and true", path, len(resp.Body), resp.Truncated)
		}
	}
	if resp := mustDo(t, c, &Request{URL: s.URL, MaxBody: 5000}); len(resp.Body) != 5000 || resp.Truncated {
		t.Errorf("got %d bytes, truncated %v; want all 5000", len(resp.Body), resp.Truncated)
	}
}

func TestTheRecordOfALargeBodyIsCutAndSaysSo(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("0123456789abcde\n"), 1<<14))
	})
	c, _ := client(t, Options{})
	resp := mustDo(t, c, &Request{URL: s.URL})
	m := resp.Exchange.Response
	if len(resp.Body) != 1<<18 || resp.Truncated {
		t.Errorf("the answer itself: got %d bytes, truncated %v; want it whole", len(resp.Body), resp.Truncated)
	}
	if len(m.Body) > 64<<10+100 || !m.Truncated || m.BodySize != 1<<18 || !strings.HasSuffix(m.Body,
		"[cut here: the whole body has 262144 bytes]") {
		t.Errorf("the record: got %d bytes, truncated %v, size %d, end %q", len(m.Body), m.Truncated, m.BodySize,
			m.Body[len(m.Body)-60:])
	}
}

func TestARecordHoldsNothingATerminalObeys(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Evil", "a\tb")
		_, _ = w.Write([]byte("\x1b]0;owned\x07 \u202e \x9b31m\r\nend"))
	})
	c, rec := client(t, Options{})
	mustDo(t, c, &Request{URL: s.URL + "/?q=%1b\u202e", Purpose: "x"})
	x := rec.Exchanges()[0]
	for _, text := range []string{x.Response.Body, x.Request.URL, x.Response.Get("X-Evil")} {
		if strings.ContainsAny(text, "\x1b\x07\u202e\r\t") {
			t.Errorf("got %q: it holds a control character", text)
		}
	}
	if !strings.HasSuffix(x.Response.Body, "\nend") {
		t.Errorf("got %q: CRLF must become a newline", x.Response.Body)
	}
}

func TestARecorderIsBoundedAndForgetsTheOldest(t *testing.T) {
	r := NewRecorder(3)
	for range 5 {
		r.Add(&Exchange{})
	}
	xs := r.Exchanges()
	if len(xs) != 3 || xs[0].ID != 3 || xs[2].ID != 5 {
		t.Fatalf("got %+v; want 3, 4, 5", xs)
	}
	big := NewRecorder(1000)
	for range 100 {
		big.Add(&Exchange{Response: &Message{Body: strings.Repeat("x", 1<<20)}})
	}
	if n := len(big.Exchanges()); n < 20 || n > 32 {
		t.Errorf("got %d exchanges of 1 MiB, want about 31: the sum is bounded", n)
	}
}

func TestUserinfoBecomesAHeaderAndIsNeverShown(t *testing.T) {
	var user, password string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { user, password, _ = r.BasicAuth() })
	c, rec := client(t, Options{})
	mustDo(t, c, &Request{URL: strings.Replace(s.URL, "://", "://me:hunter2x@", 1)})
	if user != "me" || password != "hunter2x" {
		t.Errorf("received %q %q, want the userinfo", user, password)
	}
	x := rec.Exchanges()[0]
	if !strings.Contains(x.Request.URL, "://hidden@") || !strings.Contains(x.Request.Get("Authorization"),
		"base64(me:hidden)") {
		t.Errorf("got %q and %q", x.Request.URL, x.Request.Get("Authorization"))
	}
}

func TestTheWholeExchangeIsTimed(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = w.Write([]byte("begin"))
			w.(http.Flusher).Flush()
		}
		<-release
	})
	t.Cleanup(func() { close(release) })
	c, rec := client(t, Options{Timeout: 80 * time.Millisecond})
	for path, want := range map[string]string{"/head": "waiting for the answer", "/body": "reading the answer"} {
		e := failure(t, c, context.Background(), &Request{Purpose: "JWKS", URL: s.URL + path})
		if e.Phase != PhaseTimeout || !errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), want) {
			t.Errorf("%s: got %v (%s), want a time-out while %s", path, e, e.Phase, want)
		}
		if e.Exchange == nil || e.Exchange.Err == "" {
			t.Errorf("%s: the failed exchange is not with the error: %+v", path, e.Exchange)
		}
	}
	if n := len(rec.Exchanges()); n != 2 {
		t.Errorf("got %d records, want 2: failures are recorded too", n)
	}
}

func TestACancelledExchangeSaysSo(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	t.Cleanup(func() { close(release) })
	c, _ := client(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	e := failure(t, c, ctx, &Request{URL: s.URL})
	if e.Phase != PhaseCancelled || !errors.Is(e, context.Canceled) {
		t.Errorf("got %v (%s), want cancelled", e, e.Phase)
	}
}

// The end of a run's time is a timeout, whatever its caller calls it.
func TestTheEndOfTheRunsTimeIsATimeout(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	c, _ := client(t, Options{})
	ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, errors.New("not done in time"))
	defer cancel()
	e := failure(t, c, ctx, &Request{URL: s.URL})
	if e.Phase != PhaseTimeout || !errors.Is(e, context.DeadlineExceeded) || e.Hint == "" {
		t.Errorf("got %v (%s), want a timeout with its hint", e, e.Phase)
	}
}

func TestARequestThatCannotBeSentSaysWhyWithoutTheURL(t *testing.T) {
	c, rec := client(t, Options{})
	const canary = "CANARYsecret0123456789abcdef"
	for name, r := range map[string]*Request{
		"bad escape":   {URL: "https://u:" + canary + "@host/%zz?access_token=" + canary},
		"bad port":     {URL: "https://u:" + canary + "@host:port/"},
		"scheme":       {URL: "file:///etc/passwd?token=" + canary},
		"no host":      {URL: "https:///x?code=" + canary},
		"bad method":   {Method: "G T", URL: "https://host/?client_secret=" + canary},
		"header value": {URL: "http://127.0.0.1:1/", Header: http.Header{"Authorization": {"Bearer " + canary + "\n"}}},
	} {
		e := failure(t, c, context.Background(), r)
		if e.Phase != PhaseRequest {
			t.Errorf("%s: got phase %s (%v), want request", name, e.Phase, e)
		}
		if strings.Contains(e.Error(), canary) || strings.Contains(e.Err.Error(), canary) {
			t.Errorf("%s: the error holds the secret: %v", name, e)
		}
	}
	assertAbsent(t, rec, canary)
}

func TestKnownSecretsAreSharedByTheClientsOfARecorder(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("you said " + r.URL.Query().Get("x")))
	})
	rec := NewRecorder(0)
	one, _ := New(t.Context(), Options{Recorder: rec})
	two, _ := New(t.Context(), Options{Recorder: rec})
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	const canary = "CANARYsecret0123456789abcdef"
	one.Know(tokens.NewSecret(canary))
	mustDo(t, two, &Request{URL: s.URL + "?x=" + url.QueryEscape(canary)})
	assertAbsent(t, rec, canary)
}

func TestAClientServesManyAtOnce(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"CANARY-of-number-` + r.URL.Query().Get("n") + `-0123456789"}`))
	})
	c, rec := client(t, Options{})
	const n = 40
	done := make(chan *Response, n)
	for i := range n {
		go func() {
			resp, err := c.Do(context.Background(), &Request{URL: s.URL + "?n=" + strconv.Itoa(i)})
			if err != nil {
				t.Error(err)
			}
			_ = rec.Exchanges()
			done <- resp
		}()
	}
	seen := map[int]bool{}
	for range n {
		if resp := <-done; resp != nil {
			seen[resp.Exchange.ID] = true
		}
	}
	if len(seen) != n {
		t.Errorf("got %d different IDs, want %d", len(seen), n)
	}
	assertAbsent(t, rec, "CANARY-of-number-7-0123456789", "CANARY-of-number-39-0123456789")
}

func TestAPageIsToldFromData(t *testing.T) {
	const html = "text/html; charset=utf-8"
	for _, c := range []struct {
		media, body string
		want        bool
	}{
		{"", " \n<!DOCTYPE html><p>Sign in", true}, {"application/json", "<HTML>", true}, {html, "<p>Bad gateway",
			true}, {html, "Bad gateway", true},
		{html, `{"issuer":"https://a.example"}`, false}, {"", `["<html>"]`, false}, {"application/xml",
			`<?xml version="1.0"?><Error/>`, false}, {"", "", false},
	} {
		r := Response{Header: http.Header{"Content-Type": {c.media}}, Body: []byte(c.body)}
		if got := r.IsPage(); got != c.want {
			t.Errorf("%s %q: got %v, want %v", c.media, c.body, got, c.want)
		}
	}
}
