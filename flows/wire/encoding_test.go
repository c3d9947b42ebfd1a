package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// encoded is a body under content codings, applied in their order. "raw" is deflate without the zlib format around it.
func encoded(t *testing.T, body []byte, codings ...string) []byte {
	t.Helper()
	for _, name := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch name {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&b)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "raw":
			w, _ = flate.NewWriter(&b, flate.DefaultCompression)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, _ = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		default:
			t.Fatalf("no coding %s", name)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		body = b.Bytes()
	}
	return body
}

// answering is a client of a server that answers with the body and the header fields.
func answering(t *testing.T, o Options, status int, body []byte, fields ...string) (*Client, string, *http.Request) {
	t.Helper()
	seen := &http.Request{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*seen = *r
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	c, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s.URL, seen
}

const encoding = "Content-Encoding"

func TestContentCodingsAreUndone(t *testing.T) {
	text := []byte(strings.Repeat(`{"hello":"world"}`, 200))
	for name, c := range map[string]struct {
		applied []string
		fields  []string
	}{
		"gzip":                 {[]string{"gzip"}, []string{encoding, "gzip"}},
		"x-gzip":               {[]string{"gzip"}, []string{encoding, "x-gzip"}},
		"deflate":              {[]string{"deflate"}, []string{encoding, "deflate"}},
		"deflate without zlib": {[]string{"raw"}, []string{encoding, "deflate"}},
		"br":                   {[]string{"br"}, []string{encoding, "br"}},
		"zstd":                 {[]string{"zstd"}, []string{encoding, "zstd"}},
		"none":                 {nil, []string{encoding, "identity"}},
		"spelled otherwise":    {[]string{"gzip"}, []string{encoding, " GZip , identity"}},
		"two in a row":         {[]string{"br", "gzip"}, []string{encoding, "br, gzip"}},
		"two fields":           {[]string{"deflate", "zstd"}, []string{encoding, "deflate", encoding, "zstd"}},
		"as many as are undone": {[]string{"gzip", "gzip", "br", "zstd"}, []string{encoding,
			"gzip, x-gzip, br, zstd"}},
		"a gzip file of two parts": {nil, nil},
	} {
		body := encoded(t, text, c.applied...)
		if c.fields == nil {
			half := len(text) / 2
			body, c.fields = append(
				encoded(t, text[:half], "gzip"),
				encoded(t, text[half:], "gzip")...), []string{
				encoding,
				"gzip",
			}
		}
		client, url, seen := answering(t, Options{Recorder: NewRecorder(0)}, 200, body, c.fields...)
		resp, err := client.Do(context.Background(), &Request{URL: url})
		if err != nil || !bytes.Equal(resp.Body, text) || resp.Encoded || resp.Truncated ||
			resp.Size != int64(len(text)) {
			t.Errorf("%s: got %+v, %v, want the text", name, resp, err)
			continue
		}
		if got := resp.Exchange.Response; !strings.Contains(got.Body, `{"hello":"world"}`) ||
			got.BodySize != len(text) {
			t.Errorf("%s: recorded %d bytes, %q", name, got.BodySize, got.Body[:min(len(got.Body), 40)])
		}
		if got := seen.Header.Get("Accept-Encoding"); got != "gzip" {
			t.Errorf("%s: asked for %q, want gzip", name, got)
		}
	}
}

func TestWhatIsNotDecodedIsHandedOnAsItCame(t *testing.T) {
	text := []byte("a part of the text")
	for name, c := range map[string]struct {
		status  int
		method  string
		body    []byte
		coding  string
		encoded bool
	}{
		"a coding that nobody knows": {200, "GET", text, "sea-shell", true},
		"one of two":                 {200, "GET", text, "gzip, sea-shell", true},
		"a part of a body":           {206, "GET", encoded(t, text, "gzip")[3:9], "gzip", true},
		"no body for HEAD":           {200, "HEAD", nil, "gzip", false},
		"no body at all":             {200, "GET", nil, "br", false},
		"nothing new":                {304, "GET", nil, "zstd", false},
	} {
		client, url, _ := answering(t, Options{}, c.status, c.body, encoding, c.coding)
		resp, err := client.Do(context.Background(), &Request{Method: c.method, URL: url})
		if err != nil || !bytes.Equal(resp.Body, c.body) || resp.Encoded != c.encoded || resp.Encoding != c.coding {
			t.Errorf("%s: got %+v, %v", name, resp, err)
		}
	}
}

func TestABodyThatDoesNotInflateIsAnError(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		whole := encoded(t, append(text, []byte(time.Now().String())...), name)
		for what, c := range map[string]struct {
			body []byte
			hint string
		}{
			"damaged": {append([]byte("\xff\xfe\xfd"), whole...), "does not inflate"},
			"cut":     {whole[:len(whole)-len(whole)/4], "before the answer was whole"},
		} {
			client, url, _ := answering(t, Options{}, 200, c.body, encoding, name)
			_, err := client.Do(context.Background(), &Request{URL: url})
			var e *Error
			if !errors.As(err, &e) || e.Phase != PhaseBody || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("%s, %s: got %v, want an error of the body that says %q", name, what, err, c.hint)
			}
		}
	}
	client, url, _ := answering(
		t,
		Options{},
		200,
		text,
		encoding,
		strings.TrimSuffix(strings.Repeat("gzip, ", maxCodings+1), ", "),
	)
	if _, err := client.Do(context.Background(), &Request{URL: url}); !errors.Is(err, errTooManyCodings) {
		t.Errorf("too many codings: got %v", err)
	}
}

// A body that inflates to far more than it is: only the limit of it is kept, and no layer works on for nothing.
func TestABodyThatInflatesWithoutEndIsBounded(t *testing.T) {
	zeros := make([]byte, 16<<20)
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"gzip", "gzip"}, {"zstd", "br"}} {
		body := encoded(t, zeros, codings...)
		client, url, _ := answering(t, Options{}, 200, body, encoding, strings.Join(codings, ", "))
		resp, err := client.Do(context.Background(), &Request{URL: url, MaxBody: 1000})
		if err != nil || len(resp.Body) != 1000 || !resp.Truncated || resp.Size != 1000 {
			t.Errorf("%v: got %d bytes of %d, %v, want 1000", codings, len(resp.Body), len(body), err)
		}
	}
	// Empty gzip members without end, packed once more: it inflates to nothing, for as long as it is let.
	nothing := encoded(t, bytes.Repeat(encoded(t, nil, "gzip"), 1<<10), "gzip")
	ctx, cancel := context.WithCancel(context.Background())
	reads := 0
	endless := readerFunc(func(p []byte) (int, error) {
		if reads++; reads == 100 {
			cancel()
		}
		if reads > 1000 { // so that a layer that goes on fails the test, and does not hang it
			return 0, io.EOF
		}
		return copy(p, nothing), nil
	})
	decoded, end, err := decode(ctx, endless, []string{"gzip", "gzip"})
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if _, err := decoded.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) || reads > 101 {
		t.Errorf("got %v after %d reads, want it to end with the context", err, reads)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAStreamHasNoLimit(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 3000)
	for name, c := range map[string]struct {
		own     string
		codings []string
		raw     bool
	}{
		"as it is":                    {},
		"decoded":                     {codings: []string{"br", "gzip"}},
		"as it came, by request":      {own: "gzip, br", codings: []string{"gzip"}, raw: true},
		"asked for and not encoded":   {own: "gzip, br"},
		"asked for with an empty one": {own: "-", codings: []string{"zstd"}, raw: true},
	} {
		body := encoded(t, text, c.codings...)
		client, url, seen := answering(t, Options{MaxBody: 1000}, 200, body, encoding, strings.Join(c.codings, ", "))
		r := &Request{URL: url, Header: http.Header{}}
		if c.own != "" {
			r.Header["Accept-Encoding"] = []string{strings.Trim(c.own, "-")}
		}
		var out bytes.Buffer
		var head Response
		r.Stream = func(h *Response) io.Writer { head = *h; return &out }
		resp, err := client.Do(context.Background(), r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := text
		if c.raw {
			want = body
		}
		if !bytes.Equal(out.Bytes(), want) || resp.Size != int64(len(want)) || head.Encoded != c.raw ||
			resp.Encoded != c.raw ||
			head.Status != 200 {
			t.Errorf("%s: streamed %d bytes, want %d; %+v", name, out.Len(), len(want), head)
		}
		if !bytes.HasPrefix(text, resp.Body) || len(resp.Body) != 1000 || !resp.Truncated && !c.raw {
			t.Errorf("%s: kept %d bytes, want the first 1000 of the text", name, len(resp.Body))
		}
		if got := resp.Exchange.Response; got.BodySize != len(want) || !got.Truncated && !c.raw {
			t.Errorf("%s: recorded %+v", name, got)
		}
		if got := seen.Header.Values("Accept-Encoding"); c.own != "" && !slices.Equal(got,
			r.Header["Accept-Encoding"]) {
			t.Errorf("%s: asked for %q", name, got)
		}
	}
}

// Who edits a request makes another, and its answer is streamed all the same.
func TestTheAnswerToAnEditedRequestIsStreamed(t *testing.T) {
	client, url, _ := answering(t, Options{}, 200, []byte("text"))
	ctx := WithBefore(context.Background(), func(_ context.Context, p Pending) (*Request, error) {
		return &Request{URL: p.Request.URL + "/edited"}, nil
	})
	var out bytes.Buffer
	_, err := client.Do(ctx, &Request{URL: url, Stream: func(*Response) io.Writer { return &out }})
	if err != nil || out.String() != "text" {
		t.Errorf("streamed %q, %v", &out, err)
	}
}

func TestAStreamThatDoesNotEndWellIsAnError(t *testing.T) {
	// Its writer takes no more.
	client, url, _ := answering(t, Options{}, 200, make([]byte, 1000))
	full := errors.New("no space left on device")
	_, err := client.Do(
		context.Background(),
		&Request{URL: url, Stream: func(*Response) io.Writer { return failing{full} }},
	)
	var e *Error
	if !errors.As(err, &e) || e.Phase != PhaseBody || !strings.Contains(e.Error(), full.Error()) ||
		!strings.Contains(e.Hint, "longer than what it is written to") {
		t.Errorf("a writer that is full: got %v", err)
	}
	// Nothing more comes.
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		<-ended
	}))
	t.Cleanup(func() { s.CloseClientConnections() })
	client, err = New(t.Context(), Options{Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = client.Do(context.Background(), &Request{URL: s.URL, Stream: func(*Response) io.Writer { return &out }})
	if !errors.As(err, &e) || e.Phase != PhaseTimeout || out.String() != "the beginning" {
		t.Errorf("a server that stops: got %v and %q, want a time-out and the beginning", err, &out)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The time of a stream runs while something is awaited from the server, and begins anew with each read.
func TestTheTimeOfAStreamIsThatOfEachRead(t *testing.T) {
	ctx, p := withTimeout(context.Background(), time.Hour)
	defer p.stop()
	running := false
	body := p.perRead(io.NopCloser(readerFunc(func([]byte) (int, error) {
		running = p.timer.Stop()
		p.timer.Reset(time.Hour)
		return 1, nil
	})))
	for range 2 {
		if _, err := body.Read(make([]byte, 1)); err != nil || !running {
			t.Errorf("while it reads: running is %t, %v", running, err)
		}
		p.timer.Reset(time.Hour) // as if nothing had stopped it
		_, _ = body.Read(make([]byte, 1))
		if p.timer.Stop() {
			t.Error("the time runs on while nothing is read")
		}
	}
	if ctx.Err() != nil {
		t.Error(ctx.Err())
	}
}
