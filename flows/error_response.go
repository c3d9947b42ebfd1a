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

// Limits of the details of an error.
const (
	maxErrorText    = 2000 // bytes of a text
	maxErrorDetails = 12   // members besides error, error_description and error_uri
	maxErrorDepth   = 4
)

// ParseOAuthError reads an error response to a request that was not made by a Run, from its body or its challenge (RFC
// 6749 5.2, RFC 6750 3, RFC 7591 3.2.2); nil when the response is not an error. The secrets are those that were sent.
func ParseOAuthError(resp *wire.Response, endpoint, target string, secrets ...tokens.Secret) *OAuthError {
	x := exchangeFromResponse(resp, endpoint, target, secrets)
	if o, err := resp.Object(); err == nil {
		if e := x.oauthError(o); e != nil {
			return e
		}
	}
	return x.challengeError()
}

// ErrorDetails returns the members of an error response that is not an OAuth error, and the support IDs. The secrets
// are those that were sent.
func ErrorDetails(resp *wire.Response, secrets ...tokens.Secret) (details, support []wire.Field) {
	x := exchangeFromResponse(resp, "", "", secrets)
	if o, err := resp.Object(); err == nil && resp.Status >= 400 {
		details = x.details(o, nil)
	}
	return details, x.support()
}

func exchangeFromResponse(resp *wire.Response, endpoint, target string, secrets []tokens.Secret) *exchange {
	x := &exchange{req: &TokenRequest{Endpoint: endpoint, URL: target, Secrets: secrets}, resp: resp, at: time.Now()}
	if resp.Exchange != nil {
		x.at = resp.Exchange.Started.Add(resp.Exchange.Timing.Total)
	}
	return x
}

// oauthError returns the OAuth error in an object; nil when there is no error in it.
func (x *exchange) oauthError(o *wire.Object) *OAuthError {
	e := parseError(o)
	if e.code == "" {
		return nil
	}
	oauthErr := &OAuthError{
		Code:        x.errorCode(e.code),
		Description: x.visible(e.description),
		URI:         x.visible(textMember(o.Members, "error_uri")),
		Details:     x.details(o, e.consumed),
		Support:     x.support(),
		Status:      x.resp.Status,
		WithTokens:  hasTokens(o),
		Endpoint:    x.req.Endpoint,
		URL:         tokens.VisibleLine(x.req.URL),
		Sent:        x.sentFields(),
		RetryAfter:  retryAfter(x.resp.Header, x.at),
		ClockOffset: clockOffset(x),
	}
	return x.attachUnmasked(oauthErr, e.code, e.description)
}

// hasTokens reports whether a response has an access token or a refresh token.
func hasTokens(o *wire.Object) bool {
	return o != nil && (textMember(o.Members, "access_token") != "" || textMember(o.Members, "refresh_token") != "")
}

// support returns the IDs by which the server's operators find the exchange, and the server's time.
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

// details returns the members that are not consumed: hint, reason, message, details or other names (RFC 6749 5.2 allows
// further members). An error member that is an object is replaced by its members.
func (x *exchange) details(o *wire.Object, consumed []string) (list []wire.Field) {
	add := func(name string, raw json.RawMessage) {
		text := x.flatten(name, raw, 0)
		if text == "" || len(list) == maxErrorDetails {
			return
		}
		list = append(list, wire.Field{Name: tokens.VisibleLine(tokens.Clip(name, 80)), Value: text})
	}
	for _, name := range o.Names {
		nested, isObject := ordered.Parse(o.Members[name])
		switch {
		case slices.Contains(consumed, name) || wire.IsSupport(name):
		case name == "error" && isObject == nil:
			for _, m := range nested.Members {
				if !slices.Contains(consumed, "error."+m.Name) && !wire.IsSupport(m.Name) {
					add(m.Name, m.Raw)
				}
			}
		default:
			add(name, o.Members[name])
		}
	}
	return list
}

// ordinaryNames are secret parameters whose names are ordinary words in an error response: "code": 4711.
var ordinaryNames = []string{"code", "key", "request", "response", "answer"}

// flatten returns a JSON value as text: "a; b" for a list, "name: a; other: b" for an object. A value that is secret by
// its name becomes a fingerprint.
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

// effectiveName returns the name of a member. For the value in {"name":"refresh_token","value":"…"} it is the name
// beside it.
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

// errorParts is an error's code and description, and the members that they came from.
type errorParts struct {
	code, description string
	consumed          []string
}

// parseError reads an error (RFC 6749 5.2) and the non-standard forms that servers send: an object with a code or a
// status and a message, a list, a number, true with details beside it. The code is "" when there is no error.
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

// textMember returns a member that is a string or a number as text; "" for any other type.
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
