package flows

import (
	"net/url"
	"testing"
	"time"

	"fob/tokens"
)

// The id_token is compared with the requested user and claims, and no other check fails.
func TestRequestedClaimsAreChecked(t *testing.T) {
	claim := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	hint := func(f *fakeServer, edit func(map[string]any)) string {
		claims := map[string]any{"iss": f.metadata.Issuer, "aud": "client", "sub": "bob"}
		if edit != nil {
			edit(claims)
		}
		return f.sign(claims)
	}
	for name, c := range map[string]struct {
		values func(*fakeServer) Values
		edit   func(map[string]any) // of the id_token
		want   string
	}{
		"the hinted person": {func(f *fakeServer) Values {
			return Values{"id_token_hint": hint(f,
				claim("sub", "alice"))}
		}, nil, ""},
		"another than the hinted one": {func(f *fakeServer) Values { return Values{"id_token_hint": hint(f, nil)} },
			nil, "id_token.sub failed"},
		"a hint of another client": {func(f *fakeServer) Values {
			return Values{"id_token_hint": hint(f,
				claim("aud", "other"))}
		}, nil, ""},
		"a hint of another server": {func(f *fakeServer) Values {
			return Values{"id_token_hint": hint(f,
				claim("iss", "https://b.example"))}
		}, nil, ""},
		"the named person":           {asks(`{"id_token":{"sub":{"value":"alice"}}}`), nil, ""},
		"another than the named one": {asks(`{"id_token":{"sub":{"value":"bob"}}}`), nil, "id_token.sub failed"},
		"an acr of those named": {asks(`{"id_token":{"acr":{"values":["gold","silver"]}}}`),
			claim("acr", "silver"), ""},
		"an acr that was not named": {asks(`{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}`),
			claim("acr", "bronze"), "id_token.acr warning"},
		"another acr than the one": {asks(`{"id_token":{"acr":{"value":"gold"}}}`), nil, "id_token.acr warning"},
		"any acr":                  {asks(`{"id_token":{"acr":null}}`), nil, ""},
		"an essential auth_time": {asks(`{"id_token":{"auth_time":{"essential":true}}}`),
			claim("auth_time", start.Add(-time.Hour).Unix()), ""},
		"no essential auth_time": {asks(`{"id_token":{"auth_time":{"essential":true}}}`), nil,
			"id_token.auth_time failed"},
		"an auth_time of less weight": {asks(`{"id_token":{"auth_time":null}}`), nil, ""},
		"an invalid request":          {asks(`[1]`), nil, ""},
		"an s_hash of another state": {func(*fakeServer) Values { return nil }, claim("s_hash", "AAAA"),
			"id_token.s_hash failed"},
		"claims of userinfo, not here": {asks(`{"userinfo":{"sub":{"value":"bob"}}}`), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			values := c.values(f)
			f.editClaims = c.edit
			_, r, _, _, err := f.signIn(values, nil)
			if got := failures(r.Ledger); got != c.want || (err != nil) != (len(r.Ledger.Violations()) > 0) {
				t.Errorf("checks that did not pass: got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func asks(claims string) func(*fakeServer) Values {
	return func(*fakeServer) Values { return Values{"claims": claims} }
}

func TestTheAudienceIsComparedWithTheResource(t *testing.T) {
	for name, c := range map[string]struct {
		resource string
		aud      any // nil: the token is no JWT
		outcome  tokens.Outcome
	}{
		"the one":        {"https://a.example", "https://a.example", tokens.Passed},
		"one of several": {"https://a.example", []string{"https://b.example", "https://a.example"}, tokens.Passed},
		"both": {"https://a.example https://b.example", []string{"https://b.example", "https://a.example"},
			tokens.Passed},
		"one of the two":    {"https://a.example https://b.example", "https://b.example", tokens.Warned},
		"another":           {"https://a.example", "https://b.example", tokens.Warned},
		"none":              {"https://a.example", []string{}, tokens.Warned},
		"with a slash":      {"https://a.example", "https://a.example/", tokens.Warned},
		"cannot be read":    {"https://a.example", nil, tokens.Skipped},
		"nothing was asked": {"", "https://b.example", ""},
	} {
		for grant, run := range map[string]func(*Run) error{
			"client credentials": func(r *Run) error { _, err := ClientCredentials.Run(t.Context(), r); return err },
			"refresh":            func(r *Run) error { _, err := Refresh.Run(t.Context(), r); return err },
		} {
			t.Run(name+", "+grant, func(t *testing.T) {
				f := newFakeServer(t)
				f.asked = url.Values{"scope": {"api:read"}}
				r, _ := f.run(Values{"resource": c.resource})
				r.Current = tokens.Set{RefreshToken: tokens.NewSecret(canaryRefresh), TokenType: "Bearer"}
				f.editTokens = func(m map[string]any) {
					delete(m, "id_token")
					if c.aud != nil {
						m["access_token"] = f.sign(map[string]any{"aud": c.aud})
					}
				}
				if err := run(r); err != nil {
					t.Fatal(err)
				}
				if got := outcomeOf(r.Ledger, tokens.CheckTarget); got != c.outcome {
					t.Errorf("got %q, want %q", got, c.outcome)
				}
			})
		}
	}
}
