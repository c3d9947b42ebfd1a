//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/tokens/jose"
)

// refusalRow is a request that the certified provider rejects, and what fob must print on standard error.
type refusalRow struct {
	name string
	// KEYS is a file with unregistered keys, ISSUER the provider; SESSION… are sessions of this test
	args  []string
	exit  int
	code  string // as the provider sent it
	about string // the parameter, as "name=value" or the beginning of it; "name, which was not sent"; "" for none
	cause string // how the first cause begins
	next  string // how the next step begins, and the command line of it where there is one
}

// Beginnings of the rows.
var (
	asService = []string{"login", "--issuer", "ISSUER", "--client-id", "service", "--grant", "client_credentials",
		"--client-secret-env", "FOB_E2E_SECRET"}
	asWrong = []string{"login", "--issuer", "ISSUER", "--client-id", "service", "--grant", "client_credentials",
		"--client-secret-env", "FOB_E2E_WRONG"}
	asPerson = []string{"login", "--issuer", "ISSUER", "--client-id", "native", "--grant", "authorization_code"}
)

func and(base []string, more ...string) []string { return append(append([]string{}, base...), more...) }

// as is a login of a user with another client.
func as(client string, more ...string) []string {
	return append([]string{"login", "--issuer", "ISSUER", "--client-id", client, "--grant", "authorization_code"},
		more...)
}

func ciba(more ...string) []string {
	return append([]string{"login", "--issuer", "ISSUER", "--client-id", "ciba", "--grant", "ciba",
		"--client-secret-env", "FOB_E2E_SECRET", "--login-hint", "alice"}, more...)
}

func registers(more ...string) []string {
	return append([]string{"provider", "register", "ISSUER", "refused", "--metadata", "application_type=native"},
		more...)
}

const refusedVerifier = "an-other-verifier-than-that-of-this-run-0123456789"

var refusalRows = []refusalRow{
	// The client.
	{"a wrong secret", and(asWrong, "--scope", "api:read"), 4, "invalid_client", "", "The client secret is wrong",
		"Try client_secret_post"},
	{"an unknown client", []string{"login", "--issuer", "ISSUER", "--client-id", "nobody", "--grant",
		"client_credentials"}, 4, "invalid_client", "client_id=nobody",
		"The client is confidential, and its secret is missing", "Try client_secret_basic"},
	{"a confidential client without its secret", []string{"login", "--issuer", "ISSUER", "--client-id", "service",
		"--grant", "client_credentials", "--auth-method", "none"}, 4, "invalid_client", "client_id=service",
		"The client is confidential, and its secret is missing", "Try client_secret_basic"},
	{"an assertion by another key", []string{"login", "--issuer", "ISSUER", "--client-id", "key-jwt", "--grant",
		"client_credentials", "--auth-method", "private_key_jwt", "--client-key-file", "KEYS"}, 4, "invalid_client",
		"client_assertion=", "The server does not know the key that the client assertion is signed with",
		"Address the assertion to the token endpoint"},
	{"an assertion by another secret", []string{"login", "--issuer", "ISSUER", "--client-id", "secret-jwt", "--grant",
		"client_credentials", "--auth-method", "client_secret_jwt", "--client-secret-env", "FOB_E2E_WRONG"}, 4,
		"invalid_client", "client_assertion=", "The client secret is wrong",
		"Address the assertion to the token endpoint"},
	{"two ways of authenticating", and(asService, "--param", "token.client_secret=another"), 4, "invalid_request", "",
		"The client is authenticated in two ways at once", "Open the exchange"},
	{"a grant that is off for the client", []string{"login", "--issuer", "ISSUER", "--client-id", "native", "--grant",
		"client_credentials"}, 4, "invalid_request", "grant_type=client_credentials",
		"The grant client_credentials is not enabled", "Enable client_credentials"},
	{"a grant that the server does not have", []string{"login", "--issuer", "ISSUER", "--client-id", "service",
		"--grant", "password", "--username", "alice", "--password-env", "FOB_E2E_WRONG", "--client-secret-env",
		"FOB_E2E_SECRET"}, 4, "unsupported_grant_type", "grant_type=password", "The server does not offer password",
		"Use Authorization code"},
	{"a device grant that is off", []string{"login", "--issuer", "ISSUER", "--client-id", "web", "--grant",
		"device_code", "--auth-method", "client_secret_post", "--client-secret-env", "FOB_E2E_SECRET"}, 4,
		"invalid_request", "", "The grant device_code is not enabled", "Enable device_code"},

	// The authorization request.
	{"no PKCE", and(asPerson, "--pkce", "none"), 4, "invalid_request", "",
		"The server requires PKCE, and no code_challenge was sent",
		"Use PKCE with S256. fob login --issuer ISSUER --client-id native --grant authorization_code"},
	{"plain PKCE", and(asPerson, "--pkce", "plain"), 4, "invalid_request", "code_challenge_method=plain",
		"The server rejected the PKCE method plain", "Use PKCE with S256"},
	{"a request that was not pushed", as("par", "--par=never"), 4, "invalid_request", "",
		"The server requires the request pushed to it first",
		"Push the request. fob login --issuer ISSUER --client-id par --grant authorization_code"},
	{"a request that was not signed", as("jar", "--auth-method", "none"), 4, "invalid_request", "",
		"The server requires the request signed",
		"Sign the request. fob login --issuer ISSUER --client-id jar --grant authorization_code"},
	{"a request signed by another key", as("jar", "--auth-method", "none", "--jar", "--par", "--client-key-file",
		"KEYS"), 4, "invalid_request_object", "request=", "The signature is invalid",
		"Send the request without signing it"},
	{"a redirect URI that is not registered", and(asPerson, "--par", "--redirect-uri",
		"http://127.0.0.1:45671/elsewhere"), 4, "invalid_request", "redirect_uri=http://127.0.0.1:45671/elsewhere",
		"The redirect URI http://127.0.0.1:45671/elsewhere is not registered",
		"Register exactly this redirect URI for the client: http://127.0.0.1:45671/elsewhere"},
	{"no session and prompt=none", and(asPerson, "--prompt", "none"), 4, "login_required", "prompt=none",
		"prompt=none was sent and the browser has no session", "Sign in with a page"},
	{"a prompt that does not exist", and(asPerson, "--prompt", "magic"), 4, "invalid_request", "prompt=magic",
		"prompt is not well-formed", "Leave prompt out"},
	{"prompt none with another", and(asPerson, "--param", "authorization.prompt=none login"), 4, "invalid_request",
		"prompt=none login", "prompt is not well-formed", "Leave prompt out"},
	{"a max_age that is no number", and(asPerson, "--param", "authorization.max_age=soon"), 4, "invalid_request",
		"max_age=soon", "max_age is not well-formed", "Leave max_age out"},
	{"a response mode that does not exist", and(asPerson, "--param", "authorization.response_mode=magic"), 4,
		"unsupported_response_mode", "response_mode=magic", "response_mode is not well-formed",
		"Leave response_mode out"},
	{"a response type that does not exist", and(asPerson, "--param", "authorization.response_type=magic"), 4,
		"unsupported_response_type", "response_type=magic", "Set manually", "Remove authorization.response_type from"},
	{"claims that are no JSON", and(asPerson, "--param", "authorization.claims=nonsense"), 4, "invalid_request",
		"claims=nonsense", "claims is not well-formed", "Leave claims out"},
	{"an id_token_hint that is not a token", and(asPerson, "--param", "authorization.id_token_hint=nonsense"), 4,
		"invalid_request", "id_token_hint=", "The server rejected id_token_hint", "Leave id_token_hint out"},
	{"a registration with the request", and(asPerson, "--param", "authorization.registration={}"), 4,
		"registration_not_supported", "registration={}",
		"The parameter registration is for servers on a user's own device", "Leave registration out"},
	{"a resource with a fragment", and(asPerson, "--resource", "https://api.example.com#part"), 4, "invalid_target",
		"resource=https://api.example.com#part", "https://api.example.com#part is not a resource indicator",
		"Leave resource out"},
	{"a resource that is no URI", and(asPerson, "--resource", "api"), 4, "invalid_target", "resource=api",
		"api is not a resource indicator", "Leave resource out"},
	{"authorization details of an unknown type", and(asPerson, "--authorization-details", `[{"type":"magic"}]`,
		"--resource", "https://api.example.com"), 4, "invalid_authorization_details", "authorization_details=",
		"The type is not known to the server", "Leave authorization_details out"},
	{"a scope about a user, without one", and(asService, "--scope", "openid api:read"), 4, "invalid_scope",
		"scope=openid api:read", "openid is about a user",
		"Ask for api:read alone. fob login --issuer ISSUER --client-id service --client-secret-env FOB_E2E_SECRET " +
			"--grant client_credentials"},

	// The code.
	{"another redirect_uri", and(asPerson, "--param", "token.redirect_uri=http://127.0.0.1:1/callback"), 4,
		"invalid_grant", "code=", "The redirect_uri of the token request is not that of the authorization request",
		"Remove token.redirect_uri from"},
	{"another code_verifier", and(asPerson, "--param", "token.code_verifier="+refusedVerifier), 4, "invalid_grant",
		"code=", "Set manually, instead of the value that fob generates: token.code_verifier",
		"Remove token.code_verifier from"},
	{"a code_verifier that is too short", and(asPerson, "--param", "token.code_verifier=short"), 4, "invalid_request",
		"code_verifier=", "Set manually, instead of the value that fob generates: token.code_verifier",
		"Remove token.code_verifier from"},
	{"the code_verifier dropped by an edit", and(asPerson, "--edit=-token.code_verifier"), 4, "invalid_grant", "code=",
		"This request was edited before it was sent: -token.code_verifier", "Send the request without the edit"},
	{"no code", and(asPerson, "--param", "token.code"), 4, "invalid_request", "code, which was not sent",
		"code is missing, and the server requires it", "Remove token.code from"},
	{"another client's code", and(asPerson, "--param", "token.client_id=jarm"), 4, "invalid_grant", "code=",
		"Set manually, instead of the value that fob generates: token.client_id", "Remove token.client_id from"},
	{"no proof for a client that needs one", as("dpop"), 4, "invalid_grant", "code=",
		"The client's tokens are bound to a key (DPoP), and no proof was sent", "Use DPoP"},
	{"an invalid proof", as("dpop", "--dpop", "--edit", "token.header.DPoP=none"), 4, "invalid_dpop_proof", "DPoP=",
		"This request was edited before it was sent", "Send the request without the edit"},
	{"a code bound to another key", and(asPerson, "--par", "--dpop", "--param", "par.dpop_jkt="+strings.Repeat("a",
		43)), 4, "invalid_request", "dpop_jkt=", "The DPoP proof is signed with another key than dpop_jkt names",
		"Leave dpop_jkt out"},

	// Other requests.
	{"a user on another device, without openid", ciba("--scope", "profile"), 4, "invalid_request", "scope=profile",
		"openid is not in the scope", "Ask for openid as well"},
	{"an expiry that is no number", ciba("--scope", "openid", "--param", "ciba.requested_expiry=soon"), 4,
		"invalid_request", "requested_expiry=soon", "requested_expiry is not well-formed",
		"Leave requested_expiry out"},
	{"an invalid refresh token", []string{"refresh", "SESSION", "--param", "token.refresh_token=nonsense"}, 3,
		"invalid_grant", "refresh_token=", "Set manually", "Remove token.refresh_token from"},
	{"more scope than was granted", []string{"refresh", "SESSION", "--scope", "openid email"}, 4, "invalid_scope",
		"scope=openid email", "The scope is wider than what was granted", ""},
	{"userinfo with a token for an API", []string{"userinfo", "SESSION_API"}, 4, "invalid_token", "",
		"The token is meant for another audience", "Refresh the session"},
	{"a registration of http elsewhere", registers("--metadata", `redirect_uris=["http://tool.example/callback"]`), 4,
		"invalid_redirect_uri", "redirect_uris=", "The redirect URI is http and the client is not registered as native",
		""},
	{"a registration with an unknown method", registers("--metadata", `redirect_uris=["http://127.0.0.1/callback"]`,
		"--metadata", "token_endpoint_auth_method=magic"), 4, "invalid_client_metadata",
		"token_endpoint_auth_method=magic", "A value is not one that the server supports", ""},
	{"a registration with an unknown grant", registers("--metadata", `redirect_uris=["http://127.0.0.1/callback"]`,
		"--metadata", `grant_types=["magic"]`), 4, "invalid_client_metadata", "grant_types=",
		"A value is not one that the server supports", ""},
	{"an issuer with another spelling", []string{"login", "--issuer", "OTHER_ISSUER", "--client-id", "native",
		"--grant", "authorization_code"}, 6, "", "", "The issuer in the profile is not spelled as the server spells it",
		"Use ISSUER as the issuer"},
	{"an issuer without its path", []string{"login", "--issuer", "ISSUER/nowhere", "--client-id", "native", "--grant",
		"authorization_code"}, 1, "", "", "The issuer lacks its path", "Spell the issuer as the server does"},
}

func TestRefusalsOfOidcProviderAreDiagnosed(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	h.set("FOB_E2E_SECRET", serviceSecret)
	h.set("FOB_E2E_WRONG", "a wrong secret, and long enough for HS256")
	_, public := unregisteredKeys(t, h.dir, "registered")
	h.set("FOB_E2E_JWKS", public)
	var p struct {
		Issuer string `json:"issuer"`
	}
	h.serve(&p, "node", nodeScript("provider.mjs"))
	keys, _ := unregisteredKeys(t, h.dir, "other")
	session := func(more ...string) string {
		args := and(asPerson, append(more, "--json")...)
		args[2] = p.Issuer
		return decode[login](t, h.must(args...).stdout).Session
	}
	words := strings.NewReplacer("OTHER_ISSUER", strings.Replace(p.Issuer, "127.0.0.1", "localhost", 1), "ISSUER",
		p.Issuer, "KEYS", keys,
		"SESSION_API", session("--scope", "openid", "--resource", "https://api.example.com", "--prompt", "consent"),
		"SESSION", session("--scope", "openid offline_access", "--prompt", "consent"))
	for _, row := range refusalRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel() // most of the time is waiting for the provider and the user
			var args []string
			for _, a := range row.args {
				args = append(args, words.Replace(a))
			}
			if !slices.Contains(args, "ciba") { // which waits for a person, always
				args = append(args, "--no-input")
			}
			r := h.fob(append(args, "--timeout", "30s")...)
			said := strings.Join(strings.Fields(r.stderr), " ")
			if r.code != row.exit {
				t.Errorf("exit: got %d, want %d", r.code, row.exit)
			}
			for what, want := range map[string]string{"code": "rejected the request: " + row.code, "about": "about: " +
				row.about,
				"first cause": "likely causes: 1. " + row.cause, "next": "next: " + row.next} {
				if _, has, _ := strings.Cut(want, ": "); has != "" && has != "1. " && !strings.Contains(said,
					words.Replace(want)) {
					t.Errorf("%s: want %q", what, words.Replace(want))
				}
			}
			if t.Failed() {
				t.Logf("fob %s\n%s%s", strings.Join(args, " "), r.stdout, r.stderr)
			}
		})
	}
}

// unregisteredKeys writes signing keys, as a file of private and a file of public keys.
func unregisteredKeys(t *testing.T, dir, name string) (private, public string) {
	t.Helper()
	key, err := jose.Generate("ES256", "fob-signs")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	open, err := key.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	write := func(kind string, jwk []byte) string {
		set, err := json.Marshal(map[string]any{"keys": []json.RawMessage{jwk}})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+"-"+kind+".json")
		if err := os.WriteFile(path, set, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("private", []byte(secret.Reveal())), write("public", open)
}
