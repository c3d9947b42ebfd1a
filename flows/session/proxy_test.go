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
	"fob/tokens"
)

// A proxy that stands between fob and the provider stands before every endpoint, and before the API.
func TestEveryRequestOfASessionGoesThroughTheProfilesProxy(t *testing.T) {
	b := newBench(t)
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
	if err := b.file.Put(profile.Profile{Name: "proxied", Issuer: b.server.Issuer(), ClientID: "demo-post", AuthMethod: "client_secret_post", Proxy: proxy.URL,
		ClientSecret: &profile.Ref{Env: "POST_SECRET"}, Values: map[string]string{"scope": "openid offline_access api:read"}}); err != nil {
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
	mu.Lock()
	defer mu.Unlock()
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/jwks", "/introspect", "/userinfo", "/revoke", "/api/me"} {
		if !slices.Contains(through, path) {
			t.Errorf("%s did not go through the proxy; what did: %v", path, through)
		}
	}
	if sent := len(b.Exchanges()) - before; sent != len(through) {
		t.Errorf("%d requests were sent and %d went through the proxy", sent, len(through))
	}
}
