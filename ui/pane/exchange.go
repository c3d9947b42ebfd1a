package pane

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/ui/theme"
	"fob/ui/widget"
)

// RequestText is the request of an exchange as it was sent, redacted: request line, header, body.
func RequestText(x *wire.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", x.Request.Method, decodeFingerprints(x.Request.URL), x.Request.Proto)
	writeMessage(&b, x.Request)
	return b.String()
}

// ResponseText is the response of an exchange, redacted: status line, header, body, indented when it is JSON. Without a
// response it says why.
func ResponseText(x *wire.Exchange) string {
	var b strings.Builder
	if x.Response == nil {
		b.WriteString("No response was received.\n")
		if x.Err != "" {
			b.WriteString(x.Err + "\n")
		}
		return b.String()
	}
	fmt.Fprintf(&b, "%s %s\n", x.Response.Proto, Status(x.Response.Status))
	writeMessage(&b, *x.Response)
	return b.String()
}

func writeMessage(b *strings.Builder, m wire.Message) {
	contentType := ""
	for _, f := range m.Header {
		fmt.Fprintf(b, "%s: %s\n", f.Name, f.Value)
		if strings.EqualFold(f.Name, "Content-Type") {
			contentType = f.Value
		}
	}
	if m.Body == "" {
		if m.BodySize > 0 {
			fmt.Fprintf(b, "\n(a body of %s, not recorded)\n", Size(m.BodySize))
		}
		return
	}
	b.WriteString("\n" + bodyText(m.Body, contentType) + "\n")
	if m.Truncated {
		fmt.Fprintf(b, "\n(cut: the whole body is %s)\n", Size(m.BodySize))
	}
}

// encodedFingerprint matches a fingerprint (see tokens.Secret) in a form or a query.
var encodedFingerprint = regexp.MustCompile(`(?i)sha256(?::|%3A)([0-9a-f]+)(?:\+|%20)(\d+)(?:\+|%20)B`)

// decodeFingerprints writes the fingerprints in a form or a query as they are shown elsewhere, so that they can be
// compared.
func decodeFingerprints(text string) string {
	return encodedFingerprint.ReplaceAllString(text, "sha256:$1 $2 B")
}

// bodyText formats a body for reading: JSON indented, a form one parameter a line.
func bodyText(body, contentType string) string {
	if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		return strings.ReplaceAll(decodeFingerprints(body), "&", "\n&")
	}
	if json.Valid([]byte(body)) {
		return calls.Pretty([]byte(body), contentType)
	}
	return body
}

// TimingLines draws the phases of an exchange, each with a bar of its share, and facts about the connection.
func TimingLines(st *theme.Styles, x *wire.Exchange, width int) []string {
	t := x.Timing
	phases := []struct {
		name string
		took int64
		show string
	}{
		{"name look-up", int64(t.DNS), Millis(t.DNS)},
		{"connect", int64(t.Connect), Millis(t.Connect)},
		{"TLS", int64(t.TLS), Millis(t.TLS)},
		{"first byte", int64(t.FirstByte), Millis(t.FirstByte)},
		{"total", int64(t.Total), Millis(t.Total)},
	}
	bar := max(0, min(30, width-28))
	var lines []string
	for _, ph := range phases {
		share := 0.0
		if t.Total > 0 {
			share = float64(ph.took) / float64(t.Total)
		}
		lines = append(lines, st.Label.Render(widget.Pad(ph.name, 12))+"  "+widget.PadLeft(ph.show, 9)+"  "+
			widget.Bar(st, bar, share, "info"))
	}
	return append(append(lines, ""), FactLines(st, connection(x), width)...)
}

// connection returns facts about the connection of an exchange.
func connection(x *wire.Exchange) []Fact {
	facts := []Fact{{"started", x.Started.Local().Format("2006-01-02 15:04:05.000")}}
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, Fact{name, value})
		}
	}
	add("remote", x.Remote)
	add("proxy", x.Proxy)
	if x.Reused {
		add("connection", "reused")
	}
	if x.TLS != nil {
		add("TLS", x.TLS.Version+" · "+x.TLS.Cipher)
		add("certificate", x.TLS.Subject)
		add("issued by", x.TLS.Issuer)
		add("valid until", x.TLS.NotAfter.Local().Format("2006-01-02 15:04"))
	}
	if x.Insecure {
		add("insecure", "the certificate was NOT checked")
	}
	add("error", x.Err)
	return facts
}

// HostPath splits a URL for a list: "login.example", "/oauth/token?x=1".
func HostPath(raw string) (host, path string) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", raw
	}
	path = u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return u.Host, path
}
