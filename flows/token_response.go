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

// readObject reads an answer that must be a JSON object of success. An error response is an *OAuthError whatever its
// status: some servers send them with 200. An object that can be read in two ways is a *tokens.CheckError. Everything
// else is a *ResponseError. What is odd about the answer becomes a check of the exchange.
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
		return nil, r.responseError(x, "an answer that is longer than the limit", true)
	case x.isEmpty():
		return nil, r.responseError(x, "an empty body", false)
	case resp.IsPage():
		return nil, r.responseError(x, "an HTML page instead of JSON", true)
	case !success:
		return nil, r.responseError(x, "no OAuth error in it", true)
	case errors.Is(err, wire.ErrNotObject):
		return nil, r.responseError(x, "JSON that is no object", true)
	}
	return nil, r.responseError(x, "something that is not JSON", true)
}

// judge enters in the exchange's checks what of an answer breaks the specs of its form. The error is a
// *tokens.CheckError.
func (x *exchange) checkForm(o *wire.Object) error {
	if len(o.Odd) > 0 {
		x.checks = append(x.checks, tokens.CheckAnswerJSON.Warn("a JSON object in UTF-8, each member once",
			"the answer of the "+endpointLabel(x.req.Endpoint)+" endpoint", strings.Join(o.Odd, "; ")))
	}
	if len(o.Doubled) == 0 {
		return nil
	}
	names := tokens.Clip(strings.Join(o.Doubled, ", "), 200)
	expected := "each member once in the answer of the " + endpointLabel(x.req.Endpoint) + " endpoint"
	c := tokens.CheckAnswerMembers.Fail(expected, names,
		"each reader takes another value of it, so nobody can tell what the server means")
	x.checks = append(x.checks, c)
	return &tokens.CheckError{Check: c}
}

// said is a text of the server's as it may be shown: redacted, on one line, bounded. It is cut last: half a secret is
// not found any more.
func (x *exchange) visible(text string) string {
	return tokens.Clip(tokens.VisibleLine(x.redact(text)), maxErrorText)
}

// errorCode is the code of an error as it may be shown. An identifier is a word of the protocol and not searched.
func (x *exchange) errorCode(code string) string {
	if len(code) <= 40 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == "" {
		return code
	}
	return x.visible(code)
}

// keep has the error remember what came and what was sent, for a diagnosis.
func (x *exchange) attachUnmasked(e *OAuthError, code, description string) *OAuthError {
	return e.WithUnmasked(Unmasked{Code: tokens.Clip(code, maxErrorText), Description: tokens.Clip(description,
		maxErrorText),
		Sent: x.fields(func(v string) string { return v })})
}

// responseError says that the answer is none of the protocol. The excerpt is taken from the redacted record alone,
// never from the answer itself, which may repeat what was sent or hold a token.
func (r *Run) responseError(x *exchange, what string, excerpt bool) *ResponseError {
	e := &ResponseError{Endpoint: x.req.Endpoint, URL: tokens.VisibleLine(x.req.URL), Status: x.resp.Status, What: what,
		NoObject: x.object == nil, Empty: x.isEmpty(), RetryAfter: retryAfter(x.resp.Header, x.at),
		Support: x.support()}
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

// isEmpty reports whether an answer says nothing: it has no body, or an object without members.
func (x *exchange) isEmpty() bool {
	if x.object != nil {
		return len(x.object.Names) == 0
	}
	return len(bytes.TrimSpace(x.resp.Body)) == 0
}

// maxExcerpt is how much of an answer is shown, in bytes.
const maxExcerpt = 200

// withoutTags is the first words of a body on one line, with the tags of an HTML page left out.
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

// redirectError is the error that came with the redirect (RFC 6749 4.1.2.1); nil when there is none. sent is the
// authorization request, asked the address that the browser was sent to, which has it unless it was pushed or signed.
func (r *Run) redirectError(params, sent url.Values, asked string) *OAuthError {
	if params.Get("error") == "" {
		return nil
	}
	if u, err := url.Parse(asked); err == nil {
		// A person may have changed what the browser took along; what was pushed or signed is not in the address.
		carried := u.Query()
		if carried.Has("request") || carried.Has("request_uri") {
			for name, values := range sent {
				if !carried.Has(name) {
					carried[name] = values
				}
			}
		}
		sent = carried
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

// nonDetailParams are the parameters of an error redirect that say nothing of the error.
var nonDetailParams = strings.Fields("error error_description error_uri state iss code session_state response scope")
