package session

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/tokens"
)

// profileOf adds a profile of one of the demo's clients, with its keys and certificates if it has any.
func (b *bench) profileOf(client string, values map[string]string) string {
	b.t.Helper()
	d := b.server.Description()
	info := d.Client(client)
	p := profile.Profile{Name: client, Issuer: b.server.Issuer(), ClientID: client, API: b.server.API(),
		Values: map[string]string{}}
	for name, v := range values {
		p.Values[name] = v
	}
	dir := b.t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
		return path
	}
	p.AuthMethod = info.AuthMethod
	if !info.ClientSecret.IsZero() {
		p.ClientSecret = &profile.Ref{File: write("secret", info.ClientSecret.Reveal())}
	}
	if !info.Keys.IsZero() {
		p.Values["client_key"] = "file:" + write("keys.json", info.Keys.Reveal())
	}
	if info.Certificate != "" {
		p.TLS = profile.TLS{CA: write("ca.pem", d.TLS.CA), Cert: write("cert.pem", info.Certificate),
			Key: write("key.pem", info.PrivateKey.Reveal())}
		p.API = d.TLS.API
	}
	if err := b.file.Put(p); err != nil {
		b.t.Fatal(err)
	}
	return client
}

// logsIn logs in and returns the result, the checks that did not pass, and the error.
func (b *bench) logsIn(r LoginRequest) (Result, string, error) {
	b.t.Helper()
	result, err := b.Login(b.ctx(), r, nil)
	return result, failures(result.Meta.Ledger), err
}

const everyScope = "openid profile offline_access api:read"

func TestExtensionsOfTheAuthorizationRequest(t *testing.T) {
	for name, c := range map[string]struct {
		client, grant string
		values        flows.Values
		unwise        string
	}{
		"pushed":                        {"demo-public", "", flows.Values{"par": "always"}, ""},
		"pushed, since the client must": {"demo-par", "", flows.Values{"par": "always"}, ""},
		"signed":                        {"demo-jar", "", flows.Values{"jar": "signed"}, ""},
		"encrypted":                     {"demo-jar", "", flows.Values{"jar": "encrypted"}, ""},
		"signed and pushed":             {"demo-jar", "", flows.Values{"jar": "signed", "par": "always"}, ""},
		"encrypted and pushed":          {"demo-jar", "", flows.Values{"jar": "encrypted", "par": "always"}, ""},
		"signed with the secret":        {"demo-service", "", flows.Values{"jar": "signed", "par": "always"}, ""},
		"answer signed":                 {"demo-public", "", flows.Values{"jarm": "true"}, ""},
		"answer signed, fragment":       {"demo-public", "", flows.Values{"response_mode": "fragment.jwt"}, ""},
		"answer signed, query":          {"demo-public", "", flows.Values{"response_mode": "query.jwt"}, ""},
		"answer signed, form": {"demo-public", "",
			flows.Values{"response_mode": "form_post", "jarm": "true"}, ""},
		"id_token": {"demo-implicit", "implicit", flows.Values{"response_type": "id_token"}, ""},
		"id_token token": {"demo-implicit", "implicit",
			flows.Values{"response_type": "id_token token"}, "front_channel"},
		"token": {"demo-implicit", "implicit",
			flows.Values{"response_type": "token", "scope": "api:read"}, "front_channel"},
		"code id_token": {"demo-implicit", "hybrid", flows.Values{"response_type": "code id_token"},
			""},
		"code token": {"demo-implicit", "hybrid", flows.Values{"response_type": "code token"},
			"front_channel"},
		"code id_token token": {"demo-implicit", "hybrid",
			flows.Values{"response_type": "code id_token token"}, "front_channel"},
		"code token, the code bound": {"demo-implicit", "hybrid",
			flows.Values{"response_type": "code token", "dpop": "true"}, "front_channel"},
		"hybrid, signed, pushed, bound": {"demo-implicit", "hybrid",
			flows.Values{"jarm": "true", "par": "always", "dpop": "true"}, ""},
		"everything": {"demo-jar", "", flows.Values{"jarm": "true", "par": "always",
			"dpop": "true", "jar": "encrypted"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			result, got, err := b.logsIn(LoginRequest{Profile: b.profileOf(c.client,
				map[string]string{"scope": everyScope}), Grant: c.grant, Values: c.values})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.unwise {
				t.Errorf("checks that did not pass: got %q, want %q", got, c.unwise)
			}
			if c.values["response_type"] != "id_token" && result.Set.AccessToken.IsZero() {
				t.Error("there is no access token")
			}
		})
	}
}

func TestARejectedExtensionIsReported(t *testing.T) {
	for fault, c := range map[string]struct {
		client string
		values flows.Values
		code   string
	}{
		"par-rejected": {"demo-public", flows.Values{"par": "always"}, "invalid_request"},
		"request-object-rejected": {"demo-jar", flows.Values{"jar": "signed", "par": "always"},
			"invalid_request_object"},
		"dpop-nonce-refused": {"demo-public", flows.Values{"dpop": "true"}, "use_dpop_nonce"},
	} {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			_, _, err := b.logsIn(LoginRequest{Profile: b.profileOf(c.client, map[string]string{"scope": everyScope}),
				Values: c.values})
			var refused *flows.OAuthError
			if !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
			if n := sent("authorization_code", b.recorder); c.code == "use_dpop_nonce" && n != 2 {
				t.Errorf("got %d token requests, want one and one more with the nonce", n)
			}
		})
	}
}

func TestTokensBoundToAKeyAreUsedAndRenewedWithIt(t *testing.T) {
	for name, faults := range map[string][]string{"as they are": nil, "with nonces": {"dpop-nonce", "dpop-nonce-api"}} {
		for _, alg := range []string{"ES256", "EdDSA"} {
			t.Run(name+", "+alg, func(t *testing.T) {
				b := newBench(t, faults...)
				result, got, err := b.logsIn(LoginRequest{Profile: "demo",
					Values: flows.Values{"dpop": "true", "dpop_alg": alg}})
				if err != nil || got != "" {
					t.Fatalf("got %v with %q, want a login whose checks pass", err, got)
				}
				id := result.Meta.ID
				if result.Meta.TokenType != "DPoP" {
					t.Errorf("token type: got %s, want DPoP", result.Meta.TokenType)
				}
				key := b.keyOf(id)
				call := func(s *Service) {
					t.Helper()
					resp, err := s.Call(b.ctx(), id, calls.Request{Method: http.MethodGet, URL: "/me?x=1"})
					if err != nil || resp.Status != http.StatusOK {
						t.Fatalf("calling the API: got %v, %+v, want 200", err, resp)
					}
				}
				call(b.Service)
				if a, err := b.Userinfo(b.ctx(), id); err != nil || a.JSON["sub"] == nil {
					t.Errorf("userinfo: got %v, %v", a.JSON, err)
				}
				if renewed, err := b.Refresh(b.ctx(), id, nil); err != nil || renewed.StoreErr != nil {
					t.Fatalf("refreshing: %v, %v", err, renewed.StoreErr)
				}
				if b.keyOf(id) != key {
					t.Error("the key changed with the refresh")
				}
				// Another process reads the key from the vault and has no nonce yet.
				other, _ := b.another(func(string) string { return "" })
				call(other)
				if text := mustJSON(t, b.Exchanges()); strings.Contains(text, key) {
					t.Error("the key is in a trace")
				}
			})
		}
	}
}

// keyOf returns a session's private DPoP key.
func (b *bench) keyOf(id string) string {
	b.t.Helper()
	rec, err := b.Load(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	_, d, ok := strings.Cut(rec.Secrets.DPoPKey.Reveal(), `"d":"`)
	if !ok {
		b.t.Fatal("the session has no DPoP key")
	}
	d, _, _ = strings.Cut(d, `"`)
	return d
}

func TestAMachinesTokensAreBoundToAKeyToo(t *testing.T) {
	b := newBench(t)
	result, got, err := b.logsIn(LoginRequest{Profile: "service", Values: flows.Values{"dpop": "true"}})
	if err != nil || got != "" {
		t.Fatalf("got %v with %q", err, got)
	}
	key := b.keyOf(result.Meta.ID)
	if _, err := b.Refresh(b.ctx(), result.Meta.ID, nil); err != nil {
		t.Fatal(err)
	}
	if b.keyOf(result.Meta.ID) != key {
		t.Error("the key changed when the grant was run again")
	}
}

func TestTokensEncryptedForTheClientAreDecrypted(t *testing.T) {
	b := newBench(t)
	result, got, err := b.logsIn(LoginRequest{Profile: b.profileOf("demo-encrypted",
		map[string]string{"scope": everyScope})})
	if err != nil || got != "" {
		t.Fatalf("got %v with %q", err, got)
	}
	if result.Meta.Subject != "alice" || strings.Count(result.Set.IDToken.Reveal(), ".") != 2 {
		t.Errorf("got subject %q and an id_token of %d parts, want alice and the signed one", result.Meta.Subject,
			strings.Count(result.Set.IDToken.Reveal(), ".")+1)
	}
	a, err := b.Userinfo(b.ctx(), result.Meta.ID)
	if err != nil || a.JSON["sub"] != "alice" || !strings.Contains(a.ContentType, "jwt") {
		t.Errorf("userinfo: got %v as %s, %v; want alice as a JWT", a.JSON, a.ContentType, err)
	}
	if _, err := b.Refresh(b.ctx(), result.Meta.ID, nil); err != nil {
		t.Errorf("refreshing: %v", err)
	}
}

func TestAnEncryptedIDTokenWithoutAKeyEndsTheRun(t *testing.T) {
	b := newBench(t)
	_, got, err := b.logsIn(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-encrypted",
		Values: flows.Values{"scope": "openid"}})
	if err == nil || got != string(tokens.CheckDecryption) {
		t.Errorf("got %v with %q, want %s alone", err, got, tokens.CheckDecryption)
	}
}

func TestAnIntrospectionResponseCanBeSigned(t *testing.T) {
	b := newBench(t)
	result, _, err := b.logsIn(LoginRequest{Profile: "service", Values: flows.Values{"introspection_jwt": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := b.Introspect(b.ctx(), result.Meta.ID, "", "")
	if err != nil || a.Active == nil || !*a.Active || !strings.Contains(a.ContentType, "token-introspection+jwt") {
		t.Errorf("got %v as %s, %v", a.JSON, a.ContentType, err)
	}
	if failures(a.Ledger) != "" || a.Ledger.Count(tokens.Passed) < 4 {
		t.Errorf("the answer's checks: got %s", a.Ledger.Summary())
	}
}

// submit submits a form as a browser's script would.
func submit(client *http.Client, resp *http.Response) {
	body, _ := io.ReadAll(resp.Body)
	page := string(body)
	_, action, ok := strings.Cut(page, `action="http`)
	if !ok || !strings.Contains(page, `name="response"`) {
		return
	}
	action, _, _ = strings.Cut(action, `"`)
	form := url.Values{}
	for _, field := range strings.Split(page, "<input")[1:] {
		_, name, _ := strings.Cut(field, `name="`)
		name, _, _ = strings.Cut(name, `"`)
		_, value, _ := strings.Cut(field, `value="`)
		value, _, _ = strings.Cut(value, `"`)
		form.Set(name, value)
	}
	if back, err := client.PostForm("http"+action, form); err == nil {
		_, _ = io.Copy(io.Discard, back.Body)
		_ = back.Body.Close()
	}
}
