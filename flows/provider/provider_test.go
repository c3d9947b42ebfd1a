package provider

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"fob/flows/wire"
	"fob/tokens"
)

// site serves documents by path; %s in one is the site's own URL. It records the requests.
type site struct {
	*httptest.Server
	asked []string
}

func newSite(t *testing.T, pages map[string]string) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.URL.RequestURI())
		page, ok := pages[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "%s", s.URL))
	}))
	t.Cleanup(s.Close)
	return s
}

func doer(t testing.TB) wire.Doer {
	t.Helper()
	c, err := wire.New(t.Context(), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestMetadataIsFoundByBothPathRules(t *testing.T) {
	for name, c := range map[string]struct {
		at, ask, issuer string
		asked           []string
	}{
		"OpenID Connect, no path": {"/.well-known/openid-configuration", "", "%s",
			[]string{"/.well-known/openid-configuration"}},
		"OpenID Connect, path": {"/r/a/.well-known/openid-configuration", "/r/a", "%s/r/a",
			[]string{"/r/a/.well-known/openid-configuration"}},
		"OpenID Connect, slash asked": {"/r/.well-known/openid-configuration", "/r/", "%s/r/",
			[]string{"/r/.well-known/openid-configuration"}},
		"RFC 8414, no path": {"/.well-known/oauth-authorization-server", "", "%s",
			[]string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}},
		"RFC 8414, path": {"/.well-known/oauth-authorization-server/r", "/r", "%s/r",
			[]string{"/r/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/r"}},
		"RFC 8414, openid inserted": {"/.well-known/openid-configuration/r", "/r", "%s/r",
			[]string{"/r/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/r",
				"/.well-known/openid-configuration/r"}},
		"the whole URL": {"/r/.well-known/openid-configuration", "/r/.well-known/openid-configuration",
			"%s/r", []string{"/r/.well-known/openid-configuration"}},
		"the whole URL, inserted": {"/.well-known/oauth-authorization-server/r",
			"/.well-known/oauth-authorization-server/r", "%s/r", []string{"/.well-known/oauth-authorization-server/r"}},
		"the whole URL, query kept": {"/r/.well-known/openid-configuration?p=pol",
			"/r/.well-known/openid-configuration?p=pol", "%s/r", []string{"/r/.well-known/openid-configuration?p=pol"}},
		"the whole URL, issuer's slash": {"/r/.well-known/openid-configuration", "/r/.well-known/openid-configuration",
			"%s/r/", []string{"/r/.well-known/openid-configuration"}},
		"escaped path is unchanged": {"/a%2Fb/.well-known/openid-configuration", "/a%2Fb", "%s/a%2Fb",
			[]string{"/a%2Fb/.well-known/openid-configuration"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, map[string]string{c.at: `{"issuer":"` + c.issuer + `","token_endpoint":"%s/t"}`})
			m, err := Discover(context.Background(), doer(t), s.URL+c.ask)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(c.issuer, "%s", s.URL); m.Issuer != want || m.TokenEndpoint != s.URL+"/t" {
				t.Errorf("got issuer %q, token endpoint %q; want %q", m.Issuer, m.TokenEndpoint, want)
			}
			if !reflect.DeepEqual(s.asked, c.asked) {
				t.Errorf("asked %q, want %q", s.asked, c.asked)
			}
			if m.Source != s.URL+c.asked[len(c.asked)-1] {
				t.Errorf("source: got %s", m.Source)
			}
			if n := m.Checks.Count(tokens.Passed); n != 3 {
				t.Errorf("checks: got %+v, want discovery.https, discovery.issuer and discovery.origin", m.Checks)
			}
		})
	}
}

func TestAWrongIssuerEndsDiscovery(t *testing.T) {
	for name, c := range map[string]struct{ ask, issuer, because string }{
		"another host":        {"", "https://evil.example", "host differs"},
		"another path":        {"/r", "%s/other", "path differs"},
		"none":                {"", "", "issuer is missing"},
		"case":                {"/Realm", "%s/realm", "upper and lower case"},
		"https":               {"", "HTTPS%s", "http and https"},
		"a template":          {"", "%s/{tenantid}/v2.0", "template"},
		"no URL":              {"", "me", "not a URL"},
		"deeper than a slash": {"/r", "%s/r/x", "path differs"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			issuer := strings.ReplaceAll(c.issuer, "%s", s.URL)
			issuer = strings.ReplaceAll(issuer, "HTTPShttp:", "https:")
			doc, _ := json.Marshal(map[string]string{"issuer": issuer, "token_endpoint": s.URL + "/t"})
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(doc) })
			m, err := Discover(context.Background(), doer(t), s.URL+c.ask)
			var ce *tokens.CheckError
			if !errors.As(err, &ce) || m != nil {
				t.Fatalf("got %v, %v; want a CheckError", m, err)
			}
			k := ce.Check
			if k.ID != tokens.CheckDiscoveryIssuer || k.Expected != s.URL+c.ask || k.Received != issuer ||
				!strings.Contains(k.Because, c.because) {
				t.Errorf("got %+v, want expected %s, received %s, because … %s …", k, s.URL+c.ask, issuer, c.because)
			}
		})
	}
}

func TestATrailingSlashIsAcceptedWithAWarning(t *testing.T) {
	for ask, issuer := range map[string]string{"": "%s/", "/": "%s", "/r": "%s/r/"} {
		page := `{"issuer":"` + issuer + `","token_endpoint":"%s/t"}`
		s := newSite(t, map[string]string{"/.well-known/openid-configuration": page,
			"/r/.well-known/openid-configuration": page})
		m, err := Discover(context.Background(), doer(t), s.URL+ask)
		if err != nil {
			t.Fatalf("%q: %v", ask, err)
		}
		if want := strings.ReplaceAll(issuer, "%s", s.URL); m.Issuer != want {
			t.Errorf("%q: got %q, want the server's spelling %q", ask, m.Issuer, want)
		}
		if m.Checks.Count(tokens.Warned) != 1 || len(m.Checks.Violations()) != 0 {
			t.Errorf("%q: got %+v, want a warning", ask, m.Checks)
		}
	}
}

func TestIssuerQuirksOfProviders(t *testing.T) {
	const a, b = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
	for _, c := range []struct {
		asked, received string
		want            tokens.Outcome
	}{
		{"https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/{tenantid}/v2.0",
			tokens.Warned},
		{"https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0", "https://login.microsoftonline.com/" + a +
			"/v2.0", tokens.Warned},
		{"https://login.microsoftonline.com/" + a + "/v2.0", "https://login.microsoftonline.com/" + a + "/v2.0",
			tokens.Passed},
		{"https://login.microsoftonline.com/" + a + "/v2.0", "https://login.microsoftonline.com/" + b + "/v2.0",
			tokens.Failed},
		{"https://login.microsoftonline.com/" + a, "https://sts.windows.net/" + a + "/", tokens.Warned},
		{"https://login.microsoftonline.com/" + a + "/", "https://sts.windows.net/" + b + "/", tokens.Failed},
		{"https://login.microsoftonline.com/common/v2.0", "https://evil.example/{tenantid}/v2.0", tokens.Failed},
		{"https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/evil/v2.0", tokens.Failed},
		{"https://acme.b2clogin.com/acme.onmicrosoft.com/B2C_1_in/v2.0", "https://acme.b2clogin.com/" + a + "/v2.0/",
			tokens.Warned},
		{"https://acme.b2clogin.com/acme.onmicrosoft.com/B2C_1_in/v2.0", "https://other.b2clogin.com/" + a + "/v2.0/",
			tokens.Failed},
		{"https://evil.example/common/v2.0", "https://evil.example/{tenantid}/v2.0", tokens.Failed},
		{"https://acme.auth0.com", "https://acme.auth0.com/", tokens.Warned},
	} {
		q, err := parseIssuer(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.issuerCheck(c.received); got.Outcome != c.want {
			t.Errorf("asked %s, received %s: got %s (%s), want %s", c.asked, c.received, got.Outcome, got.Because,
				c.want)
		}
	}
	m := &Metadata{Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0"}
	for iss, want := range map[string]bool{"https://login.microsoftonline.com/" + a + "/v2.0": true, m.Issuer: false,
		"": false,
		"https://login.microsoftonline.com/common/v2.0": false, "https://evil.example/" + a + "/v2.0": false,
		"https://login.microsoftonline.com/" + a + "/v2.0/": false} {
		if got := m.AcceptsIssuer(iss); got != want {
			t.Errorf("%q: got %v, want %v", iss, got, want)
		}
	}
}

func TestEachDiscoveryAttemptIsReported(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/r/.well-known/openid-configuration":
			_, _ = io.WriteString(w, "<!doctype html><p>hello")
		case "/.well-known/oauth-authorization-server/r":
			http.Redirect(w, r, "https://elsewhere.example/x", http.StatusMovedPermanently)
		default:
			_, _ = io.WriteString(w, `{"hello":"world"}`)
		}
	}))
	t.Cleanup(s.Close)
	_, err := Discover(context.Background(), doer(t), s.URL+"/r")
	var e *DiscoveryError
	if !errors.As(err, &e) || len(e.Attempts) != 3 {
		t.Fatalf("got %v, want a DiscoveryError with three attempts", err)
	}
	for i, want := range []string{"web page", "https://elsewhere.example/x", "not metadata"} {
		if !strings.Contains(e.Attempts[i].What, want) {
			t.Errorf("attempt %d: got %q, want %q in it", i, e.Attempts[i].What, want)
		}
	}
	if !strings.Contains(e.Error(), "redirects") {
		t.Errorf("got %v, want the hint on redirects", e)
	}
}

func TestAnUnreachableHostIsAWireError(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	_, err := Discover(context.Background(), doer(t), s.URL)
	var e *wire.Error
	if !errors.As(err, &e) || e.Phase != wire.PhaseConnect {
		t.Errorf("got %v, want a *wire.Error of the connect phase", err)
	}
}

func TestMetadataOfTheWrongTypeNamesTheMember(t *testing.T) {
	s := newSite(t, map[string]string{"/.well-known/openid-configuration": `{"issuer":"%s","token_endpoint":["x"]}`})
	_, err := Discover(context.Background(), doer(t), s.URL)
	if err == nil || !strings.Contains(err.Error(), "token_endpoint") || !strings.Contains(err.Error(),
		"expected a string") {
		t.Errorf("got %v, want the member and the type", err)
	}
}

func TestAnInvalidIssuerIsRejectedBeforeARequest(t *testing.T) {
	for _, in := range []string{"", "  ", "ftp://x", "https://", "https://u:CANARYpw@host", "https://ho st/",
		"javascript:alert(1)"} {
		_, err := Discover(context.Background(), nil, in)
		if err == nil || strings.Contains(err.Error(), "CANARYpw") {
			t.Errorf("%q: got %v, want an error without the password", in, err)
		}
	}
}

func TestPlainHTTPAwayFromLoopbackFails(t *testing.T) {
	for issuer, want := range map[string]tokens.Outcome{
		"https://a.example": tokens.Passed, "http://127.0.0.1:80": tokens.Passed, "http://[::1]/x": tokens.Passed,
		"http://localhost": tokens.Passed, "http://a.example": tokens.Failed, "http://10.0.0.1": tokens.Failed,
	} {
		if got := (&Metadata{}).transportCheck(issuer); got.Outcome != want {
			t.Errorf("%s: got %s, want %s", issuer, got.Outcome, want)
		}
	}
	for endpoint, want := range map[string]tokens.Outcome{
		"https://b.example/t": tokens.Passed, "http://127.0.0.1:80/t": tokens.Passed, "/t": tokens.Passed,
		"http://a.example/t": tokens.Failed, "HTTP://a.example/t": tokens.Failed,
	} {
		m, err := Parse([]byte(`{"issuer":"https://a.example","token_endpoint":"`+endpoint+`"}`), "")
		if err != nil {
			t.Fatal(err)
		}
		got := m.transportCheck(m.Issuer)
		if got.Outcome != want || want == tokens.Failed && !strings.Contains(got.Received, "token_endpoint "+endpoint) {
			t.Errorf("an endpoint at %s: got %+v, want %s", endpoint, got, want)
		}
	}
}

// Endpoints on other origins are reported in one check, with their origins.
func TestEndpointsOnAnotherOriginAreAWarning(t *testing.T) {
	const issuer = "https://as.example/tenant"
	at := func(member, path string) string { return `"` + member + `_endpoint":"` + path + `"` }
	for _, c := range []struct{ members, want string }{
		{at("token", "https://as.example/t") + `,"jwks_uri":"https://as.example:443/k"`, ""},
		{at("token", "https://AS.example/t"), ""},
		{at("revocation", "/revoke"), ""},
		{at("token", "https://as.example:8443/t"), "https://as.example:8443 (token_endpoint)"},
		{at("token", "http://as.example/t"), "http://as.example (token_endpoint)"},
		{at("token", "https://login.as.example/t"), "https://login.as.example (token_endpoint)"},
		{at("token", "https://e.example/t") + `,"jwks_uri":"https://b.example",` + at("userinfo",
			"https://e.example/u"),
			"https://b.example (jwks_uri); https://e.example (token_endpoint, userinfo_endpoint)"},
	} {
		members, want := c.members, c.want
		m, err := Parse([]byte(`{"issuer":"`+issuer+`",`+members+`}`), "")
		if err != nil {
			t.Fatal(err)
		}
		got := m.originCheck(issuer)
		switch {
		case want == "" && got.Outcome != tokens.Passed:
			t.Errorf("%s: got %+v, want it passed", members, got)
		case want != "" && (got.Outcome != tokens.Warned || got.Received != want ||
			got.Expected != "https://as.example"):
			t.Errorf("%s: got %+v, want a warning of %s", members, got, want)
		}
	}
}

func TestParseKeepsRawAndIgnoresInvalidEndpoints(t *testing.T) {
	m, err := Parse([]byte("\xef\xbb\xbf"+`{"issuer":"https://a.example","authorization_endpoint":"javascript:alert(1)",
		"token_endpoint":"https://a.example/t?p=1","scopes_supported":"openid","response_types_supported":["code"],
		"x_own":{"a":1.10},"authorization_response_iss_parameter_supported":true,"jwks_uri":null}`), "src")
	if err != nil {
		t.Fatal(err)
	}
	if m.AuthorizationEndpoint != "" || m.TokenEndpoint != "https://a.example/t?p=1" || m.Scopes != nil ||
		!m.CallbackIssuer || m.Source != "src" {
		t.Errorf("got %+v", m)
	}
	if string(m.Raw["x_own"]) != `{"a":1.10}` {
		t.Errorf("raw: got %s", m.Raw["x_own"])
	}
	if len(m.Checks) != 2 || m.Checks[0].ID != tokens.CheckAnswerJSON ||
		m.Checks[1].ID != tokens.CheckEndpoints ||
		m.Checks[0].Outcome != tokens.Warned || m.Checks[1].Outcome != tokens.Warned {
		t.Errorf("checks: got %+v, want a warning of the byte order mark and one of the endpoint", m.Checks)
	}
	if named, meant := m.InvalidEndpoint("authorization"); named != "javascript:alert(1)" || meant != "" {
		t.Errorf("what cannot be requested: got %q and %q", named, meant)
	}
	for _, bad := range []string{"", "null", "[]", `"x"`, `{"issuer":1}`, "{", `{}{}`} {
		if m, err := Parse([]byte(bad), ""); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, m)
		}
	}
	if _, err := Parse(make([]byte, maxMetadata+1), ""); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("got %v, want the size", err)
	}
}

func TestEveryEndpointNameReadsItsMember(t *testing.T) {
	members := map[string]string{"issuer": "https://a.example"}
	for name, member := range endpointMembers {
		members[member] = "https://a.example/" + name
	}
	raw, _ := json.Marshal(members)
	m, err := Parse(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	for name := range endpointMembers {
		got := m.Endpoint(name)
		if name == "jwks" {
			got = m.JWKSURI
		}
		if got != "https://a.example/"+name {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestAProviderWithoutMetadataComesFromItsPreset(t *testing.T) {
	notFound := doFunc(func(context.Context, *wire.Request) (*wire.Response,
		error) {
		return &wire.Response{Status: 404}, nil
	})
	m, err := Discover(context.Background(), notFound, "https://github.com/")
	if err != nil {
		t.Fatal(err)
	}
	if m.TokenEndpoint != "https://github.com/login/oauth/access_token" ||
		m.DeviceAuthorizationEndpoint != "https://github.com/login/device/code" ||
		m.UserinfoEndpoint != "https://api.github.com/user" || m.Source != "preset: GitHub" {
		t.Errorf("got %+v", m)
	}
	if len(m.Checks.Violations()) != 0 || m.Checks.Count(tokens.Skipped) != 1 {
		t.Errorf("checks: got %+v, want the issuer's skipped", m.Checks)
	}
}

type doFunc func(context.Context, *wire.Request) (*wire.Response, error)

func (f doFunc) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) { return f(ctx, r) }

func TestPresetsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Presets() {
		if p.ID == "" || p.Name == "" || p.Issuer == "" || p.Docs == "" || len(p.Notes) == 0 || seen[p.ID] {
			t.Errorf("%+v lacks something or is double", p)
		}
		seen[p.ID] = true
		issuer := p.Issuer
		for _, f := range p.Fields {
			if f.Label == "" || f.Example == "" {
				t.Errorf("%s: field %+v lacks a label or an example", p.ID, f)
			}
			issuer = strings.ReplaceAll(issuer, "{"+f.Name+"}", f.Example)
		}
		if strings.ContainsAny(issuer, "{}") {
			t.Errorf("%s: got the issuer %q with each placeholder replaced by its example", p.ID, issuer)
		}
		for name := range p.Endpoints {
			if endpointMembers[name] == "" {
				t.Errorf("%s: no endpoint is called %s", p.ID, name)
			}
		}
	}
	if got, _ := PresetFor("https://sso.example/realms/a"); got.ID != "keycloak" {
		t.Errorf("got %q, want keycloak by its path", got.ID)
	}
	if got, ok := PresetFor("https://notgithub.com"); ok {
		t.Errorf("got %q for a host that only ends alike", got.ID)
	}
}

func TestConfiguredEndpoints(t *testing.T) {
	m, err := Configured("https://a.example", map[string]string{"token": "https://a.example/t",
		"jwks": "https://a.example/k"})
	if err != nil || m.TokenEndpoint != "https://a.example/t" || m.JWKSURI != "https://a.example/k" ||
		m.Source != "configured" {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := Configured("", map[string]string{"tocken": "x"}); err == nil || !strings.Contains(err.Error(),
		"revocation") {
		t.Errorf("got %v, want the names there are", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{good, `{"issuer":null,"scopes_supported":[1]}`, "[]", `{"token_endpoint":"\u0000"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw, "fuzz")
		if err != nil {
			if s := err.Error(); s != tokens.Visible(s) {
				t.Errorf("%q: the error is not safe for a terminal: %q", raw, s)
			}
			return
		}
		for _, x := range Lint(m) {
			if x.What != tokens.VisibleLine(x.What) {
				t.Errorf("%q: %q is not clean", raw, x.What)
			}
		}
		for _, x := range Features(m) {
			if x.Detail != tokens.VisibleLine(x.Detail) {
				t.Errorf("%q: %q is not clean", raw, x.Detail)
			}
		}
	})
}
