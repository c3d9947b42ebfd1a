package wire

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestAnObjectIsReadHoweverItIsWritten(t *testing.T) {
	const form = "application/x-www-form-urlencoded; charset=utf-8"
	for _, c := range []struct {
		name, media, body string
		want              string // name=raw of the members, in their order
		odd, doubled      string
	}{
		{"JSON", "application/json", `{"b":1,"a":"x"}`, `b=1 a="x"`, "", ""},
		{"a byte order mark", "application/json", "\xef\xbb\xbf{\"a\":\"x\"}", `a="x"`, "byte order mark", ""},
		{"UTF-16, little endian", "", "\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", `a=1`, "byte order mark", ""},
		{"UTF-16, big endian", "", "\xfe\xff\x00{\x00\"\x00a\x00\"\x00:\x001\x00}", `a=1`, "byte order mark", ""},
		{"a form", form, "access_token=a%2Bb&expires_in=60&scope=x+y", `access_token="a+b" expires_in=60 scope="x y"`,
			"form", ""},
		{"a form behind a mark", form, "\xef\xbb\xbfaccess_token=a", `access_token="a"`, "form", ""},
		{"a form that is called a text", "text/plain", "error=invalid_grant&error_description=too+old",
			`error="invalid_grant" error_description="too old"`, "form", ""},
		{"a form says true", form, "active=true", `active=true`, "form", ""},
		{"digits that are a token", form, "access_token=123456", `access_token="123456"`, "form", ""},
		{"JSON that is called a form", form, `{"a":1}`, `a=1`, "", ""},
		{"doubled and different", "", `{"a":1,"a":2}`, `a=2`, "", "a"},
		{"doubled and alike", "", `{"a":"x","a":"\u0078"}`, `a="\u0078"`, "more than once", ""},
		{"doubled inside", "", `{"cnf":{"jkt":"x","jkt":"y"}}`, `cnf={"jkt":"x","jkt":"y"}`, "", "cnf.jkt"},
		{"doubled inside a list", "", `{"l":[{"k":1,"k":2}]}`, `l=[{"k":1,"k":2}]`, "", "l.k"},
		{"doubled in a form", form, "access_token=a&access_token=b", `access_token="b"`, "form", "access_token"},
	} {
		r := &Response{Header: http.Header{"Content-Type": {c.media}}, Body: []byte(c.body)}
		o, err := r.Object()
		if err != nil {
			t.Errorf("%s: got the error %v", c.name, err)
			continue
		}
		var got []string
		for _, name := range o.Names {
			got = append(got, name+"="+string(o.Members[name]))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got the members %s, want %s", c.name, s, c.want)
		}
		odd := strings.Join(o.Odd, "; ")
		if !strings.Contains(odd, c.odd) || (odd == "") != (c.odd == "") {
			t.Errorf("%s: what is odd: got %q, want it to say %q", c.name, odd, c.odd)
		}
		if s := strings.Join(o.Doubled, " "); s != c.doubled {
			t.Errorf("%s: doubled members: got %q, want %q", c.name, s, c.doubled)
		}
	}
}

func TestWhatIsNoObjectIsNotTakenForOne(t *testing.T) {
	for body, notObject := range map[string]bool{
		"": false, "[]": true, "7": true, `"text"`: true, "null": true, "<html>a=b</html>": false, "{": false,
		`{"a":1} x`:               false,
		"some words = a sentence": false, "a=b": false, "error: access_token=x y": false,
	} {
		r := &Response{Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte(body)}
		if o, err := r.Object(); err == nil || errors.Is(err, ErrNotObject) != notObject {
			t.Errorf("%q: got %+v, %v; want an error, ErrNotObject: %t", body, o, err, notObject)
		}
	}
}
