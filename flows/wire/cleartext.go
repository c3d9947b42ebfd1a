package wire

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/secretname"
)

// ErrCleartext is found by errors.Is in the *Error of a request that was not sent, since a secret in it, or a token in
// its answer, would cross the network unencrypted (RFC 6749 3.1 and 3.2, RFC 6750 5.3).
var ErrCleartext = errors.New("not sent: over plain http others on the network could read and change it")

const cleartextHint = "Use the https address. For a test network: --insecure-http, or insecure_http: true under tls " +
	"in the profile."

// Cleartext returns an error for an address that must not carry secrets, and nil for https and this machine.
func Cleartext(what, address string) error {
	if u, err := url.Parse(address); err != nil || !isCleartext(u) {
		return nil
	}
	return &Error{Purpose: what, Method: http.MethodGet, URL: redact.URL(address), Phase: PhaseCleartext,
		Hint: cleartextHint, Err: ErrCleartext, Unsent: true}
}

func isCleartext(u *url.URL) bool { return u.Scheme == "http" && !tokens.IsLoopback(u.Hostname()) }

// refuseCleartext refuses a request that is about to carry a secret over plain http to another machine.
func (c *Client) refuseCleartext(req *http.Request, r *Request) *Error {
	if !isCleartext(req.URL) || c.o.InsecureHTTP || r.InsecureHTTP || !carriesSecret(req, r) {
		return nil
	}
	return &Error{Phase: PhaseCleartext, Hint: cleartextHint, Err: ErrCleartext, Unsent: true}
}

// carriesSecret reports whether a request contains a secret or its answer will.
func carriesSecret(req *http.Request, r *Request) bool {
	if isParameterEndpoint(r.Endpoint) {
		return true
	}
	for _, s := range r.Secrets {
		if !s.IsZero() {
			return true
		}
	}
	for name, values := range req.Header {
		if c := secretname.Of(name); c == secretname.Credentials || c == secretname.Secret ||
			c == secretname.Guessable {
			if strings.Join(values, "") != "" {
				return true
			}
		}
	}
	return hasSecretParameter(req.URL.RawQuery) || !isJSONBody(r) && hasSecretParameter(string(r.Body))
}

func hasSecretParameter(form string) bool {
	for _, pair := range strings.Split(form, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if c := secretname.Of(redact.Unescape(name)); value != "" && (c == secretname.Secret ||
			c == secretname.Guessable) {
			return true
		}
	}
	return false
}
