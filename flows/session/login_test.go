package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

func TestLoginWithEveryGrant(t *testing.T) {
	b := newBench(t)
	trades := b.exchangeLogins()
	for _, g := range flows.Grants() {
		if g.Hidden {
			continue
		}
		t.Run(g.ID, func(t *testing.T) {
			name := "demo"
			switch {
			case !g.NeedsUser:
				name = "service"
			case strings.Contains(g.Deprecated, "RFC 9700 2.1"):
				name = b.profileOf("demo-implicit", map[string]string{"scope": everyScope})
			}
			var steps []flows.Step
			request, isTrade := trades[g.ID]
			if !isTrade {
				request = LoginRequest{Profile: name, Grant: g.ID}
			}
			name = request.Profile
			result, err := b.Login(b.ctx(), request, func(s flows.Step) { steps = append(steps, s) })
			if err != nil {
				t.Fatal(err)
			}
			unwise := map[string]string{"implicit": "front_channel"}[g.ID]
			if got := failures(result.Meta.Ledger); got != unwise {
				t.Errorf("checks that did not pass: got %q, want %q", got, unwise)
			}
			rec, err := b.Load(b.ctx(), result.Meta.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !rec.Secrets.Set.AccessToken.Equal(result.Set.AccessToken) {
				t.Error("what is stored is not what was handed out")
			}
			m := rec.Meta
			if m.Grant != g.ID || m.Profile != name || m.Issuer != b.server.Issuer() || m.TokenFormat != "jwt" ||
				m.TokenType != "Bearer" || m.Scope == "" {
				t.Errorf("meta: got %+v", m)
			}
			if isTrade && m.Subject != "alice" {
				t.Errorf("traded for: got %q, want alice", m.Subject)
			}
			if g.NeedsUser && (m.Subject != "alice" || !strings.HasPrefix(m.Label, "alice") || !m.Has(tokens.ID) ||
				m.Has(tokens.Refresh) == (unwise != "")) {
				t.Errorf("who: got %q, %q, %v", m.Subject, m.Label, m.Kinds)
			}
			if first := steps[0]; first.Exchange == nil || !strings.Contains(first.Title, "metadata") {
				t.Errorf("the first step: got %q, want the reading of the metadata with its exchange", first.Title)
			}
			if last := steps[len(steps)-1]; !strings.Contains(last.Title, "vault") {
				t.Errorf("the last step: got %q, want the storing", last.Title)
			}
		})
	}
}

func TestLoginWithoutAProfile(t *testing.T) {
	b := newBench(t)
	secret := b.server.Description().Client("demo-service").ClientSecret
	result := b.login(LoginRequest{
		Issuer: b.server.Issuer(), ClientID: "demo-service", ClientSecret: secret, Grant: "client_credentials",
		Values: flows.Values{"scope": "api:read"}, Label: "bot",
	})
	if result.Meta.Label != "bot" || result.Meta.Profile != "" || result.Meta.AuthMethod != "client_secret_basic" {
		t.Errorf("meta: got %+v", result.Meta)
	}
	rec, err := b.Load(b.ctx(), result.Meta.ID)
	if err != nil || !rec.Secrets.ClientSecret.Equal(secret) {
		t.Errorf("an entered secret is not stored: %v", err)
	}
}

func TestTheProfilesSecretIsSentOnlyToTheProfilesServer(t *testing.T) {
	b := newBench(t)
	for name, r := range map[string]LoginRequest{
		"another issuer": {Profile: "service", Issuer: "https://evil.example"},
		"another client": {Profile: "service", ClientID: "other"},
	} {
		p, err := b.planLogin(r)
		if err != nil {
			t.Fatal(err)
		}
		if p.ref != nil || !p.secret.IsZero() {
			t.Errorf("%s: got the profile's secret, want none", name)
		}
	}
}

func TestRequestOverProfileOverDefaults(t *testing.T) {
	b := newBench(t)
	if err := b.file.Put(profile.Profile{
		Name: "full", Issuer: "https://as.example", ClientID: "c",
		Values: map[string]string{"scope": "profile", "prompt": "login", "pkce": "plain"},
		Params: map[string]map[string][]string{"token": {"a": {"profile"}, "b": {"profile"}},
			"device": {"x": {"y"}}},
		Endpoints: map[string]string{"token": "https://as.example/t"}, RedirectURI: "http://127.0.0.1:1/cb",
		Proxy: "http://proxy.example",
		TLS:   profile.TLS{CA: "ca.pem"},
	}); err != nil {
		t.Fatal(err)
	}
	p, err := b.planLogin(LoginRequest{Profile: "full", Values: flows.Values{"scope": "", "prompt": "none"},
		Params: flows.Params{"token": {"a": {"request"}}},
		TLS:    wire.Options{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(p.values["scope"], "|", p.values["prompt"], "|", p.values["pkce"], "|",
		p.values["response_mode"], "|", p.params, "|", p.redirect.URI, "|",
		p.wire.CAFile, p.wire.Proxy, p.wire.Insecure, "|", p.endpoints)
	want := "|none|plain|query|map[device:map[x:[y]] token:map[a:[request] " +
		"b:[profile]]]|http://127.0.0.1:1/cb|ca.pemhttp://proxy.exampletrue|map[token:https://as.example/t]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInvalidRequestsFailBeforeAnythingIsSent(t *testing.T) {
	b := newBench(t)
	tests := map[string]LoginRequest{
		"unknown profile": {Profile: "nobody"},
		"unknown grant":   {Profile: "demo", Grant: "magic"},
		"hidden grant":    {Profile: "demo", Grant: "refresh_token"},
		"bad value":       {Profile: "demo", Values: flows.Values{"max_age": "soon"}},
		"no client":       {Issuer: b.server.Issuer()},
		"nothing":         {},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := b.Login(b.ctx(), r, nil)
			var wrong *flows.InputError
			if !errors.As(err, &wrong) && !errors.Is(err, profile.ErrNotFound) {
				t.Errorf("got %v, want an *InputError or ErrNotFound", err)
			}
		})
	}
	if n := len(b.Exchanges()); n != 0 {
		t.Errorf("exchanges: got %d, want none", n)
	}
}

func TestTheVaultIsProbedBeforeTheSignIn(t *testing.T) {
	b := newBench(t)
	b.backend.breakWith(errBroken)
	_, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil)
	if !errors.Is(err, errBroken) {
		t.Errorf("got %v, want %v", err, errBroken)
	}
	if n := len(b.Exchanges()); n != 0 {
		t.Errorf("exchanges: got %d, want none", n)
	}
}

func TestTokensThatCannotBeStoredStayInMemory(t *testing.T) {
	b := newBench(t)
	// The probe succeeds, storing fails.
	broken := func(s flows.Step) {
		if s.Exchange != nil {
			b.backend.breakWith(errBroken)
		}
	}
	result, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, broken)
	if err != nil || !errors.Is(result.StoreErr, errBroken) || result.Set.AccessToken.IsZero() {
		t.Fatalf("got %v, StoreErr %v, want the tokens with %v", err, result.StoreErr, errBroken)
	}
	if b.sessions() != 1 {
		t.Error("the session is not in the list")
	}
	token, _, err := b.Token(b.ctx(), result.Meta.ID, TokenRequest{})
	if err != nil || !token.Equal(result.Set.AccessToken) {
		t.Errorf("the token is not handed out: %v", err)
	}
	if err := b.RetryStore(b.ctx(), result); !errors.Is(err, errBroken) {
		t.Errorf("keeping while it is broken: got %v, want %v", err, errBroken)
	}
	b.backend.breakWith(nil)
	if err := b.RetryStore(b.ctx(), result); err != nil {
		t.Fatal(err)
	}
	other, _ := b.another(os.Getenv)
	if rec, err := other.Load(b.ctx(), result.Meta.ID); err != nil ||
		!rec.Secrets.Set.AccessToken.Equal(result.Set.AccessToken) {
		t.Errorf("not stored after Keep: %v", err)
	}
}

func TestFaultsWithoutAResponse(t *testing.T) {
	tests := map[string]func(error) bool{
		"access-denied": func(err error) bool {
			var e *flows.OAuthError
			return errors.As(err, &e) && e.Code == "access_denied"
		},
		"error-200": func(err error) bool { var e *flows.OAuthError; return errors.As(err, &e) && e.Status == 200 },
		"html-502": func(err error) bool {
			var e *flows.ResponseError
			return errors.As(err, &e) && e.Status == 502
		},
		"empty-body": func(err error) bool {
			var e *flows.ResponseError
			return errors.As(err, &e) && e.What == "an empty body"
		},
	}
	for fault, fits := range tests {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			_, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil)
			if !fits(err) {
				t.Errorf("got %v", err)
			}
			if b.sessions() != 0 {
				t.Error("something was stored")
			}
		})
	}
}

func TestServersWithHarmlessFaultsWork(t *testing.T) {
	for _, fault := range []string{"expires-in-string", "no-expires-in"} {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			result := b.login(LoginRequest{Profile: "demo"})
			token, _, err := b.Token(b.ctx(), "demo", TokenRequest{})
			if err != nil || !token.Equal(result.Set.AccessToken) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, fault := range []string{"no-interval", "slow-down"} {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			b.login(LoginRequest{Profile: "demo", Grant: "device_code"})
		})
	}
}

// No secret may reach metadata, files, steps, ledgers, errors or the exported trace.
func TestNoSecretLeavesTheVault(t *testing.T) {
	b := newBench(t)
	var steps []flows.Step
	observe := func(s flows.Step) { steps = append(steps, s) }
	var secrets []tokens.Secret
	for _, r := range []LoginRequest{{Profile: "demo"}, {Profile: "demo", Grant: "device_code"}, {Profile: "service"},
		{Profile: "post"}, b.opaque(),
		{Profile: "service", Params: flows.Params{"token": {"password": {"canary-password-0123456789"}}}}} {
		result, err := b.Login(b.ctx(), r, observe)
		if err != nil {
			t.Fatal(err)
		}
		renewed, err := b.Refresh(b.ctx(), result.Meta.ID, observe)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range []tokens.Set{result.Set, renewed.Set} {
			secrets = append(secrets, set.AccessToken, set.RefreshToken, set.IDToken)
		}
		_, _ = b.Introspect(b.ctx(), result.Meta.ID, tokens.Access, "")
		_, _ = b.Userinfo(b.ctx(), result.Meta.ID)
	}
	d := b.server.Description()
	secrets = append(secrets, d.Client("demo-service").ClientSecret, d.Client("demo-post").ClientSecret,
		tokens.NewSecret("canary-password-0123456789"))
	var har strings.Builder
	if err := b.Export(&har); err != nil {
		t.Fatal(err)
	}
	metas, err := b.Sessions(b.ctx())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{"the steps": mustJSON(t, steps), "the metadata": mustJSON(t, metas),
		"the trace": har.String(), "the steps as text": fmt.Sprintf("%+v", steps)}
	if err := filepath.WalkDir(b.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		seen["the file "+e.Name()] = string(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		for where, text := range seen {
			if !s.IsZero() && strings.Contains(text, s.Reveal()) {
				t.Errorf("%s: a secret is there: %.12s…", where, s.Reveal())
			}
		}
	}
}

func TestADamagedSettingIsReported(t *testing.T) {
	b := newBench(t)
	result := b.login(LoginRequest{Profile: "service", Params: flows.Params{"token": {"x": {"y"}}}})
	rec, err := b.o.Store.Get(b.ctx(), result.Meta.ID)
	if err != nil {
		t.Fatal(err)
	}
	rec.Meta.Settings["params"] = "{"
	if err := b.o.Store.Put(b.ctx(), rec); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Refresh(b.ctx(), rec.Meta.ID, nil); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("got %v, want %v", err, vault.ErrDamaged)
	}
}
