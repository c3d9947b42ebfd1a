package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"fob/tokens"
)

// maxCodings bounds how many content codings of one body are undone.
const maxCodings = 4

// maxZstdWindow is the largest window that a zstd body may ask for, in bytes (RFC 9659 3).
const maxZstdWindow = 8 << 20

// errTooManyCodings means that a body is encoded more often than any server has a reason to.
var errTooManyCodings = fmt.Errorf("the body has more than %d content codings", maxCodings)

// decoders undo a content coding, by its registered name (RFC 9110 8.4.1, RFC 7932, RFC 8878).
var decoders = map[string]func(*bufio.Reader) (io.Reader, error){
	"gzip":    gunzip,
	"x-gzip":  gunzip, // RFC 9110 8.4.1.3: a recipient should take it as gzip
	"deflate": undeflate,
	"br":      func(r *bufio.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	"zstd":    unzstd,
}

func gunzip(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) }

// undeflate takes the zlib format, as RFC 9110 8.4.1.2 says, and a raw deflate stream, which some servers send instead.
func undeflate(r *bufio.Reader) (io.Reader, error) {
	if head, err := r.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

func unzstd(r *bufio.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(
		r,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindow),
	)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// codingsOf are the content codings of a message, in the order in which they were applied (RFC 9110 8.4).
func codingsOf(h http.Header) []string {
	var list []string
	for _, field := range h.Values("Content-Encoding") {
		for _, name := range strings.Split(field, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
				list = append(list, name)
			}
		}
	}
	return list
}

// shownCodings are codings as they may be shown: "gzip, br".
func shownCodings(list []string) string {
	return tokens.Clip(tokens.VisibleLine(strings.Join(list, ", ")), 100)
}

// canDecode reports whether fob can undo all of the codings.
func canDecode(codings []string) bool {
	return !slices.ContainsFunc(codings, func(name string) bool { return decoders[name] == nil })
}

// decode undoes the codings of a body, the last one first. Reading ends with ctx, also where a layer inflates without
// end
// to what makes nothing of it. Call end when no more is read.
func decode(ctx context.Context, body io.Reader, codings []string) (decoded io.Reader, end func(), err error) {
	end = func() {}
	if len(codings) > maxCodings {
		return nil, end, errTooManyCodings
	}
	decoded = body
	for _, name := range slices.Backward(codings) {
		from := &source{ctx: ctx, in: decoded}
		layer := &layer{name: name, from: from, in: bufio.NewReader(from)}
		before := end
		end = func() { layer.close(); before() }
		decoded = layer
	}
	return decoded, end, nil
}

// layer is one coding being undone. It starts with the first read: an empty body has no coding to undo, whatever its
// header says (an answer to HEAD, a 304).
type layer struct {
	name string
	from *source
	in   *bufio.Reader
	out  io.Reader
	err  error
}

func (l *layer) Read(p []byte) (int, error) {
	if l.err == nil && l.out == nil {
		l.start()
	}
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.out.Read(p)
	if err != nil && err != io.EOF {
		err = l.failed(err)
	}
	return n, err
}

func (l *layer) start() {
	if _, l.err = l.in.Peek(1); l.err != nil {
		return
	}
	out, err := decoders[l.name](l.in)
	if err != nil { // out may then be a nil pointer
		l.err = l.failed(err)
		return
	}
	l.out = out
}

// failed tells a body that does not inflate from one that broke off or whose time ended.
func (l *layer) failed(err error) error {
	switch {
	case l.from.err != nil:
		return l.from.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return &inflateError{coding: l.name, err: err}
}

func (l *layer) close() {
	if c, ok := l.out.(io.Closer); ok {
		_ = c.Close()
	}
}

// inflateError means that a body is not what its Content-Encoding says.
type inflateError struct {
	coding string
	err    error
}

func (e *inflateError) Error() string {
	return fmt.Sprintf("undoing the content coding %s: %v", tokens.VisibleLine(e.coding), e.err)
}
func (e *inflateError) Unwrap() error { return e.err }

// source reads while a context lasts, and remembers what went wrong: decoders wrap errors, or replace them by their
// own.
type source struct {
	ctx context.Context
	in  io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.in.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// decodedStart is the beginning of a body of which only the beginning was kept: at most limit bytes of it, and fewer
// where
// the kept part ends in the middle of what can be undone.
func decodedStart(ctx context.Context, kept []byte, codings []string, limit int64) []byte {
	decoded, end, err := decode(ctx, bytes.NewReader(kept), codings)
	if err != nil {
		return kept
	}
	defer end()
	start, _ := io.ReadAll(io.LimitReader(decoded, limit))
	return start
}
