package provider

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// good is metadata without findings.
const good = `{"issuer":"https://a.example","authorization_endpoint":"https://a.example/authorize",
"token_endpoint":"https://a.example/token","jwks_uri":"https://a.example/jwks",
"userinfo_endpoint":"https://a.example/userinfo","revocation_endpoint":"https://a.example/revoke",
"response_types_supported":["code"],"subject_types_supported":["public"],
"id_token_signing_alg_values_supported":["RS256","ES256"],
"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"],
"scopes_supported":["openid"],"token_endpoint_auth_methods_supported":["none","client_secret_basic"],
"authorization_response_iss_parameter_supported":true,"dpop_signing_alg_values_supported":["ES256"],
"claims_parameter_supported":false}`

// changed returns good with members replaced; null removes one.
func changed(t *testing.T, patch string) *Metadata {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(good), &members); err != nil {
		t.Fatal(err)
	}
	var p map[string]json.RawMessage
	if err := json.Unmarshal([]byte(patch), &p); err != nil {
		t.Fatal(err)
	}
	for name, raw := range p {
		if members[name] = raw; string(raw) == "null" {
			delete(members, name)
		}
	}
	raw, _ := json.Marshal(members)
	m, err := Parse(raw, "test")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCorrectMetadataHasNoFindings(t *testing.T) {
	if got := Lint(changed(t, `{}`)); len(got) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

// Each change of good violates one rule, and every rule has a change.
func TestEachLintRule(t *testing.T) {
	cases := map[string]string{
		"issuer-missing":         `{"issuer":null}`,
		"issuer-form":            `{"issuer":"https://a.example?x=1"}`,
		"issuer-template":        `{"issuer":"https://a.example/{tenantid}"}`,
		"endpoints-missing":      `{"token_endpoint":null}`,
		"response-types-missing": `{"response_types_supported":null}`,
		"oidc-members-missing":   `{"jwks_uri":null}`,
		"rs256-missing":          `{"id_token_signing_alg_values_supported":["ES256"]}`,
		"plain-http":             `{"token_endpoint":"http://a.example/token"}`,
		"endpoint-form":          `{"token_endpoint":"https://a.example/token#x"}`,
		"member-type":            `{"claims_supported":{"a":1}}`,
		"other-host":             `{"token_endpoint":"https://b.example/token"}`,
		"member-misspelt":        `{"op_tos_url":"https://a.example/tos"}`,
		"alg-none":               `{"token_endpoint_auth_signing_alg_values_supported":["RS256","none"]}`,
		"alg-none-allowed":       `{"id_token_signing_alg_values_supported":["RS256","none"]}`,
		"ciba-modes-missing":     `{"backchannel_authentication_endpoint":"https://a.example/bc"}`,
		"alg-symmetric":          `{"id_token_signing_alg_values_supported":["RS256","HS256"]}`,
		"pkce-s256":              `{"code_challenge_methods_supported":null}`,
		"pkce-plain":             `{"code_challenge_methods_supported":["S256","plain"]}`,
		"implicit":               `{"response_types_supported":["code","id_token token"]}`,
		"password-grant":         `{"grant_types_supported":["authorization_code","password"]}`,
		"callback-iss":           `{"authorization_response_iss_parameter_supported":null}`,
		"auth-methods-default":   `{"token_endpoint_auth_methods_supported":null}`,
		"assertion-algs-missing": `{"token_endpoint_auth_methods_supported":["private_key_jwt"]}`,
		"grant-without-endpoint": `{"grant_types_supported":["authorization_code",` +
			`"urn:ietf:params:oauth:grant-type:device_code"]}`,
		"revocation-missing":   `{"revocation_endpoint":null}`,
		"dpop-none":            `{"dpop_signing_alg_values_supported":["none"]}`,
		"par-required-missing": `{"require_pushed_authorization_requests":true}`,
	}
	for _, r := range rules {
		patch, ok := cases[r.id]
		if !ok {
			t.Errorf("no case for the rule %s", r.id)
			continue
		}
		var ids []string
		for _, f := range Lint(changed(t, patch)) {
			ids = append(ids, f.ID)
			if f.Spec == "" || f.What == "" || !slices.Contains([]string{Error, Warning, Info}, f.Severity) {
				t.Errorf("%s: %+v lacks something", r.id, f)
			}
		}
		if !slices.Contains(ids, r.id) {
			t.Errorf("%s: got %v", r.id, ids)
		}
		if r.id != "issuer-missing" && len(ids) != 1 {
			t.Errorf("%s: got %v, want that one alone", r.id, ids)
		}
	}
	if len(cases) != len(rules) {
		t.Errorf("%d cases for %d rules", len(cases), len(rules))
	}
}

func TestFindingsAreSortedBySeverity(t *testing.T) {
	order := []string{Error, Warning, Info}
	last := 0
	for _, f := range Lint(changed(t,
		`{"jwks_uri":null,"revocation_endpoint":null,"code_challenge_methods_supported":["plain"]}`)) {
		if at := slices.Index(order, f.Severity); at < last {
			t.Errorf("%s (%s) comes after something milder", f.ID, f.Severity)
		} else {
			last = at
		}
	}
}

func TestFeaturesDistinguishNoFromNotSaid(t *testing.T) {
	state := func(m *Metadata, name string) string {
		for _, f := range Features(m) {
			if f.Name == name {
				return f.State
			}
		}
		t.Fatalf("no feature %q", name)
		return ""
	}
	for _, c := range []struct{ patch, name, want string }{
		{`{}`, "Authorization code", Yes},
		{`{}`, "Client credentials", No},
		{`{"grant_types_supported":null}`, "Client credentials", NotSaid},
		{`{"grant_types_supported":null}`, "Authorization code", Yes},
		{`{}`, "PKCE with S256", Yes},
		{`{"code_challenge_methods_supported":["plain"]}`, "PKCE with S256", No},
		{`{"code_challenge_methods_supported":null}`, "PKCE with S256", NotSaid},
		{`{"device_authorization_endpoint":"https://a.example/d"}`, "Device authorization", Yes},
		{`{}`, "Issuer in the redirect", Yes},
		{`{"authorization_response_iss_parameter_supported":false}`, "Issuer in the redirect", No},
		{`{"authorization_response_iss_parameter_supported":null}`, "Issuer in the redirect", NotSaid},
		{`{}`, "Claims parameter", No},
		{`{}`, "Introspection", NotSaid},
		{`{}`, "Revocation", Yes},
		{`{}`, "DPoP", Yes},
		{`{}`, "Public clients", Yes},
		{`{"response_modes_supported":["query","form_post.jwt"]}`, "Signed responses (JARM)", Yes},
		{`{"response_types_supported":["token"]}`, "Implicit (deprecated)", Yes},
	} {
		if got := state(changed(t, c.patch), c.name); got != c.want {
			t.Errorf("%s with %s: got %s, want %s", c.name, c.patch, got, c.want)
		}
	}
	for _, f := range Features(changed(t, `{}`)) {
		if f.Spec == "" || strings.TrimSpace(f.Name) == "" {
			t.Errorf("%+v lacks something", f)
		}
	}
}
