package wire

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// WriteHAR writes exchanges as an HTTP archive (HAR 1.2), redacted as recorded. An exchange without an answer has
// the status 0, as browsers write it, and the reason in _error.
func WriteHAR(w io.Writer, xs []Exchange) error {
	log := harLog{Version: "1.2", Creator: harCreator{Name: "fob", Version: "1"}, Entries: []harEntry{}}
	for i := range xs {
		log.Entries = append(log.Entries, harOf(&xs[i]))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]harLog{"log": log})
}

type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Entries []harEntry `json:"entries"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	ServerIP string      `json:"serverIPAddress,omitempty"`
	Comment  string      `json:"comment,omitempty"`
	Error    string      `json:"_error,omitempty"`
	Edited   []string    `json:"_edited,omitempty"`
}

type harRequest struct {
	Method      string      `json:"method"`
	URL         string      `json:"url"`
	HTTPVersion string      `json:"httpVersion"`
	Cookies     []harPair   `json:"cookies"`
	Headers     []harPair   `json:"headers"`
	Query       []harPair   `json:"queryString"`
	PostData    *harContent `json:"postData,omitempty"`
	HeadersSize int         `json:"headersSize"`
	BodySize    int         `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// harContent is a response's content or, without a size, a request's postData.
type harContent struct {
	Size     *int       `json:"size,omitempty"`
	MimeType string     `json:"mimeType"`
	Params   *[]harPair `json:"params,omitempty"`
	Text     string     `json:"text"`
	Comment  string     `json:"comment,omitempty"`
}

// harTimings are in milliseconds; -1 means that the phase did not happen. connect includes ssl.
type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	SSL     float64 `json:"ssl"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

func harOf(x *Exchange) harEntry {
	e := harEntry{
		Started: x.Started.Format(time.RFC3339Nano), Time: millis(x.Timing.Total),
		Request: harRequestOf(x), Response: harResponseOf(x.Response), Timings: harTimingsOf(x.Timing),
		Comment: x.Purpose, Error: x.Err, Edited: x.Edited,
	}
	if host, _, err := net.SplitHostPort(x.Remote); err == nil {
		e.ServerIP = host
	}
	return e
}

func harRequestOf(x *Exchange) harRequest {
	m := &x.Request
	r := harRequest{Method: m.Method, URL: m.URL, HTTPVersion: "HTTP/1.1", Cookies: []harPair{},
		Headers: pairs(m.Header),
		Query:   []harPair{}, HeadersSize: -1, BodySize: m.BodySize}
	if x.Response != nil && x.Response.Proto != "" {
		r.HTTPVersion = x.Response.Proto
	}
	if _, query, ok := strings.Cut(strings.SplitN(m.URL, "#", 2)[0], "?"); ok {
		r.Query = formPairs(query)
	}
	if m.BodySize > 0 {
		mime := m.Get("Content-Type")
		r.PostData = &harContent{MimeType: mime, Text: m.Body, Comment: cutComment(m)}
		if strings.HasPrefix(mime, "application/x-www-form-urlencoded") {
			params := formPairs(m.Body)
			r.PostData.Params = &params
		}
	}
	return r
}

func harResponseOf(m *Message) harResponse {
	if m == nil {
		return harResponse{HTTPVersion: "unknown", Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1,
			BodySize: -1,
			Content:  harContent{Size: new(int), MimeType: "x-unknown"}}
	}
	size := m.BodySize
	r := harResponse{Status: m.Status, StatusText: http.StatusText(m.Status), HTTPVersion: m.Proto,
		Cookies: []harPair{},
		Headers: pairs(m.Header), RedirectURL: m.Get("Location"), HeadersSize: -1, BodySize: size,
		Content: harContent{Size: &size, MimeType: m.Get("Content-Type"), Text: m.Body, Comment: cutComment(m)}}
	if r.Content.MimeType == "" {
		r.Content.MimeType = "x-unknown"
	}
	return r
}

func cutComment(m *Message) string {
	if m.Truncated {
		return "redacted and cut"
	}
	return "redacted"
}

func harTimingsOf(t Timing) harTimings {
	h := harTimings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1, Wait: millis(t.FirstByte)}
	used := t.FirstByte
	if t.DNS > 0 {
		h.DNS, used = millis(t.DNS), used+t.DNS
	}
	if t.Connect > 0 {
		h.Connect, used = millis(t.Connect+t.TLS), used+t.Connect+t.TLS
	}
	if t.TLS > 0 {
		h.SSL = millis(t.TLS)
	}
	h.Receive = millis(max(0, t.Total-used))
	return h
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func pairs(fields []Field) []harPair {
	list := []harPair{}
	for _, f := range fields {
		list = append(list, harPair(f))
	}
	return list
}

func formPairs(text string) []harPair {
	list := []harPair{}
	for _, pair := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		if name != "" {
			list = append(list, harPair{Name: name, Value: value})
		}
	}
	return list
}

// Get returns the value of the first header field of that name in any case, or "".
func (m *Message) Get(name string) string {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}
