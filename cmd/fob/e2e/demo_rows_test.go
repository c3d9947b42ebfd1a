//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Logs in with every grant, extension and client authentication method at the demo provider, and uses the sessions.
func TestEveryRowAgainstTheDemo(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	d := h.serveDemo("--auto-consent")
	runRows(t, h, d.rowServer(h), demoRows)
}

// rowServer gives each of the demo's clients its secret, its keys and its certificate.
func (d demo) rowServer(h *home) rowServer {
	write := func(name, text string) string {
		h.t.Helper()
		path := filepath.Join(h.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			h.t.Fatal(err)
		}
		return path
	}
	ca := write("demo-ca.pem", d.TLS.CA)
	needs := map[string][]string{}
	for _, c := range d.Clients {
		var args []string
		if c.Secret != "" {
			variable := "SECRET_OF_" + strings.ToUpper(strings.ReplaceAll(c.ID, "-", "_"))
			h.set(variable, c.Secret)
			args = append(args, "--client-secret-env", variable)
		}
		if len(c.Keys) > 0 {
			args = append(args, "--client-key", "file:"+write(c.ID+".jwks", string(c.Keys)))
		}
		if c.Certificate != "" {
			args = append(args, "--ca", ca, "--cert", write(c.ID+".crt", c.Certificate),
				"--key", write(c.ID+".key", c.PrivateKey))
		}
		needs[c.ID] = args
	}
	end := time.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)
	assertion := fmt.Sprintf(`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" `+
		`Version="2.0" IssueInstant="%s">`+
		`<saml:Issuer>https://idp.example</saml:Issuer><saml:Subject><saml:NameID>alice</saml:NameID>`+
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`+
		`<saml:SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s/token"/></saml:SubjectConfirmation>`+
		`</saml:Subject><saml:Conditions NotOnOrAfter="%s"><saml:AudienceRestriction>`+
		`<saml:Audience>%s</saml:Audience></saml:AudienceRestriction></saml:Conditions></saml:Assertion>`,
		time.Now().UTC().Format(time.RFC3339), end, d.Issuer, end, d.Issuer)
	h.set("PASSWORDVAR", "demo")
	return rowServer{
		words: map[string]string{
			"ISSUER": d.Issuer, "TLSAPI": d.TLS.API, "API": d.API, "OPAQUE": d.Opaque,
			"SAML":   "file:" + write("assertion.xml", assertion),
			"STRONG": "urn:fob:demo:password+otp", "SERVICESECRET": "SECRET_OF_DEMO_SERVICE",
		},
		issuer: func(row) string { return d.Issuer },
		args: func(r row) []string {
			more := slices.Clone(needs[r.client])
			if !slices.Contains(r.args, "--scope") {
				more = append(more, "--scope", "openid profile offline_access api:read")
			}
			return more
		},
	}
}

// useAsUser are the uses of a session of a user.
var useAsUser = []use{
	{"userinfo SESSION", `"sub"`, 0},
	{"call SESSION GET API/me", `"sub"`, 0},
	{"refresh SESSION --json", `"session"`, 0},
}

var demoRows = []row{
	{
		name: "authorization code", client: "demo-public",
		args: []string{"--grant", "authorization_code", "--auth-method", "none",
			"--scope", "openid offline_access profile email api:read"},
		passed: "discovery.issuer state callback.iss pkce scope id_token.signature id_token.nonce id_token.at_hash",
		then: []use{
			{"userinfo SESSION", `"email"`, 0},
			{"call SESSION GET API/me", `"alice"`, 0},
			{"refresh SESSION --scope openid --json", `"scope":"openid"`, 0},
			{"refresh SESSION --resource OPAQUE --json", `"session"`, 0},
			{"revoke SESSION --kind refresh", "", 0},
			{"refresh SESSION", "", 3},
			{"logout SESSION", "", 0},
		},
	},
	{
		name: "authorization code with plain PKCE", client: "demo-legacy",
		args:   []string{"--grant", "authorization_code", "--pkce", "plain"},
		passed: "state", warned: "pkce",
	},
	{
		name: "hints, languages, age and strength of the sign-in", client: "demo-public",
		args: []string{"--grant", "authorization_code", "--login-hint", "bob", "--ui-locales", "de",
			"--max-age", "3600", "--acr-values", "STRONG", "--prompt", "login"},
		passed: "id_token.auth_time id_token.acr",
		then:   []use{{"userinfo SESSION --json", `"bob"`, 0}},
	},
	{
		name: "prompt none in the same browser", client: "demo-public", oneBrowser: true,
		args:   []string{"--grant", "authorization_code", "--login-hint", "bob"},
		passed: "state",
		then: []use{
			{"login --issuer ISSUER --client-id demo-public --grant authorization_code --scope openid --prompt " +
				"none --id-token-hint session:SESSION/id --timeout 30s --json",
				`"session"`, 0},
		},
	},
	{
		name: "device", client: "demo-public",
		args:   []string{"--grant", "device_code"},
		passed: "id_token.signature",
		then:   useAsUser,
	},
	{
		name: "client credentials", client: "demo-service",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--resource", "API",
			"--auth-method", "client_secret_basic"},
		passed: "scope",
		then: []use{
			{"call SESSION GET API/me", `"demo-service"`, 0},
			{"introspect SESSION --json", `"active":true`, 0},
			{"revoke SESSION --kind access", "", 0},
		},
	},
	{
		name: "CIBA", client: "demo-service",
		args:   []string{"--grant", "ciba", "--login-hint", "bob", "--binding-message", "W4SCT"},
		passed: "id_token.signature",
		then:   append([]use{{"userinfo SESSION", `"bob"`, 0}}, useAsUser...),
	},
	{
		name: "password", client: "demo-service",
		args:   []string{"--grant", "password", "--username", "bob", "--password-env", "PASSWORDVAR"},
		passed: "id_token.signature",
		then:   useAsUser,
	},
	{
		name: "token exchange of a user token", client: "demo-service",
		args:   []string{"--grant", "password", "--username", "bob", "--password-env", "PASSWORDVAR"},
		passed: "id_token.signature",
		then: []use{
			{"login --issuer ISSUER --client-id demo-service --client-secret-env SERVICESECRET --grant " +
				"token_exchange --subject-token session:SESSION --scope api:read --audience API --json",
				`"issued_token_type"`, 0},
		},
	},
	{
		name: "JWT bearer", client: "demo-service",
		args: []string{"--grant", "jwt_bearer", "--assertion-key", "env:SERVICESECRET", "--assertion-alg", "HS256",
			"--assertion-sub", "alice", "--scope", "api:read"},
		passed: "token_type",
		then:   []use{{"call SESSION GET API/me", `"alice"`, 0}},
	},
	{
		name: "SAML bearer", client: "demo-service",
		args:   []string{"--grant", "saml2_bearer", "--assertion", "SAML", "--scope", "api:read"},
		passed: "token_type",
		then:   []use{{"call SESSION GET API/me", `"alice"`, 0}},
	},
	{
		name: "implicit, as a form", client: "demo-implicit",
		args: []string{"--grant", "implicit", "--response-type", "id_token token", "--response-mode", "form_post",
			"--scope", "openid api:read"},
		passed: "state id_token.nonce id_token.at_hash", warned: "front_channel",
		then: []use{{"call SESSION GET API/me", `"alice"`, 0}},
	},
	{
		name: "implicit, in the fragment", client: "demo-implicit", chromium: true,
		args:   []string{"--grant", "implicit", "--response-type", "id_token", "--scope", "openid"},
		passed: "state id_token.nonce front_channel",
	},
	{
		name: "response_type none", client: "demo-implicit",
		args: []string{"--grant", "implicit", "--response-type", "none", "--response-mode", "query",
			"--scope", "openid"},
		passed: "state callback.iss front_channel",
		then:   []use{{"token SESSION", "", 3}},
	},
	{
		name: "hybrid, as a signed form", client: "demo-implicit",
		args: []string{"--grant", "hybrid", "--response-type", "code id_token token",
			"--response-mode", "form_post.jwt"},
		passed: "jarm.signature id_token.c_hash id_token.both", warned: "front_channel",
		then: useAsUser,
	},
	{
		name: "client ID metadata document", client: "ISSUER/demo/client.json",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none"},
		passed: "state id_token.aud",
		then:   useAsUser,
	},
	{
		name: "PAR", client: "demo-par",
		args:   []string{"--grant", "authorization_code", "--par"},
		passed: "state",
		then:   useAsUser,
	},
	{
		name: "JAR", client: "demo-jar",
		args:   []string{"--grant", "authorization_code", "--jar", "--auth-method", "none"},
		passed: "state",
		then:   useAsUser,
	},
	{
		name: "encrypted JAR through PAR", client: "demo-jar",
		args:   []string{"--grant", "authorization_code", "--jar=encrypted", "--par", "--auth-method", "none"},
		passed: "state",
	},
	{
		name: "JARM", client: "demo-public",
		args:   []string{"--grant", "authorization_code", "--jarm"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp",
	},
	{
		name: "DPoP", client: "demo-dpop",
		args:   []string{"--grant", "authorization_code", "--dpop", "--dpop-alg", "ES384"},
		passed: "token_type dpop.binding",
		then:   useAsUser,
	},
	{
		name: "encrypted id_token and userinfo", client: "demo-encrypted",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none"},
		passed: "id_token.encryption id_token.signature",
		then:   useAsUser,
	},
	{
		name: "RAR", client: "demo-public",
		args: []string{"--grant", "authorization_code",
			"--authorization-details", `[{"type":"orders","actions":["read"]}]`},
		passed: "authorization_details",
	},
	{
		name: "claims parameter", client: "demo-public",
		args: []string{"--grant", "authorization_code", "--claims", `{"id_token":{"email":{"essential":true}}}`,
			"--scope", "openid"},
		passed: "state",
		then:   []use{{"inspect --session SESSION --kind id", "email", 0}},
	},
	{
		name: "signed introspection", client: "demo-service",
		args:   []string{"--grant", "client_credentials", "--scope", "api:read", "--introspection-jwt"},
		passed: "scope",
		then:   []use{{"introspect SESSION --raw", "eyJ", 0}, {"introspect SESSION --json", `"active":true`, 0}},
	},
	{
		name: "client_secret_basic, not form-encoded", client: "demo-service",
		args: []string{"--grant", "client_credentials", "--scope", "api:read",
			"--auth-method", "client_secret_basic_raw"},
		passed: "scope",
	},
	{
		name: "client_secret_post", client: "demo-post",
		args:   []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_post"},
		passed: "scope",
	},
	{
		name: "client_secret_jwt", client: "demo-jwt",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt",
			"--assertion-audience", "token_endpoint"},
		passed: "scope",
	},
	{
		name: "private_key_jwt", client: "demo-key",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt",
			"--endpoint-auth", "token=private_key_jwt"},
		passed: "scope",
	},
	{
		name: "tls_client_auth", client: "demo-tls",
		args:   []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "tls_client_auth"},
		passed: "scope mtls.binding",
		then:   []use{{"call SESSION GET TLSAPI/me", `"demo-tls"`, 0}},
	},
	{
		name: "self_signed_tls_client_auth", client: "demo-self-signed",
		args: []string{"--grant", "client_credentials", "--scope", "api:read",
			"--auth-method", "self_signed_tls_client_auth"},
		passed: "scope mtls.binding",
		then:   []use{{"call SESSION GET TLSAPI/me", `"demo-self-signed"`, 0}},
	},
}
