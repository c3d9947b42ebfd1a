package tokens

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// jwtShape is the beginning of a JWS or JWE in compact form: a JSON object in base64url, and another part.
var jwtShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bey[JI][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)
})

// randomRun is how many letters and digits in a row, capital, small and digits among them, no word of a person has.
const randomRun = 20

// LooksLikeToken reports whether a text that should be an identifier or an address has a token in it, as when one was
// pasted into the wrong field. Of a web address it judges all but the host and the query.
func LooksLikeToken(text string) bool {
	text = strings.TrimSpace(text)
	if u, err := url.Parse(text); err == nil && u.Scheme != "" && u.Host != "" {
		u.RawQuery, u.Host = "", ""
		text = u.String()
	}
	return hasScheme(text) || jwtShape().MatchString(text)
}

// LooksUnlikeName reports whether a text that a person should have thought of, a name or a label, has a token in it.
// Identifiers that a server gave out are often as random as opaque tokens: for those see LooksLikeToken.
func LooksUnlikeName(text string) bool { return LooksLikeToken(text) || hasRandomRun(text) }

// hasScheme reports whether the text is the value of an Authorization header, or the header.
func hasScheme(text string) bool {
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) > 1 && fields[0] == "authorization:" {
		fields = fields[1:]
	}
	return len(fields) == 2 && (fields[0] == "bearer" || fields[0] == "dpop") && len(fields[1]) >= 16
}

func hasRandomRun(text string) bool {
	var capital, small, digit bool
	n := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z':
			capital = true
		case c >= 'a' && c <= 'z':
			small = true
		case c >= '0' && c <= '9':
			digit = true
		default:
			capital, small, digit, n = false, false, false, -1
		}
		if n++; n >= randomRun && capital && small && digit {
			return true
		}
	}
	return false
}
