package wire

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestAURLIsEncodedWhereItMustBe(t *testing.T) {
	for raw, want := range map[string]struct {
		text    string
		encoded string // with blanks between
	}{
		"https://api.example/echo?q=a%20b%2Fc+d":  {"https://api.example/echo?q=a%20b%2Fc+d", ""},
		"https://api.example/echo?q=a b c&r=d e":  {"https://api.example/echo?q=a%20b%20c&r=d%20e", "␠"},
		"/a b/ü?x=ä€&y=ü":                         {"/a%20b/%C3%BC?x=%C3%A4%E2%82%AC&y=%C3%BC", "␠ ü ä €"},
		"https://api.example?q=100%&r=%zz&s=%41":  {"https://api.example?q=100%25&r=%25zz&s=%41", "%"},
		"https://api.example/x?a[]=1&b={\"c\":1}": {"https://api.example/x?a%5B%5D=1&b=%7B%22c%22:1%7D", "[ ] { \" }"},
		"https://api.example/a?b?c=/d#e f":        {"https://api.example/a?b?c=/d#e f", ""},
		"https://üser@[::1]:80":                   {"https://üser@[::1]:80", ""},
		"https://api.example/\xff?\xfe":           {"https://api.example/%FF?%FE", "\xff \xfe"},
		"https://api.example/x\ny":                {"https://api.example/x\ny", ""},
		"https://api.example/100%":                {"https://api.example/100%", ""},
		"":                                        {"", ""},
	} {
		text, encoded := EncodeURL(raw)
		if got := strings.ReplaceAll(strings.Join(encoded, "\x00"), " ", "␠"); text != want.text ||
			got != strings.ReplaceAll(want.encoded, " ", "\x00") {
			t.Errorf("%q: got %q, %q, want %q, %q", raw, text, encoded, want.text, want.encoded)
		}
		if again, more := EncodeURL(text); again != text || more != nil {
			t.Errorf("%q: encoded again it is %q", raw, again)
		}
	}
}

// No request line with a blank in it leaves, whoever asks for it (RFC 9112 3.2).
func TestARequestIsSentWithItsURLEncoded(t *testing.T) {
	var got string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI })
	c, _ := client(t, Options{})
	resp := mustDo(t, c, &Request{URL: s.URL + "/a b?q=ö&r=c d"})
	if want := "/a%20b?q=%C3%B6&r=c%20d"; got != want || resp.Exchange.Request.URL != s.URL+want {
		t.Errorf("sent %q and recorded %q, want %q", got, resp.Exchange.Request.URL, want)
	}
	edited := WithBefore(context.Background(), func(_ context.Context, p Pending) (*Request, error) {
		p.Request.URL = s.URL + "/e f"
		return p.Request, nil
	})
	if _, err := c.Do(edited, &Request{URL: s.URL}); err != nil || got != "/e%20f" {
		t.Errorf("edited: sent %q, %v", got, err)
	}
}
