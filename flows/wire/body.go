package wire

import (
	"context"
	"io"
	"net/http"
	"time"
)

// content is the body of an answer as far as it is kept: its beginning, with its content codings undone.
type content struct {
	start     []byte
	size      int64 // bytes that came out of it, those that are not kept too
	truncated bool  // it is longer than start
	codings   []string
	encoded   bool // a coding could not be undone, or was not: see Response.Encoded
}

// readBody reads a body, undoing its content codings. It keeps at most limit bytes, and reads no more unless to is
// given,
// which gets all of it as it comes; untouched says that to gets it with its codings.
func readBody(ctx context.Context, answer *http.Response, c *content, limit int64, to io.Writer, untouched bool) error {
	defer func() { _ = answer.Body.Close() }()
	body, end, err := io.Reader(answer.Body), func() {}, error(nil)
	if !c.encoded && !untouched {
		if body, end, err = decode(ctx, body, c.codings); err != nil {
			return err
		}
	}
	defer end()
	kept := &start{most: limit}
	if to == nil {
		c.size, err = io.Copy(kept, io.LimitReader(body, limit+1))
	} else {
		c.size, err = io.Copy(&sink{to: to}, io.TeeReader(body, kept))
	}
	c.start, c.truncated = kept.data, c.size > limit
	if to == nil {
		c.size = int64(len(c.start))
	}
	if untouched && !c.encoded {
		c.start, c.encoded = decodedStart(ctx, kept.data, c.codings, limit), true
	}
	return err
}

// start keeps the beginning of what is written to it.
type start struct {
	data []byte
	most int64
}

func (s *start) Write(p []byte) (int, error) {
	if room := s.most - int64(len(s.data)); room > 0 {
		s.data = append(s.data, p[:min(room, int64(len(p)))]...)
	}
	return len(p), nil
}

// sink writes, and marks its errors: they are not the network's.
type sink struct{ to io.Writer }

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		err = &sinkError{err}
	}
	return n, err
}

// sinkError means that a body came, and that what it is written to did not take all of it.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return "writing the body: " + e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

// contentOf says how the body of an answer is encoded. A part of an encoded body (206) cannot be decoded by itself.
func contentOf(answer *http.Response) *content {
	codings := codingsOf(answer.Header)
	partial := answer.StatusCode == http.StatusPartialContent && len(codings) > 0
	return &content{codings: codings, encoded: partial || !canDecode(codings)}
}

// receive reads the answer to a request: whole into memory up to the limit, or as a stream to where the caller wants
// it.
func (c *Client) receive(ctx context.Context, r *Request, answer *http.Response, p *patience) (*content, error) {
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
		answer.Body = p.whileItComes(answer.Body)
	}
	return got, readBody(ctx, answer, got, c.limit(r), to, untouched && to != nil)
}

// patience bounds the time of an exchange. A body that is streamed may take as long as it keeps coming.
type patience struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// within is a context that ends after the limit, with context.DeadlineExceeded as its cause.
func within(ctx context.Context, limit time.Duration) (context.Context, *patience) {
	timed, cancel := context.WithCancelCause(ctx)
	p := &patience{limit: limit, cancel: cancel}
	p.timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	return timed, p
}

func (p *patience) end() {
	p.timer.Stop()
	p.cancel(nil)
}

// whileItComes counts the time of each read by itself: not that of the whole body, nor that of a slow reader behind it.
func (p *patience) whileItComes(body io.ReadCloser) io.ReadCloser { return &coming{body, p} }

type coming struct {
	io.ReadCloser
	p *patience
}

func (c *coming) Read(b []byte) (int, error) {
	c.p.timer.Reset(c.p.limit)
	defer c.p.timer.Stop()
	return c.ReadCloser.Read(b)
}
