package export

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/shell"
)

// curl writes the run's requests as curl commands for a POSIX shell. Secrets are variables that must be set first:
// $CLIENT_SECRET, $CODE, $REFRESH_TOKEN. The script only sends the requests.
func curl(w io.Writer, r Run) error {
	xs := r.Exchanges()
	p := newPlaceholders()
	for i := range xs {
		p.collect(&xs[i].Request)
		p.collect(xs[i].Response)
	}
	var commands strings.Builder
	for i := range xs {
		writeCommand(&commands, p, &xs[i])
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# " + commentLine("The requests of "+cmp.Or(r.Session, "a run")+", as curl commands.") +
		"\n")
	if len(p.order) > 0 {
		b.WriteString("# This script contains no secrets. Set these variables first:\n")
		for _, v := range p.order {
			fmt.Fprintf(&b, "#   %s\n", v)
		}
	}
	b.WriteString("set -u\n" + commands.String())
	_, err := io.WriteString(w, b.String())
	return err
}

func writeCommand(b *strings.Builder, p *placeholders, x *wire.Exchange) {
	fmt.Fprintf(b, "\n# %s\n", commentLine(x.Purpose))
	m := &x.Request
	args := []string{"curl --globoff --proto '=http,https' --include"}
	if x.Insecure {
		args = append(args, "--insecure")
	}
	if x.Proxy != "" {
		args = append(args, "--proxy "+shellWord(p.pieces(x.Proxy, "proxy")))
	}
	args = append(args, "--request "+shell.Quote(m.Method), "--url "+shellWord(urlPieces(p, m.URL)))
	for _, f := range m.Header {
		if arg := headerArgument(p, f, m); arg != "" {
			args = append(args, arg)
		}
	}
	args = append(args, bodyArguments(p, m)...)
	if m.Truncated {
		b.WriteString("# The recorded body is truncated: this sends its beginning.\n")
	}
	b.WriteString(strings.Join(args, " \\\n  ") + "\n")
}

// urlPieces splits a URL at its secrets: userinfo, and the values of its parameters, each by its name.
func urlPieces(p *placeholders, raw string) []piece {
	rest, query, hasQuery := strings.Cut(raw, "?")
	var list []piece
	if before, after, ok := strings.Cut(rest, "://"+tokens.Hidden+"@"); ok {
		list = append(list, piece{literal: before + "://"}, p.hidden("userinfo"), piece{literal: "@"})
		rest = after
	}
	list = append(list, p.pieces(rest, "secret")...)
	if !hasQuery {
		return list
	}
	for i, pair := range strings.Split(query, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		list = append(list, piece{literal: separator + name})
		if hasValue {
			list = append(list, piece{literal: "="})
			list = append(list, p.pieces(value, unescape(name))...)
		}
	}
	return list
}

// omittedHeaders are the header fields that curl adds itself, and those that HTTP/2 does not have.
var omittedHeaders = map[string]bool{"content-length": true, "accept-encoding": true, "connection": true,
	"transfer-encoding": true,
	"user-agent":        true, "host": true}

// headerArgument returns a header field as an argument, or "" if curl adds it.
func headerArgument(p *placeholders, f wire.Field, m *wire.Message) string {
	name := strings.ToLower(f.Name)
	switch {
	case omittedHeaders[name] && (name != "host" || sameHost(f.Value, m.URL)), !isHeaderName(f.Name):
		return ""
	case name == "content-type" && isForm(m) && m.Body != "":
		return "" // curl adds it for --data
	}
	scheme, rest, _ := strings.Cut(f.Value, " ")
	if name == "authorization" && strings.EqualFold(scheme, "basic") {
		return basicArgument(p, rest)
	}
	if f.Value == "" {
		return "--header " + shell.Quote(f.Name+";")
	}
	list := []piece{{literal: f.Name + ": "}}
	variable := headerVariable(f)
	switch {
	case variable == "":
		variable = name
	case f.Value == tokens.Hidden:
		return "--header " + shellWord(append(list, p.hidden(variable)))
	case rest == tokens.Hidden:
		return "--header " + shellWord(append(list, piece{literal: scheme + " "}, p.hidden(variable)))
	}
	return "--header " + shellWord(append(list, p.pieces(f.Value, variable)...))
}

// basicArgument returns the argument for Basic authentication: curl encodes name and secret itself.
func basicArgument(p *placeholders, recorded string) string {
	inner, ok := strings.CutPrefix(recorded, "base64(")
	if !ok {
		return "--header " + shellWord([]piece{{literal: "Authorization: Basic "}, p.hidden("basic_credentials")})
	}
	user, secret, _ := strings.Cut(strings.TrimSuffix(inner, ")"), ":")
	list := []piece{{literal: user + ":"}}
	if secret == tokens.Hidden {
		return "--user " + shellWord(append(list, p.hidden("client_secret")))
	}
	return "--user " + shellWord(append(list, p.pieces(secret, "client_secret")...))
}

// bodyArguments returns the arguments for the body: one for each form parameter, any other body unchanged.
func bodyArguments(p *placeholders, m *wire.Message) []string {
	switch {
	case m.Body == "" && m.BodySize == 0:
		return nil
	case strings.HasPrefix(m.Body, "[") && strings.HasSuffix(m.Body, "bytes that are not text]"):
		return []string{"--data-binary @body.bin"}
	case !isForm(m):
		return []string{"--data-raw " + shellWord(p.jsonPieces(m.Body))}
	}
	var args []string
	for _, pair := range formPairs(m.Body) {
		list := []piece{{literal: url.QueryEscape(pair.Name) + "="}}
		args = append(args, "--data-urlencode "+shellWord(append(list, p.pieces(pair.Value, pair.Name)...)))
	}
	return args
}

func isForm(m *wire.Message) bool {
	media, _, _ := mime.ParseMediaType(m.Get("Content-Type"))
	return media == "application/x-www-form-urlencoded"
}

// formPairs returns the parameters of a form in their order, decoded, so that fingerprints are readable.
func formPairs(form string) []wire.Field {
	var list []wire.Field
	for _, pair := range strings.Split(form, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		list = append(list, wire.Field{Name: unescape(name), Value: unescape(value)})
	}
	return list
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func sameHost(host, raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || strings.EqualFold(u.Host, host)
}

// isHeaderName reports whether a text is a valid name of a header field (RFC 9110 5.6.2): curl could read any other as
// a file name or option.
func isHeaderName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>@,;:\\\"/[]?={}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// commentLine returns a text for a shell comment, which must be one line.
func commentLine(text string) string {
	return strings.ReplaceAll(tokens.VisibleLine(redact.Text(text)), "\r", " ")
}
