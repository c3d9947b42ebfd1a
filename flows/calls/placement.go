package calls

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// Placement is where the token of a call is sent (RFC 6750 2).
type Placement string

// The placements. Only the first is ever used by default.
const (
	InHeader Placement = ""      // Authorization: Bearer … (RFC 6750 2.1)
	InBody   Placement = "body"  // a parameter of a form (RFC 6750 2.2)
	InQuery  Placement = "query" // a parameter of the URL (RFC 6750 2.3)
)

// tokenParameter is the parameter name of the token in a form and in a query (RFC 6750 2.2, 2.3).
const tokenParameter = "access_token"

// Placements returns the names of the placements, the default first.
func Placements() []string { return []string{"header", string(InBody), string(InQuery)} }

// ParsePlacement parses one of Placements.
func ParsePlacement(name string) (Placement, error) {
	switch p := Placement(name); {
	case p == InBody, p == InQuery:
		return p, nil
	case name == "header", name == "":
		return InHeader, nil
	}
	return InHeader, fmt.Errorf(
		"%q is not a placement for a token: use %s",
		tokens.VisibleLine(name),
		strings.Join(Placements(), ", "),
	)
}

// Warning returns what is wrong with a placement, with the section; "" for the header.
func (p Placement) Warning() string {
	switch p {
	case InBody:
		return "The token is sent in the form body, where servers and proxies that log bodies store it. Use this " +
			"only if the API cannot read the Authorization header (RFC 6750 2.2)."
	case InQuery:
		return "The token is sent in the URL: it ends up in the logs of every server and proxy, in histories and in " +
			"Referer headers (RFC 6750 2.3 and 5.3). Clients must not do this (RFC 9700 4.3.2): use it only if the " +
			"API accepts a token in no other way."
	}
	return ""
}

// PlacementError means that the placement is impossible; nothing was sent.
type PlacementError struct {
	Placement Placement
	Why       string
}

func (e *PlacementError) Error() string {
	return "placing the token in the " + string(e.Placement) + ": " + e.Why
}

// apply places a token in a request without one. The error is a *PlacementError.
func (p Placement) apply(r *wire.Request, t Token) error {
	why := ""
	switch s := scheme(t.Type); {
	case p == InHeader:
		r.Header.Set("Authorization", s+" "+t.Value.Reveal())
	case r.Header.Get("Authorization") != "":
		why = "the request has an Authorization header, and a token must be sent in one way only (RFC 6750 2)"
	case s != "Bearer":
		why = "it is of type " + s + ", which is sent in the header only (RFC 6750 2.2 and 2.3 are for bearer tokens)"
	case p == InQuery:
		why = putInQuery(r, t)
	default:
		why = putInBody(r, t)
	}
	if why != "" {
		return &PlacementError{Placement: p, Why: why}
	}
	return nil
}

// putInQuery adds the token to the URL, or returns why it cannot.
func putInQuery(r *wire.Request, t Token) (why string) {
	before, fragment, hasFragment := strings.Cut(r.URL, "#")
	address, query, hasQuery := strings.Cut(before, "?")
	if hasParameter(query) {
		return "the URL has a parameter " + tokenParameter + " already"
	}
	separator := "?"
	if hasQuery {
		address, separator = address+"?"+query, "&"
		if query == "" || strings.HasSuffix(query, "&") {
			separator = ""
		}
	}
	r.URL = address + separator + parameter(t)
	if hasFragment {
		r.URL += "#" + fragment
	}
	if r.Header.Get("Cache-Control") == "" {
		r.Header.Set("Cache-Control", "no-store") // RFC 6750 2.3: clients should
	}
	return ""
}

// putInBody adds the token to a form, or returns why it cannot.
func putInBody(r *wire.Request, t Token) (why string) {
	const form = "application/x-www-form-urlencoded"
	kind := r.Header.Get("Content-Type")
	media, _, _ := mime.ParseMediaType(kind)
	switch {
	case r.Method == "", r.Method == http.MethodGet, r.Method == http.MethodHead:
		return "a " + method(r.Method) + " request should have no body; use POST (RFC 6750 2.2)"
	case kind != "" && media != form:
		return "the body is " + tokens.VisibleLine(kind) + ", and only a form can contain the token: " + form +
			" (RFC 6750 2.2)"
	case kind == "" && len(r.Body) > 0:
		return "the body has no Content-Type; it must be " + form + " (RFC 6750 2.2)"
	case hasParameter(string(r.Body)):
		return "the form has a parameter " + tokenParameter + " already"
	}
	if kind == "" {
		r.Header.Set("Content-Type", form)
	}
	body := strings.TrimRight(string(r.Body), "\r\n&") // a file's final line break is not part of the form
	if body != "" {
		body += "&"
	}
	r.Body = []byte(body + parameter(t))
	return ""
}

func parameter(t Token) string { return tokenParameter + "=" + url.QueryEscape(t.Value.Reveal()) }

// hasParameter reports whether a form or a query has the token's parameter.
func hasParameter(form string) bool {
	for _, pair := range strings.Split(form, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil && plain == tokenParameter {
			return true
		}
	}
	return false
}

func method(m string) string {
	if m == "" {
		return http.MethodGet
	}
	return m
}
