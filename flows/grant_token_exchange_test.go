package flows

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"testing"

	"fob/tokens"
)

const (
	canarySubject = "canary-subject-token-0123456789abcdef"
	canaryActor   = "canary-actor-token-0123456789abcdef"
)

// exchanging returns a correct server with token exchange.
func exchanging(t *testing.T, issued string) *fakeServer {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) {
		delete(m, "id_token")
		if issued != "" {
			m["issued_token_type"] = issued
		}
	}
	return f
}

func TestExchangeSendsEveryTypeAndRepeatsEveryValue(t *testing.T) {
	for _, name := range tokenTypeNames("") {
		t.Run(name, func(t *testing.T) {
			f := exchanging(t, tokenTypeURN(name))
			values := TokenExchange.Defaults()
			maps.Copy(values, Values{
				"subject_token": canarySubject, "subject_token_type": name, "actor_token": canaryActor,
				"actor_token_type": name, "requested_token_type": name,
				"resource": "https://a.example https://b.example", "audience": "a b", "scope": "x y",
			})
			if err := TokenExchange.Validate(values); err != nil {
				t.Fatal(err)
			}
			r, steps := f.run(values)
			if _, err := TokenExchange.Run(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			urn := tokenTypeURN(name)
			want := url.Values{
				"grant_type": {TokenExchange.GrantType}, "client_id": {"client"}, "scope": {"x y"},
				"subject_token": {canarySubject}, "subject_token_type": {urn}, "actor_token": {canaryActor},
				"actor_token_type":     {urn},
				"requested_token_type": {urn}, "resource": {"https://a.example", "https://b.example"},
				"audience": {"a", "b"},
			}
			if got := f.forms[0]; got.Encode() != want.Encode() {
				t.Errorf("sent\n got %s\nwant %s", got.Encode(), want.Encode())
			}
			for _, secret := range []string{canarySubject, canaryActor} {
				if !slices.ContainsFunc(f.requests[0].Secrets,
					func(s tokens.Secret) bool { return s.Reveal() == secret }) {
					t.Errorf("%s is not known to be a secret", secret)
				}
			}
			if len(*steps) == 0 {
				t.Error("got no steps")
			}
		})
	}
}

func TestExchangeOmitsMissingInputs(t *testing.T) {
	f := exchanging(t, typeAccess)
	values := TokenExchange.Defaults()
	values["subject_token"] = canarySubject
	r, _ := f.run(values)
	if _, err := TokenExchange.Run(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	want := url.Values{"grant_type": {TokenExchange.GrantType}, "client_id": {"client"},
		"subject_token": {canarySubject}, "subject_token_type": {typeAccess}}
	if got := f.forms[0]; got.Encode() != want.Encode() {
		t.Errorf("sent\n got %s\nwant %s", got.Encode(), want.Encode())
	}
}

func TestExchangeChecks(t *testing.T) {
	jwt := func(f *fakeServer) string { return f.sign(map[string]any{"sub": "alice"}) }
	tests := map[string]struct {
		asked string
		edit  func(f *fakeServer, m map[string]any)
		want  string
	}{
		"honest": {"access_token",
			func(_ *fakeServer, m map[string]any) { m["issued_token_type"] = typeAccess }, ""},
		"nothing asked": {anyType,
			func(_ *fakeServer, m map[string]any) { m["issued_token_type"] = typeSAML2; m["token_type"] = "N_A" }, ""},
		"another type": {"access_token",
			func(_ *fakeServer, m map[string]any) { m["issued_token_type"] = typeSAML1 }, "issued_token_type failed"},
		"no type": {"access_token", func(*fakeServer, map[string]any) {},
			"issued_token_type failed"},
		"no type, nothing asked": {anyType, func(*fakeServer, map[string]any) {}, "issued_token_type warning"},
		"a JWT for an access token": {"access_token", func(f *fakeServer, m map[string]any) {
			m["issued_token_type"],
				m["access_token"] = typeJWT, jwt(f)
		}, ""},
		"an opaque one for a JWT": {"jwt",
			func(_ *fakeServer, m map[string]any) { m["issued_token_type"] = typeAccess }, "issued_token_type failed"},
		"an id_token to trade again": {"id_token", func(_ *fakeServer, m map[string]any) {
			m["issued_token_type"],
				m["token_type"] = typeID, "N_A"
		}, ""},
		"an id_token, no token_type": {"id_token",
			func(_ *fakeServer, m map[string]any) { m["issued_token_type"] = typeID; delete(m, "token_type") },
			"token_type warning"},
		"an access token for nothing": {"access_token", func(_ *fakeServer, m map[string]any) {
			m["issued_token_type"],
				m["token_type"] = typeAccess, "N_A"
		}, "token_type failed"},
		"an unknown type": {"access_token", func(_ *fakeServer, m map[string]any) {
			m["issued_token_type"],
				m["token_type"] = typeAccess, "mac"
		}, "token_type failed"},
		"less scope": {"access_token", func(_ *fakeServer, m map[string]any) {
			m["issued_token_type"],
				m["scope"] = typeAccess, "x"
		}, "scope warning"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.editTokens = func(m map[string]any) { delete(m, "id_token"); tt.edit(f, m) }
			r, _ := f.run(Values{"subject_token": canarySubject, "requested_token_type": tt.asked, "scope": "x y"})
			set, err := TokenExchange.Run(context.Background(), r)
			if got := failures(r.Ledger); got != tt.want {
				t.Errorf("checks that did not pass: got %q, want %q", got, tt.want)
			}
			var failed *tokens.CheckError
			if bad := len(r.Ledger.Violations()) > 0; bad != errors.As(err, &failed) ||
				bad != set.AccessToken.IsZero() {
				t.Errorf("got %v and tokens %v", err, set.Kinds())
			}
		})
	}
}

func TestParseSecretRef(t *testing.T) {
	tests := map[string]struct{ place, name string }{
		"session:alice":                          {SecretFromSession, "alice"},
		" env:TOKEN ":                            {SecretFromEnv, "TOKEN"},
		"file:/run/secrets/token":                {SecretFromFile, "/run/secrets/token"},
		"env:":                                   {},
		"eyJhbGciOiJub25lIn0.e30.":               {},
		"-----BEGIN PRIVATE KEY-----\nsession:x": {},
		`{"kty":"EC"}`:                           {},
		"https://a.example":                      {},
	}
	for value, want := range tests {
		place, name, ok := ParseSecretRef(value)
		if place != want.place || name != want.name || ok != (want.place != "") {
			t.Errorf("%q: got %q %q %t, want %q %q", value, place, name, ok, want.place, want.name)
		}
	}
	for name, want := range map[string]struct {
		session string
		kind    tokens.Kind
	}{
		"alice": {"alice", ""}, "alice · demo/id": {"alice · demo", tokens.ID}, "a/b": {"a/b", ""},
		"x/refresh_token": {"x", tokens.Refresh}, "/id": {"/id", ""},
	} {
		if session, kind := SessionToken(name); session != want.session || kind != want.kind {
			t.Errorf("%q: got %q %q, want %q %q", name, session, kind, want.session, want.kind)
		}
	}
}
