package explain

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fob/tokens"
)

// Param declares a parameter, a header field or a response member.
type Param struct {
	Name    string
	Meaning string // one sentence
	Spec    string
	rule    *rule
}

// rule describes well-formed values.
type rule struct {
	expects string // "43 to 128 of the characters A-Z a-z 0-9 - . _ ~"
	valid   func(v string) bool
	json    kind // the required JSON type; untyped: any
	// min and max bound its length in bytes, by which a redacted value is checked; max 0: no bound.
	min, max int
	advice   func(v string) string // advice on a well-formed value
}

// validate reports whether a value is well-formed, and why not.
func (p Param) validate(value string, raw kind) (tokens.Verdict, string) {
	r := p.rule
	switch {
	case raw == jsonNull:
		return tokens.Bad, "null: it should be omitted"
	case value == "" && (raw == untyped || raw == jsonString):
		return tokens.Bad, "it is empty, which counts as omitted (RFC 6749 3.1)"
	case r == nil:
		return "", ""
	case raw != untyped && r.json != untyped && raw != r.json:
		return tokens.Bad, fmt.Sprintf("expected %s, received %s", kindWords[r.json], kindWords[raw])
	}
	if n, ok := redacted(value); ok && (r.valid != nil || r.max > 0) {
		return r.validateLength(n)
	}
	if r.valid != nil && !r.valid(value) {
		return tokens.Bad, "expected " + r.expects
	}
	note := ""
	if r.advice != nil {
		note = r.advice(value)
	}
	if r.valid == nil && r.json == jsonString { // any text will do
		return "", note
	}
	return tokens.Good, note
}

// validateLength checks a value of which only the length is recorded.
func (r *rule) validateLength(n int) (tokens.Verdict, string) {
	switch {
	case n >= 0 && r.max > 0 && (n < r.min || n > r.max):
		return tokens.Bad, fmt.Sprintf("it has %d bytes; expected %s", n, r.expects)
	case n >= 0 && r.max > 0:
		return tokens.CannotTell, "its length is valid; its characters are not recorded"
	}
	return tokens.CannotTell, "its value is not recorded"
}

var kindWords = map[kind]string{jsonString: "a string", jsonNumber: "a number", jsonBool: "true or false",
	jsonArray:  "an array",
	jsonObject: "an object", jsonNull: "null"}

// matching returns a rule with a pattern for the whole value.
func matching(expects, pattern string) *rule {
	// Compiled when a value is first checked: there are many, and every verb would pay for them at its start.
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) })
	return &rule{expects: expects, valid: func(v string) bool { return re().MatchString(v) }, json: jsonString}
}

// oneOf returns a rule with the allowed values.
func oneOf(values ...string) *rule {
	return &rule{expects: "one of " + strings.Join(values, ", "), json: jsonString,
		valid: func(v string) bool { return slices.Contains(values, v) }}
}

func (r rule) withAdvice(advice func(v string) string) *rule {
	r.advice = advice
	return &r
}

// ofKind returns a copy of the rule with the JSON type.
func (r rule) ofKind(k kind) *rule {
	r.json = k
	return &r
}

// The rules that several parameters share.
var (
	anyText = &rule{json: jsonString}
	number  = &rule{expects: "a whole number, 0 or more", json: jsonNumber, valid: func(v string) bool {
		n, err := strconv.ParseFloat(v, 64)
		return err == nil && n >= 0 && n == float64(int64(n))
	}}
	boolean = &rule{expects: "true or false", json: jsonBool, valid: func(v string) bool {
		return v == "true" ||
			v == "false"
	}}
	list        = &rule{json: jsonArray}
	object      = &rule{expects: "a JSON object", json: jsonObject, valid: jsonOf('{')}
	numericDate = &rule{expects: "seconds since 1970", json: jsonNumber, valid: func(v string) bool {
		_,
			err := strconv.ParseFloat(v, 64)
		return err == nil
	},
		advice: func(v string) string {
			n, _ := strconv.ParseFloat(v, 64)
			switch {
			case n == 0:
				return "0: it does not expire"
			case n > 1e11:
				return "this looks like milliseconds; seconds are expected"
			}
			return time.Unix(int64(n), 0).UTC().Format("2 Jan 2006 15:04:05 UTC")
		}}
	scopeRule = matching("words of printable ASCII without quotes and backslashes, one space between them (RFC 6749 "+
		"3.3)", `[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*`)
	// The characters of state, code and the like (RFC 6749, appendix A).
	visibleASCII = matching("printable ASCII (RFC 6749, appendix A)", `[\x20-\x7e]+`)
	errorText    = matching("printable ASCII without quotes and backslashes (RFC 6749 5.2)",
		`[\x20-\x21\x23-\x5b\x5d-\x7e]+`)
	pkceVerifier = &rule{expects: "43 to 128 of the characters A-Z a-z 0-9 - . _ ~ (RFC 7636 4.1)", json: jsonString,
		min: 43, max: 128, valid: matching("", `[A-Za-z0-9._~-]{43,128}`).valid}
	thumbprint = matching("a SHA-256 hash in base64url: 43 characters", `[A-Za-z0-9_-]{43}`)
	jwt        = &rule{expects: "a JWT: three (signed) or five (encrypted) parts in base64url, the first of them a " +
		"JSON object", valid: isJWT, json: jsonString}
	saml        = matching("base64url (RFC 7522 2.1)", `[A-Za-z0-9_-]+=*`)
	absoluteURI = &rule{expects: "an absolute URI", valid: isAbsolute, json: jsonString}
	noFragment  = &rule{expects: "an absolute URI without a fragment", json: jsonString,
		valid: func(v string) bool { return isAbsolute(v) && !strings.Contains(v, "#") }}
	webURL = (rule{expects: "an http or https URL", valid: tokens.IsWebURL, json: jsonString}).withAdvice(
		plainHTTP)
	localeRule = matching("language tags with spaces between (BCP 47): fr-CA fr en",
		`[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*(?: [A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)*`)
	tokenTypeID = (rule{expects: "an absolute URI such as urn:ietf:params:oauth:token-type:access_token (RFC 8693 3)",
		valid: isAbsolute, json: jsonString}).withAdvice(func(v string) string {
		if rest, ok := strings.CutPrefix(v, "urn:ietf:params:oauth:token-type:"); ok &&
			!slices.Contains([]string{"access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt",
				"device-secret", "txn_token", "id-jag"}, rest) {
			return "not a registered token type"
		}
		return ""
	})
	redirectURI = (rule{expects: "an absolute URI without a fragment (RFC 6749 3.1.2)", valid: noFragment.valid,
		json: jsonString}).withAdvice(redirectAdvice)
)

func isAbsolute(v string) bool {
	u, err := url.Parse(v)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || strings.HasPrefix(u.Path, "/")) &&
		!strings.ContainsAny(v, " \t")
}

func plainHTTP(v string) string {
	if u, err := url.Parse(v); err == nil && u.Scheme == "http" && !tokens.IsLoopback(u.Hostname()) {
		return "plain http: data sent there can be read and changed in transit"
	}
	return ""
}

func redirectAdvice(v string) string {
	u, err := url.Parse(v)
	switch {
	case err != nil:
		return ""
	case u.Hostname() == "localhost":
		return "localhost may resolve to ::1 or 127.0.0.1: RFC 8252 8.3 recommends the address itself"
	case u.Scheme != "https" && u.Scheme != "http" && !strings.Contains(u.Scheme, ".") && u.Scheme != "urn":
		return "a private scheme should be a reversed domain name, such as com.example.app (RFC 8252 7.1)"
	}
	return plainHTTP(v)
}

func isJWT(v string) bool {
	parts := strings.Split(v, ".")
	if len(parts) != 3 && len(parts) != 5 {
		return false
	}
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.DecodeString(part); err != nil {
			return false
		}
	}
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	return jsonOf('{')(string(head))
}

// jsonOf accepts JSON that begins with the bracket.
func jsonOf(bracket byte) func(string) bool {
	return func(v string) bool {
		v = strings.TrimSpace(v)
		return v != "" && v[0] == bracket && json.Valid([]byte(v))
	}
}

// wordList returns a rule for space-separated words, all of them in the list and without duplicates.
func wordList(words ...string) *rule {
	return &rule{expects: "words of: " + strings.Join(words, ", "), json: jsonString, valid: func(v string) bool {
		seen := map[string]bool{}
		for _, w := range strings.Fields(v) {
			if seen[w] || !slices.Contains(words, w) {
				return false
			}
			seen[w] = true
		}
		return len(seen) > 0
	}}
}
