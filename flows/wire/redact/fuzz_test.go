package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"fob/tokens"
)

// FuzzAKnownSecretNeverGetsThrough embeds a secret, in a form of the fuzzer's choice, into text of its making.
func FuzzAKnownSecretNeverGetsThrough(f *testing.F) {
	f.Add("access_token=", "&x=y", "CANARY0123456789abcdefgh+/=", uint8(0))
	f.Add(`{"a":"`, `"}`, `CANARY"0123456789\abcdefg`, uint8(2))
	f.Add("Authorization: Basic ", "\r\n", "CANARY-0123456789-abcdefg", uint8(3))
	f.Add("<a href='https://u:", "@h/?code=1#x'>", "CANARY:0123456789:abcdefg", uint8(1))
	f.Add("%", "%41", "%CANARY0123456789%abcdefg", uint8(0))
	f.Fuzz(func(t *testing.T, before, after, secret string, form uint8) {
		// A secret that is made of what redaction itself writes cannot be told from it.
		secret = "CANARY" + secret
		if len(secret) < 24 || len(secret) > 4096 || len(before)+len(after) > 1<<16 {
			return
		}
		s := &Redactor{Index: NewIndex()}
		s.Index.Add(tokens.NewSecret(secret), true)
		shape := secret
		switch form % 5 {
		case 1:
			shape = url.QueryEscape(secret)
		case 2:
			shape = jsonInner(secret, true)
		case 3:
			shape = base64.StdEncoding.EncodeToString([]byte("client:" + secret))
		case 4:
			shape = url.PathEscape(secret)
		}
		inner := shape
		if form%5 == 3 { // whatever is around it, this part of the base64 is the secret's alone
			inner = base64Inner(secret)[2]
		}
		text := before + shape + after
		body, _ := s.Body([]byte(text), "", len(text))
		asJSON, _ := s.Body([]byte(text), "application/json", len(text))
		asForm, _ := s.Body([]byte(text), "application/x-www-form-urlencoded", len(text))
		header := []string{s.Index.Line(s.Header("X-Any", text)), s.Index.Line(s.Header("Cookie", text)),
			s.Index.Line(s.Header("Authorization", text))}
		shownErr := s.Error(fmt.Errorf("x %s", text)).Error()
		got := strings.Join([]string{body, asJSON, asForm, s.URL(text), fmt.Sprint(header), shownErr}, "\n")
		for _, form := range []string{secret, inner, tokens.Visible(secret)} {
			if i := strings.Index(got, form); i >= 0 {
				t.Fatalf("%q got through as %q: %q", secret, form, got[max(0, i-100):min(len(got), i+len(form)+100)])
			}
		}
		if got != tokens.Visible(got) {
			t.Fatalf("the record is not fit for a terminal: %q", got)
		}
	})
}

// FuzzTheJSONOfARecordStaysJSON holds that redaction breaks no document.
func FuzzTheJSONOfARecordStaysJSON(f *testing.F) {
	f.Add(`{"access_token":"x","a":[1,{"password":12}],"b":"https://u:p@h/?code=1"}`)
	f.Add(`[{"kty":"EC","d":"\u0041"},"code=12345678"]`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		s := &Redactor{Index: NewIndex()}
		if got := s.json(text, 0); !json.Valid([]byte(got)) {
			t.Fatalf("%s became %s", text, got)
		}
	})
}

func BenchmarkRecordATokenResponse(b *testing.B) {
	jwt := "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjMSJ9." + strings.Repeat("eyJzdWIiOiJhbGljZSJ9", 40) + ".c2lnbmF0dXJl"
	body := []byte(`{"access_token":"` + jwt + `","refresh_token":"` + strings.Repeat("r0",
		40) + `","id_token":"` + jwt +
		`","id_token":"` + jwt + `","token_type":"Bearer","expires_in":120,"scope":"openid profile"}`)
	s := &Redactor{Index: NewIndex()}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		s.Body(body, "application/json", len(body))
	}
}

// BenchmarkRecordALargeBody is what an API call with a large answer costs beyond the call, with 1,000 secrets known.
func BenchmarkRecordALargeBody(b *testing.B) {
	s := &Redactor{Index: NewIndex()}
	for i := range 1000 {
		s.Index.Add(tokens.NewSecret(fmt.Sprintf("secret-number-%08d-of-many", i)), true)
	}
	order := `{"id":12345,"name":"An order","state":"open","link":"https://api.example/orders/12345?x=y"},`
	body := []byte("[" + strings.Repeat(order, 40000) + "{}]")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		s.Body(body, "application/json", len(body))
	}
}

func BenchmarkRedactAURL(b *testing.B) {
	s := &Redactor{Index: NewIndex()}
	for b.Loop() {
		s.URL("https://login.example/authorize?response_type=code&client_id=c" +
			"&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&state=s&code=0123456789abcdef")
	}
}
