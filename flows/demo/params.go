package demo

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
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
