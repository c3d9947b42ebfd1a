package provider

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestSignedMetadataIsComparedWithThePlain(t *testing.T) {
	key, err := jose.Generate("ES256", "k1")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := jose.Generate("ES256", "k1")
	if err != nil {
		t.Fatal(err)
	}
	public, err := jose.NewKeySet(key).PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, map[string]string{"/jwks": string(public)})
	signed := func(k jose.Key, edit map[string]any) any {
		claims := map[string]any{"iss": s.URL, "issuer": s.URL, "jwks_uri": s.URL + "/jwks",
			"scopes_supported": []string{"a", "b"}, "exp": 1}
		maps.Copy(claims, edit)
		for name, v := range claims {
			if v == nil {
				delete(claims, name)
			}
		}
		payload, _ := json.Marshal(claims)
		token, err := jose.Sign(payload, nil, k)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, c := range map[string]struct {
		signed  any
		jwks    string
		outcome tokens.Outcome
		says    string
	}{
		"good": {signed(key, nil), "/jwks", tokens.Passed, ""},
		"less than the plain": {signed(key, map[string]any{"scopes_supported": nil}), "/jwks",
			tokens.Passed, ""},
		"another value": {signed(key, map[string]any{"scopes_supported": []string{"a"}}), "/jwks",
			tokens.Warned, "scopes_supported"},
		"a member that the plain has not": {signed(key, map[string]any{"token_endpoint": "https://evil.example/t"}),
			"/jwks", tokens.Warned, "token_endpoint"},
		"signed with an unknown key": {signed(stranger, nil), "/jwks", tokens.Warned, "signature"},
		"without iss":                {signed(key, map[string]any{"iss": nil}), "/jwks", tokens.Warned, "no iss"},
		"by another issuer": {signed(key, map[string]any{"iss": "https://federation.example"}), "/jwks",
			tokens.Skipped, "federation.example"},
		"no keys":                  {signed(key, nil), "", tokens.Skipped, "unknown"},
		"keys that cannot be read": {signed(key, nil), "/nothing", tokens.Skipped, "404"},
		"no JWT":                   {"x.y", "/jwks", tokens.Warned, "not a JWT"},
		"no text":                  {7, "/jwks", tokens.Warned, "not a JWT"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := map[string]any{"issuer": s.URL, "jwks_uri": s.URL + "/jwks", "scopes_supported": []string{"a", "b"},
				"signed_metadata": c.signed}
			raw, _ := json.Marshal(doc)
			m, err := Parse(raw, "")
			if err != nil {
				t.Fatal(err)
			}
			var keys *Keys
			if c.jwks != "" {
				keys = NewKeys(doer(t), s.URL+c.jwks, nil)
			}
			m.CheckSigned(context.Background(), keys)
			if len(m.Checks) != 1 {
				t.Fatalf("got %+v, want one check", m.Checks)
			}
			got := m.Checks[0]
			if got.ID != tokens.CheckSignedMetadata || got.Outcome != c.outcome ||
				!strings.Contains(got.Received+got.Because, c.says) {
				t.Errorf("got %+v, want %s that says %q", got, c.outcome, c.says)
			}
		})
	}
	m, err := Parse([]byte(`{"issuer":"https://a.example"}`), "")
	if m.CheckSigned(context.Background(), nil); err != nil || len(m.Checks) != 0 {
		t.Errorf("without signed metadata: got %+v, want no check", m.Checks)
	}
}
