package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
)

func TestSessionsOfOneUserGetDistinctLabels(t *testing.T) {
	b := newBench(t)
	var got []string
	for range 3 {
		got = append(got, b.login(LoginRequest{Profile: "demo"}).Meta.Label)
	}
	if want := []string{"alice · demo", "alice 2 · demo", "alice 3 · demo"}; !slices.Equal(got, want) {
		t.Errorf("labels: got %q, want %q", got, want)
	}
	second, err := b.Find(b.ctx(), "alice 2 · demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(b.ctx(), second.ID); err != nil {
		t.Fatal(err)
	}
	if got, want := b.login(LoginRequest{Profile: "demo"}).Meta.Label, "alice 2 · demo"; got != want {
		t.Errorf("a label that is free again: got %q, want %q", got, want)
	}
	if got := b.login(LoginRequest{Profile: "demo", Label: "alice · demo"}).Meta.Label; got != "alice · demo" {
		t.Errorf("a label of the user: got %q, want it unchanged", got)
	}
}

func TestThePresetsOfAProviderAreSentAndShown(t *testing.T) {
	b := newBench(t)
	for _, p := range []profile.Profile{
		{Name: "google", Issuer: "https://accounts.google.com", ClientID: "c"},
		{Name: "asked", Issuer: "https://accounts.google.com", ClientID: "c",
			Values: map[string]string{"scope": "openid", "prompt": "login"},
			Params: map[string]map[string][]string{"authorization": {"access_type": {"online"}}}},
		{Name: "github", Issuer: "https://github.com", ClientID: "c"},
	} {
		if err := b.file.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		request LoginRequest
		scope   string
		params  string
	}{
		"as known": {LoginRequest{Profile: "google"}, "openid profile email",
			"map[authorization:map[access_type:[offline] prompt:[consent]]]"},
		"the profile's wish": {LoginRequest{Profile: "asked"}, "openid",
			"map[authorization:map[access_type:[online]]]"},
		"the request's wish": {LoginRequest{Profile: "google",
			Params: flows.Params{"authorization": {"prompt": {}}}}, "openid profile email",
			"map[authorization:map[access_type:[offline] prompt:[]]]"},
		"a program's own token": {LoginRequest{Profile: "google", Grant: "client_credentials"}, "",
			"map[authorization:map[access_type:[offline] prompt:[consent]]]"},
		"without a profile": {LoginRequest{Issuer: "https://github.com", ClientID: "c"}, "read:user user:email",
			"map[]"},
		"nobody we know": {LoginRequest{Issuer: "https://as.example", ClientID: "c"}, "openid", "map[]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := b.planLogin(tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(p.params); p.values["scope"] != tt.scope || got != tt.params {
				t.Errorf("got %q %s, want %q %s", p.values["scope"], got, tt.scope, tt.params)
			}
		})
	}
	d, err := b.Draft(b.ctx(), "github", "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Preset != "GitHub" || d.Headers["token"]["Accept"] != "application/json" || len(d.Notes) == 0 ||
		d.Values["scope"] != "read:user user:email" {
		t.Errorf("draft: got %q, %v, %d notes, scope %q", d.Preset, d.Headers, len(d.Notes), d.Values["scope"])
	}
}

func TestTheHeadersOfAPresetAreSent(t *testing.T) {
	b := newBench(t)
	p, err := b.planLogin(LoginRequest{Issuer: "https://github.com", ClientID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := b.newRun(b.ctx(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	ctx := wire.WithBefore(b.ctx(), func(_ context.Context, p wire.Pending) (*wire.Request, error) {
		got = p.Request.Header.Get("Accept")
		return nil, wire.ErrAborted // no request is sent
	})
	_, err = run.HTTP.Do(ctx, &wire.Request{Endpoint: "userinfo", Method: "GET", URL: "https://api.github.com/user",
		Header: http.Header{"Accept": {"application/json"}}})
	if !errors.Is(err, wire.ErrAborted) || got != "application/vnd.github+json" {
		t.Errorf("Accept: got %q, %v, want application/vnd.github+json", got, err)
	}
}

func TestRefreshWithANarrowerScopeOrAnotherResource(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	narrow, err := b.RefreshWith(b.ctx(), first.Meta.ID,
		RefreshRequest{Values: flows.Values{"scope": "openid api:read"}}, nil)
	if err != nil || narrow.Meta.Scope != "openid api:read" {
		t.Fatalf("narrower: got scope %q, %v, want openid api:read", narrow.Meta.Scope, err)
	}
	opaque, err := b.RefreshWith(b.ctx(), first.Meta.ID,
		RefreshRequest{Values: flows.Values{"resource": b.server.OpaqueResource()}}, nil)
	if err != nil || opaque.Meta.TokenFormat != "opaque" {
		t.Errorf("another resource: got a token that is %q, %v, want opaque", opaque.Meta.TokenFormat, err)
	}
	back, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	if err != nil || back.Meta.TokenFormat != "jwt" {
		t.Errorf("a plain refresh after it: got %q, %v, want a jwt again", back.Meta.TokenFormat, err)
	}
	program := b.login(LoginRequest{Profile: "service", Values: flows.Values{"scope": "api:read api:write"}})
	again, err := b.RefreshWith(b.ctx(), program.Meta.ID, RefreshRequest{Values: flows.Values{"scope": "api:write"}},
		nil)
	if err != nil || again.Meta.Scope != "api:write" {
		t.Errorf("a program's token, got again for less: got scope %q, %v, want api:write", again.Meta.Scope, err)
	}
	var refused *flows.OAuthError
	_, err = b.RefreshWith(b.ctx(), first.Meta.ID,
		RefreshRequest{Params: flows.Params{"token": {"scope": {"nonsense"}}}}, nil)
	if !errors.As(err, &refused) || refused.Code != "invalid_scope" {
		t.Errorf("a parameter over it: got %v, want invalid_scope", err)
	}
}

func TestAPublicClientIsReferredToAConfidentialOne(t *testing.T) {
	b := newBench(t)
	public := b.login(LoginRequest{Profile: "demo"})
	_, err := b.Introspect(b.ctx(), public.Meta.ID, "", "")
	var told *IntrospectionError
	var refused *flows.OAuthError
	if !errors.As(err, &told) || !errors.As(err, &refused) || !slices.Equal(told.Others, []string{"service", "post"}) ||
		!strings.Contains(err.Error(), "demo-public is public") {
		t.Fatalf("got %v, want an *IntrospectionError that names post and service", err)
	}
	a, err := b.Introspect(b.ctx(), public.Meta.ID, tokens.Access, "service")
	if err != nil || a.Active == nil || !*a.Active || len(a.Notes) != 0 {
		t.Errorf("as another profile: got %s, %v, want it active", a.Body, err)
	}
	b.fault("introspection-inactive")
	a, err = b.Introspect(b.ctx(), public.Meta.ID, tokens.Access, "service")
	if err != nil || a.Active == nil || *a.Active || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "post") {
		t.Errorf("not active, and not expired: got %s, %q, %v, want a note that names post", a.Body, a.Notes, err)
	}
}

func TestATokenIsNotSentToAnotherServer(t *testing.T) {
	b := newBench(t)
	other := newBench(t)
	if err := b.file.Put(profile.Profile{Name: "other", ClientID: "demo-service", Endpoints: map[string]string{
		"token": other.server.Issuer() + "/token", "introspection": "https://evil.example/introspect"}}); err != nil {
		t.Fatal(err)
	}
	public := b.login(LoginRequest{Profile: "demo"})
	var wrong *flows.InputError
	if _, err := b.Introspect(b.ctx(), public.Meta.ID, tokens.Access, "other"); !errors.As(err, &wrong) {
		t.Errorf("got %v, want an *InputError", err)
	}
}
