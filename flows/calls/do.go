package calls

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// Purpose is what the record of an exchange says of a call to an API.
const Purpose = "API call"

// Do calls an API with a token: Authorization with the token's type, Bearer when none is given, unless the request has
// an Authorization field of its own (an empty one: send none), places the token elsewhere, or the token is zero. The
// error is a *wire.Error when no answer came; an answer of any status is no error.
func Do(ctx context.Context, client wire.Doer, t Token, r Request) (*Response, error) {
	first, err := prepare(t, r)
	if err != nil {
		return nil, err
	}
	for at := first; ; {
		resp, next, err := at.send(ctx, client, r)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return resp, nil
		}
		at = next
	}
}

// prepare makes the request that a call begins with.
func prepare(t Token, r Request) (*trip, error) {
	header := http.Header{}
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(name, v)
		}
	}
	target, _ := wire.EncodeURL(r.URL)
	req := &wire.Request{Endpoint: wire.EndpointAPI, Method: r.Method, URL: target, Header: header, Body: r.Body,
		MaxBody: r.MaxBody, InsecureHTTP: r.InsecureHTTP}
	own := header["Authorization"] != nil
	if own && header.Get("Authorization") == "" {
		header.Del("Authorization")
	}
	if !t.Value.IsZero() && (!own || r.Placement != InHeader) {
		if err := r.Placement.put(req, t); err != nil {
			return nil, err
		}
	}
	req.Secrets = append(credentials(header), t.Value)
	at := &trip{request: req, token: t, placement: r.Placement}
	if u, err := url.Parse(target); err == nil {
		at.origin = originOf(u)
	}
	return at, nil
}

// send makes one request of a trip; next is the one that its answer leads to, when that is to be followed.
func (t *trip) send(ctx context.Context, client wire.Doer, r Request) (resp *Response, next *trip, err error) {
	streamed, location := false, ""
	sent := *t.request
	if r.Stream != nil {
		sent.Stream = func(head *wire.Response) io.Writer {
			location = head.Header.Get("Location") // who streams the answer may mask it
			if next, _ := t.next(head.Status, location); r.Follow && next != nil {
				return nil
			}
			streamed = true
			return r.Stream(t.response(head))
		}
	}
	came, err := client.Do(ctx, &sent)
	if err != nil {
		return nil, nil, err
	}
	resp = t.response(came)
	if !streamed {
		location = came.Header.Get("Location")
	}
	if r.Follow {
		if next, resp.NotFollowed = t.next(came.Status, location); next != nil {
			return resp, next, nil
		}
	}
	resp.Streamed = streamed
	if r.Stream != nil && !streamed { // it was declined on the way: by a proof of possession that had to be made anew
		if w := r.Stream(resp); w != nil {
			if _, err := w.Write(came.Body); err != nil {
				return nil, nil, err
			}
		}
		resp.Streamed = !came.Truncated
	}
	return resp, nil, nil
}

// response is an answer, or the head of one, as the caller gets it.
func (t *trip) response(came *wire.Response) *Response {
	return &Response{
		Status: came.Status, Proto: came.Proto, Header: came.Header, Exchange: came.Exchange, Hops: t.hops,
		Body: came.Body, Size: came.Size, Truncated: came.Truncated, Encoding: came.Encoding, Encoded: came.Encoded,
		EchoesSecret: repeats(came, t.request.Secrets), Secrets: t.request.Secrets,
		Challenges: ParseChallenges(came.Header.Values("WWW-Authenticate")),
		redact:     func(text string) string { return came.Redact(text, t.request.Secrets...) },
		support:    came.Support,
	}
}

// scheme is the authentication scheme of a token type (RFC 6749 7.1). Types compare without regard to case, and some
// APIs take only the spelling of RFC 6750.
func scheme(tokenType string) string {
	switch {
	case tokenType == "", strings.EqualFold(tokenType, "bearer"):
		return "Bearer"
	case strings.EqualFold(tokenType, "dpop"):
		return "DPoP"
	case !isToken(tokenType): // it would not be a header any more
		return "Bearer"
	}
	return tokenType
}

// credentials are the secrets in the header that a person wrote.
func credentials(h http.Header) []tokens.Secret {
	var list []tokens.Secret
	for _, value := range h.Values("Authorization") {
		kind, rest, ok := strings.Cut(value, " ")
		rest = strings.TrimSpace(rest)
		if !ok {
			rest = kind
		}
		list = append(list, tokens.NewSecret(rest))
		if plain, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(kind, "Basic") {
			_, password, _ := strings.Cut(string(plain), ":")
			list = append(list, tokens.NewGuessable(password))
		}
	}
	for _, name := range []string{"X-Api-Key", "X-Auth-Token", "Dpop"} {
		for _, value := range h.Values(name) {
			list = append(list, tokens.NewSecret(value))
		}
	}
	return list
}

// repeats reports whether an answer holds a secret that was sent, as it is or as JSON or a URL writes it.
func repeats(resp *wire.Response, secrets []tokens.Secret) bool {
	for _, s := range secrets {
		for _, text := range spellings(s) {
			if bytes.Contains(resp.Body, []byte(text)) {
				return true
			}
			for _, values := range resp.Header {
				for _, v := range values {
					if strings.Contains(v, text) {
						return true
					}
				}
			}
		}
	}
	return false
}

// ParseHeaders reads header fields as a person types them, "Name: value" a line; "Name:" and "Name;" give an empty
// value. Blank lines are none, and a name may come several times.
func ParseHeaders(lines []string) (http.Header, error) {
	h := http.Header{}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, err := parseHeader(line)
		if err != nil {
			return nil, err
		}
		h.Add(name, value)
	}
	return h, nil
}

// parseHeader reads a header field as a person types it: "Name: value". The name must be a token (RFC 9110 5.1), the
// value must hold no line break or other control character. "Name:" and "Name;" give an empty value.
func parseHeader(line string) (name, value string, err error) {
	line = strings.TrimRight(line, "\r\n")
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if bare, found := strings.CutSuffix(line, ";"); found && isToken(bare) {
			return bare, "", nil
		}
		return "", "", fmt.Errorf("read the header: there is no colon; write it as \"Name: value\"")
	}
	name = strings.TrimSpace(name)
	if !isToken(name) {
		return "", "", fmt.Errorf("read the header: %q is not a header name: letters, digits and hyphens",
			tokens.VisibleLine(name))
	}
	value = strings.Trim(value, " \t")
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return "", "", fmt.Errorf("read the header %s: its value holds a control character", name)
		}
	}
	return name, value, nil
}
