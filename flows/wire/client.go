package wire

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Defaults of Options.
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxBody = 4 << 20
)

// Client sends every HTTP request of the program. It is safe for concurrent use.
type Client struct {
	o         Options
	transport *http.Transport
	http1     *http.Transport // the same without HTTP/2
	redactor  *redact.Redactor

	certificate *x509.Certificate // offered to servers; nil: none
	passphrase  tokens.Secret     // that its file was opened with; zero: it needed none
}

// New builds a Client. A setting that cannot be used (a CA file that cannot be read, a certificate without its key, a
// proxy that is no URL) is an *Error with PhaseSetup. Reading a file, such as a named pipe, ends with ctx.
func New(ctx context.Context, o Options) (*Client, error) {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.UserAgent == "" {
		o.UserAgent = "fob"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	cert, passphrase, err := clientCertificate(ctx, o)
	if err != nil {
		return nil, err
	}
	transport, err := newTransport(ctx, o, cert)
	if err != nil {
		return nil, err
	}
	// Clients with one Recorder share their secrets: a token that one of them received may come back in an answer
	// to another.
	index := redact.NewIndex()
	if o.Recorder != nil {
		index = o.Recorder.index
	}
	c := &Client{o: o, transport: transport, http1: withoutHTTP2(transport), redactor: &redact.Redactor{Index: index}}
	if cert != nil {
		c.certificate, c.passphrase = cert.Leaf, passphrase
		c.Know(passphrase)
	}
	return c, nil
}

// Know adds values that no record of this Client may show from now on. Those that are not redact.Searchable are
// redacted only where their name says that they are secrets.
func (c *Client) Know(secrets ...tokens.Secret) {
	for _, s := range secrets {
		c.redactor.Index.Add(s, true)
	}
}

// Close ends connections that are kept open for reuse. The Client can still be used.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.http1.CloseIdleConnections()
}

// roundTrip sends a request, once more over HTTP/1.1 where the server wants that (RFC 9113 7): it has not read the
// first one, and may go on to renegotiate, which HTTP/2 forbids.
func (c *Client) roundTrip(ctx context.Context, req *http.Request, r *Request) (*http.Response, error) {
	answer, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err == nil || !strings.Contains(err.Error(), "HTTP_1_1_REQUIRED") {
		return answer, err
	}
	again := req.Clone(ctx)
	again.Body = io.NopCloser(bytes.NewReader(r.Body))
	if len(r.Body) == 0 {
		again.Body = nil
	}
	return c.http1.RoundTrip(again)
}

// Do sends a request and reads its answer: see Doer.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	c.Know(r.Secrets...)
	x := &Exchange{Purpose: r.What(), Endpoint: r.Endpoint, Started: c.o.Now(), Insecure: c.o.Insecure}
	leaving, stream := r.Leaving, r.Stream // of the caller's request: an edited one is a new value
	approved, edited, err := c.hold(ctx, r)
	if err != nil {
		return nil, c.failed(x, nil, r, aborted(err))
	}
	r, x.Edited, x.Started = withEncodedURL(approved, stream), edited, c.o.Now()
	timed, timeout := withTimeout(ctx, c.o.Timeout)
	defer timeout.stop()
	req, err := c.build(timed, r)
	if err != nil {
		return nil, c.failed(x, req, r, &Error{Phase: PhaseRequest, Err: err, Unsent: true})
	}
	if e := c.refuseCleartext(req, r); e != nil {
		return nil, c.failed(x, req, r, e)
	}
	x.Proxy = c.proxyOf(req)
	if leaving != nil {
		if err := leaving(); err != nil {
			_ = c.failed(x, req, r, &Error{Phase: PhaseRequest, Err: err, Unsent: true})
			return nil, err
		}
	}

	t := newTracer()
	traced := context.WithValue(httptrace.WithClientTrace(timed, t.hooks()), tracerKey{}, t)
	answer, err := c.roundTrip(traced, req, r)
	got := &content{}
	if err == nil {
		got, err = c.receive(timed, r, answer, timeout)
	}
	if err != nil && errors.Is(context.Cause(timed), context.DeadlineExceeded) {
		err = timeoutError(err.Error())
	}
	t.stop()
	x.Timing, x.Remote, x.Reused = t.timing, t.remote, t.reused

	c.record(x, req, r, t.sent, answer, got)
	if err != nil {
		e := c.explain(ctx, err, t, answer != nil)
		e.Unsent = !t.connected
		return nil, c.failed(x, req, r, e)
	}
	c.keep(x)
	return &Response{Status: answer.StatusCode, Proto: answer.Proto, Header: answer.Header, Exchange: x,
		Body:      got.prefix,
		Truncated: got.truncated, Size: got.size, Encoding: shownCodings(got.codings), Encoded: got.encoded,
		index: c.redactor.Index}, nil
}

// ready returns a request as it is sent and recorded.
func withEncodedURL(r *Request, stream func(*Response) io.Writer) *Request {
	sent := *r
	sent.URL, _ = EncodeURL(r.URL)
	sent.Stream = stream
	return &sent
}

func (c *Client) limit(r *Request) int64 {
	if r.MaxBody > 0 {
		return r.MaxBody
	}
	return c.o.MaxBody
}

func (c *Client) keep(x *Exchange) {
	if c.o.Recorder != nil {
		c.o.Recorder.Add(x)
	}
}

// build returns the request that is sent. Userinfo in the URL becomes an Authorization header, as browsers and curl do.
func (c *Client) build(ctx context.Context, r *Request) (*http.Request, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	u, err := url.Parse(r.URL)
	switch {
	case err != nil:
		return nil, urlError(err)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the URL has the scheme %q: only https and http can be requested",
			tokens.VisibleLine(u.Scheme))
	case u.Host == "":
		return nil, errors.New("the URL names no host")
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://host/", body)
	if err != nil {
		return nil, fmt.Errorf("the method %q is not one that HTTP allows", tokens.VisibleLine(method))
	}
	req.URL, req.Host = u, u.Host
	req.Header = r.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	if _, own := req.Header["Accept-Encoding"]; !own && method != http.MethodHead && req.Header.Get("Range") == "" {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		c.Know(tokens.NewGuessable(password))
		if req.Header.Get("Authorization") == "" {
			req.SetBasicAuth(u.User.Username(), password)
		}
		u.User = nil
	}
	return req, nil
}

// urlError returns why a URL does not parse, without the URL.
func urlError(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		var escape url.EscapeError
		if errors.As(e.Err, &escape) {
			return errors.New("the URL has a broken %-escape")
		}
		return errors.New("the URL cannot be parsed: a port, a host or a character in it is not valid")
	}
	return errors.New("the URL cannot be parsed")
}

// proxyOf returns the proxy of a request without its password.
func (c *Client) proxyOf(req *http.Request) string {
	if c.transport.Proxy == nil {
		return ""
	}
	u, err := c.transport.Proxy(req)
	if err != nil || u == nil {
		return ""
	}
	if password, ok := u.User.Password(); ok {
		c.Know(tokens.NewGuessable(password))
	}
	return tokens.VisibleLine(u.Scheme + "://" + u.Host)
}

// record fills in what was sent and what came back, redacted. Secrets in the answer are added to the Index first,
// so that the record of the request does not show what only the answer named.
func (c *Client) record(x *Exchange, req *http.Request, r *Request, sent []Field, answer *http.Response, got *content) {
	for range 3 { // an answer with more tokens than the Index keeps would add some each time
		version := c.redactor.Index.Version()
		x.Request = c.requestMessage(req, r, sent)
		if answer != nil {
			x.TLS = describeTLS(answer.TLS)
			x.Response = c.responseMessage(answer, got)
		}
		if c.redactor.Index.Version() == version {
			return
		}
	}
}

func (c *Client) requestMessage(req *http.Request, r *Request, sent []Field) Message {
	redactor := &redact.Redactor{Index: c.redactor.Index, Sent: true}
	m := Message{Method: r.Method, URL: redactor.URL(r.URL), BodySize: len(r.Body)}
	if m.Method == "" {
		m.Method = http.MethodGet
	}
	m.Method = tokens.VisibleLine(m.Method)
	header := r.Header
	if req != nil {
		header = req.Header
	}
	if sent == nil {
		sent = sortedFields(header)
	}
	m.Header = redactFields(redactor, sent)
	m.Body, m.Truncated = redactor.Body(r.Body, header.Get("Content-Type"), len(r.Body))
	return m
}

func (c *Client) responseMessage(answer *http.Response, got *content) *Message {
	m := &Message{Status: answer.StatusCode, Proto: tokens.VisibleLine(answer.Proto), BodySize: int(got.size)}
	if got.truncated && len(got.codings) == 0 && answer.ContentLength > got.size {
		m.BodySize = int(answer.ContentLength)
	}
	m.Header = redactFields(c.redactor, sortedFields(answer.Header))
	m.Body, m.Truncated = c.redactor.Body(got.prefix, answer.Header.Get("Content-Type"), m.BodySize)
	m.Truncated = m.Truncated || got.truncated
	if date, err := http.ParseTime(strings.TrimSpace(answer.Header.Get("Date"))); err == nil {
		m.Date = date
	}
	return m
}

// failed completes an error, notes it in the exchange and keeps the exchange.
func (c *Client) failed(x *Exchange, req *http.Request, r *Request, e *Error) error {
	if x.Request.Method == "" {
		c.record(x, req, r, nil, nil, &content{})
	}
	e.Purpose, e.Method, e.URL = tokens.VisibleLine(x.Purpose), x.Request.Method, x.Request.URL
	e.Err = c.redactor.Error(e.Err)
	x.Err = tokens.Visible(e.sentence())
	c.keep(x)
	e.Exchange = x
	return e
}
