package inspect

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

// wrapper is one thing that programs do to a text with a token in it.
type wrapper struct {
	name string
	wrap func(string) string
}

// cutting are the wrappers that cut a text at any place, and so wrap nothing but a token.
var cutting = []string{
	"pieces of a cookie", "pieces of a cookie of ASP.NET", "pieces of a cookie of oauth2-proxy", "a table of cookies",
	"cookies in JSON",
	"Set-Cookie in pieces", "cookies of a HAR", "cookies of a HAR, values first", "a cookie of Supabase in pieces",
	"a jar of cookies in pieces", "tcpdump", "a list of PowerShell", "a header that was folded", "strings with a plus",
}

// wrapLines breaks a text into lines of a width, with a text before and after each.
func wrapLines(text string, width int, before, behind string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > width {
			b.WriteString(before + line[:width] + behind + "\n")
			line = line[width:]
		}
		b.WriteString(before + line + behind + "\n")
	}
	return b.String()
}

// softBreaks breaks long lines as quoted-printable does.
func softBreaks(s string) string {
	var b strings.Builder
	for _, line := range strings.Split(s, "\n") {
		for len(line) > 72 {
			at := 72
			for strings.Contains(line[at-2:at], "=") { // no escape is broken
				at--
			}
			b.WriteString(line[:at] + "=\n")
			line = line[at:]
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// cookies is a text in the pieces that a cookie of its length would have, each by its number.
func cookies(s string) (first, second string) {
	s = url.QueryEscape(s)
	return s[:50], s[50:]
}

func quotedJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// dumped is a text as hexdump -C prints it.
func dumped(s string) string { return hex.Dump([]byte(s)) }

// wrappers are forms in which tokens reach the people who inspect them.
var wrappers = []wrapper{
	{"a log line in JSON", func(s string) string {
		return `{"level":"info","message":` + quotedJSON("got:\n"+s) +
			`}`
	}},
	{"JSON with escaped signs", func(s string) string {
		return `{"location":` + strings.NewReplacer("=", `\u003d`, "&", `\u0026`, "/",
			`\/`).Replace(quotedJSON("https://a.example/cb?id_token="+s+"&x=1")) + `}`
	}},
	{"a container's log", func(s string) string { return `{"log":` + quotedJSON("\n"+s+"\n") + `,"stream":"stdout"}` }},
	{".npmrc", func(s string) string {
		return "registry=https://pkgs.example.com/npm/\n//pkgs.example.com/npm/:_authToken=" + s +
			"\nalways-auth=true\n"
	}},
	{".env", func(s string) string { return "API_URL=https://api.example.com\nTOKEN=" + s + "\nDEBUG=1\n" }},
	{"printenv", func(s string) string {
		return "HOME=/root\nPATH=/usr/bin:/bin\nID_TOKEN=" + s + "\n_=/usr/bin/printenv\n"
	}},
	{"a list of URLs", func(s string) string {
		return "https://a.example/\nhttps://b.example/?t=" + s + "\nhttps://c.example/\n"
	}},
	{"a Kubernetes Secret", func(s string) string {
		return "apiVersion: v1\nkind: Secret\ndata:\n  namespace: ZGVmYXVsdA==\n  token: " + base64Of(s) +
			"\ntype: Opaque\n"
	}},
	{"a Kubernetes Secret in JSON", func(s string) string {
		return `{"kind":"Secret","data":{"ca":"eA==","token":"` +
			base64Of(s) + `"}}`
	}},
	{"a Docker config", func(s string) string {
		return `{"auths":{"r.example":{"auth":"` + base64Of("oauth2:"+s) +
			`"}}}`
	}},
	{"npm's _auth", func(s string) string {
		return "//r.example/:_auth=" + base64Of("user:"+s) +
			"\nemail=a@b.example\n"
	}},
	{"a Basic header", func(s string) string { return "Authorization: Basic " + base64Of("oauth2:"+s) }},
	{"a body of a HAR in base64", func(s string) string {
		return `{"log":{"entries":[{"response":{"content":{"encoding":"base64","text":"` +
			base64Of(`{"access_token":"`+s+`"}`) + `"}}}]}}`
	}},
	{"a MIME part in base64", func(s string) string {
		return "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" +
			wrapLines(base64Of("Hello,\nhere it is:\n"+s), 76, "", "")
	}},
	{"pieces of a cookie", func(s string) string {
		first, second := cookies(s)
		return "Cookie: a=b; s.1=" + second + "; s.0=" + first
	}},
	{"pieces of a cookie of ASP.NET", func(s string) string {
		first, second := cookies(s)
		return "Cookie: .AspNetCore.Cookies=chunks-2; .AspNetCore.CookiesC1=" + first + "; .AspNetCore.CookiesC2=" +
			second
	}},
	{"pieces of a cookie of oauth2-proxy", func(s string) string {
		first, second := cookies(s)
		return "_oauth2_proxy_0=" + first + "; _oauth2_proxy_1=" + second
	}},
	{"a table of cookies", func(s string) string {
		first, second := cookies(s)
		return "app.0\t" + first + "\ta.example\t/\t2026-12-01T00:00:00.000Z\napp.1\t" + second + "\ta.example\t/\n"
	}},
	{"cookies in JSON", func(s string) string {
		first, second := cookies(s)
		return `[{"name":"app.0","value":"` + first + `"},{"name":"app.1","value":"` + second + `"}]`
	}},
	{"a jar of cookies", func(s string) string { return ".a.example\tTRUE\t/\tTRUE\t0\tsession\t" + s + "\n" }},
	{"curl for cmd", func(s string) string {
		return "curl ^\"https://a.example/^\" ^\n  -H ^\"authorization: Bearer " + s + "^\" ^\n  -H ^\"accept: */*^\""
	}},
	{"curl -v", func(s string) string {
		return "* Connected\n> GET / HTTP/1.1\n> Host: a.example\n> Authorization: Bearer " + s +
			"\n>\n< HTTP/1.1 401 Unauthorized\n<\n"
	}},
	{"HTTP/2 headers", func(s string) string {
		return ":method: GET\n:path: /\n:authority: a.example\nauthorization: Bearer " + s + "\n"
	}},
	{"JSON that a terminal wrapped", func(s string) string {
		return wrapLines("{\n  \"accessToken\": \""+s+"\",\n  \"x\": \"y.z\"\n}", 60, "", "")
	}},
	{"a list of PowerShell", func(s string) string {
		return "access_token : " + strings.TrimLeft(wrapLines(s, 64, "               ", ""), " ") +
			"expires_in   : 3600\n"
	}},
	{"a variable of PowerShell", func(s string) string { return `$env:TOKEN="` + s + `"; Invoke-RestMethod x` }},
	{"carets before each sign", func(s string) string {
		return "curl -H ^\"Authorization: Bearer " + strings.NewReplacer(".", "^.", "-", "^-", "_",
			"^_").Replace(s) + "^\""
	}},
	{"a variable of cmd", func(s string) string { return "set TOKEN=" + s + "\r\nset X=1\r\n" }},
	{"TOML over lines", func(s string) string {
		return "[auth]\ntoken = \"\"\"\\\n" + wrapLines(s, 50, "  ", "\\") + "  \"\"\"\nother = 1\n"
	}},
	{"a frame", func(s string) string {
		return "┌──────┐\n" + wrapLines(s, 60, "│ ", " │") + "└──────┘\n"
	}},
	{"numbered lines", func(s string) string {
		var b strings.Builder
		for i, line := range strings.Split(strings.TrimSpace(wrapLines(s, 60, "", "")), "\n") {
			fmt.Fprintf(&b, "%4d | %s\n", i+1, line)
		}
		return b.String()
	}},
	{"a YAML block", func(s string) string {
		return "auth:\n  token: >-\n" + wrapLines(s, 70, "    ", "") +
			"  other: x\n"
	}},
	{"strings side by side", func(s string) string { return "token = (\n" + wrapLines(s, 60, `    "`, `"`) + ")\n" }},
	{"strings with a plus", func(s string) string { return "var t = " + wrapLines(s, 60, `"`, `" +`) + `"";` }},
	{"a comment", func(s string) string { return wrapLines("see "+s, 60, "// ", "") }},
	{"a quoted mail", func(s string) string { return "On Monday Bob wrote:\n" + wrapLines(s, 70, "> > ", "\r") }},
	{"HTML", func(s string) string {
		return "<td>token</td><td>&quot;" + strings.ReplaceAll(html.EscapeString(s), ".", "&#46;") +
			"&quot;</td><td>next</td>"
	}},
	{"HTML that may break", func(s string) string {
		return "<code>" + s[:40] + "<wbr>" + s[40:90] + "<wbr/>" + s[90:] +
			"</code>"
	}},
	{"XML", func(s string) string {
		return `<?xml version="1.0"?><r><token type="jwt">` + s + `</token><x>1</x></r>`
	}},
	{"line separators of Unicode", func(s string) string { return "a\u2028" + s + "\u2028b" }},
	{"hidden characters", func(s string) string {
		return "\ufeff" + s[:30] + "\u200b" + s[30:60] + "\u00ad\u2060" +
			s[60:]
	}},
	{"a non-breaking hyphen", func(s string) string { return "token: " + strings.ReplaceAll(s, "-", "\u2011") }},
	{"percent-encoding", func(s string) string {
		return "https://a.example/cb?next=" + url.QueryEscape("https://b.example/?t="+s+"&x=1")
	}},
	{"percent-encoding twice", func(s string) string {
		return "next=" +
			url.QueryEscape(url.QueryEscape("a=1&token="+s+"&b=2"))
	}},
	{"quoted-printable in small letters", func(s string) string {
		return "see " + softBreaks(strings.NewReplacer("=", "=3d", ".", "=2e").Replace(s))
	}},
	{"JSON in JSON in JSON", func(s string) string {
		return `{"a":` + quotedJSON(`{"b":`+quotedJSON(`{"c":"`+s+`"}`)+`}`) +
			`}`
	}},
	{"base64 of JSON", func(s string) string {
		return base64Of(`{"access_token": "` + s +
			`", "token_type": "Bearer"}`)
	}},
	{"base64url of JSON behind a mark", func(s string) string {
		return "base64-" + base64.RawURLEncoding.EncodeToString([]byte(`{"access_token":"`+s+`"}`))
	}},
	{"compressed", func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte("release: " + s))
		_ = w.Close()
		return "data:\n  release: " + base64Of(b.String())
	}},
	{"hexadecimal", func(s string) string { return `\x` + hex.EncodeToString([]byte(s)) }},
	{"a hex dump", dumped},
	{"bytes of Go", func(s string) string { return "body=" + fmt.Sprint([]byte(s)) }},
	{"bytes in hexadecimal", func(s string) string { return strings.TrimSpace(fmt.Sprintf("% x", []byte(s))) }},
	{"colours", func(s string) string {
		return "\x1b[1;32mtoken\x1b[0m=\x1b[38;5;12m" + s[:30] + "\x1b[0m" + s[30:] + "\x1b[K"
	}},
	{"colours as text", func(s string) string { return `\033[32m` + s + `\033[0m` }},
	{"a link of a terminal", func(s string) string { return "\x1b]8;;https://a.example/\x07" + s + "\x1b]8;;\x07" }},
	{"systemd's journal", func(s string) string {
		return "Nov 29 14:30:54 host app[123]: INFO token=" + s +
			" status=401"
	}},
	{"kubectl logs", func(s string) string {
		return "pod/a-1 2026-11-29T14:30:54.1Z " + s + "\npod/a-1 2026-11-29T14:30:55.1Z done\n"
	}},
	{"CSV", func(s string) string { return "id,token,at\n1,\"" + s + "\",2026\n2,\"\",2027\n" }},
	{"a table of Markdown", func(s string) string { return "| name | token |\n|---|---|\n| alice | `" + s + "` |\n" }},
	{"bold", func(s string) string { return "**" + s + "**" }},
	{"escaped Markdown", func(s string) string {
		return strings.NewReplacer("_", `\_`, "-", `\-`, ".", `\.`).Replace("the token: " + s)
	}},
	{"a Go struct", func(s string) string { return `&oauth2.Token{AccessToken:"` + s + `", TokenType:"Bearer"}` }},
	{"docker inspect", func(s string) string { return `[{"Config":{"Env":["PATH=/bin","TOKEN=` + s + `","X=1"]}}]` }},
	{"a diff", func(s string) string { return "@@ -1 +1 @@\n-old\n+TOKEN=" + s + "\n" }},
	{"UTF-16", func(s string) string { return "\xff\xfe" + utf16LE("token: "+s+"\r\n") }},
	{"storage of a browser", func(s string) string {
		return `oidc.user:https://a.example:app	{"id_token":"x","access_token":"` + s + `","profile":{"sub":"a"}}`
	}},
	{"base64 of UTF-16", func(s string) string { return "$x = '" + base64Of(utf16LE("Bearer "+s)) + "'" }},
	{"a list of variables in YAML", func(s string) string {
		return "environment:\n  - A=b\n  - TOKEN=" + s +
			"\n  - C=d\n"
	}},
	{"kubectl describe", func(s string) string {
		return "Name:  s\nData\n====\ntoken:      " + s +
			"\nca.crt:     1025 bytes\n"
	}},
	{"properties of Java", func(s string) string { return "url=https\\://a.example\ntoken=" + s + "\n" }},
	{"CSV with doubled quotes", func(s string) string { return `1,"{""access_token"":""` + s + `""}",x` }},
	{"a table of the AWS CLI", func(s string) string {
		return "+-----+\n|  AccessToken  |  " + s + "  |\n|  TokenType  |  Bearer  |\n+-----+\n"
	}},
	{"Set-Cookie in pieces", func(s string) string {
		first, second := cookies(s)
		return "Set-Cookie: s.0=" + first + "; Path=/; Secure\nSet-Cookie: s.1=" + second + "; Path=/; Secure\n"
	}},
	{"cookies of a HAR", func(s string) string {
		first, second := cookies(s)
		return `{"cookies":[{"name":"s.0","value":"` + first + `","path":"/"},{"name":"s.1","value":"` + second +
			`","path":"/"}]}`
	}},
	{"cookies of a HAR, values first", func(s string) string {
		first, second := cookies(s)
		return `[{"value":"` + first + `","path":"/","name":"s.0"},{"value":"` + second + `","path":"/","name":"s.1"}]`
	}},
	{"a cookie of Supabase in pieces", func(s string) string {
		first, second := cookies("base64-" + base64.RawURLEncoding.EncodeToString([]byte(`{"access_token":"`+s+`"}`)))
		return "sb-x-auth-token.0=" + first + "; sb-x-auth-token.1=" + second
	}},
	{"a jar of cookies in pieces", func(s string) string {
		first, second := cookies(s)
		return ".a.example\tTRUE\t/\tTRUE\t0\ts.0\t" + first + "\n.a.example\tTRUE\t/\tTRUE\t0\ts.1\t" + second + "\n"
	}},
	{"fetch of a browser", func(s string) string {
		return `fetch("https://a.example/", {"headers": {"authorization": "Bearer ` + s + `"}, "body": null});`
	}},
	{"PowerShell of a browser", func(s string) string {
		return "Invoke-WebRequest -Uri \"https://a.example/\" `\n-Headers @{\n  \"authorization\"=\"Bearer " +
			s + "\"\n}"
	}},
	{"Wireshark", func(s string) string { return `Authorization: Bearer ` + s + `\r\n` + "\n[Header checksum: 0x1]" }},
	{"tcpdump", func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 16 {
			fmt.Fprintf(&b, "\t0x%04x:  ", i)
			for j := i; j < min(len(s), i+16); j += 2 {
				fmt.Fprintf(&b, "%x ", s[j:min(len(s), j+2)])
			}
			fmt.Fprintf(&b, " %s\n", s[i:min(len(s), i+16)])
		}
		return b.String()
	}},
	{"a shell that marks a missing line end", func(s string) string { return s + "%" }},
	{"an editor that marks line ends", func(s string) string { return "TOKEN=" + s + "$\nX=1$\n" }},
	{"cat -A", func(s string) string { return s + "^M$\n" }},
	{"a link of Markdown", func(s string) string { return "[jwt](https://jwt.example/#debugger?token=" + s + ")" }},
	{"a message of an exception", func(s string) string {
		return "JwtException: Bad token <" + s +
			">, at a.b.C(D.java:12)"
	}},
	{"SQL in a log", func(s string) string { return `INSERT INTO t VALUES (1, E'` + s + `', now());` }},
	{"a multipart body", func(s string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"id_token\"\r\n\r\n" + s + "\r\n--b--\r\n"
	}},
	{"a header that was folded", func(s string) string {
		return "Host: a\r\nX-Token:\r\n " + s[:70] + "\r\n " + s[70:] +
			"\r\n"
	}},
}

// numbers are the wrappers whose lines cannot be broken at any place, and wrapping are those that break lines.
var (
	numbers  = []string{"a hex dump", "bytes of Go", "bytes in hexadecimal"}
	wrapping = []string{
		"TOML over lines", "a YAML block", "strings side by side", "a quoted mail", "a comment",
		"JSON that a terminal wrapped", "a frame",
		"numbered lines", "quoted-printable in small letters", "a MIME part in base64",
	}
)

// lost reports whether the pieces that an inner wrapper makes do not say where they begin or end in an outer one.
func lost(inner, outer string) bool {
	blurring := []string{
		"a Docker config", "a Basic header", "bytes of Go", "a comment", "a hex dump", "JSON that a terminal wrapped",
		"a shell that marks a missing line end",
	}
	switch {
	case slices.Contains(numbers, inner):
		return slices.Contains(wrapping, outer) || outer == "a hex dump" || outer == "kubectl describe"
	case slices.Contains(cutting, inner):
		return slices.Contains(blurring, outer)
	}
	if inner == "cat -A" && outer == "carets before each sign" {
		return true // a caret of the one is a caret of the other
	}
	return inner == "UTF-16" || inner == "compressed" && outer == "a comment"
}

// signedTokens are tokens whose signatures have the lengths that their algorithms make.
func signedTokens(t testing.TB) map[string]string {
	t.Helper()
	list := map[string]string{"RFC 7515": plainToken}
	for _, alg := range []string{"RS256", "EdDSA", "ES512"} {
		key, err := jose.Generate(alg, "k_1-2")
		if err != nil {
			t.Fatal(err)
		}
		if list[alg], err = jose.Sign([]byte(`{"iss":"https://a.example","sub":"a--b","x":"???>>>~~~"}`),
			jose.Header{"kid": "k_1-2"}, key); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func TestATokenIsFoundWhateverIsAroundIt(t *testing.T) {
	for name, token := range signedTokens(t) {
		for _, w := range wrappers {
			if got, removed := Clean(w.wrap(token)); got != token {
				t.Errorf("%s in %s: got %.200q, removed %q", name, w.name, got, removed)
			}
		}
	}
}

// Wrappers nest in any order. One in eleven pairs is tried, and all of them where FOB_SOAK is set.
func TestATokenIsFoundInNestedWrappers(t *testing.T) {
	every := 11
	if os.Getenv("FOB_SOAK") != "" {
		every = 1
	}
	n := 0
	for _, inner := range wrappers {
		for _, outer := range wrappers {
			if n++; n%every != 0 || lost(inner.name, outer.name) || slices.Contains(cutting, outer.name) {
				continue
			}
			if got, removed := Clean(outer.wrap(inner.wrap(plainToken))); got != plainToken {
				t.Errorf("%s in %s: got %.160q, removed %q", inner.name, outer.name, got, removed)
			}
		}
	}
}

// Several tokens are reported one by one, in their order, and are never joined.
func TestSeveralTokensAreReportedOneByOne(t *testing.T) {
	signed := signedTokens(t)
	a, b := signed["RS256"], signed["EdDSA"]
	for _, c := range []struct{ name, in, first, others string }{
		{"lines", a + "\n" + b + "\n", a, "EdDSA"},
		{"a sentence", "old " + a + " new " + b, a, "EdDSA"},
		{"names", "id_token=" + a + "\naccess_token=" + b + "\n", b, "RS256"},
		{"a token response", `{"access_token":"` + a + `","id_token":"` + b + `"}`, a, "EdDSA"},
		{"an opaque access token", `{"access_token":"opaque-0123456789","id_token":"` + b + `"}`, "opaque-0123456789",
			"EdDSA"},
		{"opaque tokens", "ghp_" + strings.Repeat("a", 36) + "\nghp_" + strings.Repeat("b", 36),
			"ghp_" + strings.Repeat("a", 36), "GitHub"},
		{"opaque tokens of several lengths", "opaque-0123456789\nanother-0123\n", "opaque-0123456789", "opaque token"},
		{"a broken token and a good one", `{"access_token":"` + a[:90] + `","id_token":"` + b + `"}`, a[:90], "EdDSA"},
		{"Kubernetes Secrets", "a: " + base64Of(a) + "\nb: " + base64Of(b) + "\n", a, "EdDSA"},
	} {
		r := Inspect(c.in, Options{Now: now})
		if r.Token.Raw != c.first || len(r.Others) != 1 || !strings.Contains(r.Others[0].Title, c.others) {
			t.Errorf("%s: got %.60q and %+v", c.name, r.Token.Raw, r.Others)
		}
	}
}

// Where the lines do not tell how far a token goes, the keys do.
func TestTheKeysDecideWhereATokenEnds(t *testing.T) {
	key, err := jose.Generate("RS256", "k")
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Sign([]byte(`{"iss":"https://a.example"}`), nil, key)
	if err != nil {
		t.Fatal(err)
	}
	cut := len(token) - 171 // what is before it would be whole with a key of 1024 bits
	in := "Authorization: Bearer " + token[:cut] + "\n" + token[cut:] + "\n"
	if r := Inspect(in, Options{Now: now, Keys: jose.NewKeySet(key)}); r.Token.Raw != token ||
		r.Signature.Verdict != tokens.Good {
		t.Errorf("got %d of %d characters, %s", len(r.Token.Raw), len(token), r.Signature.Reason)
	}
}

// A payload without a header is shown with its claims; it cannot be verified.
func TestAPayloadWithoutHeaderIsRecognised(t *testing.T) {
	const claims = `{"iss":"https://a.example","sub":"alice","exp":4102444800,"x":"???>>>"}`
	for _, in := range []string{
		seg(claims), "x-jwt-payload: " + seg(claims), "X-Userinfo: " + base64Of(claims), claims, `{"log":` +
			quotedJSON("got "+seg(claims)) + `}`,
	} {
		r := Inspect(in, Options{Now: now})
		outcome, why := r.Verdict()
		if sub, _ := r.Payload.String("sub"); r.Kind != KindClaims || sub != "alice" || r.Header != nil ||
			outcome != OutcomeCannotTell {
			t.Errorf("%.60q: got %s, sub %q, %s: %s", in, r.Kind, sub, outcome, why)
		}
	}
	if r := Inspect(seg(`{"alg":"ES256","kid":"a"}`), Options{Now: now}); r.Err == nil || r.Kind == KindClaims {
		t.Errorf("a header alone: got %s, %v", r.Kind, r.Err)
	}
}

// The beginning of a token before an escape looks like an opaque token with a name.
func TestANamedBeginningOfATokenIsNotTheToken(t *testing.T) {
	escaped := `curl -H ^"Authorization: Bearer ` + strings.NewReplacer(".", "^.", "-", "^-").Replace(plainToken) + `^"`
	for _, text := range []string{
		":method: GET\n:path: /\n:authority: a.example\nauthorization: Bearer " + escaped + "\n",
	} {
		if got, removed := Clean(text); got != plainToken {
			t.Errorf("%.60s: got %.60q, removed %q", text, got, removed)
		}
	}
}
