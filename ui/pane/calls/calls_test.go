package calls

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	flowcalls "fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/tokens/wwwauth"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

var now = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func newPane(t *testing.T) *Pane {
	ctx := panetest.Context(t, func() time.Time { return now }, profile.Profile{Name: "acme-dev",
		Issuer: "https://login.acme.example", ClientID: "desk", API: "https://api.acme.example/v1"})
	p := New(ctx)
	p.Update(pane.SelectedMsg{Meta: vault.Meta{ID: "abc", Label: "alice", Profile: "acme-dev"}})
	return p
}

// respond shows a response as if it had just arrived.
func respond(p *Pane, r *flowcalls.Response) {
	c := call{at: now, draft: readDraft(p.form), response: r}
	c.body, c.syntax = readableBody(r)
	p.handleResponse(responseMsg{session: "abc", call: c})
	p.show(&p.history["abc"][0])
}

func TestURLDefaultsToTheProfilesAPI(t *testing.T) {
	if got := newPane(t).form.Value(fieldURL); got != "https://api.acme.example/v1" {
		t.Errorf("got %q, want the profile's API", got)
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct{ typed, api, want string }{
		{"/me", "https://api.example/v1/", "https://api.example/v1/me"},
		{"https://other.example/x", "https://api.example", "https://other.example/x"},
		{"/me", "", ""},
		{"ftp://api.example/", "", ""},
		{"me", "https://api.example", ""},
	} {
		got, err := draft{url: c.typed}.target(c.api)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q at %q: got %q and %v, want %q", c.typed, c.api, got, err, c.want)
		}
	}
}

func TestJSONGetsItsContentType(t *testing.T) {
	d := draft{method: "POST", url: "https://api.example/x", body: `{"a":1}`}
	r, err := d.request("")
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v and %v, want application/json", r.Header, err)
	}
	d.headers = "Content-Type: text/plain"
	if r, err := d.request(""); err != nil || r.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("got %v and %v, want what was typed", r.Header, err)
	}
}

func TestCurlCommandContainsNoToken(t *testing.T) {
	p := newPane(t)
	draft{method: "POST", url: "/x", body: "it's", headers: "X-A: b c"}.fill(p.form)
	want := `curl --globoff --include \
  --request 'POST' \
  --url 'https://api.acme.example/v1/x' \
  --header 'Authorization: Bearer '"$(fob token abc)" \
  --header 'X-A: b c' \
  --header 'Content-Type:' \
  --data-raw 'it'\''s'`
	if got, err := p.curl(); got != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	p.override.token = tokens.NewSecret("another token, of no session")
	if got, err := p.curl(); !strings.Contains(got, `Bearer '"$ACCESS_TOKEN"`) || err != nil {
		t.Errorf("with another token: got %s, %v", got, err)
	}
	p.form.SetValue(fieldTokenIn, "body")
	p.form.SetValue(fieldMethod, "GET")
	if m, ok := p.Do(keys.CallCurl)().(pane.ErrorMsg); !ok || !p.editing {
		t.Errorf("a request that cannot be sent: got %+v, want an error and the form", m)
	}
}

func TestResponseThatRepeatsTheTokenIsMasked(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"
	p := newPane(t)
	respond(p, &flowcalls.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
		EchoesSecret: true, Body: []byte(`{"echo":"` + token + `"}`),
		Exchange: &wire.Exchange{Response: &wire.Message{Body: `{"echo":"sha256:ab12cd34 38 B"}`}}})
	for _, view := range views {
		p.view = view
		p.fill()
		if got := p.View(110, 30); strings.Contains(got, token) {
			t.Errorf("%s shows the token:\n%s", view, got)
		}
	}
	copied := p.Do(keys.CallCopy)().(pane.CopyMsg)
	if copied.Text != "" || copied.Secret.IsZero() {
		t.Errorf("got %+v, want the body as a secret", copied)
	}
}

func TestRejectedCallIsExplained(t *testing.T) {
	p := newPane(t)
	respond(p, &flowcalls.Response{Status: 403, Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"error":"insufficient_scope"}`),
		Challenges: []wwwauth.Challenge{{Scheme: "Bearer", Params: map[string]string{"error": "insufficient_scope",
			"scope": "api:write"}}},
		Exchange: &wire.Exchange{Response: &wire.Message{Header: []wire.Field{{Name: "Content-Type",
			Value: "application/json"}}}, Timing: wire.Timing{Total: 12 * time.Millisecond}}})
	panetest.Golden(t, "refused", p)
	panetest.Sizes(t, "refused", p)
	if view := p.View(110, 30); !strings.Contains(view, "api:write") {
		t.Errorf("got\n%s\nwant it to name the missing scope", view)
	}
}

func TestHostileBodiesStayInTheirPlace(t *testing.T) {
	p := newPane(t)
	respond(p, &flowcalls.Response{Status: 200, Header: http.Header{"Content-Type": {"text/plain\x1b]0;x\a"}},
		Body: []byte("\x1b[2J\u202edone\r\n" + strings.Repeat("long ", 1000))})
	panetest.Sizes(t, "hostile", p)
	if view := p.View(80, 24); strings.ContainsAny(view, "\x1b\a\u202e") {
		t.Errorf("got %q, want no control characters", view)
	}
}

func TestResponseOfAnotherSessionIsNotShown(t *testing.T) {
	p := newPane(t)
	p.handleResponse(responseMsg{session: "other", call: call{at: now}})
	if p.shown != nil || len(p.history["other"]) != 1 {
		t.Errorf("got %v shown and %d kept, want nothing shown and one kept", p.shown, len(p.history["other"]))
	}
}

func TestTokenIsFoundByItsStructure(t *testing.T) {
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30."
	if got := findToken([]byte(`{"v":"1.20.333.4444.5","access_token":"` + token + `"}`)); got.Reveal() != token {
		t.Errorf("got %q, want the token", got.Reveal())
	}
	if got := findToken([]byte(`{"version":"aaaaaaaaaaaa.bbbb.cccc"}`)); !got.IsZero() {
		t.Errorf("got %q, want nothing", got.Reveal())
	}
}

func TestSizesOfTheForm(t *testing.T) {
	p := newPane(t)
	panetest.Golden(t, "ready", p)
	panetest.Sizes(t, "ready", p)
	p.Do(keys.CallEdit)
	panetest.Sizes(t, "form", p)
	if !p.Back() || p.Editing() {
		t.Error("esc does not leave the form")
	}
}

func TestStepUpUsesTheChallenge(t *testing.T) {
	for _, c := range []struct {
		name   string
		params map[string]string
		want   map[string]string
	}{
		{"stronger and fresher", map[string]string{"error": "insufficient_user_authentication", "acr_values": "gold",
			"max_age": "60"}, map[string]string{"acr_values": "gold", "max_age": "60"}},
		{"more scope", map[string]string{"error": "insufficient_scope", "scope": "openid api:write"},
			map[string]string{"scope": "openid api:read api:write"}},
		{"nothing of the kind", map[string]string{"error": "invalid_token", "scope": "x"}, nil},
	} {
		p := newPane(t)
		p.session.Scope = "openid api:read"
		respond(p, &flowcalls.Response{Status: 401,
			Challenges: []wwwauth.Challenge{{Scheme: "Bearer", Params: c.params}}})
		if why := p.Disabled(keys.CallStepUp); (why == "") != (c.want != nil) {
			t.Errorf("%s: got %q, want it offered: %v", c.name, why, c.want != nil)
		}
		if c.want == nil {
			continue
		}
		for p.ctx.NextRequest() != nil {
		}
		p.Do(keys.CallStepUp)
		m, _ := p.ctx.NextRequest().(pane.SignInMsg)
		if !maps.Equal(m.Values, c.want) || m.Session.ID != "abc" {
			t.Errorf("%s: got %+v, want %v for the session", c.name, m, c.want)
		}
	}
}

func TestTokenPlacementAndRedirects(t *testing.T) {
	p := newPane(t)
	d := readDraft(p.form)
	if r, err := d.request(p.api()); err != nil || r.Placement != flowcalls.InHeader || r.Follow {
		t.Errorf("by default: got %+v, %v, want the header and no redirect followed", r, err)
	}
	for place, want := range map[string]string{
		"query": `--url-query 'access_token='"$(fob token abc)"`,
		"body":  `--data-urlencode 'access_token='"$(fob token abc)"`,
	} {
		p.form.SetValue(fieldTokenIn, place)
		p.form.SetValue(fieldFollow, "true")
		p.form.SetValue(fieldMethod, map[string]string{"query": "GET", "body": "POST"}[place])
		d = readDraft(p.form)
		r, err := d.request(p.api())
		if err != nil || string(r.Placement) != place || !r.Follow {
			t.Errorf("%s: got %+v, %v", place, r, err)
		}
		if got, err := p.curl(); err != nil || !strings.Contains(got, want) || !strings.HasSuffix(got, " --location") {
			t.Errorf("%s: got  %s, %v\nwant %s and --location", place, got, err, want)
		}
		if view := strings.Join(strings.Fields(p.View(110, 30)), " "); !strings.Contains(view, "RFC 6750 2.") {
			t.Errorf("%s: there is no warning:\n%s", place, view)
		}
		panetest.Sizes(t, place, p)
		p.form = newForm(p.ctx)
		d.fill(p.form)
		if readDraft(p.form) != d {
			t.Errorf("%s: filled in again: got %+v, want %+v", place, readDraft(p.form), d)
		}
	}
}

func TestRedirectShowsItsTarget(t *testing.T) {
	p := newPane(t)
	const to = "https://login.example.com/signin"
	respond(p, &flowcalls.Response{Status: 302, Header: http.Header{"Location": {to}},
		Hops: []flowcalls.Hop{{Status: 307, URL: "https://api.acme.example/v2", WithToken: true}},
		Exchange: &wire.Exchange{Request: wire.Message{URL: "https://api.acme.example/v1"},
			Response: &wire.Message{Header: []wire.Field{{Name: "Location", Value: to}}}}})
	panetest.Sizes(t, "redirect", p)
	view := strings.Join(strings.Fields(p.View(110, 30)), " ")
	for _, want := range []string{to, "not followed", "sign-in page", "Follow redirects",
		"v2: followed with the token"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
}
