//go:build e2e

package e2e

import (
	"slices"
	"testing"
)

// Logs in with every grant, extension and client authentication method that the certified provider supports, and uses
// the sessions. A real browser is used where a page needs a script.
func TestEveryRowAgainstOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	runRows(t, h, p.rowServer(), slices.Concat(certifiedGrants, certifiedExtensions, certifiedClients))
}

func (p *certified) rowServer() rowServer {
	words := map[string]string{
		"ISSUER": p.Issuer, "KEYS": "file:" + p.keys,
		"API": "https://api.example.com", "OPAQUE": "https://opaque.example.com", "STRONG": "urn:fob:e2e:strong",
		"CAFILE": p.ca, "CERTFILE": p.clientCert, "KEYFILE": p.clientKey,
		"SELFCERT": p.selfSigned, "SELFKEY": p.selfSignedKey,
		"SECRETVAR": "FOB_E2E_SECRET", "CODEVAR": "FOB_E2E_USER_CODE",
	}
	return rowServer{
		words: words,
		issuer: func(r row) string {
			return map[string]string{"": p.Issuer, "tls": p.TLS, "aliased": p.Aliased}[r.at]
		},
		args: func(r row) []string {
			var more []string
			grant := r.args[slices.Index(r.args, "--grant")+1]
			if !slices.Contains(r.args, "--scope") {
				more = append(more, "--scope", "openid offline_access profile")
			}
			if !slices.Contains(r.args, "--prompt") && (grant == "authorization_code" || grant == "hybrid") {
				more = append(more, "--prompt", "consent") // oidc-provider gives no refresh token without it
			}
			return more
		},
	}
}

// useAll are the uses of a session with user, refresh token and introspection.
var useAll = []use{
	{"userinfo SESSION", `"sub"`, 0},
	{"refresh SESSION --json", `"has_refresh_token":true`, 0},
	{"introspect SESSION --json", `"active":true`, 0},
}

var certifiedGrants = []row{
	{
		name: "authorization code", client: "native",
		args: []string{"--grant", "authorization_code", "--auth-method", "none",
			"--scope", "openid offline_access profile email", "--prompt", "consent"},
		passed: "discovery.issuer state callback.iss pkce scope " +
			"id_token.signature id_token.iss id_token.aud id_token.nonce id_token.exp",
		then: []use{
			{"userinfo SESSION", `"email"`, 0},
			{"call SESSION GET ISSUER/me", `"sub"`, 0},
			{"introspect SESSION --json", `"active":true`, 0},
			{"refresh SESSION --scope openid --json", `"scope":"openid"`, 0},
			{"refresh SESSION --json", `email`, 0},
			{"revoke SESSION --kind refresh", "", 0},
			{"introspect SESSION --json", `"active":false`, 0},
		},
	},
	{
		name: "authorization code without PKCE", client: "hybrid",
		args:   []string{"--grant", "authorization_code", "--pkce", "none"},
		passed: "state id_token.nonce", warned: "pkce",
	},
	{
		name: "hints, languages, age and strength of the sign-in", client: "native",
		args: []string{"--grant", "authorization_code", "--login-hint", "dora", "--ui-locales", "de-AT de",
			"--max-age", "3600", "--acr-values", "STRONG", "--prompt", "login consent", "--scope", "openid profile"},
		passed: "id_token.auth_time id_token.acr",
		then:   []use{{"userinfo SESSION --json", `"sub":"dora"…"locale":"de-AT"`, 0}},
	},
	{
		name: "prompt none in the same browser", client: "native", oneBrowser: true,
		args: []string{"--grant", "authorization_code", "--prompt", "login consent", "--login-hint", "emma",
			"--scope", "openid"},
		passed: "state",
		then: []use{
			{"login --issuer ISSUER --client-id native --grant authorization_code --scope openid --prompt none " +
				"--id-token-hint session:SESSION/id --timeout 30s --json",
				`"session"`, 0},
		},
	},
	{
		name: "device", client: "native",
		args:   []string{"--grant", "device_code"},
		passed: "id_token.signature",
		then:   useAll,
	},
	{
		name: "client credentials", client: "service",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_basic",
			"--client-secret-env", "SECRETVAR"},
		passed: "scope",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "CIBA", client: "ciba",
		args: []string{"--grant", "ciba", "--login-hint", "alice", "--binding-message", "W4SCT",
			"--user-code-env", "CODEVAR", "--requested-expiry", "120", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.signature scope",
		then:   useAll,
	},
	{
		name: "implicit id_token, in the fragment", client: "implicit", chromium: true,
		args:   []string{"--grant", "implicit", "--response-type", "id_token", "--scope", "openid"},
		passed: "state front_channel id_token.nonce id_token.signature",
		then:   []use{{"inspect --session SESSION --kind id", "signature: good", 0}},
	},
	{
		name: "implicit id_token token, in the fragment", client: "implicit", chromium: true,
		args:   []string{"--grant", "implicit", "--response-type", "id_token token", "--scope", "openid"},
		passed: "state id_token.nonce id_token.at_hash", warned: "front_channel",
		then: []use{{"userinfo SESSION", `"sub"`, 0}},
	},
	{
		name: "implicit id_token token, as a form", client: "implicit",
		args: []string{"--grant", "implicit", "--response-type", "id_token token", "--scope", "openid",
			"--response-mode", "form_post"},
		passed: "state id_token.nonce id_token.at_hash", warned: "front_channel",
		then: []use{{"userinfo SESSION", `"sub"`, 0}},
	},
	{
		name: "response_type none", client: "nothing",
		args: []string{"--grant", "implicit", "--response-type", "none", "--response-mode", "query",
			"--scope", "openid"},
		passed: "state callback.iss front_channel",
		then:   []use{{"token SESSION", "", 3}},
	},
	{
		name: "hybrid code id_token, in the fragment", client: "hybrid", chromium: true,
		args:   []string{"--grant", "hybrid", "--response-type", "code id_token"},
		passed: "state id_token.c_hash id_token.both id_token.nonce front_channel",
		then:   useAll,
	},
	{
		name: "hybrid code id_token, as a form", client: "hybrid",
		args:   []string{"--grant", "hybrid", "--response-type", "code id_token", "--response-mode", "form_post"},
		passed: "state id_token.c_hash id_token.both",
		then:   useAll,
	},
	{
		name: "hybrid code token, in the fragment", client: "hybrid", chromium: true,
		args:   []string{"--grant", "hybrid", "--response-type", "code token"},
		passed: "state id_token.signature", warned: "front_channel",
		then: useAll,
	},
	{
		name: "hybrid code id_token token, in the fragment", client: "hybrid", chromium: true,
		args:   []string{"--grant", "hybrid", "--response-type", "code id_token token"},
		passed: "state id_token.c_hash id_token.at_hash id_token.both", warned: "front_channel",
		then: useAll,
	},
	{
		name: "hybrid code id_token token, in a signed form", client: "hybrid",
		args: []string{"--grant", "hybrid", "--response-type", "code id_token token",
			"--response-mode", "form_post.jwt"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp id_token.c_hash id_token.at_hash", warned: "front_channel",
		then: useAll,
	},
}

var certifiedExtensions = []row{
	{
		name: "response in the query", client: "native",
		args:   []string{"--grant", "authorization_code", "--response-mode", "query"},
		passed: "state callback.iss",
	},
	{
		name: "response in the fragment", client: "native", chromium: true,
		args:   []string{"--grant", "authorization_code", "--response-mode", "fragment"},
		passed: "state callback.iss",
	},
	{
		name: "response as a form", client: "native",
		args:   []string{"--grant", "authorization_code", "--response-mode", "form_post"},
		passed: "state callback.iss",
	},
	{
		name: "signed response", client: "jarm",
		args:   []string{"--grant", "authorization_code", "--jarm"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp state",
		then:   useAll,
	},
	{
		name: "signed response, jwt", client: "jarm",
		args:   []string{"--grant", "authorization_code", "--response-mode", "jwt"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp state",
	},
	{
		name: "signed response in the query", client: "jarm",
		args:   []string{"--grant", "authorization_code", "--response-mode", "query.jwt"},
		passed: "jarm.signature jarm.exp state",
	},
	{
		name: "signed response in the fragment", client: "jarm", chromium: true,
		args:   []string{"--grant", "authorization_code", "--response-mode", "fragment.jwt"},
		passed: "jarm.signature jarm.exp state",
	},
	{
		name: "signed response as a form", client: "jarm",
		args:   []string{"--grant", "authorization_code", "--response-mode", "form_post.jwt"},
		passed: "jarm.signature jarm.exp state",
	},
	{
		name: "encrypted response", client: "jarm-encrypted",
		args:   []string{"--grant", "authorization_code", "--jarm", "--client-key", "KEYS", "--auth-method", "none"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp state",
	},
	{
		name: "PAR", client: "par",
		args:   []string{"--grant", "authorization_code", "--par"},
		passed: "state id_token.nonce",
		then:   useAll,
	},
	{
		name: "PAR of a confidential client", client: "web",
		args: []string{"--grant", "authorization_code", "--par", "--auth-method", "client_secret_post",
			"--client-secret-env", "SECRETVAR"},
		passed: "state id_token.nonce",
		then:   useAll,
	},
	{
		name: "JAR", client: "jar",
		args:   []string{"--grant", "authorization_code", "--jar", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "state id_token.nonce",
		then:   useAll,
	},
	{
		name: "JAR through PAR", client: "jar",
		args: []string{"--grant", "authorization_code", "--jar", "--par", "--auth-method", "none",
			"--client-key", "KEYS"},
		passed: "state id_token.nonce",
	},
	{
		name: "encrypted JAR", client: "jar-encrypted",
		args: []string{"--grant", "authorization_code", "--jar=encrypted", "--auth-method", "none",
			"--client-key", "KEYS"},
		passed: "state id_token.nonce",
	},
	{
		name: "encrypted JAR through PAR", client: "jar-encrypted",
		args: []string{"--grant", "authorization_code", "--jar=encrypted", "--par", "--auth-method", "none",
			"--client-key", "KEYS"},
		passed: "state id_token.nonce",
	},
	{
		name: "DPoP with nonces", client: "dpop",
		args:   []string{"--grant", "authorization_code", "--dpop"},
		passed: "token_type id_token.nonce",
		then:   append([]use{{"call SESSION GET ISSUER/me", `"sub"`, 0}}, useAll...),
	},
	{
		name: "DPoP with nonces through PAR, EdDSA", client: "dpop",
		args:   []string{"--grant", "authorization_code", "--par", "--dpop", "--dpop-alg", "EdDSA"},
		passed: "token_type",
		then:   useAll,
	},
	{
		name: "DPoP for an API", client: "dpop",
		args: []string{"--grant", "authorization_code", "--dpop", "--resource", "API",
			"--scope", "openid offline_access api:read"},
		passed: "token_type dpop.binding",
	},
	{
		name: "DPoP of a service", client: "service",
		args: []string{"--grant", "client_credentials", "--dpop", "--scope", "api:read",
			"--client-secret-env", "SECRETVAR"},
		passed: "token_type dpop.binding",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "RAR", client: "native",
		args: []string{"--grant", "authorization_code", "--authorization-details", `[{"type":"payment","amount":"1"}]`,
			"--resource", "API", "--scope", "openid api:read"},
		passed: "state authorization_details",
	},
	{
		name: "claims parameter", client: "native",
		args: []string{"--grant", "authorization_code",
			"--claims", `{"id_token":{"email":null},"userinfo":{"name":{"essential":true}}}`, "--scope", "openid"},
		passed: "state",
		then: []use{
			{"inspect --session SESSION --kind id", "alice@example.com", 0},
			{"userinfo SESSION", "Alice Example", 0},
		},
	},
	{
		name: "resource indicators", client: "native",
		args: []string{"--grant", "authorization_code", "--resource", "API", "--param", "authorization.resource=API",
			"--param", "authorization.resource=OPAQUE", "--scope", "openid offline_access api:read api:write"},
		passed: "state",
		then: []use{
			{"inspect --session SESSION", "API", 0},
			{"refresh SESSION --resource OPAQUE --json", `"session"`, 0},
			{"inspect --session SESSION", "opaque", 0},
			{"refresh SESSION --resource API --scope api:read --json", `"scope":"api:read"`, 0},
		},
	},
	{
		name: "id_token by RS256", client: "rs256",
		args:   []string{"--grant", "authorization_code"},
		passed: "id_token.signature",
	},
	{
		name: "id_token by PS256", client: "ps256",
		args:   []string{"--grant", "authorization_code"},
		passed: "id_token.signature",
	},
	{
		name: "id_token by ES256", client: "es256",
		args:   []string{"--grant", "authorization_code"},
		passed: "id_token.signature",
	},
	{
		name: "id_token by EdDSA", client: "eddsa",
		args:   []string{"--grant", "authorization_code"},
		passed: "id_token.signature",
	},
	{
		name: "id_token and userinfo by ECDH-ES with A128CBC-HS256", client: "encrypted",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "id_token.encryption id_token.signature",
		then:   useAll,
	},
	{
		name: "id_token by ECDH-ES+A256KW with A256GCM", client: "sealed-ecdh-kw",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by RSA-OAEP with A128GCM", client: "sealed-rsa",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by RSA-OAEP-256 with A256CBC-HS512", client: "sealed-rsa-256",
		args:   []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by the secret, A128KW with A128GCM", client: "sealed-a128kw",
		args:   []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by the secret, A256KW with A256CBC-HS512", client: "sealed-a256kw",
		args:   []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by the secret, dir with A128CBC-HS256", client: "sealed-dir",
		args:   []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "id_token by the secret, dir with A256CBC-HS512", client: "sealed-dir-512",
		args:   []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.encryption id_token.signature",
	},
	{
		name: "signed userinfo", client: "userinfo-signed",
		args:   []string{"--grant", "authorization_code"},
		passed: "state",
		then:   []use{{"userinfo SESSION", `"sub"`, 0}, {"userinfo SESSION --raw", "eyJ", 0}},
	},
	{
		name: "signed introspection", client: "introspector",
		args:   []string{"--grant", "authorization_code", "--introspection-jwt", "--client-secret-env", "SECRETVAR"},
		passed: "state",
		then:   []use{{"introspect SESSION --json", `"active":true`, 0}, {"introspect SESSION --raw", "eyJ", 0}},
	},
	{
		name: "signed and encrypted introspection", client: "introspector-encrypted",
		args: []string{"--grant", "authorization_code", "--introspection-jwt", "--auth-method", "client_secret_basic",
			"--client-secret-env", "SECRETVAR", "--client-key", "KEYS"},
		passed: "state",
		then:   []use{{"introspect SESSION --json", `"active":true`, 0}, {"introspect SESSION --raw", "eyJ", 0}},
	},
}

var certifiedClients = []row{
	{
		name: "client_secret_basic, not form-encoded", client: "service",
		args: []string{"--grant", "client_credentials", "--scope", "api:read",
			"--auth-method", "client_secret_basic_raw", "--client-secret-env", "SECRETVAR"},
		passed: "scope",
	},
	{
		name: "client_secret_post", client: "web",
		args: []string{"--grant", "authorization_code", "--auth-method", "client_secret_post",
			"--client-secret-env", "SECRETVAR"},
		passed: "state",
		then:   useAll,
	},
	{
		name: "client_secret_jwt, to the issuer", client: "secret-jwt",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt",
			"--assertion-audience", "issuer", "--client-secret-env", "SECRETVAR"},
		passed: "scope",
	},
	{
		name: "client_secret_jwt, to the token endpoint", client: "secret-jwt",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt",
			"--assertion-audience", "token_endpoint", "--client-secret-env", "SECRETVAR"},
		passed: "scope",
	},
	{
		name: "private_key_jwt, to the issuer", client: "key-jwt",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt",
			"--assertion-audience", "issuer", "--client-key", "KEYS"},
		passed: "scope",
	},
	{
		name: "private_key_jwt, to the token endpoint", client: "key-jwt",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt",
			"--assertion-audience", "token_endpoint", "--client-key", "KEYS"},
		passed: "scope",
	},
	{
		name: "endpoint_auth for one endpoint", client: "service",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_post",
			"--endpoint-auth", "token=client_secret_basic", "--client-secret-env", "SECRETVAR"},
		passed: "scope",
	},
	{
		name: "tls_client_auth", client: "mtls-ca", at: "tls",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "tls_client_auth",
			"--ca", "CAFILE", "--cert", "CERTFILE", "--key", "KEYFILE"},
		passed: "scope mtls.binding",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "tls_client_auth at the aliases", client: "mtls-ca", at: "aliased",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "tls_client_auth",
			"--ca", "CAFILE", "--cert", "CERTFILE", "--key", "KEYFILE"},
		passed: "scope mtls.binding",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "self_signed_tls_client_auth", client: "mtls-self", at: "tls",
		args: []string{"--grant", "client_credentials", "--scope", "api:read",
			"--auth-method", "self_signed_tls_client_auth", "--ca", "CAFILE", "--cert", "SELFCERT", "--key", "SELFKEY"},
		passed: "scope mtls.binding",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "self_signed_tls_client_auth at the aliases", client: "mtls-self", at: "aliased",
		args: []string{"--grant", "client_credentials", "--scope", "api:read",
			"--auth-method", "self_signed_tls_client_auth", "--ca", "CAFILE", "--cert", "SELFCERT", "--key", "SELFKEY"},
		passed: "scope mtls.binding",
		then:   []use{{"refresh SESSION", "", 0}},
	},
	{
		name: "certificate-bound tokens of a public client, at the aliases", client: "mtls-public", at: "aliased",
		args: []string{"--grant", "authorization_code", "--auth-method", "none", "--ca", "CAFILE", "--cert", "CERTFILE",
			"--key", "KEYFILE"},
		passed: "state",
		then:   useAll,
	},
}
