package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/tokens"
)

func tokenRequest(target string) *Request {
	return &Request{Endpoint: EndpointToken, Method: "POST", URL: target,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
		Body: []byte("grant_type=authorization_code&code=CANARY-code-0123456789abcdef" +
			"&code_verifier=CANARY-verifier-0123456789&resource=a%2fb")}
}

func mustEdit(t testing.TB, text string) Edit {
	t.Helper()
	e, err := ParseEdit(text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func TestAnEditChangesTheParameterThatItNamesAndNothingElse(t *testing.T) {
	form := func(body string) *Request {
		return &Request{Endpoint: "token", Method: "POST", URL: "https://as.example/t?p=policy", Body: []byte(body),
			Header: http.Header{"X-A": {"1"}}}
	}
	jsonBody := func(body string) *Request {
		return &Request{Endpoint: "registration", Method: "POST", URL: "https://as.example/r", Body: []byte(body),
			Header: http.Header{"Content-Type": {"application/json"}}}
	}
	get := &Request{Endpoint: "userinfo", URL: "https://as.example/u?a=1&b=%2f#f"}
	for _, c := range []struct {
		edit string
		in   *Request
		url  string
		body string
		done bool
	}{
		{"token.b=", form("a=%2f&b=2&c=3"), "", "a=%2f&b=&c=3", true},
		{"token.b=x y&z", form("a=1&b=2&b=3&c=4"), "", "a=1&b=x+y%26z&c=4", true},
		{"token.new=1", form("a=1"), "", "a=1&new=1", true},
		{"-token.b", form("a=1&b=2&b=3"), "", "a=1", true},
		{"-token.code%5Fverifier", form("a=1"), "", "a=1", false},
		{"-token.b", form("a=1"), "", "a=1", false},
		{"-token.b", form("a=1&&c=2&"), "", "a=1&&c=2&", false},
		{"token.b+=3", form("b=2"), "", "b=2&b=3", true},
		{"token.b=2", form("b=2"), "", "b=2", false},
		{"device.b=2", form("b=1"), "", "b=1", false},
		{"*.b=2", form("b=1"), "", "b=2", true},
		{"token.query.p=other", form("a=1"), "https://as.example/t?p=other", "a=1", true},
		{"-token.query.p", form("a=1"), "https://as.example/t", "a=1", true},
		{"userinfo.a=2", get, "https://as.example/u?a=2&b=%2f#f", "", true},
		{"-userinfo.a", get, "https://as.example/u?b=%2f#f", "", true},
		{"token.scope=a", &Request{Endpoint: "token", Method: "POST", URL: "https://as.example/t"}, "", "scope=a",
			true},
		{`registration.client_name=x"y`, jsonBody(`{"a":1.50,"client_name":"b"}`), "",
			`{"a":1.50,"client_name":"x\"y"}`, true},
		{"registration.client_name=5", jsonBody(`{"client_name":"b"}`), "", `{"client_name":"5"}`, true},
		{"registration.default_max_age=5", jsonBody(`{"default_max_age":1}`), "", `{"default_max_age":5}`, true},
		{`registration.redirect_uris=["x"]`, jsonBody(`{"a":1}`), "", `{"a":1,"redirect_uris":["x"]}`, true},
		{"registration.redirect_uris+=y", jsonBody(`{"redirect_uris":["x"]}`), "", `{"redirect_uris":["x","y"]}`, true},
		{"registration.redirect_uris+=y", jsonBody(`{"redirect_uris":[]}`), "", `{"redirect_uris":["y"]}`, true},
		{"registration.a+=y", jsonBody(`{"a":"x"}`), "", `{"a":["x","y"]}`, true},
		{"-registration.a", jsonBody(`{"a":"x","b":{}}`), "", `{"b":{}}`, true},
		{"-registration.z", jsonBody(`{ "a": "x" }`), "", `{ "a": "x" }`, false},
		{"registration.a=1", jsonBody(`[1]`), "", `[1]`, false},
	} {
		before := string(c.in.Body) + c.in.URL
		got, done := mustEdit(t, c.edit).Apply(c.in)
		if done != c.done || string(got.Body) != c.body || c.url != "" && got.URL != c.url || c.url == "" &&
			got.URL != c.in.URL {
			t.Errorf("%s: got %s %s, %v; want %s %s, %v", c.edit, got.URL, got.Body, done, c.url, c.body, c.done)
		}
		if string(c.in.Body)+c.in.URL != before {
			t.Errorf("%s changed the request that it was given", c.edit)
		}
	}
}

func TestAnEditChangesHeaderFields(t *testing.T) {
	r := &Request{Endpoint: "token", Header: http.Header{"Accept": {"a"}, "X-B": {"1"}}}
	for _, c := range []struct{ edit, name, want string }{
		{"token.header.accept=b", "Accept", "b"},
		{"-token.header.Accept", "Accept", ""},
		{"token.header.X-B+=2", "X-B", "1,2"},
		{"token.header.New=", "New", ""},
	} {
		got, done := mustEdit(t, c.edit).Apply(r)
		if values := strings.Join(got.Header.Values(c.name), ","); !done || values != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.edit, values, done, c.want)
		}
	}
	if r.Header.Get("Accept") != "a" {
		t.Error("the request that was given has changed")
	}
}

func TestAnEditIsReadAndWritten(t *testing.T) {
	endpoints := []string{"token", "authorization"}
	for text, want := range map[string]string{
		"token.code_verifier=":         "token.code_verifier=",
		"-token.code_verifier":         "-token.code_verifier",
		"token.resource+=https://a/?b": "token.resource+=https://a/?b",
		"token.client_secret=hunter2":  "token.client_secret=" + tokens.Hidden,
		"token.password=correct-horse": "token.password=" + tokens.Hidden,
		"token.a=b=c":                  "token.a=b=c",
		"*.state=x":                    "*.state=x",
		"token.header.Authorization=Bearer abcdefgh0123456789abcdef": "token.header.Authorization=Bearer " +
			"" + tokens.NewSecret("abcdefgh0123456789abcdef").Fingerprint(),
		"token.state=a\x1bb": "token.state=a␛b",
	} {
		e, err := ParseEdit(text, endpoints)
		if err != nil || e.String() != want {
			t.Errorf("%q: got %q, %v; want %q", text, e.String(), err, want)
		}
	}
	for text, want := range map[string]string{
		"": "expected ENDPOINT.NAME", "token": "expected ENDPOINT.NAME", "token=x": "with a dot between",
		"-": "with a dot between", "token.=x": "with a dot between",
		"tokn.a=b": "there are token, authorization", "token.header.a b=c": "not a header name",
		"token.header.a=b\nc": "no line break", "token.header.=b": "with a dot between",
	} {
		if _, err := ParseEdit(text, endpoints); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", text, err, want)
		}
	}
}

func TestAnEditedRequestIsSentAndRecordedAsEdited(t *testing.T) {
	var form url.Values
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseForm(); form = r.PostForm })
	editor := NewEditor([]Edit{mustEdit(t, "-token.code_verifier"), mustEdit(t,
		"token.code=CANARY-other-0123456789abcdef"),
		mustEdit(t, "token.header.X-Try=1"), mustEdit(t, "token.resource+=c"), mustEdit(t, "-token.nothing"),
		mustEdit(t, "device.a=b")})
	c, rec := client(t, Options{Before: editor.Before})
	mustDo(t, c, tokenRequest(s.URL))
	if form.Has("code_verifier") || form.Get("code") != "CANARY-other-0123456789abcdef" || len(form["resource"]) != 2 {
		t.Errorf("sent: got %v", form)
	}
	x := rec.Exchanges()[0]
	got := strings.Join(x.Edited, "\n")
	for _, want := range []string{"-token.code_verifier", "token.code=sha256:", "token.header.X-Try=1",
		"token.resource+=c"} {
		if !strings.Contains(got, want) {
			t.Errorf("edited: got %s, want %s in it", got, want)
		}
	}
	if strings.Contains(got+x.Request.Body, "CANARY") || len(x.Edited) != 4 {
		t.Errorf("edited: got %s of %s", got, x.Request.Body)
	}
	if unused := editor.Unused(); len(unused) != 2 || unused[0].Target != "token.nothing" ||
		unused[1].Target != "device.a" {
		t.Errorf("unused: got %v", unused)
	}
}

func TestARequestIsHeldShownRedactedAndCanBeAborted(t *testing.T) {
	reached := 0
	s := serve(t, func(http.ResponseWriter, *http.Request) { reached++ })
	c, rec := client(t, Options{})
	var shown Message
	ctx := WithBefore(t.Context(), func(_ context.Context, p Pending) (*Request, error) {
		shown = p.Shown
		return nil, ErrAborted
	})
	e := failure(t, c, ctx, tokenRequest(s.URL))
	if !errors.Is(e, ErrAborted) || e.Phase != PhaseAborted || reached != 0 {
		t.Errorf("got %v (%s), %d requests; want it aborted", e, e.Phase, reached)
	}
	if !strings.Contains(shown.Body, "code=sha256:") || strings.Contains(shown.Body, "CANARY") ||
		shown.Method != "POST" {
		t.Errorf("shown: got %+v", shown)
	}
	if x := rec.Exchanges()[0]; !strings.Contains(x.Err, "aborted") || x.Response != nil {
		t.Errorf("recorded: got %+v", x)
	}
	// Any other error aborts as well, and is kept.
	other := errors.New("the person is not there")
	ctx = WithBefore(t.Context(), func(context.Context, Pending) (*Request, error) { return nil, other })
	if e := failure(t, c, ctx, tokenRequest(s.URL)); !errors.Is(e, ErrAborted) || !errors.Is(e, other) {
		t.Errorf("got %v, want both causes", e)
	}
	// The end of the run while the request is held is no abort.
	ctx, cancel := context.WithCancel(t.Context())
	ctx = WithBefore(ctx, func(ctx context.Context, _ Pending) (*Request, error) {
		cancel()
		<-ctx.Done()
		return nil,
			ctx.Err()
	})
	if e := failure(t, c, ctx, tokenRequest(s.URL)); e.Phase != PhaseCancelled {
		t.Errorf("got %s, want cancelled", e.Phase)
	}
}

func TestARequestThatIsLetGoIsSentAsItWas(t *testing.T) {
	var body string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body); body = string(b) })
	c, rec := client(t, Options{})
	for name, before := range map[string]Before{
		"nil":        func(context.Context, Pending) (*Request, error) { return nil, nil },
		"unchanged":  func(_ context.Context, p Pending) (*Request, error) { return p.Request, nil },
		"thrown":     func(_ context.Context, p Pending) (*Request, error) { p.Request.Body[0] = 'X'; return nil, nil },
		"a chain":    Chain(nil, func(_ context.Context, p Pending) (*Request, error) { return p.Request, nil }),
		"no editing": NewEditor(nil).Before,
	} {
		r := tokenRequest(s.URL)
		mustDo(t, c, &Request{Method: "GET", URL: s.URL})
		if _, err := c.Do(WithBefore(t.Context(), before), r); err != nil {
			t.Fatal(err)
		}
		list := rec.Exchanges()
		if body != string(r.Body) || list[len(list)-1].Edited != nil {
			t.Errorf("%s: sent %q, edited %v; want it as it was", name, body, list[len(list)-1].Edited)
		}
	}
}

func TestWhatWasChangedByHandIsToldInWords(t *testing.T) {
	old := tokenRequest("https://as.example/t?a=1")
	for want, change := range map[string]func(r *Request){
		"method PUT instead of POST":                             func(r *Request) { r.Method = "PUT" },
		"URL https://x.example/ instead of https://as.example/t": func(r *Request) { r.URL = "https://x.example/?a=1" },
		"-token.query.a":                                         func(r *Request) { r.URL = "https://as.example/t" },
		"the query written otherwise": func(r *Request) {
			r.URL = "https://as.example/t?a=%31"
		},
		"another body": func(r *Request) { r.Body = []byte("%zz") },
		"token.resource=b": func(r *Request) {
			r.Body = []byte(strings.Replace(string(r.Body), "a%2fb", "b", 1))
		},
		"-token.header.Accept": func(r *Request) { r.Header.Del("Accept") },
	} {
		r := old.Clone()
		change(r)
		if got := strings.Join(differences(old, r), "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheURLOfABrowserIsEdited(t *testing.T) {
	editor := NewEditor([]Edit{mustEdit(t, "-authorization.state"), mustEdit(t, "authorization.scope=a b"),
		mustEdit(t, "authorization.header.X=1"), mustEdit(t, "token.a=b")})
	got, made, err := HoldBrowser(context.Background(), editor.Before, EndpointAuthorization,
		"https://as.example/a?p=q&state=s&scope=openid")
	if want := "https://as.example/a?p=q&scope=a+b"; err != nil || got != want || strings.Join(made,
		" ") != "-authorization.state authorization.scope=a b" {
		t.Errorf("got %s, %v, %v; want %s by two edits", got, made, err, want)
	}
	if n := len(editor.Unused()); n != 2 {
		t.Errorf("got %d unused, want the header and the token's", n)
	}
}

// Whatever is edited, what is not meant stays byte for byte, and the parameter has the value.
func FuzzEdit(f *testing.F) {
	f.Add("token.b=1", "a=1&b=2&&c", "https://h/?x=%zz#f", "application/x-www-form-urlencoded")
	f.Add("-token.a", `{"a":1,"b":[1.0]}`, "https://h", "application/json")
	f.Add("token.a+=x", `{"a":[1],"a":2}`, "", "application/json")
	f.Add("token.query.a=x", "", "?", "")
	f.Fuzz(func(t *testing.T, text, body, target, media string) {
		e, err := ParseEdit(text, nil)
		if err != nil {
			return
		}
		r := &Request{Endpoint: "token", Method: "POST", URL: target, Body: []byte(body),
			Header: http.Header{"Content-Type": {media}}}
		got, done := e.Apply(r)
		if !done && (got.URL != target || string(got.Body) != body) {
			t.Errorf("%q says that it did nothing and made %q %q of %q %q", text, got.URL, got.Body, target, body)
		}
		if strings.ContainsAny(e.String(), "\x1b\n\r") {
			t.Errorf("a control character is left in %+q", e.String())
		}
		again, _ := Edit{Target: e.Target, Op: e.Op, Value: e.Value}.Apply(got)
		if e.Op != Add && (again.URL != got.URL || string(again.Body) != string(got.Body)) {
			t.Errorf("%q made twice is not as made once: %q %q, then %q %q", text, got.URL, got.Body, again.URL,
				again.Body)
		}
		_ = differences(r, got)
	})
}
