package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCallSendsTheRequestAndPrintsOnlyTheBody(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	var method, contentType, extra, body string
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		data := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(data)
		method, contentType, extra, body = r.Method, r.Header.Get("Content-Type"),
			strings.Join(r.Header.Values("X-Extra"), ","), string(data)
		rw.Header().Set("X-Answer", "yes")
		_, _ = rw.Write([]byte("\x1b[31mraw\x00"))
	}))
	t.Cleanup(api.Close)

	file := w.file("body.json", `{"from":"a file"}`)
	for _, c := range []struct {
		name, stdin, wantMethod, wantType, wantBody string
		args                                        []string
	}{
		{name: "GET is the default", args: []string{}, wantMethod: "GET"},
		{name: "a body makes it POST", args: []string{"-d", `{"a":1}`}, wantMethod: "POST",
			wantType: "application/json", wantBody: `{"a":1}`},
		{name: "a body that is no JSON is a form", args: []string{"-d", "a=1"}, wantMethod: "POST",
			wantType: "application/x-www-form-urlencoded", wantBody: "a=1"},
		{name: "from a file", args: []string{"-d", "@" + file}, wantMethod: "POST", wantType: "application/json",
			wantBody: `{"from":"a file"}`},
		{name: "from a file, in PowerShell", args: []string{"-d", "file:" + file}, wantMethod: "POST",
			wantType: "application/json", wantBody: `{"from":"a file"}`},
		{name: "from standard input", args: []string{"-d", "-", "-H", "Content-Type: text/plain"}, stdin: "in",
			wantMethod: "POST", wantType: "text/plain", wantBody: "in"},
	} {
		r := w.feed(c.stdin, append([]string{"call", login.Session, api.URL +
			"/x", "-H", "X-Extra: 1", "-H", "X-Extra: 2"}, c.args...)...)
		if r.code != 0 || r.out != "\x1b[31mraw\x00" {
			t.Errorf("%s: exit %d, printed %q: %s", c.name, r.code, r.out, r.stderr)
		}
		if method != c.wantMethod || contentType != c.wantType || body != c.wantBody || extra != "1,2" {
			t.Errorf("%s: sent %s %q %q %q", c.name, method, contentType, body, extra)
		}
	}
	if r := w.must("call", login.Session, "PUT", api.URL, "-i"); method != "PUT" ||
		!strings.HasPrefix(r.out, "HTTP/1.1 200 OK\n") || !strings.Contains(r.out, "X-Answer: yes\n") {
		t.Errorf("-i printed %q", r.out)
	}
	w.tty = ttys{out: true}
	if got := w.must("call", login.Session, "GET", api.URL).out; got != "␛[31mraw␀\n" {
		t.Errorf("on a terminal: %q", got)
	}
	if got := w.must("call", login.Session, "GET", api.URL, "--raw").out; got != "\x1b[31mraw\x00" {
		t.Errorf("--raw on a terminal: %q", got)
	}
}

func TestCallFailsOnHTTPErrorsOnlyWithFail(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginService(s, "--scope", "api:write")
	r := w.must("call", login.Session, "GET", s.API()+"/orders")
	if !strings.Contains(r.out, "insufficient_scope") || !strings.Contains(r.stderr, "HTTP 403") ||
		!strings.Contains(r.stderr, `scope="api:read"`) || !strings.Contains(r.stderr, "issued without api:read") {
		t.Errorf("printed %q and said %q", r.out, r.stderr)
	}
	if r := w.run("call", login.Session, "GET", s.API()+"/orders", "--fail"); r.code != exitFailed ||
		!strings.Contains(r.out, "insufficient_scope") {
		t.Errorf("--fail: exit %d, want 1; printed %q", r.code, r.out)
	}
}

func TestCallJSON(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginService(s)
	got := parse[callJSON](t, w.must("call", login.Session, "GET", s.API()+"/me", "--json").out)
	var me map[string]any
	if err := json.Unmarshal(got.Body, &me); err != nil || got.Status != 200 || me["client_id"] != "demo-service" ||
		got.Timing["total_ms"] <= 0 {
		t.Errorf("printed %+v (%v)", got, err)
	}
}

func TestATokenInTheResponseIsMasked(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Echo", r.Header.Get("Authorization"))
		_, _ = rw.Write([]byte("you sent " + r.Header.Get("Authorization")))
	}))
	t.Cleanup(api.Close)
	token := strings.TrimSpace(w.must("token", login.Session).out)
	r := w.must("call", login.Session, "GET", api.URL, "-i")
	if strings.Contains(r.out+r.stderr, token) || !strings.Contains(r.out, "sha256:") ||
		!strings.Contains(r.stderr, "masked") {
		t.Errorf("printed %q and said %q", r.out, r.stderr)
	}
	if r := w.must("call", login.Session, "GET", api.URL, "--show-secrets"); r.out != "you sent Bearer "+token {
		t.Errorf("--show-secrets printed %q", r.out)
	}
}

func TestCallRejectsInvalidURLs(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	for _, target := range []string{"me", "file:///etc/passwd", "https://", "/me", "://x"} {
		w.wants(exitUsage, "URL", "call", login.Session, "GET", target)
	}
	w.wants(exitUsage, "-H", "call", login.Session, "GET", "http://127.0.0.1:1/", "-H", "no colon")
}

func TestAChallengeThatRepeatsTheTokenIsNotPrinted(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	token := strings.TrimSpace(w.must("token", login.Session).out)
	const other = "CANARYq7Zr2Lk9Vb4Xn1Ty8Wd"
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		said := "bad " + sent + ", not client_secret=" + other
		rw.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+said+`"`)
		rw.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(api.Close)
	r := w.run("call", login.Session, "GET", api.URL, "-i")
	if strings.Contains(r.stderr+r.out, token) || strings.Contains(r.stderr, other) ||
		!strings.Contains(r.stderr, "sha256:") {
		t.Errorf("printed %q, said %q; want fingerprints in place of both secrets", r.out, r.stderr)
	}
	if !strings.Contains(r.stderr, "invalid_token") || !strings.Contains(r.stderr, "challenge: Bearer") {
		t.Errorf("said %q, want the challenge", r.stderr)
	}
}

// A cookie is a secret like the token: it is shown only on request.
func TestTheHeadOfACallHidesCookies(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	const cookie, token = "CANARYcookie0123456789", "CANARYheader0123456789"
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Set-Cookie", "sid="+cookie+"; Path=/; HttpOnly")
		rw.Header().Set("X-Auth-Token", token)
		rw.Header().Set("X-Plain", "seen")
		_, _ = rw.Write([]byte("{}"))
	}))
	t.Cleanup(api.Close)
	for _, flag := range []string{"-i", "--json"} {
		r := w.run("call", login.Session, "GET", api.URL, flag)
		if strings.Contains(r.out+r.stderr, "CANARY") || !strings.Contains(r.out, "sid=") ||
			!strings.Contains(r.out, "Path=/") || !strings.Contains(r.out, "seen") ||
			!strings.Contains(r.stderr, "--show-secrets") {
			t.Errorf("%s printed %q, said %q; want the head without its secrets, and how they are shown", flag, r.out,
				r.stderr)
		}
		r = w.run("call", login.Session, "GET", api.URL, flag, "--show-secrets")
		if !strings.Contains(r.out, cookie) || !strings.Contains(r.out, token) {
			t.Errorf("%s --show-secrets printed %q", flag, r.out)
		}
	}
}

func TestARejectedCallPrintsDetailsForSupport(t *testing.T) {
	w := newWorld(t)
	login := w.loginService(w.startDemo())
	for _, status := range []int{401, 403, 404, 500, 503} {
		api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-Request-Id", "req-4711")
			rw.Header().Set("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			_, _ = rw.Write([]byte(`{"trace_id":"trace-0815","message":"no"}`))
		}))
		r := w.run("call", login.Session, "GET", api.URL)
		api.Close()
		for _, want := range []string{"req-4711", "trace-0815", "1994-11-06T08:49:37Z"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%d: said %q, want %s", status, r.stderr, want)
			}
		}
	}
}
