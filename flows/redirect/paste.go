package redirect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// maxPasted limits a pasted redirect URL, in bytes.
const maxPasted = 256 << 10

// parsePasted parses a redirect URL that the user copied from the browser: the whole URL, with the response in the
// query or the fragment, or only the query. Quotes and spaces around it are removed, and line breaks that a terminal or
// mail program added. No error repeats the text: it contains a code.
func parsePasted(text string) (*Callback, error) {
	if len(text) > maxPasted {
		return nil, fmt.Errorf("the pasted text has %d bytes; a redirect URL has at most %d", len(text), maxPasted)
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
		rest, after, _ := strings.Cut(text, "#")
		fragment = after
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
			return nil, errors.New("the pasted text is not a valid address: it has a % that is not followed by two " +
				"hexadecimal digits, or a ;")
		}
		if hasResult(params) {
			return &Callback{Params: params, Via: "pasted"}, nil
		}
		if params.Has("response_type") || params.Has("client_id") {
			return nil, errors.New("this is the address of the sign-in page: sign in there, then paste the address " +
				"that the browser ends at, which has code= or error= in it")
		}
	}
	return nil, errors.New("the pasted text has neither a code nor an error: paste the whole address that the " +
		"browser ended at, from http to its end")
}

// hasResult is isResponse without the parameter state, which the address of the sign-in page has too.
func hasResult(p url.Values) bool {
	for _, name := range []string{"code", "error", "access_token", "id_token", "response"} {
		if p.Has(name) {
			return true
		}
	}
	return false
}

// cleanPasted removes what copying adds: invisible characters, line breaks, quotes, HTML escapes.
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
