package inspect

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose/ordered"
	"fob/tokens/wwwauth"
)

// Response is an API's response. Header fields keep their order; Challenges are those of WWW-Authenticate, which the
// caller parses.
type Response struct {
	Status     int // 0: unknown
	Header     []Field
	Body       []byte
	Challenges []wwwauth.Challenge
}

// Field is one header field.
type Field struct{ Name, Value string }

// Bounds of a response.
const (
	maxAnswer = 4 << 20
	maxFields = 500
)

// Get returns the first value of a header field, ignoring case.
func (r *Response) Get(name string) string {
	for _, f := range r.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns all values of a header field.
func (r *Response) Values(name string) (list []string) {
	for _, f := range r.Header {
		if strings.EqualFold(f.Name, name) {
			list = append(list, f.Value)
		}
	}
	return list
}

// statusLine returns the status in words.
func (r *Response) statusLine() string {
	names := map[int]string{200: "OK", 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect",
		308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
		403: "Forbidden", 404: "Not Found", 413: "Content Too Large", 429: "Too Many Requests",
		431: "Request Header Fields Too Large", 500: "Internal Server Error", 502: "Bad Gateway",
		503: "Service Unavailable"}
	if r.Status == 0 {
		return "of unknown status"
	}
	return strings.TrimSpace(strconv.Itoa(r.Status) + " " + names[r.Status])
}

func (r *Response) isHTML() bool {
	start := strings.ToLower(strings.TrimSpace(string(r.Body[:min(len(r.Body), 200)])))
	return strings.HasPrefix(strings.ToLower(r.Get("Content-Type")), "text/html") ||
		strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// date returns the time of the API's clock.
func (r *Response) date() (time.Time, bool) {
	for _, layout := range []string{time.RFC1123, "Mon, 02 Jan 2006 15:04:05 MST", time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, strings.TrimSpace(r.Get("Date"))); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// errorText returns what the body says about the error: the usual members of errors, or else the text.
func (r *Response) errorText() string {
	if r.isHTML() {
		return tokens.Clip(string(r.Body), 2000)
	}
	var any any
	if len(r.Body) > maxAnswer || json.Unmarshal(r.Body, &any) != nil {
		return string(r.Body[:min(len(r.Body), 4096)])
	}
	var b strings.Builder
	collectErrorMembers(&b, any, 0)
	return b.String()
}

// errorMembers are the members in which APIs describe errors (RFC 6749, RFC 9457, Google, Microsoft, AWS).
var errorMembers = []string{"error", "error_description", "error_codes", "code", "message", "Message", "msg",
	"detail", "details", "title", "type", "reason", "status", "errors", "innerError", "innererror", "fault",
	"faultstring", "description"}

func collectErrorMembers(b *strings.Builder, v any, depth int) {
	if depth > 5 || b.Len() > 8192 {
		return
	}
	switch v := v.(type) {
	case string:
		b.WriteString(v + "\n")
	case []any:
		for _, e := range v {
			collectErrorMembers(b, e, depth+1)
		}
	case map[string]any:
		for _, name := range errorMembers {
			if e, ok := v[name]; ok {
				collectErrorMembers(b, e, depth+1)
			}
		}
	}
}

// ParseResponse parses an API's response in the forms that people have: an HTTP response, the output of curl -i or -v,
// a HAR entry, header lines, or the body alone. Of several responses in a row (100 Continue, redirects) the last one
// counts. sent is the Authorization header of the request, if it is there as well.
func ParseResponse(text []byte) (r *Response, sent tokens.Secret, err error) {
	if len(text) > maxAnswer {
		return nil, sent, fmt.Errorf("reading the response: it has %d bytes, at most %d are read", len(text), maxAnswer)
	}
	whole := strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\ufeff"))
	if whole == "" {
		return nil, sent, fmt.Errorf("reading the response: it is empty")
	}
	if strings.HasPrefix(whole, "{") {
		if r, sent, ok := parseHAR([]byte(whole)); ok {
			return r, sent, nil
		}
		return &Response{Body: []byte(whole)}, sent, nil
	}
	request, answer := splitCurl(whole)
	sent = tokens.NewSecret(authorization(request))
	if status, convErr := strconv.Atoi(answer); convErr == nil && status >= 100 && status < 600 {
		return &Response{Status: status}, sent, nil
	}
	return parseMessage(answer), sent, nil
}

// splitCurl removes the marks of curl -v: > before the request, < before the response, * before remarks. Without marks
// everything is the response.
func splitCurl(text string) (request, answer string) {
	if !strings.Contains(text, "\n< ") && !strings.HasPrefix(text, "< ") {
		return "", text
	}
	var req, ans, body []string
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, ">"):
			req = append(req, strings.TrimSpace(line[1:]))
		case strings.HasPrefix(line, "< HTTP/"):
			ans = []string{strings.TrimSpace(line[1:])}
		case strings.HasPrefix(line, "<") && !strings.HasPrefix(line, "<!") && (len(line) == 1 || line[1] == ' '):
			ans = append(ans, strings.TrimSpace(line[1:]))
		case strings.HasPrefix(line, "* "), strings.HasPrefix(line, "{ ["), strings.HasPrefix(line, "} ["):
		default:
			body = append(body, line)
		}
	}
	head := strings.TrimSpace(strings.Join(ans, "\n"))
	return strings.Join(req, "\n"), head + "\n\n" + strings.TrimSpace(strings.Join(body, "\n"))
}

func authorization(head string) string {
	for _, line := range strings.Split(head, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok &&
			strings.EqualFold(strings.TrimSpace(name), "authorization") {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// parseMessage parses a response, or header lines, or a body.
func parseMessage(text string) *Response {
	r := &Response{}
	for strings.HasPrefix(text, "HTTP/") {
		head, body, _ := strings.Cut(text, "\n\n")
		first, fields, hasFields := strings.Cut(head, "\n")
		if !hasFields {
			fields, body = spacedFields(body)
		}
		*r = Response{Header: parseFields(fields), Body: []byte(strings.TrimSpace(body))}
		if parts := strings.Fields(first); len(parts) > 1 {
			r.Status, _ = strconv.Atoi(parts[1])
		}
		text = strings.TrimSpace(body)
	}
	if r.Status != 0 {
		return r
	}
	head, body, _ := strings.Cut(text, "\n\n")
	if fields := parseFields(head); len(fields) == strings.Count(head, "\n")+1 {
		r.Header, r.Body = fields, []byte(strings.TrimSpace(body))
		return r
	}
	r.Body = []byte(text)
	return r
}

// spacedFields splits what follows a status line and a blank line into header lines and the body. A terminal that
// pastes each CRLF as two line ends puts a blank line after every header line, and more than one after the last.
func spacedFields(text string) (fields, body string) {
	for rest := text; rest != "" && rest[0] != '\n'; {
		line, after, _ := strings.Cut(rest, "\n\n")
		if strings.Contains(line, "\n") || len(parseFields(line)) != 1 {
			break
		}
		fields, body, rest = fields+line+"\n", after, after
	}
	if strings.Count(fields, "\n") < 2 && !strings.Contains(fields, "-") {
		return "", text // one line such as "error: expired" is a body
	}
	return fields, body
}

// parseFields parses header lines and skips all other lines.
func parseFields(head string) (list []Field) {
	for _, line := range strings.Split(head, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t\"'<>{}()[],;=/\\") || len(list) >= maxFields {
			continue
		}
		list = append(list, Field{name, strings.TrimSpace(value)})
	}
	return list
}

// parseHAR parses a HAR file, of which it takes the last entry that was rejected or else the first one, or one entry.
func parseHAR(text []byte) (*Response, tokens.Secret, bool) {
	doc, syntax := ordered.Parse(text)
	if syntax != nil {
		return nil, tokens.Secret{}, false
	}
	if log, ok := doc.Object("log"); ok {
		raw, _ := log.Raw("entries")
		entries, _ := ordered.Array(raw)
		for i := len(entries) - 1; i >= 0; i-- {
			if r, sent, ok := parseEntry(entries[i]); ok && (r.Status >= 400 || i == 0) {
				return r, sent, true
			}
		}
		return nil, tokens.Secret{}, false
	}
	return parseEntry(text)
}

func parseEntry(text []byte) (*Response, tokens.Secret, bool) {
	type fields []struct{ Name, Value string }
	var entry struct {
		Request  struct{ Headers fields }
		Response *struct {
			Status  int
			Headers fields
			Content struct{ Text string }
		}
	}
	if json.Unmarshal(text, &entry) != nil || entry.Response == nil {
		return nil, tokens.Secret{}, false
	}
	r := &Response{Status: entry.Response.Status, Body: []byte(entry.Response.Content.Text)}
	for _, h := range entry.Response.Headers[:min(len(entry.Response.Headers), maxFields)] {
		r.Header = append(r.Header, Field{h.Name, h.Value})
	}
	var sent tokens.Secret
	for _, h := range entry.Request.Headers {
		if strings.EqualFold(h.Name, "authorization") {
			sent = tokens.NewSecret(h.Value)
		}
	}
	return r, sent, true
}
