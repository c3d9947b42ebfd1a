package session

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
)

func TestEveryMethodOfClientAuthentication(t *testing.T) {
	clients := map[string]string{
		"none": "demo-public", "client_secret_basic": "demo-service", "client_secret_basic_raw": "demo-service",
		"client_secret_post": "demo-post",
		"client_secret_jwt":  "demo-jwt", "private_key_jwt": "demo-key", "tls_client_auth": "demo-tls",
		"self_signed_tls_client_auth": "demo-self-signed",
	}
	for _, method := range flows.AuthMethods() {
		client, ok := clients[method.ID]
		if !ok {
			t.Errorf("no client of the demo provider drives %s", method.ID)
			continue
		}
		t.Run(method.ID, func(t *testing.T) {
			b := newBench(t)
			name := b.profileOf(client, map[string]string{"scope": everyScope})
			grants := []string{"authorization_code"}
			if method.ID != "none" {
				grants = append(grants, "client_credentials")
			}
			for _, grant := range grants {
				r := LoginRequest{Profile: name, Grant: grant, AuthMethod: method.ID,
					Values: flows.Values{"par": "always"}}
				if grant == "client_credentials" {
					r.Values = flows.Values{"scope": "api:read"}
				}
				result, got, err := b.logsIn(r)
				if err != nil || got != "" {
					t.Fatalf("%s: got %v with %q, want a login whose checks pass", grant, err, got)
				}
				if result.Meta.AuthMethod != method.ID {
					t.Errorf("%s: got the method %s, want %s", grant, result.Meta.AuthMethod, method.ID)
				}
				id := result.Meta.ID
				if a, err := b.Introspect(b.ctx(), id, "", ""); method.ID != "none" &&
					(err != nil || a.Active == nil || !*a.Active) {
					t.Errorf("%s: introspection: got %v, %v", grant, a.Active, err)
				}
				if resp, err := b.Call(b.ctx(), id, calls.Request{Method: http.MethodGet, URL: "/me"}); err != nil ||
					resp.Status != http.StatusOK {
					t.Errorf("%s: calling the API: got %v, %+v", grant, err, resp)
				}
				if _, err := b.Refresh(b.ctx(), id, nil); err != nil {
					t.Errorf("%s: renewing: %v", grant, err)
				}
			}
		})
	}
}

func TestAnEndpointCanHaveAMethodOfItsOwn(t *testing.T) {
	b := newBench(t)
	name := b.profileOf("demo-service", map[string]string{"scope": "api:read",
		"endpoint_auth": "introspection=client_secret_post"})
	result, _, err := b.logsIn(LoginRequest{Profile: name, Grant: "client_credentials"})
	if err != nil {
		t.Fatal(err)
	}
	// The demo accepts only the registered method, so the request shows the method used.
	_, err = b.Introspect(b.ctx(), result.Meta.ID, "", "")
	var refused *flows.OAuthError
	if !errors.As(err, &refused) || !strings.Contains(refused.Description, "client_secret_post") {
		t.Errorf("got %v, want the server to say that client_secret_post came", err)
	}
}

func TestTheAudienceOfAnAssertionCanBeTheTokenEndpoint(t *testing.T) {
	b := newBench(t, "assertion-wants-token-endpoint")
	name := b.profileOf("demo-key", map[string]string{"scope": "api:read"})
	_, _, err := b.logsIn(LoginRequest{Profile: name, Grant: "client_credentials"})
	var refused *flows.OAuthError
	if !errors.As(err, &refused) || refused.Code != "invalid_client" {
		t.Fatalf("addressed to the issuer: got %v, want invalid_client", err)
	}
	if _, _, err := b.logsIn(LoginRequest{Profile: name, Grant: "client_credentials",
		Values: flows.Values{"assertion_audience": "token_endpoint"}}); err != nil {
		t.Errorf("addressed to the token endpoint: %v", err)
	}
}

func TestEnteredKeysAreStoredWithTheSession(t *testing.T) {
	b := newBench(t)
	keys := b.server.Description().Client("demo-key").Keys
	result, _, err := b.logsIn(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-key",
		Grant:  "client_credentials",
		Values: flows.Values{"scope": "api:read", "client_key": keys.Reveal()}})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := b.Load(b.ctx(), result.Meta.ID)
	if err != nil || !rec.Secrets.ClientKey.Equal(keys) {
		t.Errorf("the key is not kept: %v", err)
	}
	_, d, _ := strings.Cut(keys.Reveal(), `"d":"`)
	if text := mustJSON(t, rec.Meta); strings.Contains(text, d[:20]) {
		t.Error("the key is in clear")
	}
	if _, err := b.Refresh(b.ctx(), result.Meta.ID, nil); err != nil {
		t.Errorf("running the grant again: %v", err)
	}
}

func TestAKeyIsMadeForAProfile(t *testing.T) {
	b := newBench(t)
	public, err := b.NewClientKey(b.ctx(), "demo", "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(public), `"d"`) || strings.Count(string(public), `"kid"`) != 1 {
		t.Errorf("for registering: got %s, want one public key", public)
	}
	p, err := b.Profile("demo")
	if err != nil || p.Values["client_key"] != "vault:demo/key" {
		t.Errorf("the profile: got %q (%v), want it to say where the key is", p.Values["client_key"], err)
	}
	if _, err := b.NewClientKey(b.ctx(), "demo", "PS256"); err != nil {
		t.Fatal(err)
	}
	again, err := b.ClientKeys(b.ctx(), "demo")
	if err != nil || strings.Count(string(again), `"kid"`) != 2 || !strings.Contains(string(again), "PS256") {
		t.Errorf("after a second one: got %s (%v), want both", again, err)
	}
	var input *flows.InputError
	if _, err := b.NewClientKey(b.ctx(), "demo", "HS256"); !errors.As(err, &input) {
		t.Errorf("a secret: got %v, want an *InputError", err)
	}
	if _, err := b.NewClientKey(b.ctx(), "nobody", ""); !errors.Is(err, profile.ErrNotFound) {
		t.Errorf("no profile: got %v, want ErrNotFound", err)
	}
}

func TestAnUnreadableKeyIsAnErrorBeforeAnyRequest(t *testing.T) {
	b := newBench(t)
	public, err := b.NewClientKey(b.ctx(), "demo", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ value, want string }{
		"no such file": {"file:/nowhere/at/all", "/nowhere/at/all"},
		"no variable":  {"env:NOT_SET", "not set"},
		"a public key": {string(public), "no private key"},
		"a session":    {"session:x", "vault:NAME"},
	} {
		_, err := b.Login(b.ctx(), LoginRequest{Profile: "demo", Values: flows.Values{"client_key": c.value}}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
	if n := len(b.Exchanges()); n != 0 {
		t.Errorf("got %d exchanges, want none", n)
	}
}
