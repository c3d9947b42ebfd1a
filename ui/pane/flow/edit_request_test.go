package flow

import (
	"net/http"
	"strings"
	"testing"

	"fob/flows/wire"
)

// waiting is a pending token request: redacted for the screen, complete for the wire.
func waiting() wire.Pending {
	return wire.Pending{
		Request: &wire.Request{Endpoint: wire.EndpointToken, Method: "POST", URL: "https://login.acme.example/token",
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"},
				"Authorization": {"Basic ZGVzazpzZWNyZXQ="}, "X-A": {"one", "two"}},
			Body: []byte("code=SECRET&code_verifier=OTHER&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb")},
		Shown: wire.Message{Method: "POST", URL: "https://login.acme.example/token",
			Header: []wire.Field{{Name: "Authorization", Value: "Basic hidden"},
				{Name: "Content-Type", Value: "application/x-www-form-urlencoded"},
				{Name: "X-A", Value: "hidden"}, {Name: "X-A", Value: "hidden"}, {Name: "User-Agent", Value: "fob"}},
			Body: "code=hidden&code_verifier=hidden&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb"},
	}
}

func TestPendingRequestIsEditedWithoutShowingItsSecrets(t *testing.T) {
	d := newRequestDraft(waiting())
	values := func() map[string]string {
		return map[string]string{editMethod: d.method, editURL: d.url, editParams: d.body,
			editHeaders: strings.Join(d.headers.shown, "\n")}
	}
	if shown := d.body + values()[editHeaders]; strings.Contains(shown, "SECRET") || strings.Contains(shown, "ZGVz") {
		t.Fatalf("got %q, want no secret on the form", shown)
	}
	for _, c := range []struct {
		name string
		edit func(v map[string]string)
		body string
	}{
		{"nothing", func(map[string]string) {},
			"code=SECRET&code_verifier=OTHER&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb"},
		{"a parameter dropped", func(v map[string]string) {
			v[editParams] = strings.Replace(v[editParams], "code_verifier=hidden\n", "", 1)
		}, "code=SECRET&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb"},
		{"a secret repeated", func(v map[string]string) { v[editParams] = "code=hidden\ncode=hidden" },
			"code=SECRET&code=SECRET"},
		{"a value changed and one added", func(v map[string]string) { v[editParams] = "code=mine\n\na b=c&d" },
			"code=mine&a+b=c%26d"},
	} {
		v := values()
		c.edit(v)
		r := d.request(v)
		if string(r.Body) != c.body {
			t.Errorf("%s: got body %s, want %s", c.name, r.Body, c.body)
		}
		if got := r.Header; got.Get("Authorization") != "Basic ZGVzazpzZWNyZXQ=" ||
			strings.Join(got["X-A"], " ") != "one two" || len(got) != 3 {
			t.Errorf("%s: got header %v, want it as it was", c.name, got)
		}
	}
	v := values()
	v[editHeaders] = "X-A: hidden\nX-B: mine"
	v[editURL] = "https://login.acme.example/token?x=1"
	if r := d.request(v); r.Header.Get("X-A") != "one" || r.Header.Get("X-B") != "mine" || len(r.Header) != 2 ||
		r.URL != v[editURL] {
		t.Errorf("got %v to %s, want one header kept, one added and the new URL", r.Header, r.URL)
	}
}

func TestRequestWithoutBodyIsEditedInItsQuery(t *testing.T) {
	address := "https://login.acme.example/authorize?client_id=desk&login_hint_token=SECRET" +
		"&resource=https%3A%2F%2Fa#top"
	d := newRequestDraft(wire.Pending{Browser: true, Request: &wire.Request{Method: "GET", URL: address},
		Shown: wire.Message{Method: "GET", URL: strings.Replace(address, "SECRET", "hidden", 1)}})
	if d.url != "https://login.acme.example/authorize" || strings.Contains(d.body, "SECRET") {
		t.Fatalf("got %s with %q, want the address and redacted parameters", d.url, d.body)
	}
	for _, c := range []struct{ name, url, params, want string }{
		{"nothing", d.url, d.body, address},
		{"one dropped", d.url, strings.Replace(d.body, "client_id=desk\n", "", 1),
			"https://login.acme.example/authorize?login_hint_token=SECRET&resource=https%3A%2F%2Fa#top"},
		{"one repeated and one changed", d.url, "client_id=a b\nlogin_hint_token=hidden\nlogin_hint_token=hidden",
			"https://login.acme.example/authorize?client_id=a+b&login_hint_token=SECRET&login_hint_token=SECRET#top"},
		{"another address", "http://127.0.0.1/x?a=1", "b=2", "http://127.0.0.1/x?a=1&b=2#top"},
		{"all dropped", d.url, "", "https://login.acme.example/authorize#top"},
	} {
		if got := d.request(map[string]string{editURL: c.url, editParams: c.params}); got.URL != c.want ||
			got.Method != "GET" {
			t.Errorf("%s: got %s %s, want %s", c.name, got.Method, got.URL, c.want)
		}
	}
}

func TestBodyThatIsNotAFormIsEditedWhole(t *testing.T) {
	p := waiting()
	p.Request.Header.Set("Content-Type", "application/json")
	p.Request.Body, p.Shown.Body = []byte(`{"secret":"SECRET"}`), `{"secret":"hidden"}`
	d := newRequestDraft(p)
	v := map[string]string{editMethod: "PUT", editURL: d.url, editParams: d.body}
	if r := d.request(v); string(r.Body) != `{"secret":"SECRET"}` || r.Method != "PUT" {
		t.Errorf("got %s %s, want the body as it was", r.Method, r.Body)
	}
	v[editParams] = `{"secret":"mine"}`
	if r := d.request(v); string(r.Body) != v[editParams] {
		t.Errorf("got %s, want what was typed", r.Body)
	}
}
