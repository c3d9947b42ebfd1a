package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// callOutput prints the response of a call, with the request's secrets in it masked.
type callOutput struct {
	a        *app
	flags    callFlags
	begun    func() // called when a stream begins
	mask     *calls.Mask
	masked   io.Closer // the masking writer of the stream; nil without
	hidden   bool      // a header field was masked by its name or its shape
	streamed bool
	err      error // of printing the head before the stream
}

// stream prints the head of a response with -i, and returns the writer for its body.
func (o *callOutput) stream(head *calls.Response) io.Writer {
	o.streamed = true
	o.begun()
	o.maskResponse(head)
	if o.flags.include {
		o.err = o.a.printHead(head)
	}
	if o.flags.show || head.Encoded {
		return o.a.stdout
	}
	w := o.mask.Writer(o.a.stdout)
	o.masked = w
	return w
}

// close prints the buffered rest of a stream.
func (o *callOutput) close() error {
	if o.masked != nil {
		if err := o.masked.Close(); err != nil && o.err == nil {
			o.err = &exitError{code: exitNetwork, err: fmt.Errorf("printing the body: %w", err)}
		}
	}
	return o.err
}

// maskResponse masks the secrets in a response, or in the head of one.
func (o *callOutput) maskResponse(res *calls.Response) {
	o.mask = calls.NewMask(res.Secrets)
	if o.flags.show {
		return
	}
	if res.EchoesSecret {
		res.Body = []byte(o.mask.Text(string(res.Body)))
	}
	for name, values := range res.Header {
		for i := range values {
			masked := o.mask.Text(values[i])
			values[i] = redact.Header(name, masked)
			o.hidden = o.hidden || values[i] != masked
		}
	}
}

// noteMasked prints that something was masked, or could not be.
func (o *callOutput) noteMasked(res *calls.Response) {
	if o.hidden && (o.flags.include || o.flags.json) {
		o.a.note("note: cookies and other secrets in the headers are masked (--show-secrets shows them)")
	}
	switch {
	case o.flags.show:
	case o.mask.Hits > 0:
		o.a.note("note: the response repeats the token, which is masked (--show-secrets shows it)")
	case res.EchoesSecret && res.Encoded:
		o.a.note("warning: the compressed body repeats the token, which is not masked in it")
	}
}

// print prints what was not streamed.
func (o *callOutput) print(res *calls.Response) error {
	switch {
	case o.flags.json:
		return o.a.printCallJSON(res)
	case o.streamed:
		return nil
	}
	if o.flags.include {
		if err := o.a.printHead(res); err != nil {
			return err
		}
	}
	if res.Encoded && redact.IsBinary(res.Body) {
		_, err := fmt.Fprintf(o.a.stdout, "[%d bytes, encoded with %s]\n", res.Size, res.Encoding)
		return err
	}
	return o.a.printText(res.Body)
}

// noteRequest prints before the request is sent how the URL was encoded, and the risk of where the token is sent.
func (a *app) noteRequest(typed string, req calls.Request) {
	if _, encoded := wire.EncodeURL(strings.TrimSpace(typed)); encoded != nil {
		for i, c := range encoded {
			if encoded[i] = tokens.VisibleLine(c); c == " " {
				encoded[i] = "space"
			}
		}
		a.note("note: sent as %s (percent-encoded: %s)", redact.URL(req.URL), strings.Join(encoded, " "))
	}
	if warning := req.Placement.Warning(); warning != "" {
		a.note("warning: %s", warning)
	}
}

// noteResponse prints the redirects, the status and the challenges of a response on standard error; meaning explains
// the status.
func (o *callOutput) noteResponse(res *calls.Response, meaning string) {
	a := o.a
	for _, hop := range res.Hops {
		with := "with the token"
		if !hop.WithToken {
			with = "without the token"
		}
		a.note("HTTP %d to %s: followed %s", hop.Status, hop.URL, with)
	}
	if res.Status >= http.StatusMultipleChoices {
		a.note("HTTP %d %s", res.Status, http.StatusText(res.Status))
		if meaning != "" {
			a.note("  %s", tokens.VisibleLine(meaning))
		}
		if support := res.Support(); support != "" && res.Status >= http.StatusBadRequest {
			a.note("  for support: %s", support)
		}
		if res.Redirects() && !o.flags.follow {
			a.note("  --follow follows it: with the token to the same origin, without it to another")
		}
	}
	for _, c := range res.RedactedChallenges() {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(c.Params)) {
			parts = append(parts, fmt.Sprintf("%s=%q", name, c.Params[name]))
		}
		a.note("  challenge: %s", tokens.VisibleLine(c.Scheme+" "+strings.Join(parts, " ")))
	}
	a.noteEncoding(res, o.flags)
	o.noteMasked(res)
}

// noteEncoding prints how the body is compressed, if it is printed compressed or Accept-Encoding was given.
func (a *app) noteEncoding(res *calls.Response, c callFlags) {
	headers, _ := calls.ParseHeaders(c.headers)
	_, requested := headers["Accept-Encoding"]
	switch {
	case res.Encoding == "":
	case requested && res.Encoded && res.Streamed:
		a.note("note: the body is printed as received, compressed with %s, as Accept-Encoding requests; "+
			"without that header fob decompresses it", res.Encoding)
	case res.Encoded:
		a.note("note: the body is encoded with %s, which is unsupported: it is printed as received", res.Encoding)
	case requested:
		a.note("note: the body was compressed with %s, as Accept-Encoding requests, and is shown decompressed",
			res.Encoding)
	}
}

// callJSON is what call --json prints.
type callJSON struct {
	Status    int                 `json:"status"`
	Proto     string              `json:"proto"`
	Headers   map[string][]string `json:"headers"`
	Body      json.RawMessage     `json:"body"`                  // as received when it is JSON, else a string
	Base64    []byte              `json:"body_base64,omitempty"` // a body that is not text; Body is then null
	Truncated bool                `json:"truncated,omitempty"`
	Timing    map[string]float64  `json:"timing"` // milliseconds
}

func (a *app) printCallJSON(res *calls.Response) error {
	out := callJSON{Status: res.Status, Proto: res.Proto, Headers: res.Header, Body: compacted(res.Body),
		Truncated: res.Truncated, Timing: timing(res)}
	if !utf8.Valid(res.Body) {
		out.Body, out.Base64 = json.RawMessage("null"), res.Body
	}
	return a.printJSON(out)
}

func (a *app) printHead(res *calls.Response) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s\n", res.Proto, res.Status, http.StatusText(res.Status))
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", tokens.VisibleLine(name), tokens.VisibleLine(value))
		}
	}
	_, err := fmt.Fprintln(a.stdout, b.String())
	return err
}

func timing(res *calls.Response) map[string]float64 {
	if res.Exchange == nil {
		return map[string]float64{}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	t := res.Exchange.Timing
	return map[string]float64{
		"dns_ms": ms(t.DNS), "connect_ms": ms(t.Connect), "tls_ms": ms(t.TLS), "first_byte_ms": ms(t.FirstByte),
		"total_ms": ms(t.Total),
	}
}
