package calls

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

const token = "CANARY-access-token-0123456789"

func call(t *testing.T, h http.HandlerFunc, tok Token, r Request) (*Response, *wire.Recorder) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	rec := wire.NewRecorder(0)
	c, err := wire.New(t.Context(), wire.Options{Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r.URL = s.URL + r.URL
	resp, err := Do(context.Background(), c, tok, r)
	if err != nil {
		t.Fatal(err)
	}
	return resp, rec
}

func TestACallSendsTheTokenUnlessTheCallerSetsAuthorization(t *testing.T) {
	for name, c := range map[string]struct {
		typ    string
		header http.Header
		none   bool
		want   string
	}{
		"bearer by default":       {want: "Bearer " + token},
		"bearer as RFC 6750 says": {typ: "bearer", want: "Bearer " + token},
		"dpop":                    {typ: "dpop", want: "DPoP " + token},
		"the type given":          {typ: "MAC", want: "MAC " + token},
		"a type that is no token": {typ: "x\r\ny", want: "Bearer " + token},
		"the caller's own":        {header: http.Header{"authorization": {"Basic eDp5"}}, want: "Basic eDp5"},
		"none asked for":          {header: http.Header{"Authorization": {""}}, want: ""},
		"no token":                {none: true, want: ""},
	} {
		got := "not called"
		tok := Token{Value: tokens.NewSecret(token), Type: c.typ}
		if c.none {
			tok = Token{}
		}
		call(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") }, tok,
			Request{Header: c.header})
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestMethodHeaderAndBodyAreSentAndTheResponseIsRead(t *testing.T) {
	resp, rec := call(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-A", r.Header.Get("X-B"))
		w.WriteHeader(201)
		_, _ = io.WriteString(w, r.Method+" "+string(body))
	}, Token{Value: tokens.NewSecret(token)}, Request{Method: "PUT", Header: http.Header{"x-b": {"c"}},
		Body: []byte("data")})
	if resp.Status != 201 || string(resp.Body) != "PUT data" || resp.Header.Get("X-A") != "c" || resp.EchoesSecret ||
		resp.Exchange == nil {
		t.Errorf("got %+v", resp)
	}
	if all, _ := json.Marshal(rec.Exchanges()); strings.Contains(string(all), token) {
		t.Errorf("the record holds the token: %s", all)
	}
}

func TestAResponseThatEchoesASecretIsMarked(t *testing.T) {
	odd := "to\"ken+with/odd=chars 0123456789"
	for name, c := range map[string]struct {
		send   string
		header http.Header
		answer http.HandlerFunc
		want   bool
	}{
		"body": {token, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x"+token+"y") },
			true},
		"header": {token, nil, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Echo", token) }, true},
		"json": {odd, http.Header{"Authorization": {"Bearer " + odd}}, func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(odd)
		}, true},
		"own basic": {token, http.Header{"Authorization": {"Basic dXNlcjpDQU5BUllwYXNzd29yZA=="}},
			func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "CANARYpassword") }, true},
		"no": {token, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, token[:20]) },
			false},
	} {
		resp, _ := call(t, c.answer, Token{Value: tokens.NewSecret(c.send)}, Request{Header: c.header})
		if resp.EchoesSecret != c.want {
			t.Errorf("%s: got %v, want %v", name, resp.EchoesSecret, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	sent := &wire.Exchange{Request: wire.Message{Header: []wire.Field{{Name: "Authorization", Value: "Bearer x"}}}}
	unsent := &wire.Exchange{}
	h := func(pairs ...string) http.Header {
		header := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			header.Add(pairs[i], pairs[i+1])
		}
		return header
	}
	challenge := func(v string) http.Header { return h("WWW-Authenticate", v) }
	for name, c := range map[string]struct {
		r    Response
		want []string
	}{
		"401, token in the URL": {Response{Status: 401, Header: challenge("Bearer"),
			Exchange: sentTo("https://api.test/?a=1&access_token=x", "")},
			[]string{"sent in the URL", "Bearer"}},
		"401, token in the body": {Response{Status: 401, Header: challenge("Bearer"),
			Exchange: sentTo("https://api.test/", "access_token=x")},
			[]string{"sent in the form body", "Bearer"}},
		"401 without a token": {Response{Status: 401, Exchange: unsent, Header: challenge("Bearer")},
			[]string{"No token was sent", "Bearer"}},
		"401 without a challenge": {Response{Status: 401, Exchange: sent}, []string{"WWW-Authenticate is missing"}},
		"401 says nothing": {Response{Status: 401, Exchange: sent, Header: challenge("Bearer")},
			[]string{"does not accept"}},
		"invalid_token": {Response{Status: 401, Exchange: sent,
			Header: challenge(`Bearer error="invalid_token", error_description="it expired"`)},
			[]string{"rejected the token", "it expired", "RFC 6750 3.1"}},
		"insufficient_scope": {Response{Status: 403, Exchange: sent,
			Header: challenge(`Bearer error="insufficient_scope", scope="api:write"`)},
			[]string{"lacks a scope", "api:write"}},
		"step-up": {Response{Status: 401, Exchange: sent,
			Header: challenge(`Bearer error="insufficient_user_authentication", acr_values="gold", max_age="60"`)},
			[]string{"gold", "60", "RFC 9470"}},
		"DPoP nonce": {Response{Status: 401, Exchange: sent,
			Header: challenge(`DPoP error="use_dpop_nonce"`)}, []string{"nonce", "RFC 9449"}},
		"403":            {Response{Status: 403, Exchange: sent}, []string{"does not allow"}},
		"429 in seconds": {Response{Status: 429, Header: h("Retry-After", "30")}, []string{"wait 30 seconds"}},
		"429 at a date": {Response{Status: 429, Header: h("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")},
			[]string{"until 07:28:00 UTC on 21 Oct 2026"}},
		"503": {Response{Status: 503, Header: h("Retry-After", "1")}, []string{"in 1 second"}},
		"HTML for JSON": {Response{Status: 200, Header: h("Content-Type", "text/html; charset=utf-8"),
			Body: []byte("<html>")}, []string{"web page"}},
		"HTML 502": {Response{Status: 502, Header: h("Content-Type", "text/html"),
			Body: []byte("<html>")}, []string{"502 Bad Gateway", "web page"}},
		"redirect to nowhere": {Response{Status: 302, Exchange: sent}, []string{"302 Found", "without a Location"}},
		"not modified":        {Response{Status: 304, Exchange: sent}, []string{"Nothing has changed"}},
		"405":                 {Response{Status: 405, Header: h("Allow", "GET")}, []string{"GET"}},
		"431":                 {Response{Status: 431}, []string{"too large"}},
		"200":                 {Response{Status: 200, Body: []byte("{}")}, []string{"It worked."}},
		"204":                 {Response{Status: 204}, []string{"no body"}},
		"418":                 {Response{Status: 418}, []string{"418"}},
	} {
		if c.r.Header == nil {
			c.r.Header = http.Header{}
		}
		c.r.Challenges = wwwauth.Parse(c.r.Header.Values("WWW-Authenticate"))
		got := Explain(&c.r)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q in it", name, got, want)
			}
		}
		if strings.Contains(got, "\n") || !strings.HasSuffix(got, ".") {
			t.Errorf("%s: %q is not one sentence", name, got)
		}
	}
}

func TestPrettyKeepsTheContentOfABody(t *testing.T) {
	for _, c := range []struct{ name, body, contentType, want string }{
		{"order, numbers and doubles stay", `{"b":1.10,"a":12345678901234567890,"b":1e400}`, "application/json",
			"{\n  \"b\": 1.10,\n  \"a\": 12345678901234567890,\n  \"b\": 1e400\n}"},
		{"by suffix", `{"a":[]}`, "application/problem+json", "{\n  \"a\": []\n}"},
		{"by look", `[1]`, "text/plain", "[\n  1\n]"},
		{"broken", `{"a":`, "application/json", `{"a":`},
		{"cleaned", "{\"a\":\"\x1b]0;x\\u001b\"}", "text/plain", "{\"a\":\"␛]0;x\\u001b\"}"},
		{"form", "a=1&b=2", "application/x-www-form-urlencoded", "a=1\nb=2"},
		{"binary", "\x00\x01\x02\x03", "image/png", "[4 bytes that are not text, image/png]"},
		{"empty", "", "application/json", ""},
	} {
		if got := Pretty([]byte(c.body), c.contentType); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	if got := Pretty([]byte(deep), "application/json"); len(got) > 10*len(deep) {
		t.Errorf("nested JSON grew to %d bytes", len(got))
	}
}

func TestParseHeader(t *testing.T) {
	for in, want := range map[string][2]string{
		"X-A: b":         {"X-A", "b"},
		"X-A:b:c ":       {"X-A", "b:c"},
		"X-A:":           {"X-A", ""},
		"X-A;":           {"X-A", ""},
		"X-A: \tb c\t\n": {"X-A", "b c"},
	} {
		name, value, err := parseHeader(in)
		if err != nil || name != want[0] || value != want[1] {
			t.Errorf("%q: got %q %q %v, want %q", in, name, value, err, want)
		}
	}
	for _, in := range []string{"", "X-A", ": b", "X A: b", "X-A: a\r\nX-B: c", "X-Ä: b", "X-A: \x1b[0m"} {
		if name, value, err := parseHeader(in); err == nil {
			t.Errorf("%q: got %q %q, want an error", in, name, value)
		} else if strings.ContainsAny(err.Error(), "\x1b\r") {
			t.Errorf("%q: the error is not safe for a terminal: %q", in, err)
		}
	}
}

func TestParseHeaders(t *testing.T) {
	got, err := ParseHeaders([]string{"X-A: b", "", " \t", "x-a: c", "X-B;"})
	if want := (http.Header{"X-A": {"b", "c"}, "X-B": {""}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v and %v, want %v", got, err, want)
	}
	for _, lines := range [][]string{{"X-A: b", "no colon"}, {"X-A: b\nX-B: c"}} {
		if got, err := ParseHeaders(lines); err == nil || got != nil {
			t.Errorf("%q: got %v and %v, want an error alone", lines, got, err)
		}
	}
}

func FuzzPretty(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":null}]}`), "application/json")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		if got := Pretty(body, contentType); got != tokens.Visible(got) {
			t.Errorf("%q: got %q, which is not safe for a terminal", body, got)
		}
	})
}

// An API may repeat the token in its challenge, or another token; neither is shown.
func TestChallengesAreRedacted(t *testing.T) {
	const other = "CANARYq7Zr2Lk9Vb4Xn1Ty8Wd"
	for name, header := range map[string]string{
		"the token sent": `Bearer error="invalid_token", error_description="not good: ` + token + `"`,
		"another one": `Bearer error="invalid_token", error_description="access_token=` + other +
			` is not yours"`,
		"the scope":         `Bearer error="insufficient_scope", scope="` + token + `"`,
		"the error":         `Bearer error="` + token + `"`,
		"token68":           `Negotiate ` + token,
		"an unknown scheme": `X realm="Bearer ` + other + `"`,
		"an acr":            `Bearer error="insufficient_user_authentication", acr_values="` + token + `"`,
	} {
		resp, _ := call(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", header)
			w.WriteHeader(401)
		}, Token{Value: tokens.NewSecret(token)}, Request{})
		text := Explain(resp)
		for _, c := range resp.RedactedChallenges() {
			text += " " + c.String()
		}
		if strings.Contains(text, token) || strings.Contains(text, other) {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

// sentTo returns an exchange without an Authorization header.
func sentTo(url, body string) *wire.Exchange {
	return &wire.Exchange{Request: wire.Message{URL: url, Body: body}}
}
