package calls

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"fob/flows/calls"
	"fob/flows/export"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The fields of the request.
const (
	fieldMethod  = "method"
	fieldURL     = "url"
	fieldHeaders = "headers"
	fieldBody    = "body"
	fieldTokenIn = "token_in"
	fieldFollow  = "follow"
)

// methods are the methods to choose from (RFC 9110 9.3, RFC 5789).
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodHead, http.MethodOptions}

func newForm(ctx *pane.Context) *widget.Form {
	f := widget.NewForm(ctx.Styles, "Send", fields("")...)
	f.Focus(fieldURL)
	return f
}

func fields(api string) []widget.Field {
	return []widget.Field{
		{Name: fieldMethod, Label: "Method", Kind: widget.ChoiceField, Choices: methods, Default: http.MethodGet,
			Help: "Left and right choose, or its first letter."},
		{Name: fieldURL, Label: "URL", Default: api, Required: true, Placeholder: "https://api.example.com/me",
			Refuses: tokens.LooksUnlikeAddress, Help: "A path such as /me is appended to the base URL of the API. " +
				"The access token is sent with the request."},
		{Name: fieldHeaders, Label: "Headers", Kind: widget.LinesField, Lines: 3,
			Placeholder: "Accept: application/json",
			Help:        "One a line: Name: value. Authorization is added automatically.",
			Validate: func(v string) string {
				if _, err := headers(v); err != nil {
					return tokens.VisibleLine(err.Error())
				}
				return ""
			}},
		{Name: fieldBody, Label: "Body", Kind: widget.LinesField, Lines: 5,
			Help: "Sent unchanged. JSON gets its Content-Type automatically."},
		{Name: fieldTokenIn, Label: "Token goes in", Kind: widget.ChoiceField, Choices: calls.Placements(),
			Default:  "header",
			Advanced: true, Spec: "RFC 6750 2",
			Help: "In a body or a query it gets into logs, which RFC 9700 4.3.2 warns of: " +
				"only for an API that accepts it in no other way."},
		{Name: fieldFollow, Label: "Follow redirects", Kind: widget.BoolField, Advanced: true, Spec: "RFC 9110 15.4",
			Help: "Within the origin with the token; elsewhere without it and without headers that may be secret."},
	}
}

// draft is a request as it was typed.
type draft struct{ method, url, headers, body, tokenIn, follow string }

func readDraft(f *widget.Form) draft {
	v := f.Values()
	return draft{v[fieldMethod], v[fieldURL], v[fieldHeaders], v[fieldBody], v[fieldTokenIn], v[fieldFollow]}
}

// fill puts the draft into the form.
func (d draft) fill(f *widget.Form) {
	f.SetValue(fieldMethod, d.method)
	f.SetValue(fieldURL, d.url)
	f.SetValue(fieldHeaders, d.headers)
	f.SetValue(fieldBody, d.body)
	f.SetValue(fieldTokenIn, d.tokenIn)
	f.SetValue(fieldFollow, d.follow)
}

// target is the URL to call.
func (d draft) target(api string) (string, error) { return calls.Target(api, d.url) }

func headers(text string) (http.Header, error) { return calls.ParseHeaders(strings.Split(text, "\n")) }

// request is the call that the draft describes.
func (d draft) request(api string) (calls.Request, error) {
	target, err := d.target(api)
	if err != nil {
		return calls.Request{}, err
	}
	h, err := headers(d.headers)
	if err != nil {
		return calls.Request{}, err
	}
	r := calls.Request{Method: d.method, URL: target, Header: h, Follow: d.follow == "true"}
	if r.Placement, err = calls.ParsePlacement(d.tokenIn); err != nil {
		return calls.Request{}, err
	}
	if strings.TrimSpace(d.body) != "" {
		r.Body = []byte(d.body)
		if h.Get("Content-Type") == "" && json.Valid(r.Body) {
			h.Set("Content-Type", "application/json")
		}
		if h.Get("Content-Type") == "" && r.Placement == calls.InBody {
			h.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	return r, nil
}

// curl is the call as a command, which gets the token of the session from fob. A token of no session is a variable.
func (p *Pane) curl() (string, error) {
	d := readDraft(p.form)
	r, err := d.request(p.api())
	if err != nil {
		return "", err
	}
	// The token is redacted from the start: a variable replaces it.
	sent, err := calls.Build(calls.Token{Value: tokens.NewSecret(tokens.Hidden)}, r)
	if err != nil {
		return "", err
	}
	m := wire.Message{Method: sent.Method, URL: sent.URL, Body: string(sent.Body), BodySize: len(sent.Body)}
	for _, name := range slices.Sorted(maps.Keys(sent.Header)) {
		for _, value := range sent.Header[name] {
			m.Header = append(m.Header, wire.Field{Name: name, Value: value})
		}
	}
	var expressions map[string]string
	if p.override.token.IsZero() {
		expressions = map[string]string{"ACCESS_TOKEN": "$(fob token " + shell.Word(p.session.ID) + ")"}
	}
	command := export.Curl(&wire.Exchange{Request: m}, expressions)
	if r.Follow {
		command += " --location" // curl also sends an Authorization header only to the first host
	}
	return command, nil
}

// compactToken matches a JWS or JWE in compact serialization.
var compactToken = regexp.MustCompile(`[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){2,4}`)

// findToken returns the first text in a body that begins with the encoded header of a token.
func findToken(body []byte) tokens.Secret {
	for _, m := range compactToken.FindAll(body, 100) {
		encoded, _, _ := strings.Cut(string(m), ".")
		raw, err := base64.RawURLEncoding.DecodeString(encoded)
		var header map[string]json.RawMessage
		if err == nil && json.Unmarshal(raw, &header) == nil && header["alg"] != nil {
			return tokens.NewSecret(string(m))
		}
	}
	return tokens.Secret{}
}
