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
	"fob/tokens/wwwauth"
)

// Purpose is the purpose in the record of an API call.
const Purpose = "API call"

// Do calls an API with a token. It sends the Authorization header with the token's type, or Bearer without a type,
// unless the request has its own Authorization field (an empty one sends none), another placement, or a zero token. The
// error is a *wire.Error when there is no response; a response of any status is not an error.
func Do(ctx context.Context, client wire.Doer, t Token, r Request) (*Response, error) {
	first, err := prepare(t, r)
	if err != nil {
		return nil, err
	}
	for current := first; ; {
		resp, next, err := current.send(ctx, client, r)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return resp, nil
		}
		current = next
	}
}

// Build returns the first request of a call, as Do sends it. The error is a *PlacementError.
func Build(t Token, r Request) (*wire.Request, error) {
	first, err := prepare(t, r)
	if err != nil {
		return nil, err
	}
	return first.request, nil
}

// prepare returns the first request of a call and what its redirects need.
func prepare(t Token, r Request) (*redirectChain, error) {
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
		if err := r.Placement.apply(req, t); err != nil {
			return nil, err
		}
	}
	req.Secrets = append(headerSecrets(header), t.Value)
	chain := &redirectChain{request: req, token: t, placement: r.Placement}
	if u, err := url.Parse(target); err == nil {
		chain.origin = tokens.Origin(u.String())
	}
	return chain, nil
}

// send sends one request of a chain; next is the redirect to follow, or nil.
func (t *redirectChain) send(ctx context.Context, client wire.Doer, r Request) (resp *Response, next *redirectChain,
	err error) {
	streamed, location := false, ""
	sent := *t.request
	if r.Stream != nil {
		sent.Stream = func(head *wire.Response) io.Writer {
			location = head.Header.Get("Location") // before Stream, which may mask it
			if next, _ := t.next(head.Status, location); r.Follow && next != nil {
				return nil
			}
			streamed = true
			return r.Stream(t.response(head))
		}
	}
	received, err := client.Do(ctx, &sent)
	if err != nil {
		return nil, nil, err
	}
	resp = t.response(received)
	if !streamed {
		location = received.Header.Get("Location")
	}
	if r.Follow {
		if next, resp.NotFollowed = t.next(received.Status, location); next != nil {
			return resp, next, nil
		}
	}
	resp.Streamed = streamed
	if r.Stream != nil && !streamed { // not streamed because of a retry with a new DPoP proof
		if w := r.Stream(resp); w != nil {
			if _, err := w.Write(received.Body); err != nil {
				return nil, nil, err
			}
		}
		resp.Streamed = !received.Truncated
	}
	return resp, nil, nil
}

// response converts a response, or the head of one.
func (t *redirectChain) response(received *wire.Response) *Response {
	return &Response{
		Status: received.Status, Proto: received.Proto, Header: received.Header, Exchange: received.Exchange,
		Hops: t.hops,
		Body: received.Body, Size: received.Size, Truncated: received.Truncated, Encoding: received.Encoding,
		Encoded:      received.Encoded,
		EchoesSecret: echoesSecret(received, t.request.Secrets), Secrets: t.request.Secrets,
		Challenges: wwwauth.Parse(received.Header.Values("WWW-Authenticate")),
		redact:     func(text string) string { return received.Redact(text, t.request.Secrets...) },
		support:    received.Support,
	}
}

// scheme returns the authentication scheme of a token type (RFC 6749 7.1). Types are case-insensitive, and some APIs
// accept only the spelling of RFC 6750.
func scheme(tokenType string) string {
	switch {
	case tokenType == "", strings.EqualFold(tokenType, "bearer"):
		return "Bearer"
	case strings.EqualFold(tokenType, "dpop"):
		return "DPoP"
	case !wwwauth.IsToken(tokenType): // not valid in a header
		return "Bearer"
	}
	return tokenType
}

// headerSecrets returns the secrets in the header fields of the request.
func headerSecrets(h http.Header) []tokens.Secret {
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

// echoesSecret reports whether a response contains a secret that was sent, as it is or encoded for JSON or a URL.
func echoesSecret(resp *wire.Response, secrets []tokens.Secret) bool {
	for _, s := range secrets {
		for _, text := range encodings(s) {
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

// ParseHeaders parses header fields as the user types them, "Name: value", one a line; "Name:" and "Name;" have an
// empty value. Blank lines are ignored, and a name may be repeated.
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

// parseHeader parses a header field as the user types it: "Name: value". The name must be a token (RFC 9110 5.1), and
// the value must not contain a line break or other control character.
func parseHeader(line string) (name, value string, err error) {
	line = strings.TrimRight(line, "\r\n")
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if bare, found := strings.CutSuffix(line, ";"); found && wwwauth.IsToken(bare) {
			return bare, "", nil
		}
		return "", "", fmt.Errorf("read the header: the colon is missing; write it as \"Name: value\"")
	}
	name = strings.TrimSpace(name)
	if !wwwauth.IsToken(name) {
		return "", "", fmt.Errorf("read the header: %q is not a header name: letters, digits and hyphens",
			tokens.VisibleLine(name))
	}
	value = strings.Trim(value, " \t")
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return "", "", fmt.Errorf("read the header %s: its value contains a control character", name)
		}
	}
	return name, value, nil
}
