package session

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/demo"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// startFromAPI fetches an API's metadata and prepares the login there, as fob login --api does.
func (b *bench) startFromAPI(r ResourceMetadataRequest) (Draft, error) {
	start, err := b.FetchResourceMetadata(b.ctx(), r, nil)
	if err != nil {
		return Draft{Resource: start.Resource}, err
	}
	return b.DraftFromAPI(b.ctx(), start, r.Profile, "")
}

func TestFromAnAPIsAddressToACall(t *testing.T) {
	b := newBench(t)
	for _, address := range []string{b.server.API(), b.server.MCP()} {
		d, err := b.startFromAPI(ResourceMetadataRequest{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		if d.Issuer != b.server.Issuer() || d.ClientID != "demo-public" || d.Resource == nil ||
			d.Values["resource"] != d.Resource.Resource || d.Values["resource"] == "" {
			t.Errorf("%s: got %q as %q for %q", address, d.Issuer, d.ClientID, d.Values["resource"])
		}
		r := d.Request()
		r.Label = address
		s := b.login(r)
		if got := failures(s.Meta.Ledger); got != "" {
			t.Errorf("%s: checks that did not pass: got %s, want none", address, got)
		}
		if first := s.Meta.Ledger[0]; first.ID != tokens.CheckResource || first.Outcome != tokens.Passed {
			t.Errorf("%s: the ledger begins with %+v, want the check of the API's metadata", address, first)
		}
		if api := b.APIBaseURL(s.Meta); api != address {
			t.Errorf("calls begin at %q, want %q", api, address)
		}
		call := calls.Request{URL: "/me"}
		if address == b.server.MCP() {
			call = calls.Request{Method: "POST", Body: []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`),
				Header: http.Header{"Content-Type": {"application/json"}}}
		}
		if resp, err := b.Call(b.ctx(), s.Meta.ID, call); err != nil || resp.Status != http.StatusOK {
			t.Errorf("%s: the call after it: got %v, %v, want 200", address, resp, err)
		}
	}
	for _, name := range []string{"demo", "service", "post"} {
		if err := b.file.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	d, err := b.startFromAPI(ResourceMetadataRequest{Address: b.server.MCP()})
	if err != nil || d.ClientID != "" || d.Issuer != b.server.Issuer() || d.Grant.ID == "" ||
		d.Values["resource"] != b.server.MCP() {
		t.Errorf("without a profile: got %q for %q with %s, %v", d.Issuer, d.Values["resource"], d.Grant.ID, err)
	}
	var nothing *provider.ResourceError
	if _, err := b.startFromAPI(ResourceMetadataRequest{Address: b.server.Issuer() +
		"/nothing-here"}); !errors.As(err, &nothing) {
		t.Errorf("an address without metadata: got %v, want a *ResourceError", err)
	}
}

func TestFetchResourceMetadataReportsItsSteps(t *testing.T) {
	b := newBench(t)
	var told []string
	start, err := b.FetchResourceMetadata(b.ctx(), ResourceMetadataRequest{Address: b.server.MCP()},
		func(s flows.Step) {
			told = append(told, s.Title)
			if s.Exchange == nil || s.Spec == "" || s.Meaning == "" {
				t.Errorf("%s: got %+v, want the exchange, what it means and the section", s.Title, s)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(told, "; "),
		"Ask the API without a token; Read the API's metadata; Read an authorization server's metadata; "+
			"Read the keys of an authorization server"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if start.Resource.Status != http.StatusUnauthorized || start.Resource.Found != provider.FromChallenge ||
		len(start.Servers) != 1 {
		t.Fatalf("found: got %+v", start.Resource)
	}
	if server := start.Servers[0]; !server.SupportsRegistration() || !server.SupportsClientDocuments() ||
		server.RejectReason != "" || len(server.Profiles) != 3 {
		t.Errorf("the server: got %+v", server)
	}
	if _, err := start.Server("https://other.example"); err == nil ||
		!strings.Contains(err.Error(), "is not one of those that it names") {
		t.Errorf("another server: got %v", err)
	}
	// With only the ID of a client.
	d, err := b.DraftFor(b.ctx(), start, start.Servers[0], "", "demo-public")
	if err != nil || d.Profile != "" || d.ClientID != "demo-public" || d.Values["resource"] != b.server.MCP() ||
		d.API != b.server.MCP() {
		t.Errorf("a draft: got %+v, %v", d, err)
	}
}

func TestAnAPIOfAnotherServerIsNotLoggedInToWithAProfile(t *testing.T) {
	b := newBench(t)
	if err := b.file.Put(profile.Profile{Name: "elsewhere", Issuer: "https://login.example",
		ClientID: "c"}); err != nil {
		t.Fatal(err)
	}
	_, err := b.startFromAPI(ResourceMetadataRequest{Address: b.server.MCP(), Profile: "elsewhere"})
	var wrong *flows.InputError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), b.server.Issuer()) {
		t.Errorf("got %v, want an *InputError that names %s", err, b.server.Issuer())
	}
	if d, err := b.startFromAPI(ResourceMetadataRequest{Address: b.server.MCP(), Profile: "post"}); err != nil ||
		d.Profile != "post" {
		t.Errorf("a profile of the server: got %q, %v", d.Profile, err)
	}
}

// The TLS settings of the login apply to the API, its metadata and its server, and to a step-up.
func TestTheTLSSettingsApplyFromTheAPIsAddressOn(t *testing.T) {
	server, err := demo.Start(demo.Config{AutoConsent: true, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	b := newBench(t)
	ca := filepath.Join(b.dir, "ca.pem")
	if err := os.WriteFile(ca, []byte(server.Description().TLS.CA), 0o600); err != nil {
		t.Fatal(err)
	}
	var network *wire.Error
	if _, err := b.startFromAPI(ResourceMetadataRequest{Address: server.API()}); !errors.As(err, &network) ||
		network.Phase != wire.PhaseTLS {
		t.Errorf("without the authority: got %v, want a TLS error", err)
	}
	settings := wire.Options{CAFile: ca}
	start, err := b.FetchResourceMetadata(b.ctx(), ResourceMetadataRequest{Address: server.API(), TLS: settings}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.DraftFor(b.ctx(), start, start.Servers[0], "", "demo-service")
	if err != nil {
		t.Fatal(err)
	}
	r := d.Request()
	r.ClientSecret = server.Description().Client("demo-service").ClientSecret
	r.Grant, r.Values = "client_credentials", flows.Values{"scope": "api:read", "resource": d.Values["resource"]}
	s := b.login(r)
	if resp, err := b.Call(b.ctx(), s.Meta.ID, calls.Request{URL: "/orders"}); err != nil ||
		resp.Status != http.StatusOK {
		t.Errorf("a call: got %v, %v", resp, err)
	}
	again, err := b.StepUp(b.ctx(), s.Meta.ID,
		wwwauth.Parse([]string{`Bearer error="insufficient_scope", scope="api:write"`})[0])
	if err != nil || again.Request().TLS.CAFile != ca || again.Request().API != server.API() {
		t.Errorf("a step up: got %+v, %v, want %s and %s", again.TLS, err, ca, server.API())
	}
	// A profile's settings apply too.
	if err := b.file.Put(profile.Profile{Name: "tls", Issuer: server.Issuer(), ClientID: "demo-public",
		TLS: profile.TLS{CA: ca}}); err != nil {
		t.Fatal(err)
	}
	if d, err := b.startFromAPI(ResourceMetadataRequest{Address: server.API(), Profile: "tls"}); err != nil ||
		d.Profile != "tls" {
		t.Errorf("by a profile: got %q, %v", d.Profile, err)
	}
}

func TestAPathOfACallIsRelativeToTheProfilesAPI(t *testing.T) {
	b := newBench(t)
	s := b.login(LoginRequest{Profile: "demo"})
	for target, want := range map[string]int{"/me": 200, "/orders": 200, "": 200, "/nothing": 404,
		b.server.Issuer() + "/api/me": 200} {
		if resp, err := b.Call(b.ctx(), s.Meta.ID, calls.Request{URL: target}); err != nil || resp.Status != want {
			t.Errorf("%q: got %v, %v, want %d", target, resp, err, want)
		}
	}
	bare := b.login(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-public",
		Values: flows.Values{"scope": "openid"}})
	if _, err := b.Call(b.ctx(), bare.Meta.ID, calls.Request{URL: "/me"}); err == nil ||
		!strings.Contains(err.Error(), "whole URL") {
		t.Errorf("without an API: got %v", err)
	}
}

func TestFreeProfileName(t *testing.T) {
	b := newBench(t)
	for address, want := range map[string]string{
		"https://mcp.example.com/mcp": "mcp-example", "https://login.acme.dev:8443": "login-acme",
		"http://127.0.0.1:8080/mcp": "local",
		"http://localhost/x":        "local", "http://[::1]/": "local", "nothing": "local", "https://ü.example/": "new",
	} {
		if got := b.FreeProfileName(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	if err := b.file.Put(profile.Profile{Name: "mcp-example", Issuer: "https://x.example", ClientID: "c"}); err != nil {
		t.Fatal(err)
	}
	if got := b.FreeProfileName("https://mcp.example.com"); got != "mcp-example-2" {
		t.Errorf("a name that is taken: got %q, want mcp-example-2", got)
	}
}

func TestAClientThatIsADocumentLogsIn(t *testing.T) {
	b := newBench(t)
	id := b.server.Issuer() + "/demo/client.json"
	request := LoginRequest{Issuer: b.server.Issuer(), ClientID: id, Values: flows.Values{"scope": "openid api:read"}}
	s := b.login(request)
	if got := failures(s.Meta.Ledger); got != "" {
		t.Errorf("checks that did not pass: got %q, want none", got)
	}
	for _, c := range s.Meta.Ledger {
		// The demo's document is at plain http, which is for testing.
		if c.ID == tokens.CheckClientDocument && !strings.Contains(c.Because, "for tests on this machine") {
			t.Errorf("got %+v, want a word on plain http", c)
		}
	}
	for fault, want := range map[string]string{"client-document-wrong-id": "exactly the URL",
		"client-document-unavailable": "returns 503"} {
		t.Run(fault, func(t *testing.T) {
			b.fault(fault)
			defer b.noFault(fault)
			before := b.sessions()
			result, err := b.Login(b.ctx(), request, nil)
			var failed *tokens.CheckError
			if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckClientDocument ||
				!strings.Contains(failed.Check.Because, want) {
				t.Errorf("got %v, want the document refused because %q", err, want)
			}
			if got := failures(result.Meta.Ledger); got != string(tokens.CheckClientDocument) ||
				b.sessions() != before {
				t.Errorf("checks that did not pass: got %q; sessions %d, want %d", got, b.sessions(), before)
			}
		})
	}
	t.Run("client-documents-not-announced", func(t *testing.T) {
		b.fault("client-documents-not-announced")
		defer b.noFault("client-documents-not-announced")
		if got := failures(b.login(request).Meta.Ledger); got != string(tokens.CheckDocumentsRead) {
			t.Errorf("checks that did not pass: got %q, want %q", got, tokens.CheckDocumentsRead)
		}
	})
	// A document that fob cannot read may still be readable for the server.
	request.ClientID = "http://127.0.0.1:1/client.json"
	d, err := b.CheckDocument(b.ctx(), request.ClientID, wire.Options{})
	var network *wire.Error
	if !errors.As(err, &network) {
		t.Errorf("no server: got %+v, %v, want a *wire.Error", d, err)
	}
}

func TestMakeDocument(t *testing.T) {
	b := newBench(t)
	const at = "https://app.example/oauth/client.json"
	public, err := b.MakeDocument(b.ctx(), DocumentRequest{Profile: "demo", URL: at})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"client_id": "` + at +
		`"`, `"token_endpoint_auth_method": "none"`, "http://127.0.0.1/callback", "openid profile"} {
		if !strings.Contains(string(public), want) {
			t.Errorf("got %s, want %s in it", public, want)
		}
	}
	if _, err := b.NewClientKey(b.ctx(), "demo", ""); err != nil {
		t.Fatal(err)
	}
	p, _ := b.Profile("demo")
	p.AuthMethod, p.ClientID, p.RedirectPorts = "private_key_jwt", at, []int{8080}
	if err := b.file.Put(p); err != nil {
		t.Fatal(err)
	}
	keyed, err := b.MakeDocument(b.ctx(), DocumentRequest{Profile: "demo"})
	if err != nil || !strings.Contains(string(keyed), `"jwks"`) || strings.Contains(string(keyed), `"d"`) ||
		!strings.Contains(string(keyed), "127.0.0.1:8080/callback") {
		t.Errorf("with a key: got %s, %v", keyed, err)
	}
	rename := func(m registration.Metadata) { m["client_name"] = "A name of one's own" }
	renamed, err := b.MakeDocument(b.ctx(), DocumentRequest{Profile: "demo", Change: rename})
	if err != nil || !strings.Contains(string(renamed), "A name of one's own") {
		t.Errorf("changed: got %s, %v", renamed, err)
	}
	var wrong *flows.InputError
	if _, err := b.MakeDocument(b.ctx(), DocumentRequest{Profile: "post"}); !errors.As(err, &wrong) {
		t.Errorf("no URL: got %v, want an *InputError", err)
	}
	if _, err := b.MakeDocument(b.ctx(), DocumentRequest{Profile: "post", URL: at}); err == nil ||
		!strings.Contains(err.Error(), "shared secret") {
		t.Errorf("a shared secret: got %v", err)
	}
}

// The best profile at an API's server supports the grant. It keeps its own scope.
func TestBestProfileSupportsTheGrant(t *testing.T) {
	b := newBench(t)
	start, err := b.FetchResourceMetadata(b.ctx(), ResourceMetadataRequest{Address: b.server.API()}, nil)
	if err != nil || start.Scope == "" {
		t.Fatalf("got %+v, %v, want an API that asks for a scope", start, err)
	}
	takes := func(grant, want, by string) Draft {
		t.Helper()
		start.Servers[0].Profiles = b.ProfilesOf(start.Servers[0].ResourceServer)
		d, err := b.DraftFromAPI(b.ctx(), start, "", grant)
		if err != nil || d.Profile != want || d.Grant.ID != by {
			t.Errorf("%q: got %q by %s, %v, want %q by %s", grant, d.Profile, d.Grant.ID, err, want, by)
		}
		return d
	}
	own, _ := b.Profile("demo")
	d := takes("", "demo", "authorization_code")
	words := tokens.SplitScope(d.Values["scope"])
	for _, word := range tokens.SplitScope(own.Values["scope"] + " " + start.Scope) {
		if !slices.Contains(words, word) {
			t.Errorf("the scope is %q, want %s in it, of the profile's %q and the API's %q", d.Values["scope"], word,
				own.Values["scope"], start.Scope)
		}
	}
	takes("client_credentials", "service", "client_credentials")
	takes("device_code", "demo", "device_code")
	takes("ciba", "post", "ciba")

	// First one that names this API, then the default, then the first.
	for _, p := range []profile.Profile{
		{Name: "a-first", Issuer: b.server.Issuer(), ClientID: "demo-public"},
		{Name: "z-default", Issuer: b.server.Issuer(), ClientID: "demo-public"},
	} {
		if err := b.file.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	takes("", "demo", "authorization_code")
	if err := b.file.Remove("demo"); err != nil {
		t.Fatal(err)
	}
	takes("", "post", "authorization_code")
	if err := b.file.SetDefault("z-default"); err != nil {
		t.Fatal(err)
	}
	if d := takes("", "z-default", "authorization_code"); d.Values["scope"] != start.Scope {
		t.Errorf("a profile without a scope: got %q, want the API's %q", d.Values["scope"], start.Scope)
	}
	for _, name := range []string{"a-first", "z-default", "post"} {
		if err := b.file.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	takes("", "service", "client_credentials")
	takes("authorization_code", "", "authorization_code")
	takes("device_code", "", "device_code")
}
