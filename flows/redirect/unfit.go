package redirect

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fob/tokens"
)

// unfit says why a callback is not the awaited one, and what it says; "" when it is the awaited one.
func (l *Listener) unfit(c *Callback, state string) string {
	if c.unreadable != "" {
		return c.unreadable
	}
	got := l.state(c.Params)
	var why string
	switch {
	case len(got) > 1:
		why = "a redirect that repeats the parameter state came and was ignored"
	case len(got) == 0 && state == "":
		return ""
	case len(got) == 0:
		why = "a redirect without a state came and was ignored: it may be the answer to any sign-in"
	case subtle.ConstantTimeCompare([]byte(got[0]), []byte(state)) != 1:
		why = "a redirect with another state came and was ignored: it is the answer to another sign-in"
	default:
		return ""
	}
	return why + said(c.Params)
}

// said is what an answer that is not taken says: its error, or the names of its parameters. Codes and tokens are not
// repeated.
func said(p url.Values) string {
	if p.Has("error") {
		text := "; it says error=" + shown(p.Get("error"))
		for _, name := range []string{"error_description", "error_uri"} {
			if p.Get(name) != "" {
				text += ", " + name + "=" + shown(p.Get(name))
			}
		}
		return text
	}
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, shown(name))
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	const most = 8
	more := ""
	if len(names) > most {
		names, more = names[:most], " and more"
	}
	return "; it has " + strings.Join(names, ", ") + more
}

// shown is a text from outside on one line, cut.
func shown(s string) string { return tokens.VisibleLine(clip(s)) }

// unreadable hands on what looks like an answer and cannot be read: the person is told what is wrong with it. what
// names the text: "the form that was sent".
func (l *Listener) unreadable(w http.ResponseWriter, r *http.Request, what, text string) {
	// Written once too often as HTML, the separators are "&amp;".
	params, err := url.ParseQuery(strings.ReplaceAll(text, "&amp;", "&"))
	why := "an answer came that cannot be read, and was ignored: "
	switch {
	case err == nil && strings.Contains(text, "&amp;"):
		why += what + ` has "&amp;" where "&" is due, so a page on the way wrote the address as HTML;` +
			" pasted here, it can be read"
	case strings.Contains(text, ";"):
		why += what + " has a semicolon in it that is not encoded (%3B)"
	default:
		why += what + " has a % that is not followed by two hexadecimal digits"
	}
	if params == nil { // ParseQuery returns what it could read, also with an error
		params = url.Values{}
	}
	if !isResponse(params) {
		show(w, http.StatusBadRequest, page{Heading: "Not readable", Text: sentence(what) + " is not well-formed."})
		return
	}
	l.arrive(w, r, &Callback{Params: params, unreadable: why + said(params)})
}

// sentence is a text with a capital letter at its beginning.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
