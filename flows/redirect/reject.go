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

// rejectReason returns why a callback is not the expected one, and its content; "" if it is the expected one.
func (l *Listener) rejectReason(c *Callback, state string) string {
	if c.unreadable != "" {
		return c.unreadable
	}
	got := l.state(c.Params)
	var reason string
	switch {
	case len(got) > 1:
		reason = "received and ignored a redirect with more than one state"
	case len(got) == 0 && state == "":
		return ""
	case len(got) == 0:
		reason = "received and ignored a redirect without a state: it may belong to any sign-in"
	case subtle.ConstantTimeCompare([]byte(got[0]), []byte(state)) != 1:
		reason = "received and ignored a redirect with another state: it belongs to another sign-in"
	default:
		return ""
	}
	return reason + describeParams(c.Params)
}

// describeParams describes a rejected response: its error, or the names of its parameters. Codes and tokens are not
// repeated.
func describeParams(p url.Values) string {
	if p.Has("error") {
		text := "; it says error=" + visibleText(p.Get("error"))
		for _, name := range []string{"error_description", "error_uri"} {
			if p.Get(name) != "" {
				text += ", " + name + "=" + visibleText(p.Get(name))
			}
		}
		return text
	}
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, visibleText(name))
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

// visibleText returns a text from outside on one line, shortened.
func visibleText(s string) string { return tokens.VisibleLine(clip(s)) }

// deliverUnreadable passes what looks like a malformed response to Await, so that the user sees what is wrong with it.
// what names the text: "the form that was sent".
func (l *Listener) deliverUnreadable(w http.ResponseWriter, r *http.Request, what, text string) {
	// In text that was HTML-escaped, the separators are "&amp;".
	params, err := url.ParseQuery(strings.ReplaceAll(text, "&amp;", "&"))
	reason := "received and ignored a malformed response: "
	switch {
	case err == nil && strings.Contains(text, "&amp;"):
		reason += what + ` has "&amp;" instead of "&": a page on the way HTML-escaped the address;` +
			" paste it here instead"
	case strings.Contains(text, ";"):
		reason += what + " has an unencoded semicolon (%3B)"
	default:
		reason += what + " has a % that is not followed by two hexadecimal digits"
	}
	if params == nil { // ParseQuery returns what it could parse even with an error
		params = url.Values{}
	}
	if !isResponse(params) {
		writePage(w, http.StatusBadRequest, page{Heading: "Not readable",
			Text: sentence(what) + " is not well-formed."})
		return
	}
	l.deliver(w, r, &Callback{Params: params, unreadable: reason + describeParams(params)})
}

// sentence returns a text with a capital first letter.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
