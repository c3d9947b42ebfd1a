package inspect

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// kubernetes is a token as a browser sends it to Kubernetes.
func kubernetes(s string) string {
	return "base64url.bearer.authorization.k8s.io." + base64.RawURLEncoding.EncodeToString([]byte(s))
}

// glued are forms with token characters beside the token, and other wrappers.
var glued = []wrapper{
	{"a file's name behind it", func(s string) string { return s + "TOKEN.txt" }},
	{"a file's name before it", func(s string) string { return "TOKEN.txt" + s }},
	{"a file's name and a colon", func(s string) string { return "TOKEN.txt:" + s }},
	{"grep -n", func(s string) string { return "./secrets/my-token.txt:12:" + s }},
	{"an arrow of two characters", func(s string) string { return "TOKEN=>" + s }},
	{"a thin arrow", func(s string) string { return "token->" + s }},
	{"a subprotocol of Kubernetes", func(s string) string {
		return "Sec-WebSocket-Protocol: " + kubernetes(s) + ", base64.channel.k8s.io"
	}},
	{"the other order", func(s string) string {
		return "Sec-WebSocket-Protocol: v4.channel.k8s.io, " + kubernetes(s) + "\r\nSec-WebSocket-Version: 13\r\n"
	}},
	{"a subprotocol in a program", func(s string) string {
		return `new WebSocket("wss://a.example", ["` + kubernetes(s) + `"])`
	}},
	{`\r`, func(s string) string { return s + `\r` }},
	{`\n`, func(s string) string { return s + `\n` }},
	{`\r\n behind a header`, func(s string) string { return "Authorization: Bearer " + s + `\r\n` }},
	{"a line end in a URL", func(s string) string { return s + "%0D%0A" }},
	{"^M", func(s string) string { return s + "^M" }},
	{"control characters", func(s string) string { return "\x02" + s + "\x03" }},
	{"emphasis", func(s string) string { return "__" + s + "__" }},
	{"text that is struck through", func(s string) string { return "~~" + s + "~~" }},
	{"what is left of a bracketed paste", func(s string) string { return "00~" + s + "01~" }},
	{"openssl s_client", func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 16 {
			line := s[i:min(len(s), i+16)]
			fmt.Fprintf(&b, "%04x - %-47s   %s\n", i, fmt.Sprintf("% x", line), line)
		}
		return b.String()
	}},
	{"od -c", func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 16 {
			fmt.Fprintf(&b, "%07o   %s\n", i, strings.Join(strings.Split(s[i:min(len(s), i+16)], ""), "   "))
		}
		return b.String() + `0000300  \n` + "\n"
	}},
	{"segments in a list", func(s string) string { return `["` + strings.ReplaceAll(s, ".", `", "`) + `"].join(".")` }},
	{"chunks of a body", func(s string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n",
			s[:40], len(s)-40, s[40:])
	}},
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"defanged dots", func(s string) string { return strings.ReplaceAll(s, ".", "[.]") }},
	{"escapes of eight digits", func(s string) string { return strings.ReplaceAll(s, ".", `\U0000002E`) }},
	{"a link that Proofpoint rewrote", func(s string) string {
		return "https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_-3Fid-5Ftoken-3D" +
			strings.NewReplacer("-", "-2D", "_", "-5F").Replace(s) + "&d=x"
	}},
}

func TestATokenIsFoundBesideTokenCharacters(t *testing.T) {
	for name, token := range signedTokens(t) {
		for _, w := range glued {
			if got, removed := Clean(w.wrap(token)); got != token {
				t.Errorf("%s in %s: got %.160q, removed %q", name, w.name, got, removed)
			}
		}
	}
	for _, in := range []string{plainToken + "x", plainToken + "_", plainToken + ".x", plainToken + "TOKEN.exe"} {
		if r := Inspect(in, Options{Now: now}); r.Token.Raw == plainToken {
			t.Errorf("%q: what is behind the token is no wrapper, and was removed: %q", in[len(plainToken):], r.Cleaned)
		}
	}
}

// Opaque tokens have no form: the name before them tells, the mark of an issuer, or that nothing else looks random.
func TestAnOpaqueTokenIsFoundInItsText(t *testing.T) {
	random, marked := "Xy7kQ9pLm2VbN4tR8sZw3C5h", "npm_"+strings.Repeat("aB3d", 9)
	const dotted = "mF_9.B5f-4.1JqM-0123"
	for _, c := range []struct{ name, in, token string }{
		{"a variable", "A=b\nACCESS_TOKEN=" + dotted + "\nX=1\n", dotted},
		{"an arrow", "TOKEN=>" + dotted, dotted},
		{"YAML", "users:\n- name: a\n  user:\n    token: " + dotted + "\n    x: y\n", dotted},
		{".npmrc", "//r.example/:_authToken=" + marked + "\nregistry=https://r.example/\n", marked},
		{"a mark alone", "please look at " + marked + ", it fails", marked},
		{"a struct", `&oauth2.Token{AccessToken:"` + dotted + `", TokenType:"Bearer"}`, dotted},
		{"a log line", `level=info msg="got it" access_token=` + dotted + ` err="x y"`, dotted},
		{"a header and an escape", `Authorization: Bearer ` + dotted + `\r\n`, dotted},
		{"a table", " id | token \n----+---\n  1 | " + random + "\n", random},
		{"a page", `<input name="state" value="x"><input name="access_token" value="` + random + `">`, random},
		{"a sentence", "my refresh token is " + random + ".", random},
		{"nothing but the token looks random", "here it is: " + random + " thanks", random},
		{`\n`, dotted + `\n`, dotted},
		{`\r\n`, random + `\r\n`, random},
		{"a mark of a line end", random + "^M", random},
		{"a subprotocol of Kubernetes", kubernetes(dotted), dotted},
		{"a Kubernetes Secret", `{"kind":"Secret","data":{"token":"` + base64Of(random) + `"}}`, random},
		{"a Kubernetes Secret in YAML", "kind: Secret\ndata:\n  token: " + base64Of(random) + "\n", random},
		{"percent-encoding", "go to https%3A%2F%2Fa.example%2F%3Faccess_token%3D" + random, random},
	} {
		r := Inspect(c.in, Options{Now: now})
		if r.Token.Raw != c.token || r.Kind != KindOpaque {
			t.Errorf("%s: got %s, %.120q, removed %q", c.name, r.Kind, r.Token.Raw, r.Cleaned)
		}
	}
	two := random + " or " + strings.ToUpper(random[:8]) + random[8:]
	for _, in := range []string{"either " + two, "the secret is here"} {
		if got, _ := Clean(in); got != in {
			t.Errorf("%q: got %q, want it unchanged: the token is ambiguous", in, got)
		}
	}
}

// A string of a JSON document is looked through too: what it says of secrets is masked in its place.
func TestTheStringsOfADocumentAreMasked(t *testing.T) {
	const secret = "Xy7kQ9pLm2VbN4tR8sZw3C5h"
	for _, value := range []any{
		"the client secret is " + secret, "db_password=" + secret + " x=1",
		map[string]any{"token": map[string]any{"value": secret}}, []any{"a", "got ghp_" + strings.Repeat("aB3d", 9)},
		map[string]any{"pin": 481516}, strings.Repeat("x ", maxNamed) + secret,
	} {
		doc, err := json.Marshal(map[string]any{"level": "info", "x": value})
		if err != nil {
			t.Fatal(err)
		}
		text, err := Inspect(string(doc), Options{Now: now}).MarshalJSON()
		for _, s := range []string{secret, "aB3daB3d", "481516"} {
			if err != nil || strings.Contains(string(text), s) {
				t.Errorf("got %v, %.400s", err, text)
			}
		}
	}
}
