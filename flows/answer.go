package flows

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"fob/tokens"
)

// readObject reads an answer that must be a JSON object of success. An error response is an *OAuthError whatever its
// status: some servers send them with 200. Everything else is a *ResponseError.
func (r *Run) readObject(x *exchange) (map[string]json.RawMessage, error) {
	resp := x.resp
	ok := resp.Status >= 200 && resp.Status < 300
	var members map[string]json.RawMessage
	err := json.Unmarshal(resp.Body, &members)
	if err == nil && members != nil {
		if e := r.oauthError(x, members); e != nil {
			return nil, e
		}
		if ok && !resp.Truncated {
			return members, nil
		}
	}
	switch {
	case resp.Status >= 300 && resp.Status < 400:
		return nil, r.responseError(x, "a redirect to "+x.said(resp.Header.Get("Location"))+", which is not followed", true)
	case resp.Truncated:
		return nil, r.responseError(x, "an answer that is longer than the limit", true)
	case len(strings.TrimSpace(string(resp.Body))) == 0:
		return nil, r.responseError(x, "an empty body", false)
	case resp.IsPage():
		return nil, r.responseError(x, "an HTML page instead of JSON", true)
	case !ok:
		return nil, r.responseError(x, "no OAuth error in it", true)
	case json.Valid(resp.Body):
		return nil, r.responseError(x, "JSON that is no object", true)
	}
	return nil, r.responseError(x, "something that is not JSON", true)
}

// oauthError reads an error response; nil when the object is none.
func (r *Run) oauthError(x *exchange, members map[string]json.RawMessage) *OAuthError {
	code, description := errorMembers(members)
	if code == "" {
		return nil
	}
	e := &OAuthError{
		Code:        x.errorCode(code),
		Description: x.said(description),
		URI:         x.said(textMember(members, "error_uri")),
		Status:      x.resp.Status,
		Endpoint:    x.req.Endpoint,
		URL:         tokens.VisibleLine(x.req.URL),
		Sent:        x.sent(),
		RetryAfter:  retryAfter(x.resp.Header, x.at),
		ClockOffset: clockOffset(x),
	}
	return x.keep(e, code, description)
}

// said is a text of the server's as it may be shown: redacted, on one line, bounded. It is cut last: half a secret is
// not found any more.
func (x *exchange) said(text string) string {
	return tokens.Clip(tokens.VisibleLine(x.redact(text)), maxErrorText)
}

// errorCode is the code of an error as it may be shown. An identifier is a word of the protocol and not searched.
func (x *exchange) errorCode(code string) string {
	if len(code) <= 40 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == "" {
		return code
	}
	return x.said(code)
}

// keep has the error remember what came and what was sent, for a diagnosis.
func (x *exchange) keep(e *OAuthError, code, description string) *OAuthError {
	return e.Keep(Unmasked{Code: tokens.Clip(code, maxErrorText), Description: tokens.Clip(description, maxErrorText),
		Sent: x.fields(func(v string) string { return v })})
}

// maxErrorText is how much of an error's text is kept, in bytes.
const maxErrorText = 2000

// errorMembers finds the error's code and description: RFC 6749 5.2, and the two other shapes that servers send where
// an OAuth error is due, an object with code or status and message, and an "ok": false with the error beside it.
func errorMembers(members map[string]json.RawMessage) (code, description string) {
	raw, present := members["error"]
	if !present {
		return "", ""
	}
	description = textMember(members, "error_description")
	if json.Unmarshal(raw, &code) == nil {
		return code, description
	}
	var nested map[string]json.RawMessage
	if json.Unmarshal(raw, &nested) == nil && nested != nil {
		for _, name := range []string{"status", "code", "type"} {
			if code = textMember(nested, name); code != "" {
				break
			}
		}
		if code == "" {
			code = "error"
		}
		if description == "" {
			description = textMember(nested, "message")
		}
		return code, description
	}
	return "", description
}

// textMember is a member as text: a string as it is, a number as written; "" for anything else.
func textMember(members map[string]json.RawMessage, name string) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(members[name])))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// responseError says that the answer is none of the protocol. The excerpt is taken from the redacted record alone,
// never from the answer itself, which may repeat what was sent or hold a token.
func (r *Run) responseError(x *exchange, what string, excerpt bool) *ResponseError {
	e := &ResponseError{Endpoint: x.req.Endpoint, URL: tokens.VisibleLine(x.req.URL), Status: x.resp.Status, What: what,
		RetryAfter: retryAfter(x.resp.Header, x.at)}
	if excerpt && x.resp.Exchange != nil && x.resp.Exchange.Response != nil {
		e.Excerpt = tokens.VisibleLine(tokens.Clip(withoutTags(x.redact(x.resp.Exchange.Response.Body)), maxExcerpt))
	}
	if note := r.clockNote(serverDate(x.resp), x.at); note != "" {
		e.What += fmt.Sprintf(" (%s)", note)
	}
	return e
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
	return x.keep(&OAuthError{
		Code: x.errorCode(code), Description: x.said(description), URI: x.said(params.Get("error_uri")),
		Endpoint: "authorization", URL: tokens.VisibleLine(r.Provider.AuthorizationEndpoint), Sent: x.sent(),
	}, code, description)
}
