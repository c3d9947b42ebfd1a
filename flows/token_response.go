package flows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// readObject reads a successful response that must be a JSON object. An error response is an *OAuthError with any
// status: some servers send them with 200. An ambiguous object is a *tokens.CheckError. Everything else is a
// *ResponseError. Deviations from the JSON spec are recorded as checks of the exchange.
func (r *Run) readObject(x *exchange) (map[string]json.RawMessage, error) {
	resp := x.resp
	success := resp.Status >= 200 && resp.Status < 300
	object, err := resp.Object()
	if err == nil {
		x.object = object
		if e := x.oauthError(object); e != nil {
			return nil, e
		}
		if success && !resp.Truncated {
			return object.Members, x.checkForm(object)
		}
	}
	switch {
	case resp.Status >= 300 && resp.Status < 400:
		return nil, r.responseError(x, "a redirect to "+x.visible(resp.Header.Get("Location"))+", which is not "+
			"followed",
			true)
	case resp.Truncated:
		return nil, r.responseError(x, "a response that is longer than the limit", true)
	case x.isEmpty():
		return nil, r.responseError(x, "an empty body", false)
	case resp.IsPage():
		return nil, r.responseError(x, "an HTML page instead of JSON", true)
	case !success:
		return nil, r.responseError(x, "no OAuth error in it", true)
	case errors.Is(err, wire.ErrNotObject):
		return nil, r.responseError(x, "JSON that is not an object", true)
	}
	return nil, r.responseError(x, "something that is not JSON", true)
}

// checkForm adds the deviations of a response from the JSON spec to the exchange's checks. Repeated members with
// different values are an error, a *tokens.CheckError.
func (x *exchange) checkForm(o *wire.Object) error {
	if len(o.Odd) > 0 {
		x.checks = append(x.checks, tokens.CheckAnswerJSON.Warn("a JSON object in UTF-8, each member once",
			"the response of the "+endpointLabel(x.req.Endpoint)+" endpoint", strings.Join(o.Odd, "; ")))
	}
	if len(o.Doubled) == 0 {
		return nil
	}
	names := tokens.Clip(strings.Join(o.Doubled, ", "), 200)
	expected := "each member once in the response of the " + endpointLabel(x.req.Endpoint) + " endpoint"
	c := tokens.CheckAnswerMembers.Fail(expected, names,
		"parsers differ in which value they use, so the response is ambiguous")
	x.checks = append(x.checks, c)
	return &tokens.CheckError{Check: c}
}

// visible returns a server's text for the user: redacted, on one line, clipped. It is clipped last, since a part of a
// secret is not found by the redaction.
func (x *exchange) visible(text string) string {
	return tokens.Clip(tokens.VisibleLine(x.redact(text)), maxErrorText)
}

// errorCode returns an error code for the user. A code that looks like an identifier is not redacted.
func (x *exchange) errorCode(code string) string {
	if len(code) <= 40 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == "" {
		return code
	}
	return x.visible(code)
}

// attachUnmasked stores the unmasked response and request in the error, for a diagnosis.
func (x *exchange) attachUnmasked(e *OAuthError, code, description string) *OAuthError {
	return e.WithUnmasked(Unmasked{Code: tokens.Clip(code, maxErrorText), Description: tokens.Clip(description,
		maxErrorText),
		Sent: x.fields(func(v string) string { return v })})
}

// responseError returns the error for a response that does not follow the protocol. The excerpt comes from the redacted
// record only, never from the response itself, which may repeat what was sent or contain a token.
func (r *Run) responseError(x *exchange, what string, excerpt bool) *ResponseError {
	e := &ResponseError{Endpoint: x.req.Endpoint, URL: tokens.VisibleLine(x.req.URL), Status: x.resp.Status, What: what,
		NoObject: x.object == nil, Empty: x.isEmpty(), RetryAfter: retryAfter(x.resp.Header, x.at),
		WithTokens: hasTokens(x.object), Support: x.support()}
	if x.object != nil && x.resp.Status >= 400 {
		e.Details = x.details(x.object, nil)
	}
	if excerpt && len(e.Details) == 0 && x.resp.Exchange != nil && x.resp.Exchange.Response != nil {
		e.Excerpt = tokens.VisibleLine(tokens.Clip(withoutTags(x.redact(x.resp.Exchange.Response.Body)), maxExcerpt))
	}
	if note := r.clockNote(serverDate(x.resp), x.at); note != "" {
		e.What += fmt.Sprintf(" (%s)", note)
	}
	return e
}

// isEmpty reports whether a response has no body, or an object without members.
func (x *exchange) isEmpty() bool {
	if x.object != nil {
		return len(x.object.Names) == 0
	}
	return len(bytes.TrimSpace(x.resp.Body)) == 0
}

// maxExcerpt is the length of an excerpt, in bytes.
const maxExcerpt = 200

// withoutTags returns the beginning of a body on one line, without HTML tags.
func withoutTags(body string) string {
	var b strings.Builder
	depth := 0
	for _, c := range tokens.Clip(body, 4000) {
		switch {
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
			b.WriteByte(' ')
		case depth == 0:
			b.WriteRune(c)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// redirectError returns the error of an authorization response (RFC 6749 4.1.2.1); nil when there is no error in it.
// sent is the authorization request, opened the URL that the browser opened, which contains the request unless it was
// pushed or signed.
func (r *Run) redirectError(params, sent url.Values, opened string) *OAuthError {
	if params.Get("error") == "" {
		return nil
	}
	if u, err := url.Parse(opened); err == nil {
		// The user may have edited the URL. What was pushed or signed is not in it.
		query := u.Query()
		if query.Has("request") || query.Has("request_uri") {
			for name, values := range sent {
				if !query.Has(name) {
					query[name] = values
				}
			}
		}
		sent = query
	}
	x := &exchange{req: &TokenRequest{Form: sent}}
	code, description := params.Get("error"), params.Get("error_description")
	object := &wire.Object{Members: map[string]json.RawMessage{}}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !slices.Contains(nonDetailParams, name) {
			object.Names = append(object.Names, name)
			object.Members[name], _ = json.Marshal(params.Get(name))
		}
	}
	e := &OAuthError{
		Code: x.errorCode(code), Description: x.visible(description), URI: x.visible(params.Get("error_uri")),
		Details:  x.details(object, nil),
		Endpoint: "authorization", URL: tokens.VisibleLine(r.Provider.AuthorizationEndpoint), Sent: x.sentFields(),
	}
	for _, name := range object.Names {
		if wire.IsSupport(name) {
			e.Support = append(e.Support, wire.Field{Name: tokens.VisibleLine(name),
				Value: x.visible(params.Get(name))})
		}
	}
	return x.attachUnmasked(e, code, description)
}

// nonDetailParams are parameters of an error redirect that are not details of the error.
var nonDetailParams = strings.Fields("error error_description error_uri state iss code session_state response scope")
