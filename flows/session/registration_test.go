package session

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/registration"
	"fob/tokens/vault"
)

func TestAClientIsRegisteredUsedChangedAndDeleted(t *testing.T) {
	b := newBench(t)
	native := registration.NativeClient("My tool", []string{"http://127.0.0.1/callback"}, "openid api:read")
	for method, m := range map[string]registration.Metadata{"none": native,
		"client_secret_basic": with(native, "token_endpoint_auth_method", "client_secret_basic")} {
		t.Run(method, func(t *testing.T) {
			name := "mine-" + method
			c, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: name, Metadata: m,
				API: b.server.API(), Values: map[string]string{"scope": "openid api:read"}})
			if err != nil {
				t.Fatal(err)
			}
			p, err := b.Profile(name)
			if err != nil || p.ClientID != c.ID || p.AuthMethod != method ||
				(p.ClientSecret != nil) != (method != "none") {
				t.Errorf("profile: got %+v, %v", p, err)
			}
			s := b.login(LoginRequest{Profile: name})
			if resp, err := b.Call(b.ctx(), s.Meta.ID, calls.Request{URL: "/me"}); err != nil ||
				resp.Status != http.StatusOK {
				t.Errorf("a call: got %v, %v", resp, err)
			}
			again, err := b.Registration(b.ctx(), name)
			if err != nil || again.ID != c.ID {
				t.Errorf("read: got %v, %v", again, err)
			}
			updated, err := b.UpdateRegistration(b.ctx(), name, func(m registration.Metadata) {
				m["client_name"] = "My better tool"
			})
			if err != nil || string(updated.Metadata["client_name"]) != `"My better tool"` {
				t.Fatalf("change: got %v, %v", updated, err)
			}
			b.login(LoginRequest{Profile: name}) // with the secret of the response, if any
			for what, text := range map[string]string{"trace": mustJSON(t, b.recorder.Exchanges()),
				"profile": mustJSON(t, p)} {
				for _, secret := range []string{c.Management.Token.Reveal(), c.Secret.Reveal()} {
					if secret != "" && strings.Contains(text, secret) {
						t.Errorf("the %s holds a secret of the registration", what)
					}
				}
			}
			if err := b.Unregister(b.ctx(), name); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Profile(name); !errors.Is(err, profile.ErrNotFound) {
				t.Errorf("the profile: got %v, want it gone", err)
			}
			if _, err := b.Registration(b.ctx(), "demo"); !errors.Is(err, ErrNotRegistered) {
				t.Errorf("a client registered elsewhere: got %v, want %v", err, ErrNotRegistered)
			}
		})
	}
}

// with returns the metadata with a member changed.
func with(m registration.Metadata, name string, value any) registration.Metadata {
	out := registration.Metadata{}
	for k, v := range m {
		out[k] = v
	}
	out[name] = value
	return out
}

func TestRegistrationErrors(t *testing.T) {
	b := newBench(t)
	if err := b.file.Put(profile.Profile{Name: "closed", Issuer: "https://as.example", ClientID: "c",
		Endpoints: map[string]string{"token": "https://as.example/t"}}); err != nil {
		t.Fatal(err)
	}
	m := registration.NativeClient("x", []string{"http://127.0.0.1/callback"}, "")
	_, err := b.Register(b.ctx(), RegisterRequest{Server: "closed", Profile: "new", Metadata: m})
	var none *flows.EndpointError
	if !errors.As(err, &none) || none.Endpoint != "registration" {
		t.Errorf("no registration endpoint: got %v, want an *EndpointError", err)
	}
	var wrong *flows.InputError
	if _, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: "demo", Metadata: m}); !errors.As(err,
		&wrong) {
		t.Errorf("a profile that is there: got %v, want an *InputError", err)
	}
	var refused *flows.OAuthError
	if _, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: "new",
		Metadata: with(m, "redirect_uris", []string{"not a uri#"})}); !errors.As(err, &refused) {
		t.Errorf("bad metadata: got %v, want an *OAuthError", err)
	}
	if _, err := b.Profile("new"); err == nil {
		t.Error("a profile was made of a refused registration")
	}
}

func TestAClientIsRegisteredWithANewKey(t *testing.T) {
	b := newBench(t)
	m := with(registration.NativeClient("svc", nil, "api:read"), "token_endpoint_auth_method", "private_key_jwt")
	m["grant_types"], m["redirect_uris"], m["response_types"] = []string{"client_credentials"}, []string{}, []string{}
	c, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: "keyed", Metadata: m, KeyAlg: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	if jwks := string(c.Metadata["jwks"]); !strings.Contains(jwks, "ES256") || strings.Contains(jwks, `"d"`) {
		t.Errorf("registered: got %s, want a public key", jwks)
	}
	b.login(LoginRequest{Profile: "keyed", Grant: "client_credentials", Values: flows.Values{"scope": "api:read"}})
	view, err := b.Provider(b.ctx(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	known, err := b.ClientsOf(b.ctx(), view.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	managed := map[string]bool{}
	for _, k := range known {
		managed[k.Profile.Name] = k.Managed
	}
	if len(managed) != 4 || !managed["keyed"] || managed["demo"] {
		t.Errorf("the clients of the server: got %v, want four, of which keyed is managed", managed)
	}
	// A rejected registration leaves no key in the vault.
	var refused *flows.OAuthError
	if _, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: "none",
		Metadata: with(m, "grant_types", []string{"nonsense"}), KeyAlg: "ES256"}); !errors.As(err, &refused) {
		t.Errorf("got %v, want it refused", err)
	}
	if _, err := b.o.Store.Secret(b.ctx(), keySecretName("none")); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("the key of a refused registration: got %v, want it gone", err)
	}
}
