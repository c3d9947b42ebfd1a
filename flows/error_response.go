package flows

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// Bounds of what is kept of an error's words.
const (
	maxErrorText    = 2000 // bytes of one text
	maxErrorDetails = 12   // members beside the code, the description and the address
	maxErrorDepth   = 4
)

// Refusal reads the error of an answer to a request that no Run made, from its body or its challenge (RFC 6749 5.2,
// RFC 6750 3, RFC 7591 3.2.2); nil when it is none. The secrets are those that were sent.
func ParseOAuthError(resp *wire.Response, endpoint, target string, secrets ...tokens.Secret) *OAuthError {
	x := exchangeFromResponse(resp, endpoint, target, secrets)
	if o, err := resp.Object(); err == nil {
		if e := x.oauthError(o); e != nil {
			return e
		}
	}
	return x.challengeError()
}

// Words are what an answer that is neither a success nor an OAuth error says, member by member, and what the server's
// operators ask for. The secrets are those that were sent.
func ErrorDetails(resp *wire.Response, secrets ...tokens.Secret) (words, support []wire.Field) {
	x := exchangeFromResponse(resp, "", "", secrets)
	if o, err := resp.Object(); err == nil && resp.Status >= 400 {
		words = x.details(o, nil)
	}
	return words, x.support()
}

func exchangeFromResponse(resp *wire.Response, endpoint, target string, secrets []tokens.Secret) *exchange {
	x := &exchange{req: &TokenRequest{Endpoint: endpoint, URL: target, Secrets: secrets}, resp: resp, at: time.Now()}
	if resp.Exchange != nil {
		x.at = resp.Exchange.Started.Add(resp.Exchange.Timing.Total)
	}
	return x
}

// oauthError reads an error response; nil when the object is none.
func (x *exchange) oauthError(o *wire.Object) *OAuthError {
	e := parseError(o)
	if e.code == "" {
		return nil
	}
	refused := &OAuthError{
		Code:        x.errorCode(e.code),
		Description: x.visible(e.description),
		URI:         x.visible(textMember(o.Members, "error_uri")),
		Details:     x.details(o, e.consumed),
		Support:     x.support(),
		Status:      x.resp.Status,
		WithTokens:  textMember(o.Members, "access_token") != "" || textMember(o.Members, "refresh_token") != "",
		Endpoint:    x.req.Endpoint,
		URL:         tokens.VisibleLine(x.req.URL),
		Sent:        x.sentFields(),
		RetryAfter:  retryAfter(x.resp.Header, x.at),
		ClockOffset: clockOffset(x),
	}
	return x.attachUnmasked(refused, e.code, e.description)
}

// support are the IDs by which the server's operators find the exchange, and the server's time.
func (x *exchange) support() []wire.Field {
	if x.resp == nil {
		return nil
	}
	list := x.resp.Support()
	for i := range list {
		list[i].Value = x.redact(list[i].Value)
	}
	return list
}

// words are what a server said beside the members that were taken already: hint, reason, message, details, or
// whatever it calls them (RFC 6749 5.2 allows more members). An object in the place of error is looked into.
func (x *exchange) details(o *wire.Object, taken []string) (list []wire.Field) {
	put := func(name string, raw json.RawMessage) {
		text := x.flatten(name, raw, 0)
		if text == "" || len(list) == maxErrorDetails {
			return
		}
		list = append(list, wire.Field{Name: tokens.VisibleLine(tokens.Clip(name, 80)), Value: text})
	}
	for _, name := range o.Names {
		nested, isObject := ordered.Parse(o.Members[name])
		switch {
		case slices.Contains(taken, name) || wire.IsSupport(name):
		case name == "error" && isObject == nil:
			for _, m := range nested.Members {
				if !slices.Contains(taken, "error."+m.Name) && !wire.IsSupport(m.Name) {
					put(m.Name, m.Raw)
				}
			}
		default:
			put(name, o.Members[name])
		}
	}
	return list
}

// ordinaryNames are names of parameters that are ordinary words beside an error: "code": 4711.
var ordinaryNames = []string{"code", "key", "request", "response", "answer"}

// flatten is a JSON value as words: "a; b" for a list, "name: a; other: b" for an object. What is secret by its name
// is a fingerprint.
func (x *exchange) flatten(name string, raw json.RawMessage, depth int) string {
	if depth > maxErrorDepth {
		return "…"
	}
	if text := strings.TrimSpace(scalarText(raw)); text != "" {
		ordinary := slices.Contains(ordinaryNames, name) && (len(text) < 20 || strings.Contains(text, " "))
		if s, ok := redact.Parameter(name, text); ok && !ordinary {
			return s.Fingerprint()
		}
		return x.visible(text)
	}
	var parts []string
	if o, err := ordered.Parse(raw); err == nil {
		for _, m := range o.Members {
			if text := x.flatten(effectiveName(o, m), m.Raw, depth+1); text != "" {
				parts = append(parts, tokens.VisibleLine(tokens.Clip(m.Name, 80))+": "+text)
			}
		}
	}
	items, _ := ordered.Array(raw)
	for _, item := range items {
		if text := x.flatten(name, item, depth+1); text != "" {
			parts = append(parts, text)
		}
	}
	return tokens.Clip(strings.Join(parts, "; "), maxErrorText)
}

// meaning is the name of a member, and of the value in {"name":"refresh_token","value":"…"} the name beside it.
func effectiveName(o *ordered.Object, m ordered.Member) string {
	if !strings.EqualFold(m.Name, "value") && !strings.EqualFold(m.Name, "val") {
		return m.Name
	}
	for _, other := range o.Members {
		switch strings.ToLower(other.Name) {
		case "name", "key", "field", "parameter":
			if text, _ := ordered.Text(other.Raw); text != "" {
				return text
			}
		}
	}
	return m.Name
}

// errorParts are an error's code and description, and the members that they were taken from.
type errorParts struct {
	code, description string
	consumed          []string
}

// parseError finds an error: RFC 6749 5.2, and the shapes that servers send where an OAuth error is due: an object
// with a code or a status and a message, a list, a number, true with the words beside it. The code is "" where there
// is none.
func parseError(o *wire.Object) (e errorParts) {
	raw := o.Members["error"]
	e.consumed = []string{"error", "error_description", "error_uri"}
	nested, isObject := ordered.Parse(raw)
	items, isList := ordered.Array(raw)
	switch {
	case isObject == nil:
		e.consumed = e.consumed[1:]
		e.code = "error"
		for _, name := range []string{"status", "code", "type"} {
			value, _ := nested.Raw(name)
			if text := scalarText(value); text != "" {
				e.code, e.consumed = text, append(e.consumed, "error."+name)
				break
			}
		}
		message, _ := nested.Raw("message")
		if e.description = scalarText(message); e.description != "" {
			e.consumed = append(e.consumed, "error.message")
		}
	case isList && len(items) > 0:
		if e.code = scalarText(items[0]); e.code == "" || len(items) > 1 {
			e.consumed = e.consumed[1:]
		}
		if e.code == "" {
			e.code = "error"
		}
	case string(raw) == "true":
		e.code = "error"
	default:
		if e.code = scalarText(raw); e.code == "0" {
			e.code = ""
		}
	}
	if raw, ok := o.Members["error_description"]; ok && e.code != "" {
		if e.description = scalarText(raw); e.description == "" {
			e.description = (&exchange{}).flatten("error_description", raw, 0)
		}
	}
	return e
}

// textMember is a member as text: a string as it is, a number as written; "" for anything else.
func textMember(members map[string]json.RawMessage, name string) string {
	return scalarText(members[name])
}

func scalarText(raw json.RawMessage) string {
	if s, ok := ordered.Text(raw); ok {
		return s
	}
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		return string(raw)
	}
	return ""
}
