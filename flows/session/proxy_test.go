package session

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"

	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
)

// A proxy for the provider is used for every endpoint, and for the API.
func TestEveryRequestOfASessionGoesThroughTheProfilesProxy(t *testing.T) {
	b := newBench(t)
	proxy, passed := recordingProxy(t)
	if err := b.file.Put(profile.Profile{Name: "proxied", Issuer: b.server.Issuer(), ClientID: "demo-post",
		AuthMethod: "client_secret_post", Proxy: proxy,
		ClientSecret: &profile.Ref{Env: "POST_SECRET"},
		Values:       map[string]string{"scope": "openid offline_access api:read"}}); err != nil {
		t.Fatal(err)
	}
	before := len(b.Exchanges())
	id := b.login(LoginRequest{Profile: "proxied"}).Meta.ID
	if _, err := b.Refresh(b.ctx(), id, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Introspect(b.ctx(), id, tokens.Access, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Userinfo(b.ctx(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Call(b.ctx(), id, calls.Request{URL: b.server.API() + "/me"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Logout(b.ctx(), id, false); err != nil {
		t.Fatal(err)
	}
	through := passed()
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/jwks", "/introspect", "/userinfo",
		"/revoke", "/api/me"} {
		if !slices.Contains(through, path) {
			t.Errorf("%s did not go through the proxy; what did: %v", path, through)
		}
	}
	if sent := len(b.Exchanges()) - before; sent != len(through) {
		t.Errorf("%d requests were sent and %d went through the proxy", sent, len(through))
	}
}

// recordingProxy starts a proxy and returns its address and the paths of the forwarded requests.
func recordingProxy(t *testing.T) (address string, passed func() []string) {
	var mu sync.Mutex
	var through []string
	forward := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		through = append(through, r.URL.Path)
		mu.Unlock()
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(through)
	}
}

// For an issuer, the settings of the profile that has it apply; flags have precedence.
func TestAnIssuerIsReachedAsItsProfileSays(t *testing.T) {
	b := newBench(t)
	proxy, passed := recordingProxy(t)
	other, otherPassed := recordingProxy(t)
	issuer := b.server.Issuer()
	for _, p := range b.Profiles() {
		p.Proxy = proxy
		if err := b.file.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	registering := RegisterRequest{Server: issuer, Profile: "made",
		Metadata: registration.NativeClient("My tool", []string{"http://127.0.0.1/callback"}, "openid")}
	for _, c := range []struct {
		what string
		path string
		ask  func() error
	}{
		{"the provider's view", "/jwks", func() error { _, err := b.Provider(b.ctx(), issuer); return err }},
		{"the metadata", "/.well-known/openid-configuration",
			func() error { _, err := b.Metadata(b.ctx(), issuer); return err }},
		{"a registration", "/register", func() error { _, err := b.Register(b.ctx(), registering); return err }},
	} {
		before := len(passed())
		if err := c.ask(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got := passed()[before:]; !slices.Contains(got, c.path) {
			t.Errorf("%s: %v went through the proxy, want %s among it", c.what, got, c.path)
		}
	}
	if made, err := b.Profile("made"); err != nil || made.Proxy != proxy {
		t.Errorf("the profile of the registration: got the proxy %q and %v, want %q", made.Proxy, err, proxy)
	}
	before := len(passed())
	if _, err := b.ProviderWith(b.ctx(), issuer, wire.Options{Proxy: other}); err != nil {
		t.Fatal(err)
	}
	if got := otherPassed(); len(passed()) != before || !slices.Contains(got, "/jwks") {
		t.Errorf("with another proxy by flag: %v went through it and %v through the profile's, want all and none",
			got, passed()[before:])
	}
}
