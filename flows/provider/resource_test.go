package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/flows/demo"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
)

func client(t testing.TB) *wire.Client {
	t.Helper()
	c, err := wire.New(t.Context(), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// discoverResource fetches an API's metadata, and that of its authorization servers.
func discoverResource(ctx context.Context, client wire.Doer, address string) (*provider.ResourceMetadata, error) {
	r, err := provider.DiscoverResource(ctx, client, address)
	if err == nil {
		r.FetchServers(ctx, client)
	}
	return r, err
}

func TestTheAuthorizationServerOfAnAPIIsDiscovered(t *testing.T) {
	s, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, address := range []string{s.API(), s.Issuer() + "/mcp"} {
		r, err := discoverResource(t.Context(), client(t), address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if r.Resource != address || len(r.Servers) != 1 || r.Servers[0].Metadata == nil ||
			r.Servers[0].Metadata.Issuer != s.Issuer() {
			t.Errorf("%s: got %+v, want it with the demo's issuer", address, r)
		}
		if len(r.Checks) != 2 || r.Checks[0].ID != tokens.CheckResource ||
			r.Checks[1].ID != tokens.CheckSignedMetadata || r.Checks.Count(tokens.Passed) != 2 {
			t.Errorf("%s: checks: got %+v, want those of resource and signed_metadata passed", address, r.Checks)
		}
	}
}

// site responds by path and query; a page that begins with 401 is a challenge, and %s is the site's own URL.
func site(t *testing.T, pages map[string]string) string {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.RequestURI()]
		page = strings.ReplaceAll(page, "%s", s.URL)
		if challenge, is := strings.CutPrefix(page, "401 "); is {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(401)
			return
		}
		if !ok {
			w.WriteHeader(404)
			return
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const server = `{"issuer":"%s","token_endpoint":"%s/t"}`

func TestTheMetadataOfAResourceIsFoundAtItsWellKnownURLs(t *testing.T) {
	metadata := func(resource string) string {
		return `{"resource":"%s` + resource +
			`","authorization_servers":["%s"],"scopes_supported":["a"],"dpop_bound_access_tokens_required":true,` +
			`"signed_metadata":"x.y.z"}`
	}
	for name, c := range map[string]struct {
		ask   string
		pages map[string]string
		found string
	}{
		"by the challenge": {"/v1", map[string]string{"/v1": `401 Bearer realm="a", DPoP resource_metadata="%s/meta"`,
			"/meta": metadata("/v1")}, provider.FromChallenge},
		"by the path": {"/v1", map[string]string{"/v1": `401 Bearer`,
			"/.well-known/oauth-protected-resource/v1": metadata("/v1")}, provider.FromWellKnown},
		"by path and query": {"/v1?tenant=b",
			map[string]string{"/.well-known/oauth-protected-resource/v1?tenant=b": metadata("/v1?tenant=b")},
			provider.FromWellKnown},
		"of a host": {"", map[string]string{"/.well-known/oauth-protected-resource": metadata("")},
			provider.FromWellKnown},
		"of a host with a slash": {"/",
			map[string]string{"/.well-known/oauth-protected-resource": metadata("/")}, provider.FromWellKnown},
		"of the host of the path": {"/mcp",
			map[string]string{"/.well-known/oauth-protected-resource": metadata("")}, provider.FromHost},
		"although the challenge's URL has no metadata": {"/v1",
			map[string]string{"/v1": `401 Bearer resource_metadata="%s/none"`,
				"/.well-known/oauth-protected-resource/v1": metadata("/v1")}, provider.FromWellKnown},
		"although a page is in the way": {"/v1",
			map[string]string{"/.well-known/oauth-protected-resource/v1": "<html>",
				"/.well-known/oauth-protected-resource": metadata("")}, provider.FromHost},
	} {
		t.Run(name, func(t *testing.T) {
			c.pages["/.well-known/openid-configuration"] = server
			base := site(t, c.pages)
			r, err := discoverResource(t.Context(), client(t), base+c.ask)
			if err != nil {
				t.Fatal(err)
			}
			if r.Found != c.found || !r.DPoPRequired || !r.SignedMetadata || len(r.Scopes) != 1 ||
				len(r.Servers) != 1 || r.Servers[0].Err != nil {
				t.Errorf("got %+v, want it found by %s", r, c.found)
			}
		})
	}
}

func TestMetadataOfAnotherResourceIsRejected(t *testing.T) {
	for received, because := range map[string]string{
		"https://api.example/v1": "belongs to another resource",
		"%s/v2":                  "another resource of the same host",
		"%s":                     "below the resource",
		"":                       "resource is missing",
		"v1":                     "not a URL",
	} {
		asked := false
		base := site(t, map[string]string{
			"/v1": `401 Bearer resource_metadata="%s/meta"`, "/meta": `{"resource":"` + received +
				`","authorization_servers":["%s/as"]}`})
		r, err := discoverResource(t.Context(),
			watching{client(t), func(u string) { asked = asked || strings.Contains(u, "/as") }}, base+"/v1")
		var check *tokens.CheckError
		if !errors.As(err, &check) || check.Check.ID != tokens.CheckResource ||
			!strings.Contains(check.Check.Because, because) || r == nil {
			t.Errorf("%q: got %v, want the check with %q", received, err, because)
		}
		if asked {
			t.Errorf("%q: the authorization server of another resource's metadata was asked", received)
		}
	}
	base := site(t, map[string]string{"/v1": `401 Bearer resource_metadata="%s/meta"`,
		"/meta": `{"resource":"%s/v1/","authorization_servers":[]}`})
	r, err := discoverResource(t.Context(), client(t), base+"/v1")
	if err != nil || r.Checks[0].Outcome != tokens.Warned {
		t.Errorf("a slash: got %+v, %v; want a warning", r, err)
	}
}

type watching struct {
	next wire.Doer
	tell func(url string)
}

func (w watching) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	w.tell(r.URL)
	return w.next.Do(ctx, r)
}

func TestAnAPIWithoutMetadataReportsTheAttempts(t *testing.T) {
	base := site(t, map[string]string{"/open": "{}", "/v1": `401 Bearer resource_metadata="ftp://x"`})
	for path, want := range map[string]string{"/open": "responds without a token", "/none": "nothing at this URL",
		"/v1": "not an http or https URL"} {
		_, err := discoverResource(t.Context(), client(t), base+path)
		var none *provider.ResourceError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), want) || len(none.Attempts) < 2 {
			t.Errorf("%s: got %v, want %q and the attempts", path, err, want)
		}
	}
	for _, bad := range []string{"", "ftp://x", "https://", "https://a:b@h/", "%"} {
		if _, err := discoverResource(t.Context(), client(t), bad); err == nil || !strings.Contains(err.Error(),
			"read the URL of the API") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestAnUnreadableServerOrOneThatDoesNotListTheResourceIsReported(t *testing.T) {
	base := site(t, map[string]string{
		"/.well-known/oauth-protected-resource": `{"resource":"%s","authorization_servers":["%s/gone","%s/other"]}`,
		"/other/.well-known/openid-configuration": `{"issuer":"%s/other","token_endpoint":"%s/t",` +
			`"protected_resources":["https://another.example"]}`})
	r, err := discoverResource(t.Context(), client(t), base)
	if err != nil {
		t.Fatal(err)
	}
	var none *provider.DiscoveryError
	if len(r.Servers) != 2 || !errors.As(r.Servers[0].Err, &none) || r.Servers[1].Metadata == nil ||
		!r.Servers[1].NotListed {
		t.Errorf("got %+v, want the first unread and the second disowning", r.Servers)
	}
}

func TestPlainHTTPMetadataOfAnHTTPSAPIIsRejected(t *testing.T) {
	asked := []string{}
	fake := answering(func(r *wire.Request) *wire.Response {
		asked = append(asked, r.URL)
		if r.URL == "https://api.example/v1" {
			return &wire.Response{Status: 401,
				Header: http.Header{"Www-Authenticate": {`Bearer resource_metadata="http://api.example/meta"`}}}
		}
		return &wire.Response{Status: 404, Header: http.Header{}}
	})
	_, err := discoverResource(t.Context(), fake, "api.example/v1")
	if err == nil || !strings.Contains(err.Error(), "plain http") || strings.Contains(strings.Join(asked, " "),
		"http://") {
		t.Errorf("got %v after %v", err, asked)
	}
}

type answering func(r *wire.Request) *wire.Response

func (a answering) Do(_ context.Context, r *wire.Request) (*wire.Response, error) { return a(r), nil }

func FuzzParseResource(f *testing.F) {
	f.Add(`{"resource":"https://a","authorization_servers":["https://b",1]}`)
	f.Add(`{"authorization_servers":null,"resource":7}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := provider.ParseResourceMetadata([]byte(text), "https://a/meta")
		if err == nil && r.Raw == nil {
			t.Error("metadata without members")
		}
	})
}

func TestAPresetAddsParametersThatAreNotSet(t *testing.T) {
	google, _ := provider.PresetByID("google")
	own := map[string]map[string][]string{"authorization": {"access_type": {"online"}, "mine": {}},
		"token": {"a": {"b"}}}
	got := google.Merge(own, map[string]string{"prompt": "login"})
	if a := got["authorization"]; strings.Join(a["access_type"], "") != "online" || a["prompt"] != nil ||
		a["mine"] == nil || got["token"]["a"][0] != "b" {
		t.Errorf("got %v, want the person's own to win", got)
	}
	if a := google.Merge(nil, nil)["authorization"]; a["prompt"][0] != "consent" || a["access_type"][0] != "offline" {
		t.Errorf("got %v, want the preset's", a)
	}
	github, _ := provider.PresetByID("github")
	var accept string
	doer := github.Doer(answering(func(r *wire.Request) *wire.Response { accept = r.Header.Get("Accept"); return nil }))
	r := &wire.Request{Endpoint: wire.EndpointUserinfo, Header: http.Header{"Accept": {"application/json"}}}
	_, _ = doer.Do(t.Context(), r)
	if accept != "application/vnd.github+json" || r.Header.Get("Accept") != "application/json" {
		t.Errorf("sent Accept %q, and left the request with %q", accept, r.Header.Get("Accept"))
	}
}
