package inspect

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// RFC 7515 appendix A.3.
const (
	plainToken = "eyJhbGciOiJFUzI1NiJ9." +
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	plainKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
)

func TestATokenIsFoundInWhatPeoplePaste(t *testing.T) {
	tok := plainToken
	wrap := func(width int, glue string) string {
		var b strings.Builder
		for i := 0; i < len(tok); i += width {
			if i > 0 {
				b.WriteString(glue)
			}
			b.WriteString(tok[i:min(len(tok), i+width)])
		}
		return b.String()
	}
	for _, c := range []struct{ name, in, removed string }{
		{"nothing around it", tok, ""},
		{"white space", " \t" + tok + "\r\n\n", "white space"},
		{"the password of a URL", "https://oauth2:" + tok + "@git.example/a/b.git", "the text around it"},
		{"the user of a URL", "index-url = https://" + tok + "@pypi.example/simple\n", "the text around it"},
		{"the path of a URL", "https://app.example/verify/" + tok + "?lang=en", "the text around it"},
		{"double quotes and a comma", `"` + tok + `",`, "commas"},
		{"single quotes", "'" + tok + "'", "quotes"},
		{"typographic quotes", "“" + tok + "”", "quotes"},
		{"back quotes", "`" + tok + "`", "quotes"},
		{"one quote copied along", tok + `"`, "quotes"},
		{"Bearer", "Bearer " + tok, "Bearer prefix"},
		{"bearer in small letters", "bearer " + tok, "Bearer prefix"},
		{"Bearer twice", "Bearer Bearer " + tok, "Bearer prefix (again)"},
		{"DPoP", "DPoP " + tok, "DPoP prefix"},
		{"an Authorization header", "Authorization: Bearer " + tok, "the header name Authorization"},
		{"a DPoP header", "DPoP: " + tok, "the header name DPoP"},
		{"a Cookie header", "Cookie: theme=dark; session=" + tok + "; lang=de", "the header Cookie"},
		{"a Set-Cookie header", "Set-Cookie: id=" + tok + "; Path=/; HttpOnly", "the header Set-Cookie"},
		{"a byte order mark and zero-width spaces", "\ufeff" + tok[:30] + "\u200b" + tok[30:], "invisible"},
		{"a no-break space", "\u00a0" + tok + "\u00a0", "invisible"},
		{"line breaks", wrap(64, "\n"), "line breaks"},
		{"line breaks of Windows and indents", wrap(64, "\r\n    "), "line breaks"},
		{"RFC 8792 folds, single backslash", "NOTE: '\\' line wrapping per RFC 8792\n\n" + wrap(60, "\\\n"), "folds"},
		{"RFC 8792 folds, double backslash", wrap(60, "\\\n   \\"), "folds"},
		{"%2E", strings.ReplaceAll(tok, ".", "%2E"), "percent-encoding"},
		{"%2e", strings.ReplaceAll(tok, ".", "%2e"), "percent-encoding"},
		{"padding", strings.Replace(tok, ".", "==.", 1), "padding"},
		{"a token response", `{"access_token":"` + tok + `","token_type":"Bearer","expires_in":3600}`,
			"the JSON around access_token"},
		{"a token response over lines", "{\n  \"token_type\": \"Bearer\",\n  \"id_token\": \"" + tok +
			"\"\n}", "the JSON around id_token"},
		{"JSON that nests it", `{"data":{"login":{"token":"` + tok + `"}}}`, "the JSON around token"},
		{"a form body", "grant_type=x&access_token=" + tok + "&token_type=Bearer", "the form body around access_token"},
		{"a form body that begins with it", "id_token=" + tok + "&state=af0", "the form body around id_token"},
		{"a URL query", "https://client.example/cb?id_token=" + tok + "&state=1", "the URL around id_token"},
		{"a URL fragment", "https://client.example/cb#access_token=" + url.QueryEscape(tok) +
			"&state=1", "the URL around access_token"},
		{"a logout URL", "https://op.example/end?id_token_hint=" + tok, "the URL around id_token_hint"},
		{"a curl command", "curl -s -H 'Authorization: Bearer " + tok + "' https://api.example/me", "the curl command"},
		{"a curl command over lines", "curl https://api.example/me \\\n  -H \"Accept: */*\" \\\n  -H " +
			"\"Authorization: Bearer " + tok + "\"", "the curl command"},
		{"curl with --oauth2-bearer", "curl --oauth2-bearer " + tok + " https://api.example", "the curl command"},
		{"curl with a form", "curl https://op.example/introspect -d token=" + tok + " -u a:b", "the curl command"},
		{"an HTTP request", "GET /me HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer " + tok +
			"\r\n\r\n", "the HTTP message"},
		{"an HTTP response", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"" + tok +
			"\"}", "the HTTP message"},
		{"headers from a browser's tools", "Host: api.example\nAuthorization: Bearer " + tok +
			"\nAccept: */*", "the HTTP message"},
		{"a request with the token in its query", "GET /cb?access_token=" + tok +
			" HTTP/1.1\nHost: a", "the HTTP message"},
		{"a HAR entry", `{"request":{"headers":[{"name":"Accept","value":"*/*"},{"name":"Authorization",` +
			`"value":"Bearer ` + tok + `"}]}}`, "the HAR entry"},
		{"a variable", "export TOKEN=" + tok, "the variable name"},
		{"a quoted variable", `TOKEN="` + tok + `"`, "the variable name"},
		{"a name and a colon", "access_token: " + tok, "prefix"},
		{"a sentence", "here is the token\n" + tok + "\nthat fails", "the lines around it"},
		{"the end of a sentence", "The token is " + tok + ".", "the text around it"},
		{"a mail that wrapped it", "Hi,\r\n\r\nthe token is:\r\n\r\n" + wrap(76, "\r\n") +
			"\r\n\r\nThanks\r\n", "the lines around it"},
		{"a mail that quotes a header in its midst", "Hi,\n\nsee below.\n\n> Authorization: Bearer " +
			wrap(72, "\n> ") + "\n\nThanks,\nBob\n", "the marks of a quoted mail"},
		{"a mail with a header that was wrapped", "Hi,\n\nAuthorization: Bearer " + wrap(72, "\n") +
			"\n\nThanks,\nBob\n", "the lines around it"},
		{"a mail that was answered", "> " + wrap(70, "\n> "), "the marks of a quoted mail"},
		{"a mail that was answered twice", ">> " + wrap(70, "\r\n>> "), "the marks of a quoted mail"},
		{"quoted-printable", "Hello,\n\n" + wrap(75, "=\n") + "\n\nregards\n", "quoted-printable"},
		{"quoted-printable alone", wrap(75, "=\r\n"), "quoted-printable"},
		{"UTF-16 with a byte order mark", string([]byte{0xff, 0xfe}) + utf16LE(tok), "UTF-16"},
		{"UTF-16 without one", utf16LE(tok + "\r\n"), "UTF-16"},
		{"UTF-16 the other way round", utf16BE("\ufeff" + tok), "UTF-16"},
		{"blanks inside", wrap(40, " "), "blanks inside it"},
		{"blanks beside the dots", strings.ReplaceAll(tok, ".", " . "), "blanks inside it"},
		{"dots on lines of their own", strings.ReplaceAll(tok, ".", "\n.\n"), "line breaks"},
		{"YAML that folds it", "token: >-\n  " + wrap(60, "\n  ") + "\n", "the lines around it"},
		{"a file of variables", "API_TOKEN=" + tok + "\nOTHER=1\n", "the lines around it"},
		{"colours of a terminal", "\x1b[32m" + tok + "\x1b[0m", "colours"},
		{"dots as escapes", `"` + strings.ReplaceAll(tok, ".", `\u002e`) + `"`, "u002e"},
		{"a quoted header value", `Authorization: Bearer "` + tok + `"`, "Bearer prefix"},
		{"Java's toString", "OAuth2AccessToken{tokenValue=" + tok +
			", issuedAt=2023-11-14T22:13:20Z}", "the text around it"},
		{"a log line in brackets", "22:13:20.456 [main] DEBUG o.s.BearerTokenFilter - failed: token=[" + tok +
			"]", "the text around it"},
		{"Python's repr", "{'access_token': '" + tok + "', 'expires_in': 3600, 'ok': True}", "the text around it"},
		{"Python's bytes", "b'" + tok + "'", "the text around it"},
		{"Ruby's inspect", `{"access_token"=>"` + tok + `", "x"=>nil}`, "the text around it"},
		{"Go's %#v", `&oauth2.Token{AccessToken:"` + tok + `", TokenType:"Bearer"}`, "the text around it"},
		{"PHP's print_r", "Array\n(\n    [access_token] => " + tok + "\n)", "the lines around it"},
		{"JSON in a string of JSON", `{"body":"{\"access_token\":\"` + tok + `\"}"}`, "the text around it"},
		{"JSON with a comma too many", `{"access_token":"` + tok + `",}`, "the text around it"},
		{"JSON that was cut off", `{"token_type":"Bearer","access_token":"` + tok + `","expi`, "the text around it"},
		{"JSON with a name of its own", `{"data":{"sessionJwt":"` + tok + `"}}`, "the text around it"},
		{"a list", `["` + tok + `"]`, "the text around it"},
		{"a URL with a name of its own", "https://app.example/cb?ticket=" + tok + "&x=1", "the text around it"},
		{"a path", "https://app.example/verify/" + tok + "/now", "the text around it"},
		{"a link in a sentence", "Click https://app.example/login?t=" + tok + " to sign in.", "the text around it"},
		{"an access log", `1.2.3.4 - - [14/Nov/2023:22:13:20 +0000] "GET /api?token=` + tok +
			` HTTP/1.1" 401 12`, "the text around it"},
		{"a page", `<input type="hidden" name="id_token" value="` + tok + `"/>`, "the text around it"},
		{"an element", "<access_token>" + tok + "</access_token>", "the text around it"},
		{"a link of a chat", "<https://jwt.example/#token=" + tok + "|jwt>", "the text around it"},
		{"a block of Markdown", "```jwt\n" + tok + "\n```", "the lines around it"},
		{"PowerShell over lines", "$h=@{}\n$h.Add(\"Authorization\", \"Bearer " + tok + "\")", "the text around it"},
		{"SQL", "UPDATE t SET tok='" + tok + "' WHERE id=1;", "the text around it"},
		{"CSV", "1,alice," + tok + ",2023", "the text around it"},
		{"parentheses", "(" + tok + ")", "the text around it"},
		{"base64 around it", base64.StdEncoding.EncodeToString([]byte(tok)), "base64 around it"},
		{"base64 around a header's value", base64.StdEncoding.EncodeToString([]byte("Bearer " + tok)),
			"base64 around it"},
		{"the first of two", tok + "\n" + jwt(`{"alg":"ES256"}`, `{"a":1}`), "the lines around it"},
		{"the first of two in a sentence", "old " + tok + " new " +
			jwt(`{"alg":"ES256"}`, `{"a":1}`), "the text around it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, removed := Clean(c.in)
			if got != tok {
				t.Errorf("got %q, want the token", got)
			}
			if notes := strings.Join(removed, " | "); !strings.Contains(notes, c.removed) ||
				(c.removed == "") != (notes == "") {
				t.Errorf("removed: got %q, want … %q …", notes, c.removed)
			}
		})
	}
}

func utf16LE(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func utf16BE(s string) string {
	b := []byte(utf16LE(s))
	for i := 0; i < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

// A malformed token is shown as it is: what follows the fault is not text around it.
func TestAMalformedTokenIsNotRepaired(t *testing.T) {
	for _, in := range []string{plainToken + "!", plainToken + "=x", plainToken[:60] +
		"..", strings.Replace(plainToken, ".", "?.", 1), plainToken + "~!!~"} {
		if got, removed := Clean(in); got != in {
			t.Errorf("%q became %q: %q", in, got, removed)
		}
	}
	if r := Inspect(plainToken[:60]+"...", Options{Now: now}); r.Err == nil ||
		!strings.Contains(r.Err.Message, "ellipsis") {
		t.Errorf("got %v, want a word on the ellipsis", r.Err)
	}
}

func TestCleaningLeavesAloneWhatItCannotExplain(t *testing.T) {
	for _, in := range []string{
		"ya29.a0AfH6SMBx", "mF_9.B5f-4.1JqM", "ghp_abcdef0123456789",
		`{"payload":"e30","protected":"eyJhbGciOiJub25lIn0","signature":""}`,
		"dGVzdA==", "not a token", "",
	} {
		if got, removed := Clean(in); got != in || len(removed) > 0 {
			t.Errorf("%q: got %q, removed %q; want it unchanged", in, got, removed)
		}
	}
}

func TestCleaningEnds(t *testing.T) {
	for name, in := range map[string]string{
		"quotes in quotes":   strings.Repeat(`"`, 100_000) + plainToken + strings.Repeat(`"`, 100_000),
		"Bearer a thousand":  strings.Repeat("Bearer ", 1000) + plainToken,
		"percent in percent": strings.Repeat("%25", 100_000),
		"deep JSON":          strings.Repeat(`{"a":`, 50_000) + `1` + strings.Repeat("}", 50_000),
		"ten megabytes":      plainToken + strings.Repeat("\n", 10<<20),
	} {
		t.Run(name, func(t *testing.T) {
			got, removed := Clean(in)
			if len(got) > len(in) {
				t.Errorf("got %d bytes of %d", len(got), len(in))
			}
			if text := fmt.Sprint(removed); len(text) > 10_000 {
				t.Errorf("the list of removals has %d bytes", len(text))
			}
		})
	}
}

func TestATokenIsFoundInATextThatMentionsIt(t *testing.T) {
	token := jwt(`{"alg":"ES256"}`, `{"iss":"https://issuer.example"}`)
	for name, text := range map[string]string{
		"PowerShell": `Invoke-RestMethod -Uri "https://api.example/x" -Headers @{ "Authorization" = "Bearer ` +
			token + `" }`,
		"fetch":       `fetch("https://api.example/x", { headers: { authorization: "Bearer ` + token + `" } })`,
		"a log line":  `2023-11-14T22:13:20Z INFO token=x authorization="Bearer ` + token + `" status=401`,
		"a sentence":  `it says that ` + token + ` is not good, why?`,
		"HTTPie":      `http GET https://api.example/x 'Authorization: Bearer ` + token + `'`,
		"Windows cmd": `curl.exe -H ^"Authorization: Bearer ` + token + `^" https://api.example/x`,
	} {
		got, removed := Clean(text)
		if got != token || len(removed) == 0 {
			t.Errorf("%s: got %.60q, removed %q", name, got, removed)
		}
	}
	for _, text := range []string{"just some words", "the bearer of this letter is known to me"} {
		if got, _ := Clean(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	doc := `{"z":{"access_token":"first-token-0123456789"},"a":{"access_token":"second-token-012345678"}}`
	for range 20 {
		if got, _ := Clean(doc); got != "second-token-012345678" {
			t.Fatalf("got %q: the same document must always yield the same token", got)
		}
	}
}

// Clean finds the token in what a person pasted and says, in order, what was removed. It leaves alone what it cannot
// explain. Padding inside a token is removed, so that the token can be decoded; it is verified with the padding
// (Token).
func Clean(input string) (token string, removed []string) {
	c := cleaner{text: input}
	c.run()
	c.removePadding()
	return c.text, c.removed
}
