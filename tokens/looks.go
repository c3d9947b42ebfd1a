package tokens

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// jwtShape is the beginning of a JWS or JWE in compact form: a JSON object in base64url, and another part.
var jwtShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bey[JI][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)
})

// secretShape matches what only a key or a credential has: a block of PEM, a member of a JWK or of a token response,
// the prefix that a vendor gives its secrets.
var secretShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`-----BEGIN [A-Z0-9 ]{1,60}-----` +
		`|"(?:kty|private_key|client_secret|access_token|refresh_token|id_token)"\s*:` +
		`|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk_live_|sk_test_|GOCSPX-|ya29\.)[A-Za-z0-9_-]{16,}`)
})

// randomRunLength is how many letters and digits in a row, capital, small and digits among them, no word in a name has.
const randomRunLength = 20

// LooksLikeToken reports whether a text that should be an identifier or an address has a token, a key or a known kind
// of secret in it, as when one was pasted into the wrong field. Of a web address it checks all but the host and the
// query.
func LooksLikeToken(text string) bool {
	text = strings.TrimSpace(text)
	if u, err := url.Parse(text); err == nil && u.Scheme != "" && u.Host != "" {
		u.RawQuery, u.Host = "", ""
		text = u.String()
	}
	return hasScheme(text) || jwtShape().MatchString(text) || secretShape().MatchString(text)
}

// LooksUnlikeName reports whether a text that a user chooses, a name or a label, contains a token.
// Identifiers that a server issued are often as random as opaque tokens: for those see LooksLikeToken.
func LooksUnlikeName(text string) bool { return LooksLikeToken(text) || hasRandomRun(text) }

// LooksUnlikeAddress reports whether a text that should be a URL, a path or the name of a profile contains a token. An
// address with a scheme may have random parts, as the paths of some issuers do.
func LooksUnlikeAddress(text string) bool {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "/") {
		first, _, _ := strings.Cut(text[1:], "/")
		return LooksLikeToken(text) || hasRandomRun(first)
	}
	if rooted().MatchString(text) {
		return LooksLikeToken(text)
	}
	return LooksUnlikeName(text)
}

var rooted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*://|[A-Za-z]:[\\/]|[~.\\])`)
})

// longestBareName is the longest file name without an extension or a folder that is accepted.
const longestBareName = 20

// LooksUnlikePath reports whether a text that should name a file is a token, a key or a secret instead.
func LooksUnlikePath(text string) bool {
	text = strings.TrimSpace(text)
	bare := !strings.ContainsAny(text, `/\`) && !extension().MatchString(text)
	return LooksUnlikeAddress(text) || bare && len(text) > longestBareName
}

var extension = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.[A-Za-z0-9]{1,10}$`) })

// hasScheme reports whether the text is the value of an Authorization header, or the header.
func hasScheme(text string) bool {
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) > 1 && fields[0] == "authorization:" {
		fields = fields[1:]
	}
	return len(fields) == 2 && slices.Contains([]string{"bearer", "dpop", "basic"}, fields[0]) && len(fields[1]) >= 16
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
		if n++; n >= randomRunLength && capital && small && digit {
			return true
		}
	}
	return false
}
