package flow

import (
	"net/http"
	"net/url"
	"strings"

	"fob/flows/calls"
	"fob/flows/wire"
)

// lines are the lines of a form field as they are shown, and what each stands for.
type lines struct{ shown, real []string }

// restore puts what a line stands for in place of each line that was left as it was shown, or repeated.
func (l lines) restore(text string) []string {
	used := make([]bool, len(l.shown))
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		// Several lines may look the same and stand for different values: each is used once before any is used again.
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

// place is where a request carries its parameters.
type place int

const (
	inForm  place = iota // a form in the body, one parameter a line
	inQuery              // the query of a request without a body, one parameter a line
	inText               // a body that is no form, as it stands
)

func (p place) label() string {
	return [...]string{inForm: "Parameters", inQuery: "Query", inText: "Body"}[p]
}

// draft is a waiting request as it is edited: redacted, with the way back to what it holds.
type draft struct {
	original *wire.Request
	browser  bool // a browser carries it: there is a URL and nothing else
	method   string
	url      string // without its query where that is shown a parameter a line
	body     string // the parameters, or the body as it stands
	place    place
	params   lines
	headers  lines
}

func newDraft(p wire.Pending) *draft {
	d := &draft{original: p.Request, browser: p.Browser, method: p.Shown.Method, url: p.Shown.URL, body: p.Shown.Body,
		place: inText}
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
		if d.take(inQuery, query, shownQuery) {
			d.url = shownAddress
		}
	} else if strings.HasPrefix(p.Request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		d.take(inForm, string(p.Request.Body), p.Shown.Body)
	}
	return d
}

// take shows parameters a line each, where what is shown of them fits what they are.
func (d *draft) take(at place, real, shown string) bool {
	params := lines{pairs(shown), pairs(real)}
	if len(params.shown) != len(params.real) {
		return false
	}
	d.place, d.params, d.body = at, params, strings.Join(params.shown, "\n")
	return true
}

// cutURL parts an address from its query and its fragment.
func cutURL(raw string) (address, query, fragment string) {
	raw, fragment, _ = strings.Cut(raw, "#")
	address, query, _ = strings.Cut(raw, "?")
	return address, query, fragment
}

// pairs are the parameters of a form, a line each, as they read.
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

// request is the request that the edited values describe.
func (d *draft) request(v map[string]string) *wire.Request {
	r := d.original.Clone()
	if !d.browser {
		r.Method = v[editMethod]
		if h, err := calls.ParseHeaders(d.headers.restore(v[editHeaders])); err == nil { // the form has checked it
			r.Header = h
		}
	}
	switch {
	case d.place == inQuery:
		r.URL = d.queried(v)
		return r
	case v[editParams] == d.body:
	case d.place == inForm:
		r.Body = []byte(d.encoded(v[editParams]))
	default:
		r.Body = []byte(v[editParams])
	}
	if v[editURL] != d.url {
		r.URL = v[editURL]
	}
	return r
}

// queried is the address with the edited parameters in its query. What was not edited stays byte for byte.
func (d *draft) queried(v map[string]string) string {
	address, query, fragment := cutURL(d.original.URL)
	if v[editURL] != d.url {
		address = v[editURL]
	}
	if v[editParams] != d.body {
		query = d.encoded(v[editParams])
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

// encoded are the parameters of edited lines, form-encoded.
func (d *draft) encoded(text string) string {
	var list []string
	for _, line := range d.params.restore(text) {
		name, value, _ := strings.Cut(line, "=")
		list = append(list, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(list, "&")
}
