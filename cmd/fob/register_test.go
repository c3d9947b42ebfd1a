package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/tokens"
)

func TestAClientIsRegisteredUsedChangedAndDeleted(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	got := parse[clientJSON](t, w.must("provider", "register", s.Issuer(), "mine", "--scope", "openid api:read",
		"--api", s.API(), "--json").out)
	if got.ClientID == "" || got.HasSecret || !got.Managed || got.AuthMethod != "none" {
		t.Errorf("registered %+v", got)
	}
	w.must("login", "mine")
	if r := w.must("call", "mine", "/me"); !strings.Contains(r.out, got.ClientID) {
		t.Errorf("a call as the new client: %s%s", r.out, r.stderr)
	}
	w.must("provider", "registration", "mine", "--metadata", "client_name=My tool")
	if again := parse[clientJSON](t, w.must("provider", "registration", "mine",
		"--json").out); string(again.Metadata["client_name"]) != `"My tool"` || again.ClientID != got.ClientID {
		t.Errorf("after the change: %+v", again)
	}
	w.wants(exitUsage, "--read-only", "provider", "registration", "mine", "--metadata", "client_name=x", "--read-only")
	w.wants(exitUsage, "--read-only", "provider", "unregister", "mine", "--read-only")
	w.must("provider", "unregister", "mine")
	w.wants(exitUsage, "no such profile", "provider", "registration", "mine")
}

func TestARegisteredSecretGoesToTheVault(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	file := w.file("client.json", `{"grant_types":["client_credentials"],`+
		`"token_endpoint_auth_method":"client_secret_post","client_name":"from a file"}`)
	r := w.must("provider", "register", s.Issuer(), "svc", "--metadata", "@"+file, "--metadata", "redirect_uris=",
		"--metadata", "response_types=[]", "--json")
	got := parse[clientJSON](t, r.out)
	if !got.HasSecret || got.AuthMethod != "client_secret_post" ||
		string(got.Metadata["client_name"]) != `"from a file"` {
		t.Errorf("registered %+v", got)
	}
	if shown := parse[profileJSON](t, w.must("profile", "show", "svc", "--json").out); shown.ClientSecret != "keyring" {
		t.Errorf("the secret comes from %q", shown.ClientSecret)
	}
	w.must("login", "svc", "--grant", "client_credentials", "--scope", "api:read")
	for said, args := range map[string][]string{
		"needs a name":  {"--metadata", "=x"},
		"a JSON object": {"--metadata", "file:" + w.file("list.json", "[]")},
		"is rejected":   {"--token", "a-token-in-the-arguments"},
		"new profile":   nil, // svc is there already
	} {
		name := "other"
		if args == nil {
			name = "svc"
		}
		w.wants(exitUsage, said, append([]string{"provider", "register", s.Issuer(), name}, args...)...)
	}
	w.must("profile", "add", "elsewhere", "--issuer", s.Issuer(), "--client-id", "demo-public")
	w.wants(exitFailed, "cannot manage it", "provider", "registration", "elsewhere")
}

// Servers repeat secrets in extra members. They are masked when the metadata is printed.
func TestSecretsInTheMetadataOfAClientAreMasked(t *testing.T) {
	w := newWorld(t)
	const (
		token   = "CANARY-registration-token-0123456789"
		secret  = "CANARY-client-secret-0123456789"
		private = "CANARY-private-exponent-0123456789"
		plain   = `"client_name":"mine","redirect_uris":["http://127.0.0.1/callback"],"id_token_signed_response_alg":` +
			`"ES256","request_uris":[],"token_endpoint_auth_signing_alg":"ES256","contacts":["a@example.org"]`
	)
	endpoint := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		if issuer := "http://" + r.Host; r.URL.Path != "/register" {
			_, _ = fmt.Fprintf(rw, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,`+
				`"registration_endpoint":%q,"response_types_supported":["code"]}`,
				issuer, issuer+"/a", issuer+"/t", issuer+"/register")
			return
		}
		rw.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(rw, `{"client_id":"c1","client_secret":"`+secret+`","client_secret_expires_at":0,`+
			`"registration_access_token":"`+token+`","registration_client_uri":"http://`+r.Host+`/c1",`+
			`"secret":"`+secret+`","registrationAccessToken":"`+token+`","note":"sign in with `+secret+`",`+
			`"nested":{"client_secret":"CANARY-other-secret-0123456789"},`+
			`"jwks":{"keys":[{"kty":"EC","d":"`+private+`"}]},`+
			`"uris":["http://h/?t=1&access_token=`+token+`"],`+plain+`}`)
	}))
	defer endpoint.Close()
	for i, asJSON := range []string{"--json", ""} {
		name := []string{"one", "two"}[i]
		args := append([]string{"provider", "register", endpoint.URL, name},
			strings.Fields(asJSON)...)
		r := w.must(args...)
		if strings.Contains(r.out+r.stderr, "CANARY") {
			t.Errorf("fob %v printed a secret:\n%s%s", args, r.out, r.stderr)
		}
		for _, want := range []string{"registrationAccessToken", "nested", "mine", "http://127.0.0.1/callback", "ES256",
			"a@example.org"} {
			if !strings.Contains(r.out, want) {
				t.Errorf("fob %v does not print %q:\n%s", args, want, r.out)
			}
		}
	}
}

// A signed response is decoded; --raw prints the JWT.
func TestSignedUserinfoIsDecoded(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.must("provider", "register", s.Issuer(), "signed", "--scope", "openid email", "--metadata",
		"userinfo_signed_response_alg=ES256")
	w.must("login", "signed")
	for _, args := range [][]string{{"userinfo", "signed"}, {"userinfo", "signed", "--json"}} {
		if claims := parse[map[string]any](t, w.must(args...).out); claims["email"] == nil || claims["sub"] == nil {
			t.Errorf("fob %v printed %v", args, claims)
		}
	}
	raw := w.must("userinfo", "signed", "--raw").out
	if strings.Count(raw, ".") != 2 || json.Valid([]byte(raw)) {
		t.Errorf("--raw printed %q, want a JWT", raw)
	}
}

// The URL of an API is enough, once a client is registered at its provider.
func TestLoginFromAnAPIsAddress(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	r := w.wants(exitUsage, "fob provider register "+s.Issuer()+" local --api "+s.MCP()+"\n  fob login local --api "+
		""+s.MCP(), "login", "--api", s.MCP())
	if !strings.Contains(r.stderr, "--client-id") {
		t.Errorf("said %q", r.stderr)
	}
	w.must("provider", "register", s.Issuer(), "mcp")
	got := parse[loginJSON](t, w.must("login", "--api", s.MCP(), "--json").out)
	if got.Profile != "mcp" || got.Scope == "" || got.Ledger[0].ID != tokens.CheckResource {
		t.Errorf("logged in %+v", got)
	}
	r = w.must("call", got.Session, "POST", "", "-d", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "--fail")
	if !strings.Contains(r.out, `"jsonrpc"`) {
		t.Errorf("the API answered %s", r.out)
	}
	w.must("login", "--api", s.API(), "--client-id", "demo-public", "--scope", "openid")
	w.must("profile", "add", "elsewhere", "--issuer", "https://login.example.com", "--client-id", "c")
	w.wants(exitUsage, "log in without the profile", "login", "elsewhere", "--api", s.MCP())
}

// A registration in a memory vault is lost with the process: a warning says so before registering, also if that fails.
func TestAMemoryVaultIsWarnedOfBeforeRegistering(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo("software-statement-refused")
	w.env["STATEMENT"] = "a-software-statement-0123456789"
	refused := []string{"provider", "register", s.Issuer(), "mine", "--software-statement-env", "STATEMENT"}
	w.backend, w.env["FOB_VAULT"] = nil, "memory"
	r := w.wants(exitRejected, "unapproved_software_statement", refused...)
	warning := strings.Index(r.stderr, "registration access token are lost")
	if refusal := strings.Index(r.stderr, "unapproved_software_statement"); warning < 0 || warning > refusal {
		t.Errorf("stderr does not warn first:\n%s", r.stderr)
	}
}
