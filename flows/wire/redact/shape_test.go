package redact

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// unseen is a secret that nobody named: only its shape, or the name before it, gives it away.
const unseen = "CANARYq7Zr2Lk9Vb4Xn1Ty8Wd"

// TestASecretThatNobodyNamedIsFoundByItsShape has each text in which servers, frameworks and logs write a secret.
func TestASecretThatNobodyNamedIsFoundByItsShape(t *testing.T) {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	jwt := part(`{"alg":"ES256"}`) + "." + part(`{"sub":"CANARY"}`) + "." + part("CANARY signature")
	for _, format := range []string{
		`{"access_token":"%s"}`, `{"x":{"refresh_token" : "%s"}}`,
		`{"error":"x","reason":"access_token=%s is expired"}`,
		"access_token=%s&token_type=bearer", "client_secret: %s", "client_secret = %s", `client_secret="%s"`,
		"client_secret='%s'",
		"https://app.example/cb?code=%s&state=x", "https://app.example/cb#access_token=%s", "/cb?code=%s",
		"GET /cb?state=1&code=%s HTTP/1.1", "sent to https://app.example/cb?code=%s and lost",
		"next=https%%3A%%2F%%2Fapp.example%%2Fcb%%3Fcode%%3D%s%%26state%%3D1", "redirect to cb%%3Faccess_token%%3D%s",
		"Authorization: Bearer %s", "header Authorization was 'Bearer %s'", "got bearer %s here", "DPoP %s",
		"Set-Cookie: sid=%s; Path=/", "cookie: a=b; sid=%s", `"Set-Cookie":"sid=%s; HttpOnly"`,
		"assertion=%s", "client_assertion=%s", `subject_token => %s`, `'access_token' => '%s'`,
		`"access_token" => "%s"`,
		"-----BEGIN PRIVATE KEY-----\nMIIE\n%s\n-----END PRIVATE KEY-----",
		"-----BEGIN RSA PRIVATE KEY----- %s, and cut",
		`{"a":"-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n"}`,
		`["access_token"]=> string(25) "%s"`, `params["client_secret"] := "%s"`, "`refresh_token`: `%s`",
		"<access_token>%s</access_token>", "<ns:RefreshToken>\n %s\n</ns:RefreshToken>",
		`<input name="code" value="%s">`,
		"{&quot;access_token&quot;:&quot;%s&quot;}", "{&#34;id_token&#34;: &#34;%s&#34;}", `{\"refresh_token\":\"%s\"}`,
		`{"a":"{\"b\":\"{\\\"access_token\\\":\\\"%s\\\"}\"}"}`, "postgres://user:%s@db.example/x", "X-Api-Key: %s",
		`{"connection_string":"%s"}`, `{"access_key":"%s"}`, "session_key=%s", `{"tenant_token":"%s"}`,
		"?customer_jwt=%s",
		"my client secret is %s", "The password was '%s'.", "Incorrect API key provided: %s.",
		"invalid refresh token %s",
		`{"message":"client secret %s does not match"}`, "<p>The access token <b>%s</b> is expired</p>",
		"Access token: %s", "the refresh_token:%s was used", `{"password":["%s"]}`, "api_key=%s",
		`[error] {"code":"%s"} [x]`,
	} {
		for _, secret := range []string{unseen, jwt} {
			text := fmt.Sprintf(format, secret)
			if got := Text(text); strings.Contains(got, secret) || strings.Contains(got, secret[:12]) {
				t.Errorf("got %q\n of %q", got, text)
			}
			if got := Answer("the server says: " + text); strings.Contains(got, secret) {
				t.Errorf("in an answer: got %q", got)
			}
			s := &Redactor{Index: NewIndex()}
			if got, _ := s.Body([]byte(text), "text/plain", len(text)); strings.Contains(got, secret) {
				t.Errorf("in a body: got %q", got)
			}
		}
	}
	// A JWT needs no name at all.
	for _, format := range []string{"%s", "x %s y", "(%s)", "<b>%s</b>", `"%s"`, "token:%s", "%s~x~", "/a/%s/x"} {
		got := Text(fmt.Sprintf(format, jwt))
		for _, secret := range strings.Split(jwt, ".")[1:] {
			if strings.Contains(got, secret) {
				t.Errorf("a JWT: got %q of %q", got, format)
			}
		}
	}
}

// What a hostile server sends is searched in time that grows with its length alone.
func BenchmarkSearchHostileText(b *testing.B) {
	for _, piece := range []string{"</", "<a ", "code=", "secret: ", "&quot;", "%3D", "] = ", "://@", "bearer ", "e.",
		`\"`, "[", "{\"a\":"} {
		b.Run(piece, func(b *testing.B) {
			text := []byte(strings.Repeat(piece, 2*maxRecordedBody/len(piece)))
			s := &Redactor{Index: NewIndex()}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Body(text, "text/plain", len(text))
			}
		})
	}
}
