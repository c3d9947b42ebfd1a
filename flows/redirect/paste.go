package redirect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// maxPasted bounds a pasted redirect URL.
const maxPasted = 256 << 10

// parsePasted reads a redirect URL that a person copied from the browser: the whole of it, with the answer in the query
// or behind the #, or the query alone. Quotes and spaces around it go, and so do the line breaks that a terminal or a
// mail program put in. No error repeats what was pasted: there is a code in it.
func parsePasted(text string) (*Callback, error) {
	if len(text) > maxPasted {
		return nil, fmt.Errorf("what was pasted has %d bytes; a redirect URL has at most %d", len(text), maxPasted)
	}
	text = cleanPasted(text)
	if text == "" {
		return nil, errors.New("nothing was pasted: paste the whole address that the browser ended at")
	}
	query, fragment := "", ""
	switch {
	case strings.HasPrefix(text, "#"):
		fragment = text[1:]
	case strings.ContainsAny(text, "?#"):
		rest, behind, _ := strings.Cut(text, "#")
		fragment = behind
		_, query, _ = strings.Cut(rest, "?")
	case !strings.Contains(text, "://"):
		query = text
	}
	for _, part := range []string{query, fragment} {
		if part == "" {
			continue
		}
		params, err := url.ParseQuery(part)
		if err != nil {
			return nil, errors.New("what was pasted is not a well-formed address: a % in it is not followed by two hexadecimal digits, or it has a ; in it")
		}
		if isAnswer(params) {
			return &Callback{Params: params, Via: "pasted"}, nil
		}
		if params.Has("response_type") || params.Has("client_id") {
			return nil, errors.New("this is the address of the sign-in page: sign in there, then paste the address that the browser ends at, which has code= or error= in it")
		}
	}
	return nil, errors.New("what was pasted has neither a code nor an error in it: paste the whole address that the browser ended at, from http to its end")
}

// isAnswer is isResponse without the state alone, which the sign-in page's own address has too.
func isAnswer(p url.Values) bool {
	for _, name := range []string{"code", "error", "access_token", "id_token", "response"} {
		if p.Has(name) {
			return true
		}
	}
	return false
}

// cleanPasted removes what copying adds.
func cleanPasted(text string) string {
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad':
			return -1 // invisible, and never part of an address
		}
		return r
	}, text)
	lines := strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u2028' || r == '\u2029'
	})
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text = strings.TrimFunc(strings.Join(lines, ""), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\"'`<>“”‘’«»", r)
	})
	return strings.ReplaceAll(text, "&amp;", "&")
}
