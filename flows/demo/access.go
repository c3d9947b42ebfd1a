package demo

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// presented is the access token of a request.
type presented struct {
	Token string // "" without one
	DPoP  bool   // with the DPoP scheme (RFC 9449 7.1)
}

// presentedToken reads the token of a request (RFC 6750 2.1, RFC 9449 7.1), and, where they are given, from the
// parameters of its form and its query (RFC 6750 2.2, 2.3). More than one is an error (RFC 6750 2).
func presentedToken(r *http.Request, form, query params) (presented, *oauthError) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	isDPoP := strings.EqualFold(scheme, "DPoP")
	inHeader := isDPoP || strings.EqualFold(scheme, "Bearer")
	const name = "access_token"
	inParams := append(form.All(name), query.All(name)...)
	switch {
	case inHeader && len(inParams) > 0 || len(inParams) > 1:
		return presented{}, oauthErrorf("invalid_request", "the request has more than one token; only one is allowed, "+
			"in the header, the body or the query")
	case len(r.Header.Values("Authorization")) > 1:
		return presented{}, oauthErrorf("invalid_request", "there are several Authorization headers")
	case inHeader && (token == "" || strings.ContainsAny(token, " ,")):
		return presented{}, oauthErrorf("invalid_request", "the Authorization header is not %s and one token", scheme)
	case inHeader:
		return presented{token, isDPoP}, nil
	case len(inParams) == 1:
		return presented{Token: inParams[0]}, nil
	}
	return presented{}, nil
}

// paramsForToken returns the parameters in which a request to an API may have its token: those of the body, if it is a
// form of a method that has a body (RFC 6750 2.2), and those of the query. The body can be read again.
func paramsForToken(r *http.Request) (form, query params) {
	query = params(r.URL.Query())
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != formType || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil, query
	}
	data, _ := io.ReadAll(r.Body) // reading on repeats an error
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), r.Body))
	values, _ := url.ParseQuery(string(data))
	return params(values), query
}

// challenge is the rejection of a request by a resource (RFC 6750 3): 401, 403 or 400, with a WWW-Authenticate header
// that gives the reason.
type challenge struct {
	Error       string // "" without a token: RFC 6750 3.1 forbids an error then
	Description string
	Scope       string
	Metadata    string // resource_metadata (RFC 9728 5.1)
	ACRValues   string // the required values (RFC 9470 3)
	MaxAge      string // the same, in seconds
	DPoP        bool   // about a DPoP token: the challenge uses the DPoP scheme (RFC 9449 7.1)
}

func (c challenge) write(w http.ResponseWriter) {
	params := []string{`realm="fob demo"`}
	for _, p := range []field{{"error", c.Error}, {"error_description", describable(c.Description)}, {"scope", c.Scope},
		{"acr_values", c.ACRValues}, {"max_age", c.MaxAge}, {"resource_metadata", c.Metadata}} {
		if p.Value != "" {
			params = append(params, fmt.Sprintf(`%s="%s"`, p.Name, p.Value))
		}
	}
	algs := `algs="` + strings.Join(dpopAlgs, " ") + `"`
	if c.DPoP {
		w.Header().Set("WWW-Authenticate", "DPoP "+strings.Join(append(params, algs), ", "))
	} else {
		w.Header().Set("WWW-Authenticate", "Bearer "+strings.Join(params, ", "))
	}
	if c.Error == "" {
		w.Header().Add("WWW-Authenticate", "DPoP "+algs) // a client without a token may use either scheme
	}
	status := http.StatusUnauthorized
	switch c.Error {
	case "insufficient_scope":
		status = http.StatusForbidden
	case "invalid_request":
		status = http.StatusBadRequest
	}
	body := map[string]any{"error": c.Error, "error_description": c.Description}
	if c.Error == "" {
		body = map[string]any{"error": "unauthorized", "error_description": "the access token is missing"}
	}
	writeJSON(w, status, body)
}
