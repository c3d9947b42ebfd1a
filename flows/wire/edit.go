package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/secretname"
	"fob/tokens/wwwauth"
)

// Op is the operation of an Edit.
type Op string

// The operations of an Edit.
const (
	Set  Op = "set"  // replace all values by one, which may be empty
	Add  Op = "add"  // add a value
	Drop Op = "drop" // remove all values
)

// Edit changes one parameter or header field of a request before it leaves, to see how the server responds.
type Edit struct {
	// Target is ENDPOINT.NAME for a parameter, wherever the request carries its parameters (form, JSON members, query);
	// ENDPOINT.query.NAME for one in the query of a request that has a body; ENDPOINT.header.NAME for a header field.
	// ENDPOINT is a Request's Endpoint, or * for all.
	Target string
	Op     Op
	Value  string // for a JSON body: JSON where it is an array, an object or replaces something that is no string
}

// ParseEdit reads an edit as it is written on a command line:
//
//	token.code_verifier=         set to empty
//	token.code_verifier=abc      set
//	token.resource+=https://x    add one more
//	-token.code_verifier         drop
//	token.header.Authorization=… set a header field
//
// endpoints are the names that are allowed; nil allows any.
func ParseEdit(text string, endpoints []string) (Edit, error) {
	e := Edit{Op: Set}
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		e.Op, e.Target = Drop, rest
	} else {
		target, value, ok := strings.Cut(text, "=")
		if !ok {
			return e, fmt.Errorf("read the edit %q: expected ENDPOINT.NAME=VALUE, ENDPOINT.NAME+=VALUE or "+
				"-ENDPOINT.NAME", tokens.VisibleLine(text))
		}
		if target, ok = strings.CutSuffix(target, "+"); ok {
			e.Op = Add
		}
		e.Target, e.Value = target, value
	}
	endpoint, where, name := e.parts()
	switch {
	case endpoint == "" || name == "":
		return e, fmt.Errorf("read the edit of %q: expected the endpoint and the parameter with a dot between, "+
			"such as token.code_verifier", tokens.VisibleLine(e.Target))
	case endpoints != nil && endpoint != "*" && !slices.Contains(endpoints, endpoint):
		return e, fmt.Errorf("read the edit of %q: there is no endpoint %q; there are %s",
			tokens.VisibleLine(e.Target), tokens.VisibleLine(endpoint), strings.Join(endpoints, ", "))
	case where == inHeader && !wwwauth.IsToken(name):
		return e, fmt.Errorf("read the edit of %q: %q is not a header name", tokens.VisibleLine(e.Target),
			tokens.VisibleLine(name))
	case where == inHeader && strings.ContainsAny(e.Value, "\r\n\x00"):
		return e, fmt.Errorf("read the edit of %q: a header's value holds no line break", tokens.VisibleLine(e.Target))
	}
	return e, nil
}

// The places of a target; inRequest is wherever the request has its parameters.
const (
	inRequest = ""
	inQueries = "query"
	inHeader  = "header"
)

func (e Edit) parts() (endpoint, where, name string) {
	endpoint, name, _ = strings.Cut(e.Target, ".")
	for _, place := range []string{inQueries, inHeader} {
		if rest, ok := strings.CutPrefix(name, place+"."); ok {
			return endpoint, place, rest
		}
	}
	return endpoint, inRequest, name
}

// String writes the edit as ParseEdit reads it, with a secret shown as its fingerprint.
func (e Edit) String() string {
	_, _, name := e.parts()
	value := e.Value
	switch secret, isSecret := redact.Parameter(name, value); {
	case value == "":
	case secretname.Of(name) == secretname.Credentials:
		value = redact.Header(name, value)
	case isSecret:
		value = secret.Fingerprint()
	default:
		value = redact.Text(value)
	}
	target, value := tokens.VisibleLine(e.Target), tokens.VisibleLine(value)
	switch e.Op {
	case Drop:
		return "-" + target
	case Add:
		return target + "+=" + value
	}
	return target + "=" + value
}

// Apply makes the edit in a copy of the request; done is false when it does not concern the request or changes nothing
// in it.
func (e Edit) Apply(r *Request) (edited *Request, done bool) {
	endpoint, where, name := e.parts()
	if endpoint != "*" && endpoint != r.Endpoint {
		return r, false
	}
	c := r.Clone()
	switch {
	case where == inHeader:
		done = e.header(c.Header, name)
	case where == inQueries || len(c.Body) == 0 && (c.Method == "" || c.Method == http.MethodGet ||
		c.Method == http.MethodHead):
		c.URL, done = e.url(c.URL, name)
	case isJSONBody(c):
		c.Body, done = e.json(c.Body, name)
	default:
		var text string
		text, done = e.form(string(c.Body), name)
		c.Body = []byte(text)
	}
	if !done {
		return r, false
	}
	return c, true
}

// Clone is a copy of the request that shares nothing with it that an edit would change.
func (r *Request) Clone() *Request {
	c := *r
	if c.Header = r.Header.Clone(); c.Header == nil {
		c.Header = http.Header{}
	}
	c.Body = slices.Clone(r.Body)
	c.Secrets = slices.Clone(r.Secrets)
	return &c
}

func (e Edit) header(h http.Header, name string) bool {
	before := slices.Clone(h.Values(name))
	switch e.Op {
	case Drop:
		h.Del(name)
	case Add:
		h.Add(name, e.Value)
	default:
		h.Set(name, e.Value)
	}
	return !slices.Equal(before, h.Values(name))
}

func (e Edit) url(raw, name string) (string, bool) {
	rest, fragment, hasFragment := strings.Cut(raw, "#")
	path, query, _ := strings.Cut(rest, "?")
	query, done := e.form(query, name)
	if query != "" {
		path += "?" + query
	}
	if hasFragment {
		path += "#" + fragment
	}
	return path, done
}

// form edits form-encoded parameters. What is not edited stays byte for byte, in its order.
func (e Edit) form(text, name string) (string, bool) {
	var pairs []string
	placed := e.Op != Set
	for _, pair := range strings.Split(text, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		switch {
		case text == "":
		case pair == "": // between two ampersands: it stays
			pairs = append(pairs, pair)
		case e.Op == Add || redact.Unescape(raw) != name:
			pairs = append(pairs, pair)
		case !placed:
			pairs, placed = append(pairs, raw+"="+url.QueryEscape(e.Value)), true
		}
	}
	if e.Op == Add || !placed {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(e.Value))
	}
	edited := strings.Join(pairs, "&")
	return edited, edited != text
}
