package calls

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// Purpose is what the record of an exchange says of a call to an API.
const Purpose = "API call"

// Do calls an API with a token: Authorization with the token's type, Bearer when none is given, unless the request
// has an Authorization field of its own (an empty one: send none) or the token is zero. The error is a *wire.Error when no answer came; an
// answer of any status is no error.
func Do(ctx context.Context, client wire.Doer, t Token, r Request) (*Response, error) {
	header := http.Header{}
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(name, v)
		}
	}
	switch _, own := header["Authorization"]; {
	case own && header.Get("Authorization") == "":
		header.Del("Authorization")
	case !own && !t.Value.IsZero():
		header.Set("Authorization", scheme(t.Type)+" "+t.Value.Reveal())
	}
	secrets := append(credentials(header), t.Value)
	resp, err := client.Do(ctx, &wire.Request{Endpoint: wire.EndpointAPI, Method: r.Method, URL: r.URL, Header: header, Body: r.Body, Secrets: secrets})
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.Status, Proto: resp.Proto, Header: resp.Header, Body: resp.Body, Truncated: resp.Truncated,
		Repeats: repeats(resp, secrets), Challenges: ParseChallenges(resp.Header.Values("WWW-Authenticate")), Exchange: resp.Exchange}, nil
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

// repeats reports whether an answer holds a secret that was sent, as it is or as JSON or a URL writes it. Secrets of
// fewer than eight bytes are not looked for: ordinary text holds such.
func repeats(resp *wire.Response, secrets []tokens.Secret) bool {
	for _, s := range secrets {
		if s.Len() < 8 {
			continue
		}
		value := s.Reveal()
		quoted, _ := json.Marshal(value)
		forms := []string{value, url.QueryEscape(value), string(quoted[1 : len(quoted)-1])}
		for _, form := range forms {
			if bytes.Contains(resp.Body, []byte(form)) {
				return true
			}
			for _, values := range resp.Header {
				for _, v := range values {
					if strings.Contains(v, form) {
						return true
					}
				}
			}
		}
	}
	return false
}

// ParseHeaders reads header fields as a person types them, "Name: value" a line; "Name:" and "Name;" give an empty value.
// Blank lines are none, and a name may come several times.
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
		return "", "", fmt.Errorf("read the header: %q is not a header name: letters, digits and hyphens", tokens.VisibleLine(name))
	}
	value = strings.Trim(value, " \t")
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return "", "", fmt.Errorf("read the header %s: its value holds a control character", name)
		}
	}
	return name, value, nil
}
