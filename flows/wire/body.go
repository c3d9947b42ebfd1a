package wire

import (
	"context"
	"io"
	"net/http"
	"time"
)

// content is the beginning of the body of an answer, with its content codings undone.
type content struct {
	prefix    []byte
	size      int64 // bytes that were read, those after prefix included
	truncated bool  // it is longer than prefix
	codings   []string
	encoded   bool // a coding was not undone: see Response.Encoded
}

// readBody reads a body, undoing its content codings. It keeps at most limit bytes. to, where it is not
// nil, receives the whole body as it arrives, with its codings where untouched is set; otherwise no more is read.
func readBody(ctx context.Context, answer *http.Response, c *content, limit int64, to io.Writer, untouched bool) error {
	defer func() { _ = answer.Body.Close() }()
	body, end, err := io.Reader(answer.Body), func() {}, error(nil)
	if !c.encoded && !untouched {
		if body, end, err = decode(ctx, body, c.codings); err != nil {
			return err
		}
	}
	defer end()
	kept := &prefixWriter{limit: limit}
	if to == nil {
		c.size, err = io.Copy(kept, io.LimitReader(body, limit+1))
	} else {
		c.size, err = io.Copy(&streamWriter{to: to}, io.TeeReader(body, kept))
	}
	c.prefix, c.truncated = kept.data, c.size > limit
	if to == nil {
		c.size = int64(len(c.prefix))
	}
	if untouched && !c.encoded {
		c.prefix, c.encoded = decodedStart(ctx, kept.data, c.codings, limit), true
	}
	return err
}

// prefixWriter keeps the first limit bytes that are written to it.
type prefixWriter struct {
	data  []byte
	limit int64
}

func (s *prefixWriter) Write(p []byte) (int, error) {
	if room := s.limit - int64(len(s.data)); room > 0 {
		s.data = append(s.data, p[:min(room, int64(len(p)))]...)
	}
	return len(p), nil
}

// sink marks the errors of the writer behind it, to distinguish them from those of the network.
type streamWriter struct{ to io.Writer }

func (s *streamWriter) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		err = &streamError{err}
	}
	return n, err
}

// streamError means that a body was received but could not be written.
type streamError struct{ err error }

func (e *streamError) Error() string { return "writing the body: " + e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

// contentOf returns the content codings of an answer. A part of an encoded body (206) cannot be decoded by itself.
func contentOf(answer *http.Response) *content {
	codings := codingsOf(answer.Header)
	partial := answer.StatusCode == http.StatusPartialContent && len(codings) > 0
	return &content{codings: codings, encoded: partial || !canDecode(codings)}
}

// receive reads the answer to a request: whole into memory up to the limit, or as a stream where the caller
// asks for one.
func (c *Client) receive(ctx context.Context, r *Request, answer *http.Response, p *exchangeTimeout) (*content, error) {
	got := contentOf(answer)
	var to io.Writer
	untouched := false
	if r.Stream != nil {
		_, own := r.Header["Accept-Encoding"]
		untouched = own && len(got.codings) > 0
		to = r.Stream(&Response{Status: answer.StatusCode, Proto: answer.Proto, Header: answer.Header,
			Encoding: shownCodings(got.codings), Encoded: got.encoded || untouched})
	}
	if to != nil {
		answer.Body = p.perRead(answer.Body)
	}
	return got, readBody(ctx, answer, got, c.limit(r), to, untouched && to != nil)
}

// patience bounds the time of an exchange. A streamed body may take as long as it keeps arriving.
type exchangeTimeout struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// within returns a context that ends after the limit, with context.DeadlineExceeded as its cause.
func withTimeout(ctx context.Context, limit time.Duration) (context.Context, *exchangeTimeout) {
	timed, cancel := context.WithCancelCause(ctx)
	p := &exchangeTimeout{limit: limit, cancel: cancel}
	p.timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	return timed, p
}

func (p *exchangeTimeout) stop() {
	p.timer.Stop()
	p.cancel(nil)
}

// perRead limits each read of a body: not the whole body, nor the time of a slow reader.
func (p *exchangeTimeout) perRead(body io.ReadCloser) io.ReadCloser { return &timedBody{body, p} }

type timedBody struct {
	io.ReadCloser
	timeout *exchangeTimeout
}

func (c *timedBody) Read(b []byte) (int, error) {
	c.timeout.timer.Reset(c.timeout.limit)
	defer c.timeout.timer.Stop()
	return c.ReadCloser.Read(b)
}
