package session

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/demo"
	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

func TestFindByIDPrefixLabelProfileAndClientID(t *testing.T) {
	b := newBench(t)
	old := b.login(LoginRequest{Profile: "service", Label: "old"})
	b.clock.Advance(time.Second)
	young := b.login(LoginRequest{Profile: "service", Label: "young"})
	b.clock.Advance(time.Second)
	adHoc := b.login(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-public", Label: "ad hoc"})
	// A client with the name of a profile: the profile has precedence.
	b.login(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-legacy", Label: "legacy"})
	if err := b.file.Put(profile.Profile{Name: "demo-legacy", Issuer: b.server.Issuer(),
		ClientID: "demo-public"}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		name string
		want string
		err  error
	}{
		"ID":                 {old.Meta.ID, old.Meta.ID, nil},
		"prefix":             {old.Meta.ID[:8], old.Meta.ID, nil},
		"prefix, upper case": {strings.ToUpper(old.Meta.ID[:8]), old.Meta.ID, nil},
		"label":              {"old", old.Meta.ID, nil},
		"newest of profile":  {"service", young.Meta.ID, nil},
		"client ID":          {"demo-public", adHoc.Meta.ID, nil},
		"profile before it":  {"demo-legacy", "", ErrNoSession},
		"nothing":            {"nobody", "", ErrNoSession},
		"empty":              {"", "", ErrNoSession},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := b.Find(b.ctx(), tt.name)
			if got.ID != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got.ID, err, tt.want, tt.err)
			}
		})
	}
	if err := b.Rename(b.ctx(), young.Meta.ID, "old"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Find(b.ctx(), "old"); !errors.Is(err, ErrAmbiguous) ||
		!strings.Contains(err.Error(), young.Meta.ID) {
		t.Errorf("two with the same label: got %v, want %v and their IDs", err, ErrAmbiguous)
	}
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
	for _, label := range []string{token, "Bearer " + token, "gho_16C7e42F292c6912E7710c838347Ae178B4a"} {
		err := b.Rename(b.ctx(), young.Meta.ID, label)
		if err == nil || strings.Contains(err.Error(), label) {
			t.Errorf("a token as label: %v, want an error without it", err)
		}
		_, err = b.Login(b.ctx(), LoginRequest{Issuer: "http://127.0.0.1:1", ClientID: "c", Label: label}, nil)
		if err == nil || !strings.Contains(err.Error(), "looks like a token") {
			t.Errorf("a token as label of a login: %v", err)
		}
	}
	if err := b.Rename(b.ctx(), young.Meta.ID, " \n"); err == nil {
		t.Error("an empty label was taken")
	}
	if err := b.Remove(b.ctx(), young.Meta.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Find(b.ctx(), "old"); err != nil || got.ID != old.Meta.ID {
		t.Errorf("after removing: got %q, %v", got.ID, err)
	}
}

func TestIntrospectUserinfoCall(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "post",
		Values: flows.Values{"scope": "openid profile offline_access api:read"}})
	a, err := b.Introspect(b.ctx(), first.Meta.ID, "", "")
	if err != nil || a.Active == nil || !*a.Active || a.JSON["sub"] != "alice" {
		t.Errorf("introspection: got %v, %s", err, a.Body)
	}
	b.clock.Advance(tenMinutes)
	u, err := b.Userinfo(b.ctx(), first.Meta.ID)
	if err != nil || u.JSON["sub"] != "alice" || failures(u.Ledger) != "" || sent(refreshGrant, b.recorder) != 1 {
		t.Errorf("userinfo with an expired token: got %v, %s, %d refreshes", err, u.Body,
			sent(refreshGrant, b.recorder))
	}
	resp, err := b.Call(b.ctx(), first.Meta.ID, calls.Request{URL: b.server.API() + "/me"})
	if err != nil || resp.Status != http.StatusOK {
		t.Fatalf("call: got %v, %v", resp, err)
	}
	b.clock.Advance(tenMinutes)
	if resp, err = b.Call(b.ctx(), first.Meta.ID, calls.Request{URL: b.server.API() + "/me"}); err != nil ||
		resp.Status != http.StatusOK {
		t.Errorf("call with an expired token: got %v, %v", resp, err)
	}
	if _, err := b.Call(b.ctx(), first.Meta.ID, calls.Request{URL: "/me"}); err == nil {
		t.Error("a path was called without an api to complete it")
	}
	public := b.login(LoginRequest{Profile: "demo"})
	if resp, err = b.Call(b.ctx(), public.Meta.ID, calls.Request{URL: "/me"}); err != nil ||
		resp.Status != http.StatusOK {
		t.Errorf("a path under the profile's api: got %v, %v", resp, err)
	}
}

func TestUserinfoOfAnotherSubject(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("wrong-userinfo-sub")
	a, err := b.Userinfo(b.ctx(), first.Meta.ID)
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckUserinfoSubject ||
		failures(a.Ledger) != string(tokens.CheckUserinfoSubject) || a.Body != nil {
		t.Errorf("got %v, %s, want the check %s and no answer", err, a.Body, tokens.CheckUserinfoSubject)
	}
}

func TestRevokeDropsWhatWasRevoked(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	if _, err := b.Revoke(b.ctx(), first.Meta.ID, tokens.Access); err != nil {
		t.Fatal(err)
	}
	rec, err := b.Load(b.ctx(), first.Meta.ID)
	if err != nil || rec.Meta.Has(tokens.Access) || !rec.Meta.Has(tokens.Refresh) ||
		!rec.Secrets.Set.AccessToken.IsZero() || !rec.Meta.ExpiresAt.IsZero() {
		t.Errorf("after revoking the access token: got %v, %v", rec.Meta.Kinds, err)
	}
	token, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
	if err != nil || token.Equal(first.Set.AccessToken) {
		t.Errorf("a new one: got %v", err)
	}
	if _, err := b.Revoke(b.ctx(), first.Meta.ID, ""); err != nil {
		t.Fatal(err)
	}
	if rec, err = b.Load(b.ctx(), first.Meta.ID); err != nil || rec.Meta.Has(tokens.Refresh) {
		t.Errorf("after revoking the refresh token: got %v, %v", rec.Meta.Kinds, err)
	}
	if _, err := b.Revoke(b.ctx(), first.Meta.ID, tokens.Refresh); !errors.Is(err, ErrNoToken) {
		t.Errorf("revoking it again: got %v, want %v", err, ErrNoToken)
	}
}

func TestLogout(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	var opened string
	b.o.Browser = func(_ context.Context, u string) error { opened = u; return nil }
	result, err := b.Logout(b.ctx(), first.Meta.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Revoked) != 2 || !result.Opened || b.sessions() != 0 {
		t.Errorf("got %+v and %d sessions", result, b.sessions())
	}
	if strings.Contains(result.EndSessionURL, "id_token_hint") ||
		!strings.Contains(result.EndSessionURL, "client_id=demo-public") {
		t.Errorf("the URL that is shown: %s", result.EndSessionURL)
	}
	if !strings.Contains(opened, "id_token_hint="+first.Set.IDToken.Reveal()) {
		t.Error("the browser got no id_token_hint")
	}
	if _, err := b.Load(b.ctx(), first.Meta.ID); !errors.Is(err, ErrNoSession) {
		t.Errorf("loading it: got %v, want %v", err, ErrNoSession)
	}
}

func TestInspectWithTheIssuersKeys(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	for _, kind := range []tokens.Kind{"", tokens.ID} {
		report, err := b.Inspect(b.ctx(), first.Meta.ID, kind)
		if err != nil || report.Signature == nil || report.Signature.Verdict != tokens.Good {
			t.Errorf("%q: got %v, %+v, want a good signature", kind, err, report)
		}
	}
	raw := first.Set.AccessToken.Reveal()
	if r := b.InspectRaw(b.ctx(), raw, inspect.Options{}, b.server.Issuer()); r.Signature == nil ||
		r.Signature.Verdict != tokens.Good {
		t.Errorf("raw with an issuer: got %+v, want a good signature", r.Signature)
	}
	n := len(b.Exchanges())
	if r := b.InspectRaw(b.ctx(), raw, inspect.Options{}, ""); r.Signature == nil ||
		r.Signature.Verdict != tokens.Good || r.Signature.KeysRead.IsZero() || len(b.Exchanges()) != n {
		t.Errorf("raw without an issuer: got %+v, and %d requests; want it by the kept keys", r.Signature,
			len(b.Exchanges())-n)
	}
}

func TestInspectOfflineSaysWhyKeysAreMissing(t *testing.T) {
	c := &clock{now: time.Now()}
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	b := benchOf(t, server, c)
	first := b.login(LoginRequest{Profile: "demo"})
	if err := b.server.Close(); err != nil {
		t.Fatal(err)
	}
	other, _ := b.another(os.Getenv)
	report, err := other.Inspect(b.ctx(), first.Meta.ID, "")
	if err != nil || report.Signature == nil || report.Signature.Verdict != tokens.CannotTell ||
		report.Signature.Reason == "" {
		t.Errorf("got %v, %+v, want cannot-tell with a reason", err, report)
	}
}

func TestProviderView(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"demo", b.server.Issuer()} {
		v, err := b.Provider(b.ctx(), name)
		if err != nil || v.Metadata.Issuer != b.server.Issuer() || v.KeysErr != nil || len(v.Keys.Keys()) == 0 {
			t.Errorf("%s: got %+v, %v", name, v, err)
		}
	}
	if _, err := b.Provider(b.ctx(), "nobody"); !errors.Is(err, profile.ErrNotFound) {
		t.Errorf("got %v, want %v", err, profile.ErrNotFound)
	}
	b.fault("wrong-issuer")
	_, err := b.Provider(b.ctx(), "demo")
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckDiscoveryIssuer {
		t.Errorf("got %v, want the check %s, read afresh", err, tokens.CheckDiscoveryIssuer)
	}
}

func TestConfiguredEndpointsAreUsedWithoutDiscovery(t *testing.T) {
	b := newBench(t)
	if err := b.file.Put(profile.Profile{Name: "bare", ClientID: "demo-service", Grant: clientGrant,
		ClientSecret: &profile.Ref{Env: "DEMO_SECRET"},
		Values:       map[string]string{"scope": "api:read"}, Endpoints: map[string]string{"token": b.server.Issuer() +
			"/token"}}); err != nil {
		t.Fatal(err)
	}
	first := b.login(LoginRequest{Profile: "bare"})
	if n := len(b.Exchanges()); n != 1 {
		t.Errorf("exchanges: got %d, want the token request alone", n)
	}
	b.clock.Advance(tenMinutes)
	if _, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{}); err != nil {
		t.Errorf("renewing: %v", err)
	}
	var none *flows.EndpointError
	if _, err := b.Introspect(b.ctx(), first.Meta.ID, "", ""); !errors.As(err, &none) ||
		none.Endpoint != "introspection" {
		t.Errorf("got %v, want an *EndpointError of introspection", err)
	}
}

func TestProfilesAreAddedWithTheirSecretInTheVault(t *testing.T) {
	b := newBench(t)
	secret := b.server.Description().Client("demo-service").ClientSecret
	if err := b.AddProfile(b.ctx(), profile.Profile{Name: "new", Issuer: b.server.Issuer(), ClientID: "demo-service",
		Grant:  clientGrant,
		Values: map[string]string{"scope": "api:read"}}, secret); err != nil {
		t.Fatal(err)
	}
	p, err := b.Profile("new")
	if err != nil || p.ClientSecret == nil || p.ClientSecret.Vault != "new" {
		t.Fatalf("got %+v, %v", p, err)
	}
	b.login(LoginRequest{Profile: "new"})
	if err := b.RemoveProfile(b.ctx(), "new"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Profile("new"); !errors.Is(err, profile.ErrNotFound) {
		t.Errorf("got %v, want %v", err, profile.ErrNotFound)
	}
	if _, err := b.o.Store.Secret(b.ctx(), "new"); err == nil {
		t.Error("its secret is still in the vault")
	}
}

func TestDraft(t *testing.T) {
	b := newBench(t)
	d, err := b.Draft(b.ctx(), "demo", "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Grant.ID != flows.Grants()[0].ID || d.ClientID != "demo-public" || d.HasSecret ||
		d.Values["pkce"] != "S256" || !strings.Contains(d.Values["scope"], "api:write") {
		t.Errorf("got %+v", d)
	}
	for _, g := range flows.Grants() {
		if supported, said := d.Supported[g.ID]; !said || !supported {
			t.Errorf("%s: got %t, %t, want it supported", g.ID, supported, said)
		}
	}
	if d, err = b.Draft(b.ctx(), "service", ""); err != nil || d.Grant.ID != clientGrant || !d.HasSecret {
		t.Errorf("got %+v, %v", d, err)
	}
	if d, err = b.Draft(b.ctx(), "", "device_code"); err != nil || d.Profile != "" || d.Grant.ID != "device_code" {
		t.Errorf("without a profile: got %+v, %v", d, err)
	}
}

func TestSchemaFollowsTheDeclarations(t *testing.T) {
	s := Schema()
	for _, g := range flows.Grants() {
		if found := strings.Contains(" "+strings.Join(s.Grants, " ")+" ", " "+g.ID+" "); found == g.Hidden {
			t.Errorf("grant %s: got %t", g.ID, found)
		}
	}
	for _, list := range [][]string{s.Inputs, s.Endpoints, s.AuthMethods} {
		seen := map[string]bool{}
		for _, name := range list {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if len(list) == 0 {
			t.Error("a list is empty")
		}
	}
}

// A key that decrypts a token and the issuer whose keys verify it are used together.
func TestANestedTokenIsDecryptedWithAKeyAndVerifiedWithTheIssuers(t *testing.T) {
	b := newBench(t)
	signed := b.login(LoginRequest{Profile: "demo"}).Set.AccessToken.Reveal()
	key, err := jose.Generate("RSA-OAEP-256", "")
	if err != nil {
		t.Fatal(err)
	}
	outer, err := jose.Encrypt([]byte(signed), jose.Header{"cty": "JWT"}, key)
	if err != nil {
		t.Fatal(err)
	}
	keys := inspect.Options{Keys: jose.NewKeySet(key)}
	for _, c := range []struct {
		name, token, issuer string
		want                inspect.Outcome
	}{
		{"without the issuer", outer, "", inspect.OutcomeCannotTell},
		{"with the issuer", outer, b.server.Issuer(), inspect.OutcomeGood},
		{"with the issuer, changed", outer[:len(outer)-4] + "AAAA", b.server.Issuer(), inspect.OutcomeBad},
		{"signed alone, with the issuer", signed, b.server.Issuer(), inspect.OutcomeGood},
	} {
		if outcome, why := b.InspectRaw(b.ctx(), c.token, keys, c.issuer).Verdict(); outcome != c.want {
			t.Errorf("%s: got %s: %s; want %s", c.name, outcome, why, c.want)
		}
	}
}
