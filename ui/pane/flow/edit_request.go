package flow

import (
	"net/http"
	"net/url"
	"strings"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/theme"
)

// redactedLines are the lines of a form field: shown redacted, and their real values.
type redactedLines struct{ shown, real []string }

// restore replaces each line that is unchanged or repeated by its real value.
func (l redactedLines) restore(text string) []string {
	used := make([]bool, len(l.shown))
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		// Lines that look the same may have different values: each is used once before any is used again.
		at := -1
		for i, shown := range l.shown {
			if shown == line && (at < 0 || used[at] && !used[i]) {
				at = i
			}
		}
		if at >= 0 {
			used[at], line = true, l.real[at]
		}
		out = append(out, line)
	}
	return out
}

// paramLocation is where a request has its parameters.
type paramLocation int

const (
	inForm  paramLocation = iota // a form in the body, one parameter a line
	inQuery                      // the query of a request without a body, one parameter a line
	inBody                       // a body that is not a form, unchanged
)

func (l paramLocation) label() string {
	return [...]string{inForm: "Parameters", inQuery: "Query", inBody: "Body"}[l]
}

// requestDraft is a pending request while it is edited: redacted, with the real values to restore.
type requestDraft struct {
	original *wire.Request
	browser  bool // a browser sends it: there is only a URL
	method   string
	url      string // without the query where that is shown one parameter a line
	body     string // the parameters, or the body
	location paramLocation
	params   redactedLines
	headers  redactedLines
}

func newRequestDraft(p wire.Pending) *requestDraft {
	d := &requestDraft{original: p.Request, browser: p.Browser, method: p.Shown.Method, url: p.Shown.URL,
		body:     p.Shown.Body,
		location: inBody}
	seen := map[string]int{}
	for _, f := range p.Shown.Header {
		name := http.CanonicalHeaderKey(f.Name)
		if values := p.Request.Header[name]; seen[name] < len(values) {
			d.headers.shown = append(d.headers.shown, f.Name+": "+f.Value)
			d.headers.real = append(d.headers.real, f.Name+": "+values[seen[name]])
			seen[name]++
		}
	}
	if len(p.Request.Body) == 0 {
		_, query, _ := cutURL(p.Request.URL)
		shownAddress, shownQuery, _ := cutURL(p.Shown.URL)
		if d.setParams(inQuery, query, shownQuery) {
			d.url = shownAddress
		}
	} else if strings.HasPrefix(p.Request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		d.setParams(inForm, string(p.Request.Body), p.Shown.Body)
	}
	return d
}

// setParams shows parameters one a line, unless the shown ones do not match the real ones.
func (d *requestDraft) setParams(at paramLocation, real, shown string) bool {
	params := redactedLines{pairs(shown), pairs(real)}
	if len(params.shown) != len(params.real) {
		return false
	}
	d.location, d.params, d.body = at, params, strings.Join(params.shown, "\n")
	return true
}

// cutURL splits a URL into address, query and fragment.
func cutURL(raw string) (address, query, fragment string) {
	raw, fragment, _ = strings.Cut(raw, "#")
	address, query, _ = strings.Cut(raw, "?")
	return address, query, fragment
}

// pairs returns the parameters of a form, unescaped, as "name=value".
func pairs(body string) []string {
	var out []string
	for _, pair := range strings.Split(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" {
			out = append(out, unescaped(name)+"="+unescaped(value))
		}
	}
	return out
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// request returns the request with the edited values.
func (d *requestDraft) request(v map[string]string) *wire.Request {
	r := d.original.Clone()
	if !d.browser {
		r.Method = v[editMethod]
		if h, err := calls.ParseHeaders(d.headers.restore(v[editHeaders])); err == nil { // the form has checked it
			r.Header = h
		}
	}
	switch {
	case d.location == inQuery:
		r.URL = d.urlWithQuery(v)
		return r
	case v[editParams] == d.body:
	case d.location == inForm:
		r.Body = []byte(d.encode(v[editParams]))
	default:
		r.Body = []byte(v[editParams])
	}
	if v[editURL] != d.url {
		r.URL = v[editURL]
	}
	return r
}

// urlWithQuery is the URL with the edited parameters in its query. What was not edited is unchanged byte for byte.
func (d *requestDraft) urlWithQuery(v map[string]string) string {
	address, query, fragment := cutURL(d.original.URL)
	if v[editURL] != d.url {
		address = v[editURL]
	}
	if v[editParams] != d.body {
		query = d.encode(v[editParams])
	}
	switch {
	case query == "":
	case strings.Contains(address, "?"): // typed there by hand
		address += "&" + query
	default:
		address += "?" + query
	}
	if fragment != "" {
		address += "#" + fragment
	}
	return address
}

// encode form-encodes the edited lines.
func (d *requestDraft) encode(text string) string {
	var list []string
	for _, line := range d.params.restore(text) {
		name, value, _ := strings.Cut(line, "=")
		list = append(list, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(list, "&")
}

// rows draws the parameters or the body, then the header.
func (d *requestDraft) rows(st *theme.Styles) []string {
	var rows []string
	for _, line := range strings.Split(d.body, "\n") {
		name, value, isPair := strings.Cut(line, "=")
		switch {
		case d.body == "":
		case isPair && d.location != inBody:
			name = st.Accent.Render(tokens.VisibleLine(name)) + st.Dim.Render("=")
			rows = append(rows, "  "+name+tokens.VisibleLine(value))
		default:
			rows = append(rows, "  "+tokens.VisibleLine(line))
		}
	}
	if d.browser {
		return rows
	}
	for _, line := range d.headers.shown {
		rows = append(rows, "  "+st.Dim.Render(tokens.VisibleLine(line)))
	}
	return rows
}
