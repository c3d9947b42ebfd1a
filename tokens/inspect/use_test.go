package inspect

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTheUseOfAnAccessToken(t *testing.T) {
	const at = `{"alg":"ES256","typ":"at+jwt"}`
	exp := func(d time.Duration) string { return fmt.Sprintf(`,"exp":%d`, now.Add(d).Unix()) }
	signature := seg(strings.Repeat("s", 64))
	token := func(payload string) string { return seg(at) + "." + seg(payload) + "." + signature }
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a JWT", token(`{"sub":"a","email":"a@b.example"` + exp(42*time.Minute) + `}`),
			[]string{"a JWT", "for 2520 s more (42m)", "bytes on each request", "its 3 claims", "email identify"}},
		{"one that expired", token(`{"sub":"a"` + exp(-time.Hour) + `}`),
			[]string{"it has expired: no API may accept it"}},
		{"one without an end", token(`{"sub":"a"}`), []string{"accept it for ever"}},
		{"one that is bound", token(`{"cnf":{"jkt":"x"}}`), []string{"bound to a key"}},
		{"a long one", token(`{"x":"` + strings.Repeat("x", 9000) + `"}`),
			[]string{"reject a header field above 8 KB"}},
		{"half as long", token(`{"x":"` + strings.Repeat("x", 3500) + `"}`), []string{"half of what many servers"}},
		{"opaque", "2YotnFZFEjr1zCsicMWpAA", []string{"opaque: an API has to ask", "next introspection", "46 bytes",
			"learns nothing"}},
		{"encrypted", seg(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
			[]string{"encrypted: only the owner of the key", "until it expires", "how it is encrypted"}},
		{"an ID token", jwt(`{"alg":"ES256"}`, `{"iss":"a","sub":"b","aud":"c","exp":1,"iat":1,"nonce":"n"}`), nil},
		{"a logout token", jwt(`{"alg":"ES256","typ":"logout+jwt"}`, `{}`), nil},
		{"a refresh token", "1//0" + strings.Repeat("a", 40), nil},
		{"a client secret", "GOCSPX-" + strings.Repeat("a", 28), nil},
		{"a key", plainKey, nil},
		{"nothing", "", nil},
	} {
		u := UseOf(Inspect(c.in, Options{Now: now}))
		if (u == nil) != (c.want == nil) {
			t.Errorf("%s: got %+v", c.name, u)
			continue
		}
		if u == nil {
			continue
		}
		text := fmt.Sprint(u.Facts(now))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got %s, want %q in it", c.name, text, want)
			}
		}
		for _, f := range u.Facts(now) {
			if f.Topic == "" || f.Text == "" || f.Spec == "" {
				t.Errorf("%s: %+v is not whole", c.name, f)
			}
		}
		if n := u.PerRequest(); n != len("Authorization: Bearer "+c.in+"\r\n") {
			t.Errorf("%s: %d bytes on each request, want %d", c.name, n, len("Authorization: Bearer "+c.in+"\r\n"))
		}
	}
}
