package demo

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// params are the parameters of a request. A parameter without a value counts as omitted (RFC 6749 3.1).
type params url.Values

// Get returns the value of a parameter; "" without one.
func (p params) Get(name string) string { return url.Values(p).Get(name) }

// All returns every value of a parameter that may repeat, without the empty ones.
func (p params) All(name string) []string {
	return slices.DeleteFunc(slices.Clone(p[name]), func(v string) bool { return v == "" })
}

// Has reports whether the parameter has a value.
func (p params) Has(name string) bool { return p.Get(name) != "" }

// mayRepeat are the parameters that may be repeated: RFC 8707 2, RFC 8693 2.1.
var mayRepeat = []string{"resource", "audience"}

// rejectRepeated rejects a repeated parameter (RFC 6749 3.1 and 3.2).
func (p params) rejectRepeated() *oauthError {
	for name, values := range p {
		if len(values) > 1 && !slices.Contains(mayRepeat, name) {
			return oauthErrorf("invalid_request", "the parameter %q is repeated %d times; it must appear only once",
				name, len(values))
		}
	}
	return nil
}

const formType = "application/x-www-form-urlencoded"

// bodyParams reads the parameters of a POST to a protocol endpoint: form-encoded, in the body alone, each once. The URL
// is not read: a secret there ends up in logs (RFC 6749 2.3.1).
func bodyParams(r *http.Request) (params, *oauthError) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != formType {
		return nil, oauthErrorf("invalid_request", "the body must be "+formType+", not %q",
			r.Header.Get("Content-Type"))
	}
	if err := r.ParseForm(); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return nil, &oauthError{Code: "invalid_request", Description: "the body is too big",
				Status: http.StatusRequestEntityTooLarge}
		}
		return nil, oauthErrorf("invalid_request", "the body is not form-encoded: %s", err)
	}
	p := params(r.PostForm)
	return p, p.rejectRepeated()
}

// registeredURI reports whether a redirect URI is registered: an exact match (RFC 9700 2.1), except that any port is
// accepted where the registered host is loopback (RFC 8252 7.3). localhost is treated like the addresses, since many
// tools send it, although RFC 8252 8.3 advises against it.
func registeredURI(registered []string, given string) bool {
	for _, r := range registered {
		if r == given || equalButPort(r, given) {
			return true
		}
	}
	return false
}

func equalButPort(registered, given string) bool {
	u, err := url.Parse(registered)
	if err != nil || u.Scheme != "http" || u.Port() != "" || !isLoopbackHost(u.Host) {
		return false
	}
	origin := "http://" + u.Host
	rest, ok := strings.CutPrefix(given, origin+":")
	if !ok {
		return false
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	return digits > 0 && digits <= 5 && rest[digits:] == strings.TrimPrefix(registered, origin)
}

// formAction returns the source that a page's CSP must allow for its forms, so that the redirect after a POST is not
// blocked: the origin of the redirect URI, or its scheme where CSP cannot express the host (IPv6, private-use schemes).
func formAction(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	switch {
	case redirectURI == "" || err != nil || u.Scheme == "":
		return ""
	case u.Host == "" || strings.ContainsAny(u.Host, "[];, '\""):
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
