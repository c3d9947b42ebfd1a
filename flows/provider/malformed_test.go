package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// keysFrom reads a key set from a response.
func keysFrom(resp *wire.Response) ([]Finding, error) {
	do := doFunc(func(context.Context, *wire.Request) (*wire.Response, error) { return resp, nil })
	set, err := NewKeys(do, "https://as.example/jwks", nil).Keys(context.Background(), "")
	return LintKeys(set), err
}

// The error says what the response is instead of a key set, so that the user does not have to guess it from a failed
// signature check.
func TestAnInvalidKeySetIsReported(t *testing.T) {
	for body, want := range map[string]string{
		"<!DOCTYPE html><html>Sign in":               "a web page",
		`[{"kty":"RSA"}]`:                            "a JSON array, a list",
		`{"k1":"-----BEGIN CERTIFICATE-----\nMIIB"}`: "keys or certificates in PEM by kid",
		"-----BEGIN PUBLIC KEY-----\nMIIB":           "a key or certificate in PEM",
		`{"kid":"k1","kty":"RSA"}`:                   `missing in it (RFC 7517 5); it has the members kid, kty`,
		`"text"`:                                     "JSON that is not an object",
		"":                                           "the response is empty",
		"k1=abc":                                     "it is not JSON",
		`{"keys":{}}`:                                `"keys" is not an array`,
		`{"keys":[{"kty":"EC"}],"keys":[{"kty":"RSA"}]}`: `"keys" is in it twice`,
	} {
		if _, err := keysFrom(&wire.Response{Status: 200, Body: []byte(body)}); err == nil ||
			!strings.Contains(err.Error(),
				want) {
			t.Errorf("%s: got the error %v, want it to say %q", body, err, want)
		}
	}
	moved := &wire.Response{Status: 302, Header: http.Header{"Location": {"https://login.example/"}}}
	if _, err := keysFrom(moved); err == nil || !strings.Contains(err.Error(), "a redirect (302)") {
		t.Errorf("a redirect: got the error %v", err)
	}
	down := &wire.Response{Status: 503, Header: http.Header{"X-Request-Id": {"req-1"}}}
	if _, err := keysFrom(down); err == nil || !strings.Contains(err.Error(), "for support: x-request-id req-1") {
		t.Errorf("a refusal: got the error %v, want what support needs", err)
	}
}

func TestAKeySetWithPrivateKeysIsAnError(t *testing.T) {
	const body = `{"keys":[{"kty":"EC","kid":"r1","crv":"P-256","x":"AQ","y":"AQ","d":"canary"},` +
		`{"kty":"oct","kid":"o1","k":"canary"}]}`
	findings, err := keysFrom(&wire.Response{Status: 200, Body: []byte("\xef\xbb\xbf" + body)})
	if err != nil || len(findings) != 3 {
		t.Fatalf("got %+v, %v; want two errors and a warning", findings, err)
	}
	for i, want := range []string{"the key r1 is published with its private half",
		"the key o1 is published as a shared secret", "byte order mark"} {
		if severity := map[bool]string{true: Error, false: Warning}[i < 2]; !strings.Contains(findings[i].What, want) ||
			findings[i].Severity != severity {
			t.Errorf("got %+v, want the severity %s and %q", findings[i], severity, want)
		}
		if strings.Contains(findings[i].What, "canary") {
			t.Errorf("the finding shows the key: %+v", findings[i])
		}
	}
}

func TestMetadataWithARepeatedMemberIsRejected(t *testing.T) {
	const body = `{"issuer":"https://as.example","token_endpoint":"https://as.example/token",` +
		`"token_endpoint":"https://evil.example/token"}`
	for name, parse := range map[string]func() error{
		"a server's": func() error { _, err := Parse([]byte(body), ""); return err },
		"an API's":   func() error { _, err := ParseResourceMetadata([]byte(body), ""); return err },
	} {
		var failed *tokens.CheckError
		if err := parse(); !errors.As(err, &failed) || failed.Check.ID != tokens.CheckAnswerMembers ||
			failed.Check.Received != "token_endpoint" {
			t.Errorf("%s: got %v, want the check %s", name, err, tokens.CheckAnswerMembers)
		}
	}
}

func TestAnInvalidEndpointHasASuggestion(t *testing.T) {
	for named, meant := range map[string]string{
		"/token":                  "https://as.example/token",
		"token":                   "https://as.example/realms/token",
		"//login.example/token":   "https://login.example/token",
		"as.example/oauth/token":  "https://as.example/oauth/token",
		"javascript:alert(1)":     "",
		"https://as.example/t":    "",
		"":                        "",
		"ldap://as.example/t":     "",
		"https:as.example/token":  "",
		"\x1b[2J":                 "",
		"urn:ietf:params:oauth:x": "",
		"http://[::1":             "",
		"mailto:admin@as.example": "",
	} {
		raw := `{"issuer":"https://as.example/realms/a","token_endpoint":` + quoted(named) + `}`
		m, err := Parse([]byte(raw), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, got := m.InvalidEndpoint("token"); got != meant && !(meant == "" && !strings.HasPrefix(got, "http")) {
			t.Errorf("%q: got %q, want %q", named, got, meant)
		}
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Descope and ZITADEL are identified by their hosts, and on a customer's domain by the paths of their endpoints.
func TestAProviderIsIdentifiedOnAnyDomain(t *testing.T) {
	for raw, want := range map[string]string{
		`{"issuer":"https://api.descope.com/P2abc"}`: "descope",
		`{"issuer":"https://auth.acme.example/P2abc","token_endpoint":"https://auth.acme.example/oauth2/v1/token",
			"jwks_uri":"https://auth.acme.example/P2abc/.well-known/jwks.json"}`: "descope",
		`{"issuer":"https://x1.eu1.zitadel.cloud"}`: "zitadel",
		`{"issuer":"https://sso.acme.example","token_endpoint":"https://sso.acme.example/oauth/v2/token",
			"authorization_endpoint":"https://sso.acme.example/oauth/v2/authorize",
			"jwks_uri":"https://sso.acme.example/oauth/v2/keys"}`: "zitadel",
		`{"issuer":"https://dev.okta.com","token_endpoint":"https://dev.okta.com/oauth2/v1/token",
			"jwks_uri":"https://dev.okta.com/oauth2/v1/keys"}`: "okta",
		`{"issuer":"https://as.example","token_endpoint":"https://as.example/oauth2/v1/token",
			"jwks_uri":"https://as.example/oauth2/v1/keys"}`: "",
		`{"issuer":"https://as.example"}`: "",
	} {
		m, err := Parse([]byte(raw), "")
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := PresetOf(m); p.ID != want {
			t.Errorf("%s: got %q, want %q", raw, p.ID, want)
		}
	}
}

// Each note about a provider is a finding with its source and the day when it was read.
func TestEachProviderNoteHasItsSource(t *testing.T) {
	for _, p := range []Preset{descope, zitadel} {
		for _, n := range p.Notes {
			if _, err := time.Parse(time.DateOnly, n.Read); err != nil || !tokens.IsWebURL(n.Source) || n.Text == "" {
				t.Errorf("%s: %+v lacks its source or the day on which it was read", p.ID, n)
			}
		}
	}
	m, err := Parse([]byte(`{"issuer":"https://x1.eu1.zitadel.cloud"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	var notes []Finding
	for _, f := range Lint(m) {
		if f.ID == "provider-note" {
			notes = append(notes, f)
		}
	}
	if len(notes) != len(zitadel.Notes) || notes[1].Severity != Info || !strings.Contains(notes[1].What,
		"urn:zitadel:iam:org:project:id:PROJECT_ID:aud") ||
		notes[1].Spec != zitadelScopes+", read "+readOn {
		t.Errorf("got %+v, want a finding for each trap, with its source", notes)
	}
}

// An error response to discovery is reported with the server's message, which says more than the status.
func TestARejectedDiscoveryShowsTheServersMessage(t *testing.T) {
	do := doFunc(func(context.Context, *wire.Request) (*wire.Response, error) {
		return &wire.Response{Status: 404, Header: http.Header{"X-Request-Id": {"req-1"}},
			Body: []byte(`{"code":5,"message":"Instance not found"}`)}, nil
	})
	_, err := Discover(context.Background(), do, "https://sso.example")
	for _, want := range []string{`404 Not Found, saying "Instance not found"`, "for support: x-request-id req-1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}
