package inspect

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"fob/tokens/jose/ordered"
	"fob/tokens/shell"
)

// fromCommand takes the token out of a curl command line: a header, --oauth2-bearer, a body or the URL.
func (c *cleaner) fromCommand() bool {
	if len(c.text) > maxDocument || !strings.HasPrefix(c.text, "curl ") && !strings.HasPrefix(c.text, "$ curl ") {
		return false
	}
	args := shell.Words(c.text)
	var headers, bodies, urls []string
	for i, a := range args {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		flag, inline, hasInline := strings.Cut(a, "=")
		if hasInline && strings.HasPrefix(a, "--") {
			value = inline
		}
		switch {
		case flag == "--oauth2-bearer":
			return c.set(value, "the curl command around it")
		case a == "-H", flag == "--header", a == "-b", flag == "--cookie":
			headers = append(headers, value)
		case strings.HasPrefix(a, "-H") && len(a) > 2:
			headers = append(headers, a[2:])
		case a == "-d", strings.HasPrefix(flag, "--data"), flag == "--json":
			bodies = append(bodies, value)
		case strings.Contains(a, "://"):
			urls = append(urls, a)
		}
	}
	for _, h := range headers {
		if headerLine().MatchString(h) {
			return c.set(h, "the curl command around it")
		}
	}
	for _, b := range append(bodies, urls...) {
		if mentionsToken(b) {
			return c.set(b, "the curl command around it")
		}
	}
	return false
}

func mentionsToken(text string) bool {
	for _, name := range tokenNames {
		if strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// fromHTTPMessage takes the token out of an HTTP message: the Authorization or DPoP header, or else the body.
func (c *cleaner) fromHTTPMessage() bool {
	if len(c.text) > maxDocument {
		return false
	}
	first, rest, ok := strings.Cut(c.text, "\n")
	first = strings.TrimSpace(first)
	isRequest := strings.HasSuffix(first, "HTTP/1.1") || strings.HasSuffix(first, "HTTP/1.0") ||
		strings.HasSuffix(first, "HTTP/2")
	if !ok || !isRequest && !strings.HasPrefix(first, "HTTP/") && !headerBlock(c.text) {
		return false
	}
	if headerBlock(c.text) && !isRequest {
		rest = c.text
	}
	head, body := rest, ""
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if h, b, ok := strings.Cut(rest, gap); ok {
			head, body = h, b
			break
		}
	}
	for _, prefix := range []string{"authorization:", "proxy-authorization:", "dpop:", "cookie:", "set-cookie:"} {
		if line := headerValue(head, prefix); line != "" {
			return c.set(line, "the HTTP message around it")
		}
	}
	if body != "" {
		return c.set(body, "the HTTP message around it")
	}
	if _, target, ok := strings.Cut(first, " "); ok && mentionsToken(target) {
		target, _, _ = strings.Cut(target, " ")
		return c.set(target, "the HTTP message around it")
	}
	return false
}

// headerBlock recognises header lines without a request line, as browser tools copy them.
func headerBlock(text string) bool {
	return strings.Contains(text, "\n") && (headerValue(text, "authorization:") != "" ||
		headerValue(text, "dpop:") != "") &&
		!strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "curl")
}

// headerValue returns the header line with the prefix, with its continuation lines (obsolete folding).
func headerValue(head, prefix string) string {
	lines := strings.Split(head, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), prefix) {
			continue
		}
		whole := strings.TrimSpace(line)
		for _, next := range lines[i+1:] {
			if !strings.HasPrefix(next, " ") && !strings.HasPrefix(next, "\t") {
				break
			}
			whole += strings.TrimSpace(next)
		}
		if len(lines) == 1 && i == 0 {
			return "" // one line: fromHeader does it, and names the header
		}
		return whole
	}
	return ""
}

// maxDocument bounds the commands, messages and documents that are searched for a token inside them, in bytes.
const maxDocument = 1 << 20

// fromJSON takes the token out of a JSON token response, a HAR entry or any JSON that names one.
func (c *cleaner) fromJSON() bool {
	if !strings.HasPrefix(c.text, "{") && !strings.HasPrefix(c.text, "[") || len(c.text) > maxDocument {
		return false
	}
	if doc, _ := ordered.Parse([]byte(c.text)); doc.Has("signatures") || doc.Has("signature") || doc.Has("ciphertext") {
		return false // a JSON serialisation is a token itself
	}
	var any any
	if json.Unmarshal([]byte(c.text), &any) != nil {
		return false
	}
	if name, value := findMember(any, 0); value != "" {
		c.named = true
		return c.set(value, "the JSON around "+name)
	}
	if value := findHeader(any, 0); value != "" {
		return c.set("Authorization: "+value, "the HAR entry around it")
	}
	return false
}

const maxSearchDepth = 16

// findMember looks for a member that holds a token: this level first, then below.
func findMember(v any, depth int) (name, value string) {
	if depth > maxSearchDepth {
		return "", ""
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range tokenNames {
			if s, ok := v[name].(string); ok && s != "" {
				return name, s
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) { // the same document always gives the same token
			child := v[key]
			switch child.(type) {
			case map[string]any, []any:
				if name, value := findMember(child, depth+1); value != "" {
					return name, value
				}
			}
		}
	case []any:
		for _, child := range v {
			if name, value := findMember(child, depth+1); value != "" {
				return name, value
			}
		}
	}
	return "", ""
}

// findHeader looks for a HAR header ({"name":"Authorization","value":"Bearer …"}) or a plain member of that name.
func findHeader(v any, depth int) string {
	if depth > maxSearchDepth {
		return ""
	}
	switch v := v.(type) {
	case map[string]any:
		name, _ := v["name"].(string)
		value, _ := v["value"].(string)
		if strings.EqualFold(name, "authorization") && value != "" {
			return value
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if s, ok := v[key].(string); ok && strings.EqualFold(key, "authorization") {
				return s
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if s := findHeader(v[key], depth+1); s != "" {
				return s
			}
		}
	case []any:
		for _, child := range v {
			if s := findHeader(child, depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// mentioned is a token with its scheme inside a longer text: PowerShell, fetch(), a log line, a sentence.
var mentioned = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:bearer|dpop)\s+([a-z0-9_~+/-][a-z0-9._~+/-]{15,}=*)`)
})

// fromText takes the token out of a text that is not a command, a message or JSON.
func (c *cleaner) fromText() bool {
	if len(c.text) > maxDocument || !strings.ContainsAny(c.text, " \t") || schemeWord().MatchString(c.text) ||
		strings.HasPrefix(c.text, "{") && json.Valid([]byte(c.text)) {
		return false
	}
	if m := mentioned().FindStringSubmatch(c.text); m != nil && len(m[0]) < len(c.text) {
		return c.set(m[1], "the text around it")
	}
	if word := firstTokenLine(c.text); word != c.text {
		return c.set(word, "the text around it")
	}
	return false
}

// withWrappedLines adds to the end of a line what was wrapped onto the next ones: every line but the last is as long as
// the first, or as the second if a program wrapped the token alone and the first line has more than the token.
func withWrappedLines(word string, lines []string) string {
	const wraps = 40 // programs wrap at this width or more
	first := len(strings.TrimRight(lines[0], " \t\r"))
	for i, line := range lines[1:] {
		part := strings.TrimSpace(line)
		if isWhole(word) && len(part) < 20 || part == "" || !hasOnlyTokenChars(part) ||
			len(strings.TrimRight(line, " \t\r")) > first {
			return word
		}
		if isCompact(part) && isWhole(word) {
			return word // the next token
		}
		word += part
		if n := len(strings.TrimRight(line, " \t\r")); n < first {
			if i > 0 || n < wraps {
				return word
			}
			first = n
		}
	}
	return word
}
