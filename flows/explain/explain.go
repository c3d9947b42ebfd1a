// Package explain explains an exchange: what each parameter, header field and response member of the supported specs
// means, in one sentence, which spec defines it, and whether its value is well-formed.
//
// It works only on the redacted record, so a secret value is checked by its length or not at all. It sends nothing, and
// never says that a value is right for this server or this run: the ledger does.
//
// Specs: RFC 6749, 6750, 7009, 7521, 7522, 7523, 7591, 7592, 7636, 7662, 8414, 8628, 8693, 8705, 8707, 9101, 9126,
// 9207, 9396, 9449, 9470, 9701, 9728, OpenID Connect Core, Discovery, Registration, RP-Initiated Logout, CIBA, JARM,
// Native SSO.
package explain

import (
	"encoding/json"
	"mime"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/wwwauth"
)

// The values of Row.Where.
const (
	InQuery          = "query"           // of the request's URL
	InHeader         = "header"          // of the request
	InBody           = "body"            // of the request
	InResponse       = "response"        // a member of the response body, or a parameter of a redirect
	InResponseHeader = "response header" // of the response
)

// Row explains one parameter, header field or member.
type Row struct {
	Where   string         `json:"where"`
	Name    string         `json:"name"`
	Value   string         `json:"value"`             // as recorded: redacted, cleaned, one line, bounded
	Meaning string         `json:"meaning,omitempty"` // one sentence; empty if no known spec defines it
	Spec    string         `json:"spec,omitempty"`
	Verdict tokens.Verdict `json:"verdict,omitempty"` // whether the value is well-formed; empty without a rule
	Note    string         `json:"note,omitempty"`    // the reason, or advice on this value
}

// maxRows bounds the rows of one exchange, maxValue the text of one value.
const (
	maxRows  = 400
	maxValue = 600
)

// Exchange explains the query, header fields and body of the request, then the header fields and body of the response,
// each in its order. Header fields without a meaning in OAuth are omitted, and so is the body of an API call, which
// belongs to the API.
func Exchange(x wire.Exchange) []Row {
	e := &explainer{endpoint: endpointOf(x)}
	_, query, _ := strings.Cut(strings.SplitN(x.Request.URL, "#", 2)[0], "?")
	e.form(InQuery, query)
	e.requestHeader(&x.Request)
	if e.endpoint != apiCall {
		e.body(InBody, &x.Request)
	}
	if x.Response != nil {
		e.responseHeader(x.Response)
		if e.endpoint != apiCall {
			e.body(InResponse, x.Response)
		}
	}
	e.checkCombinations()
	return e.rows
}

// apiCall is the endpoint of an exchange outside of the protocol.
const apiCall = "api"

// endpointOf returns the name of the endpoint of an exchange; "" if unknown.
func endpointOf(x wire.Exchange) string {
	switch {
	case x.Endpoint != "":
		return x.Endpoint
	case strings.Contains(strings.ToLower(x.Purpose), "api call"):
		return apiCall
	case x.Purpose == "metadata":
		return "metadata"
	}
	return ""
}

type explainer struct {
	endpoint string
	rows     []Row
}

func (e *explainer) add(r Row) {
	if len(e.rows) < maxRows {
		e.rows = append(e.rows, r)
	}
}

// explain adds the row of a value.
func (e *explainer) explain(where, name, value string, raw kind) {
	r := Row{Where: where, Name: tokens.VisibleLine(tokens.Clip(name, 120)),
		Value: tokens.VisibleLine(tokens.Clip(value, maxValue))}
	p, known := find(where, name, e.endpoint)
	if !known {
		if _, meaning, spec, ok := inspect.ExplainClaim(name); ok && where == InResponse {
			r.Meaning, r.Spec = meaning, spec
		} else {
			r.Note = "no spec known to fob defines it: an extension of the server, or your own parameter"
		}
		e.add(r)
		return
	}
	r.Meaning, r.Spec = p.Meaning, p.Spec
	r.Verdict, r.Note = p.validate(value, raw)
	e.add(r)
}

// form explains form-encoded parameters.
func (e *explainer) form(where, text string) {
	for _, pair := range strings.Split(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		e.explain(where, unescape(name), unescape(value), untyped)
	}
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func (e *explainer) requestHeader(m *wire.Message) {
	for _, f := range m.Header {
		switch strings.ToLower(f.Name) {
		case "authorization":
			e.authorization(f)
		default:
			if _, ok := find(InHeader, f.Name, e.endpoint); ok {
				e.explain(InHeader, f.Name, f.Value, untyped)
			}
		}
	}
}

// authorization explains the credentials by their scheme.
func (e *explainer) authorization(f wire.Field) {
	scheme, _, _ := strings.Cut(f.Value, " ")
	r := Row{Where: InHeader, Name: f.Name, Value: tokens.VisibleLine(tokens.Clip(f.Value, maxValue)),
		Verdict: tokens.Good}
	switch strings.ToLower(scheme) {
	case "basic":
		r.Meaning, r.Spec = "The client authenticates with its identifier and its secret, each form-encoded, then "+
			"joined and encoded as base64.", "RFC 6749 2.3.1"
		if user, _, ok := strings.Cut(strings.TrimPrefix(f.Value, scheme+" base64("), ":"); ok &&
			strings.ContainsAny(user, " %+/?&=") && !strings.Contains(user, "%") {
			r.Note = "the identifier is not form-encoded, as RFC 6749 2.3.1 requires; some servers require exactly this"
		}
	case "bearer":
		r.Meaning, r.Spec = "The access token: any holder can use it.", "RFC 6750 2.1"
	case "dpop":
		r.Meaning, r.Spec = "The access token, bound to the key that the DPoP proof is signed with.", "RFC 9449 7.1"
	default:
		r.Verdict, r.Note = tokens.CannotTell, "OAuth does not define this scheme"
	}
	if strings.TrimSpace(strings.TrimPrefix(f.Value, scheme)) == "" {
		r.Verdict, r.Note = tokens.Bad, "there is a scheme without credentials"
	}
	e.add(r)
}

func (e *explainer) responseHeader(m *wire.Message) {
	for _, f := range m.Header {
		name := strings.ToLower(f.Name)
		if _, ok := find(InResponseHeader, name, e.endpoint); !ok {
			continue
		}
		e.explain(InResponseHeader, f.Name, f.Value, untyped)
		switch name {
		case "www-authenticate":
			for _, c := range wwwauth.Parse([]string{f.Value}) {
				e.challenge(c)
			}
		case "location":
			if _, query, ok := strings.Cut(strings.SplitN(f.Value, "#", 2)[0], "?"); ok &&
				e.endpoint == "authorization" {
				e.form(InResponse, query)
			}
		}
	}
}

// challengeParams are the parameters of a challenge, in the order in which they are listed.
var challengeParams = []string{"realm", "error", "error_description", "error_uri", "scope", "resource_metadata",
	"acr_values", "max_age", "algs"}

func (e *explainer) challenge(c wwwauth.Challenge) {
	for _, name := range challengeParams {
		if value := c.Param(name); value != "" {
			e.explain(InResponseHeader, name, value, untyped)
		}
	}
}

// body explains a form or the members of a JSON object.
func (e *explainer) body(where string, m *wire.Message) {
	media, _, _ := mime.ParseMediaType(m.Get("Content-Type"))
	text := strings.TrimSpace(m.Body)
	switch {
	case text == "":
	case strings.HasPrefix(text, "{"):
		for _, member := range members(text) {
			e.explain(where, member.name, member.shown, member.kind)
		}
	case media == "application/x-www-form-urlencoded", media == "" && !strings.ContainsAny(text, " \n<"):
		e.form(where, text)
	}
}

// kind is the JSON type of a value, or untyped for forms and header fields, where all values are strings.
type kind int

const (
	untyped kind = iota
	jsonString
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
	jsonNull
)

type member struct {
	name  string
	shown string // a string's text, any other value as JSON
	kind  kind
}

// members reads the members of the object that the text begins with, in order. A record may be truncated: the members
// before the cut are returned.
func members(text string) []member {
	var list []member
	dec := json.NewDecoder(strings.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for dec.More() && len(list) < maxRows {
		name, err := dec.Token()
		if err != nil {
			return list
		}
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return list
		}
		key, _ := name.(string)
		m := member{name: key, shown: string(raw)}
		switch c := raw[0]; {
		case c == '"':
			m.kind = jsonString
			_ = json.Unmarshal(raw, &m.shown)
		case c == '[':
			m.kind, m.shown = jsonArray, compact(raw)
		case c == '{':
			m.kind, m.shown = jsonObject, compact(raw)
		case c == 't' || c == 'f':
			m.kind = jsonBool
		case c == 'n':
			m.kind = jsonNull
		default:
			m.kind = jsonNumber
		}
		list = append(list, m)
	}
	return list
}

func compact(raw json.RawMessage) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return string(raw)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return string(raw)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var fingerprint = sync.OnceValue(
	func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{8} ([0-9]{1,9}) B$`) })

// redacted reports whether a value is shown as a fingerprint or as hidden, and its length in bytes; -1 if unknown.
func redacted(value string) (length int, ok bool) {
	if value == tokens.Hidden {
		return -1, true
	}
	if found := fingerprint().FindStringSubmatch(value); found != nil {
		n, _ := strconv.Atoi(found[1])
		return n, true
	}
	return 0, false
}

// Fields explains redacted parameters of a request, wherever they were in it.
func Fields(list []wire.Field) []Row {
	e := &explainer{}
	for _, f := range list {
		if f.Name != "Authorization" {
			e.explain(InBody, f.Name, f.Value, untyped)
		}
	}
	e.checkCombinations()
	return e.rows
}

// IsParameter reports whether an OAuth request can have a parameter of this name.
func IsParameter(name string) bool {
	_, ok := index()["request"][name]
	return ok
}
