package redact

import (
	"fmt"
	"strings"
	"testing"

	"fob/tokens"
)

func TestWhatIsNotSecretStaysReadable(t *testing.T) {
	s := &Redactor{Index: NewIndex()}
	for _, value := range []string{"hunter22", "secret", "e", "invalid_token", "refresh-token", "automatic"} {
		s.Index.Add(tokens.NewGuessable(value), true)
	}
	for in, want := range map[string]string{
		`{"password":null,"code":404,"b":1.10}`: `{"password":null,"code":404,"b":1.10}`,
		`{"a" : "b" , "n":1e400 }`:              `{"a" : "b" , "n":1e400 }`,
		`the value hunter22, said so`:           `the value hidden, said so`,
		`it is done automatically`:              `it is done automatically`,
		`it is automatic, yes`:                  `it is hidden, yes`,
		`the trace of hunter22x`:                `the trace of hiddenx`,
	} {
		if got, _ := s.Body([]byte(in), "", len(in)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for _, text := range []string{
		`{"error_description":"client_secret: it has expired","code":"InvalidAuthenticationToken123"}`,
		`{"token_type":"Bearer","expires_in":120,"state":"abcdefghijklmnopqrstuvwxyz","nonce":"n-0S6_WzA2Mj012345678"}`,
		`{"token_endpoint_auth_methods_supported":["client_secret_basic"],"token_endpoint":"https://h.example/t"}`,
		"the methods open and secret",
		`{"error":"invalid_token","error_description":"the secret of the refresh-token"}`,
		`Error code: AADSTS50011, and a token request: https://h.example/0123456789`,
	} {
		if got, _ := s.Body([]byte(text), "", len(text)); got != text {
			t.Errorf("got %s, want it unchanged: %s", got, text)
		}
	}
	challenge := `Bearer error="invalid_token", error_description="it expired", resource_metadata="https://h.example/x"`
	if got := s.Header("WWW-Authenticate", challenge); got != challenge {
		t.Errorf("got %s, want it unchanged", got)
	}
	if got := s.Header("DPoP-Nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v"); got != "eyJ7S_zG.eyJH0-Z.HX4w-7v" {
		t.Errorf("a DPoP nonce is no secret; got %s", got)
	}
	request := "https://h.example/authorize?response_type=code&client_id=c&scope=a+b&state=xyz"
	if got := s.URL(request); got != request {
		t.Errorf("got %s, want it unchanged", got)
	}
}

func TestKnownSecretsAreBounded(t *testing.T) {
	k := NewIndex()
	k.Add(tokens.NewSecret("CANARYabcdefghijklmnopqrstuvwxyz0123456789"), true)
	for i := range 3 * maxFound {
		k.Add(tokens.NewSecret(fmt.Sprintf("learnt-from-an-answer-%08d", i)), false)
	}
	if n := len(k.entries); n > maxFound+1 {
		t.Errorf("got %d, want at most %d", n, maxFound+1)
	}
	if got := k.Replace("x CANARYabcdefghijklmnopqrstuvwxyz0123456789 y"); strings.Contains(got, "CANARY") {
		t.Errorf("what a caller named was forgotten for what answers taught: %s", got)
	}
	if got := k.Replace(fmt.Sprintf("learnt-from-an-answer-%08d", 3*maxFound-1)); strings.Contains(got, "learnt") {
		t.Errorf("the newest was forgotten: %s", got)
	}
}

// The names of its members tell what an object is. A value of the same letters, and a name outside of any object, tell
// nothing.
func TestOnlyTheNamesOfItsMembersTellWhatAnObjectIs(t *testing.T) {
	for _, text := range []string{
		`{"note":"kty","d":"plain words"}`,
		`"kty": "RSA", "d": "plain words"`,
		`["kty": "RSA", "d": "plain words"]`,
	} {
		if got, _ := (&Redactor{Index: NewIndex()}).Body([]byte(text), "", len(text)); got != text {
			t.Errorf("got %s, want it unchanged: %s", got, text)
		}
	}
}
