package calls

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"fob/flows/wire"
	"fob/tokens"
)

// doer responds by URL, and records the requests.
type doer struct {
	answers map[string]*wire.Response
	sent    []*wire.Request
}

func (d *doer) Do(_ context.Context, r *wire.Request) (*wire.Response, error) {
	d.sent = append(d.sent, r)
	a, ok := d.answers[r.URL]
	if !ok {
		a = &wire.Response{Status: 200, Body: []byte("the end")}
	}
	a.Exchange = &wire.Exchange{
		Request:  wire.Message{URL: r.URL},
		Response: &wire.Message{Header: []wire.Field{{Name: "Location", Value: a.Header.Get("Location")}}},
	}
	return a, nil
}

// to returns a redirect.
func to(status int, location string) *wire.Response {
	return &wire.Response{Status: status, Header: http.Header{"Location": {location}}}
}

// A request is METHOD URL MARK: + with the token in its header, q in the query, b in the body, - without it.
func TestRedirectsAreFollowedWithTheTokenWithinTheOriginOnly(t *testing.T) {
	const start, circle = "https://api.test/a", "GET /a +"
	for _, c := range []struct {
		name      string
		method    string
		placement Placement
		redirect  string // of the first request
		want      string
		stopped   string
	}{
		{"relative", "GET", "", "302 /v2?x=a b", "GET /a +, GET /v2?x=a%20b +", ""},
		{"the port said", "GET", "", "308 https://API.test:443/b", "GET /a +, GET https://API.test:443/b +", ""},
		{"elsewhere", "GET", "", "302 https://f.test/?s=1", "GET /a +, GET https://f.test/?s=1 -", ""},
		{"a subdomain", "GET", "", "302 //x.api.test/", "GET /a +, GET https://x.api.test/ -", ""},
		{"another port", "GET", "", "302 https://api.test:8443/", "GET /a +, GET :8443/ -", ""},
		{"and back", "GET", "", "302 https://evil.test/", "GET /a +, GET https://evil.test/ -, GET /delete -", ""},
		{"with a password", "GET", "", "302 https://a:b@api.test/x#y", "GET /a +, GET /x +", ""},
		{"from https to http", "GET", "", "302 http://api.test/", "GET /a +", "https to http"},
		{"no web address", "GET", "", "302 file:///etc/passwd", "GET /a +", "invalid or not http"},
		{"in a circle", "GET", "", "302 /a", strings.Repeat(circle+", ", 10) + circle, "ten redirects"},
		{"POST becomes GET", "POST", "", "302 /x", "POST /a +, GET /x +", ""},
		{"PUT becomes GET", "PUT", "", "303 /x", "PUT /a +, GET /x +", ""},
		{"PUT stays", "PUT", "", "301 /x", "PUT /a +, PUT /x +", ""},
		{"the body is kept", "POST", "", "307 /x", "POST /a +, POST /x +", ""},
		{"the body does not leave", "POST", "", "307 https://f.test/", "POST /a +", "another origin"},
		{"a list of places", "GET", "", "300 /x", "GET /a +", ""},
		{"query", "GET", InQuery, "302 /x?y=1", "GET /a?access_token=TOKEN q, GET /x?y=1&access_token=TOKEN q", ""},
		{"query, repeated", "GET", InQuery, "302 /?access_token=TOKEN",
			"GET /a?access_token=TOKEN q, GET /?access_token=TOKEN q", ""},
		{"query, elsewhere", "GET", InQuery, "302 https://f.test/",
			"GET /a?access_token=TOKEN q, GET https://f.test/ -", ""},
		{"query, copied elsewhere", "GET", InQuery, "302 https://f.test/?access_token=TOKEN",
			"GET /a?access_token=TOKEN q", "repeats the token"},
		{"the token, elsewhere", "GET", "", "302 https://f.test/x/TOKEN", "GET /a +", "repeats the token"},
		{"the token encoded, elsewhere", "GET", "", "302 https://f.test/?u=CANARY%252Daccess%252Dtoken%252D0123456789",
			"GET /a +", "repeats the token"},
		{"query, elsewhere and on", "GET", InQuery, "302 https://f.test/on",
			"GET /a?access_token=TOKEN q, GET https://f.test/on -, GET https://f.test/off -", ""},
		{"body", "POST", InBody, "307 /x", "POST /a b, POST /x b", ""},
		{"body, elsewhere", "POST", InBody, "307 https://f.test/", "POST /a b", "another origin"},
		{"body becomes GET", "POST", InBody, "303 /x", "POST /a b, GET /x -", ""},
	} {
		status, location, _ := strings.Cut(strings.ReplaceAll(c.redirect, "TOKEN", token), " ")
		code, _ := strconv.Atoi(status)
		d := &doer{answers: map[string]*wire.Response{
			start: to(code, location), start + "?access_token=" + token: to(code, location),
			"https://evil.test/": to(302, "https://api.test/delete"), "https://f.test/on": to(302, "/off"),
		}}
		r := Request{Method: c.method, URL: start, Follow: true, Placement: c.placement, Header: http.Header{
			"X-Api-Key": {"CANARY-api-key-0123"}, "Cookie": {"CANARY=1"}, "Accept": {"text/plain"}, "X-Custom": {"1"},
		}}
		if c.method != "GET" {
			r.Body = []byte("a=1")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		resp, err := Do(context.Background(), d, Token{Value: tokens.NewSecret(token)}, r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for i, sent := range d.sent {
			mark := markOf(sent)
			url := strings.TrimPrefix(strings.ReplaceAll(sent.URL, token, "TOKEN"), "https://api.test")
			got = append(got, sent.Method+" "+url+" "+mark)
			away := !strings.HasPrefix(strings.ToLower(sent.URL), "https://api.test/") &&
				!strings.HasPrefix(sent.URL, "https://API.test:443/") || strings.HasSuffix(sent.URL, "/delete")
			if key := sent.Header.Get("X-Api-Key"); away != (key == "") || sent.Header.Get("Accept") != "text/plain" {
				t.Errorf("%s: request %d went with %v", c.name, i, sent.Header)
			}
			if i > 0 && resp.Hops[i-1].WithToken != (mark != "-") {
				t.Errorf("%s: hop %d says %+v, sent was %s", c.name, i, resp.Hops[i-1], mark)
			}
			if hasBody := len(sent.Body) > 0; hasBody != (c.method != "GET" && sent.Method == c.method) {
				t.Errorf("%s: request %d has the body %q", c.name, i, sent.Body)
			}
		}
		if all := strings.Join(got, ", "); all != c.want {
			t.Errorf("%s: sent\n%s\nwant\n%s", c.name, all, c.want)
		}
		if (c.stopped == "") != (resp.NotFollowed == "") || !strings.Contains(resp.NotFollowed, c.stopped) {
			t.Errorf("%s: stopped since %q, want %q", c.name, resp.NotFollowed, c.stopped)
		}
		if all := fmt.Sprint(resp.Hops); strings.Contains(all, token) {
			t.Errorf("%s: the hops show the token: %s", c.name, all)
		}
	}
}

// markOf returns the mark of where the token is in a request.
func markOf(r *wire.Request) string {
	switch {
	case r.Header.Get("Authorization") == "Bearer "+token:
		return "+"
	case strings.Contains(r.URL, token):
		return "q"
	case strings.Contains(string(r.Body), token):
		return "b"
	}
	return "-"
}

func TestARedirectIsNotFollowedByDefault(t *testing.T) {
	d := &doer{answers: map[string]*wire.Response{"https://api.example/": to(302, "/x")}}
	resp, err := Do(context.Background(), d, Token{Value: tokens.NewSecret(token)},
		Request{URL: "https://api.example/"})
	if err != nil || resp.Status != 302 || len(d.sent) != 1 || resp.NotFollowed != "" {
		t.Errorf("got %+v, %v after %d requests", resp, err, len(d.sent))
	}
}

func TestRedirectsAreExplained(t *testing.T) {
	const signIn = "sign-in page"
	for location, want := range map[string][]string{
		"https://login.example.com/signin": {"to https://login.example.com/signin", "not followed",
			signIn},
		"https://idp.example/x?SAMLRequest=a":           {signIn},
		"https://sso.example/":                          {signIn},
		"/account/Login?ReturnUrl=%2F":                  {"http://api.test/account/Login?ReturnUrl=%2F", signIn},
		"https://x.example/authorize?client_id=x":       {signIn},
		"https://api.test/v1/orders":                    {"uses https"},
		"/v1/orders/":                                   {"http://api.test/v1/orders/", "slash"},
		"other":                                         {"http://api.test/v1/other"},
		"?page=2":                                       {"http://api.test/v1/orders?page=2"},
		"//files.example/blog/authors":                  {"http://files.example/blog/authors"},
		"https://files.example/design?page=blog-author": {"https://files.example/design"},
	} {
		r := redirectFrom("http://api.test/v1/orders", location)
		got := Explain(r)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got %q, want %q in it", location, got, part)
			}
		}
		if strings.Contains(got, signIn) != (len(want) > 0 && want[len(want)-1] == signIn) {
			t.Errorf("%s: got %q", location, got)
		}
	}
	for location, want := range map[string]string{
		"/loop": "leads to the URL that was called", "/loop/": "slash at the end", "/loop?page=2": ""} {
		got := Explain(redirectFrom("https://api.test/loop", location))
		for _, part := range []string{"leads to the URL that was called", "slash at the end"} {
			if strings.Contains(got, part) != (part == want) {
				t.Errorf("%s: got %q, want %q alone in it", location, got, want)
			}
		}
	}
	stopped := redirectFrom("https://api.test/", "http://api.test/")
	stopped.NotFollowed = "it leads from https to http"
	if got := Explain(stopped); !strings.Contains(got, "not followed, since it leads from https to http") {
		t.Errorf("got %q", got)
	}
}

// redirectFrom returns a redirect response.
func redirectFrom(from, location string) *Response {
	location = strings.TrimSpace(location)
	answer := &wire.Message{Header: []wire.Field{{Name: "Location", Value: location}}}
	return &Response{Status: 302, Header: http.Header{"Location": {location}},
		Exchange: &wire.Exchange{Request: wire.Message{URL: from}, Response: answer}}
}

// Only the last response is streamed.
func TestOnlyTheLastResponseIsStreamed(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 5000))
	}))
	t.Cleanup(s.Close)
	client, err := wire.New(t.Context(), wire.Options{MaxBody: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var heads []int
	r := Request{
		URL:    s.URL + "/",
		Stream: func(head *Response) io.Writer { heads = append(heads, head.Status); return &out },
	}
	r.Follow = true
	resp, err := Do(context.Background(), client, Token{}, r)
	if err != nil || out.Len() != 5000 || fmt.Sprint(heads) != "[200]" || !resp.Streamed || resp.Size != 5000 {
		t.Errorf("followed: streamed %d bytes of %v, %v", out.Len(), heads, err)
	}
	out.Reset()
	r.Follow = false
	resp, err = Do(context.Background(), client, Token{}, r)
	if err != nil || resp.Status != 302 || fmt.Sprint(heads) != "[200 302]" || !resp.Streamed {
		t.Errorf("not followed: streamed %q of %v, %v", &out, heads, err)
	}
	// If the client did not stream, Do writes the body.
	out.Reset()
	d := &doer{answers: map[string]*wire.Response{"https://api.example/": {Status: 401, Body: []byte("refused")}}}
	r.URL = "https://api.example/"
	if resp, err := Do(context.Background(), d, Token{}, r); err != nil || out.String() != "refused" || !resp.Streamed {
		t.Errorf("declined: streamed %q, %v", &out, err)
	}
	d.answers[r.URL] = &wire.Response{Status: 401, Body: []byte("refu"), Truncated: true}
	if resp, err := Do(context.Background(), d, Token{}, r); err != nil || resp.Streamed || !resp.Truncated {
		t.Errorf("declined and cut: got %+v, %v, want it to say so", resp, err)
	}
}

// streamer calls Stream with the head of its response, as the client does.
type streamer struct{ doer }

func (s *streamer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	came, err := s.doer.Do(ctx, r)
	if err == nil && r.Stream != nil {
		r.Stream(came)
	}
	return came, err
}

func TestARedirectIsCheckedBeforeItsHeadIsMasked(t *testing.T) {
	const start = "https://api.test/a"
	d := &streamer{doer{answers: map[string]*wire.Response{start: to(302, "https://f.test/?t="+token)}}}
	r := Request{URL: start, Follow: true, Stream: func(head *Response) io.Writer {
		head.Header.Set("Location", "https://f.test/?t=masked")
		return io.Discard
	}}
	resp, err := Do(context.Background(), d, Token{Value: tokens.NewSecret(token)}, r)
	if err != nil || len(d.sent) != 1 || !strings.Contains(resp.NotFollowed, "repeats the token") {
		t.Errorf("got %v, %d requests and %+v, want 1 and that the redirect is not followed", err, len(d.sent), resp)
	}
}
