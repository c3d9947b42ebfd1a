//go:build e2e

package e2e

import (
	"slices"
	"testing"
)

// Every grant, extension and method of client authentication that the certified provider has, with everything that is
// done with the session afterwards. Where the browser has to run a script, it is a real one.
func TestEveryRowAgainstOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	runRows(t, h, p.side(), slices.Concat(certifiedGrants, certifiedExtensions, certifiedClients))
}

func (p *certified) side() side {
	words := map[string]string{
		"ISSUER": p.Issuer, "KEYS": "file:" + p.keys, "API": "https://api.example.com", "OPAQUE": "https://opaque.example.com", "STRONG": "urn:fob:e2e:strong",
		"CAFILE": p.ca, "CERTFILE": p.clientCert, "KEYFILE": p.clientKey, "SELFCERT": p.selfSigned, "SELFKEY": p.selfSignedKey,
		"SECRETVAR": "FOB_E2E_SECRET", "CODEVAR": "FOB_E2E_USER_CODE",
	}
	return side{
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

// whole is what is done with a session that has everything.
var whole = []do{
	{"userinfo SESSION", `"sub"`, 0},
	{"refresh SESSION --json", `"has_refresh_token":true`, 0},
	{"introspect SESSION --json", `"active":true`, 0},
}

var certifiedGrants = []row{
	{
		name: "authorization code", client: "native", args: []string{"--grant", "authorization_code", "--auth-method", "none", "--scope", "openid offline_access profile email", "--prompt", "consent"},
		passed: "discovery.issuer state callback.iss pkce scope id_token.signature id_token.iss id_token.aud id_token.nonce id_token.exp",
		then: []do{
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
		name: "authorization code without PKCE", client: "hybrid", args: []string{"--grant", "authorization_code", "--pkce", "none"},
		passed: "state id_token.nonce", warned: "pkce",
	},
	{
		name: "hints, languages, age and strength of the sign-in", client: "native",
		args:   []string{"--grant", "authorization_code", "--login-hint", "dora", "--ui-locales", "de-AT de", "--max-age", "3600", "--acr-values", "STRONG", "--prompt", "login consent", "--scope", "openid profile"},
		passed: "id_token.auth_time id_token.acr",
		then:   []do{{"userinfo SESSION --json", `"sub":"dora"…"locale":"de-AT"`, 0}},
	},
	{
		name: "nobody is asked twice", client: "native", oneBrowser: true, args: []string{"--grant", "authorization_code", "--prompt", "login consent", "--login-hint", "emma", "--scope", "openid"},
		passed: "state",
		then: []do{{"login --issuer ISSUER --client-id native --grant authorization_code --scope openid --prompt none --id-token-hint session:SESSION/id --timeout 30s --json",
			`"session"`, 0}},
	},
	{name: "device", client: "native", args: []string{"--grant", "device_code"}, passed: "id_token.signature", then: whole},
	{
		name: "client credentials", client: "service", args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_basic", "--client-secret-env", "SECRETVAR"},
		passed: "scope", then: []do{{"refresh SESSION", "", 0}},
	},
	{
		name: "CIBA", client: "ciba",
		args:   []string{"--grant", "ciba", "--login-hint", "alice", "--binding-message", "W4SCT", "--user-code-env", "CODEVAR", "--requested-expiry", "120", "--client-secret-env", "SECRETVAR"},
		passed: "id_token.signature scope", then: whole,
	},
	{
		name: "implicit id_token, in the fragment", client: "implicit", chromium: true, args: []string{"--grant", "implicit", "--response-type", "id_token", "--scope", "openid"},
		passed: "state front_channel id_token.nonce id_token.signature", then: []do{{"inspect --session SESSION --kind id", "signature: good", 0}},
	},
	{
		name: "implicit id_token token, in the fragment", client: "implicit", chromium: true, args: []string{"--grant", "implicit", "--response-type", "id_token token", "--scope", "openid"},
		passed: "state id_token.nonce id_token.at_hash", warned: "front_channel", then: []do{{"userinfo SESSION", `"sub"`, 0}},
	},
	{
		name: "implicit id_token token, as a form", client: "implicit", args: []string{"--grant", "implicit", "--response-type", "id_token token", "--scope", "openid", "--response-mode", "form_post"},
		passed: "state id_token.nonce id_token.at_hash", warned: "front_channel", then: []do{{"userinfo SESSION", `"sub"`, 0}},
	},
	{
		name: "nothing but consent", client: "nothing", args: []string{"--grant", "implicit", "--response-type", "none", "--response-mode", "query", "--scope", "openid"},
		passed: "state callback.iss front_channel", then: []do{{"token SESSION", "", 3}},
	},
	{
		name: "hybrid code id_token, in the fragment", client: "hybrid", chromium: true, args: []string{"--grant", "hybrid", "--response-type", "code id_token"},
		passed: "state id_token.c_hash id_token.both id_token.nonce front_channel", then: whole,
	},
	{
		name: "hybrid code id_token, as a form", client: "hybrid", args: []string{"--grant", "hybrid", "--response-type", "code id_token", "--response-mode", "form_post"},
		passed: "state id_token.c_hash id_token.both", then: whole,
	},
	{
		name: "hybrid code token, in the fragment", client: "hybrid", chromium: true, args: []string{"--grant", "hybrid", "--response-type", "code token"},
		passed: "state id_token.signature", warned: "front_channel", then: whole,
	},
	{
		name: "hybrid code id_token token, in the fragment", client: "hybrid", chromium: true, args: []string{"--grant", "hybrid", "--response-type", "code id_token token"},
		passed: "state id_token.c_hash id_token.at_hash id_token.both", warned: "front_channel", then: whole,
	},
	{
		name: "hybrid code id_token token, in a signed form", client: "hybrid", args: []string{"--grant", "hybrid", "--response-type", "code id_token token", "--response-mode", "form_post.jwt"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp id_token.c_hash id_token.at_hash", warned: "front_channel", then: whole,
	},
}

var certifiedExtensions = []row{
	{name: "answer in the query", client: "native", args: []string{"--grant", "authorization_code", "--response-mode", "query"}, passed: "state callback.iss"},
	{name: "answer in the fragment", client: "native", chromium: true, args: []string{"--grant", "authorization_code", "--response-mode", "fragment"}, passed: "state callback.iss"},
	{name: "answer as a form", client: "native", args: []string{"--grant", "authorization_code", "--response-mode", "form_post"}, passed: "state callback.iss"},
	{name: "signed answer", client: "jarm", args: []string{"--grant", "authorization_code", "--jarm"}, passed: "jarm.signature jarm.iss jarm.aud jarm.exp state", then: whole},
	{name: "signed answer, jwt", client: "jarm", args: []string{"--grant", "authorization_code", "--response-mode", "jwt"}, passed: "jarm.signature jarm.iss jarm.aud jarm.exp state"},
	{name: "signed answer in the query", client: "jarm", args: []string{"--grant", "authorization_code", "--response-mode", "query.jwt"}, passed: "jarm.signature jarm.exp state"},
	{
		name: "signed answer in the fragment", client: "jarm", chromium: true, args: []string{"--grant", "authorization_code", "--response-mode", "fragment.jwt"},
		passed: "jarm.signature jarm.exp state",
	},
	{name: "signed answer as a form", client: "jarm", args: []string{"--grant", "authorization_code", "--response-mode", "form_post.jwt"}, passed: "jarm.signature jarm.exp state"},
	{
		name: "encrypted answer", client: "jarm-encrypted", args: []string{"--grant", "authorization_code", "--jarm", "--client-key", "KEYS", "--auth-method", "none"},
		passed: "jarm.signature jarm.iss jarm.aud jarm.exp state",
	},
	{name: "PAR", client: "par", args: []string{"--grant", "authorization_code", "--par"}, passed: "state id_token.nonce", then: whole},
	{
		name: "PAR by a client that authenticates", client: "web", args: []string{"--grant", "authorization_code", "--par", "--auth-method", "client_secret_post", "--client-secret-env", "SECRETVAR"},
		passed: "state id_token.nonce", then: whole,
	},
	{name: "JAR", client: "jar", args: []string{"--grant", "authorization_code", "--jar", "--auth-method", "none", "--client-key", "KEYS"}, passed: "state id_token.nonce", then: whole},
	{name: "JAR through PAR", client: "jar", args: []string{"--grant", "authorization_code", "--jar", "--par", "--auth-method", "none", "--client-key", "KEYS"}, passed: "state id_token.nonce"},
	{name: "encrypted JAR", client: "jar-encrypted", args: []string{"--grant", "authorization_code", "--jar=encrypted", "--auth-method", "none", "--client-key", "KEYS"}, passed: "state id_token.nonce"},
	{
		name: "encrypted JAR through PAR", client: "jar-encrypted", args: []string{"--grant", "authorization_code", "--jar=encrypted", "--par", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "state id_token.nonce",
	},
	{
		name: "DPoP with nonces", client: "dpop", args: []string{"--grant", "authorization_code", "--dpop"}, passed: "token_type id_token.nonce",
		then: append([]do{{"call SESSION GET ISSUER/me", `"sub"`, 0}}, whole...),
	},
	{name: "DPoP with nonces through PAR, EdDSA", client: "dpop", args: []string{"--grant", "authorization_code", "--par", "--dpop", "--dpop-alg", "EdDSA"}, passed: "token_type", then: whole},
	{
		name: "DPoP for an API", client: "dpop", args: []string{"--grant", "authorization_code", "--dpop", "--resource", "API", "--scope", "openid offline_access api:read"},
		passed: "token_type dpop.binding",
	},
	{
		name: "a program's DPoP", client: "service", args: []string{"--grant", "client_credentials", "--dpop", "--scope", "api:read", "--client-secret-env", "SECRETVAR"},
		passed: "token_type dpop.binding", then: []do{{"refresh SESSION", "", 0}},
	},
	{
		name: "RAR", client: "native", passed: "state authorization_details",
		args: []string{"--grant", "authorization_code", "--authorization-details", `[{"type":"payment","amount":"1"}]`, "--resource", "API", "--scope", "openid api:read"},
	},
	{
		name: "claims parameter", client: "native", args: []string{"--grant", "authorization_code", "--claims", `{"id_token":{"email":null},"userinfo":{"name":{"essential":true}}}`, "--scope", "openid"},
		passed: "state",
		then:   []do{{"inspect --session SESSION --kind id", "alice@example.com", 0}, {"userinfo SESSION", "Alice Example", 0}},
	},
	{
		name: "resource indicators", client: "native",
		args: []string{"--grant", "authorization_code", "--resource", "API", "--param", "authorization.resource=API", "--param", "authorization.resource=OPAQUE",
			"--scope", "openid offline_access api:read api:write"},
		passed: "state",
		then: []do{
			{"inspect --session SESSION", "API", 0},
			{"refresh SESSION --resource OPAQUE --json", `"session"`, 0},
			{"inspect --session SESSION", "opaque", 0},
			{"refresh SESSION --resource API --scope api:read --json", `"scope":"api:read"`, 0},
		},
	},
	{name: "id_token by RS256", client: "rs256", args: []string{"--grant", "authorization_code"}, passed: "id_token.signature"},
	{name: "id_token by PS256", client: "ps256", args: []string{"--grant", "authorization_code"}, passed: "id_token.signature"},
	{name: "id_token by ES256", client: "es256", args: []string{"--grant", "authorization_code"}, passed: "id_token.signature"},
	{name: "id_token by EdDSA", client: "eddsa", args: []string{"--grant", "authorization_code"}, passed: "id_token.signature"},
	{
		name: "id_token and userinfo by ECDH-ES with A128CBC-HS256", client: "encrypted", args: []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"},
		passed: "id_token.encryption id_token.signature", then: whole,
	},
	{name: "id_token by ECDH-ES+A256KW with A256GCM", client: "sealed-ecdh-kw", args: []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by RSA-OAEP with A128GCM", client: "sealed-rsa", args: []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by RSA-OAEP-256 with A256CBC-HS512", client: "sealed-rsa-256", args: []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key", "KEYS"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by the secret, A128KW with A128GCM", client: "sealed-a128kw", args: []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by the secret, A256KW with A256CBC-HS512", client: "sealed-a256kw", args: []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by the secret, dir with A128CBC-HS256", client: "sealed-dir", args: []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"}, passed: "id_token.encryption id_token.signature"},
	{name: "id_token by the secret, dir with A256CBC-HS512", client: "sealed-dir-512", args: []string{"--grant", "authorization_code", "--client-secret-env", "SECRETVAR"}, passed: "id_token.encryption id_token.signature"},
	{name: "signed userinfo", client: "userinfo-signed", args: []string{"--grant", "authorization_code"}, passed: "state", then: []do{{"userinfo SESSION", `"sub"`, 0}, {"userinfo SESSION --raw", "eyJ", 0}}},
	{
		name: "signed introspection", client: "introspector", args: []string{"--grant", "authorization_code", "--introspection-jwt", "--client-secret-env", "SECRETVAR"}, passed: "state",
		then: []do{{"introspect SESSION --json", `"active":true`, 0}, {"introspect SESSION --raw", "eyJ", 0}},
	},
	{
		name: "signed and encrypted introspection", client: "introspector-encrypted",
		args: []string{"--grant", "authorization_code", "--introspection-jwt", "--auth-method", "client_secret_basic", "--client-secret-env", "SECRETVAR", "--client-key", "KEYS"}, passed: "state",
		then: []do{{"introspect SESSION --json", `"active":true`, 0}, {"introspect SESSION --raw", "eyJ", 0}},
	},
}

var certifiedClients = []row{
	{
		name: "client_secret_basic, not form-encoded", client: "service", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_basic_raw", "--client-secret-env", "SECRETVAR"},
	},
	{
		name: "client_secret_post", client: "web", args: []string{"--grant", "authorization_code", "--auth-method", "client_secret_post", "--client-secret-env", "SECRETVAR"},
		passed: "state", then: whole,
	},
	{
		name: "client_secret_jwt, to the issuer", client: "secret-jwt", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt", "--assertion-audience", "issuer", "--client-secret-env", "SECRETVAR"},
	},
	{
		name: "client_secret_jwt, to the token endpoint", client: "secret-jwt", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt", "--assertion-audience", "token_endpoint", "--client-secret-env", "SECRETVAR"},
	},
	{
		name: "private_key_jwt, to the issuer", client: "key-jwt", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt", "--assertion-audience", "issuer", "--client-key", "KEYS"},
	},
	{
		name: "private_key_jwt, to the token endpoint", client: "key-jwt", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt", "--assertion-audience", "token_endpoint", "--client-key", "KEYS"},
	},
	{
		name: "a method for one endpoint", client: "service", passed: "scope",
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_post", "--endpoint-auth", "token=client_secret_basic", "--client-secret-env", "SECRETVAR"},
	},
	{
		name: "tls_client_auth", client: "mtls-ca", at: "tls", passed: "scope mtls.binding", then: []do{{"refresh SESSION", "", 0}},
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "tls_client_auth", "--ca", "CAFILE", "--cert", "CERTFILE", "--key", "KEYFILE"},
	},
	{
		name: "tls_client_auth at the aliases", client: "mtls-ca", at: "aliased", passed: "scope mtls.binding", then: []do{{"refresh SESSION", "", 0}},
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "tls_client_auth", "--ca", "CAFILE", "--cert", "CERTFILE", "--key", "KEYFILE"},
	},
	{
		name: "self_signed_tls_client_auth", client: "mtls-self", at: "tls", passed: "scope mtls.binding", then: []do{{"refresh SESSION", "", 0}},
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "self_signed_tls_client_auth", "--ca", "CAFILE", "--cert", "SELFCERT", "--key", "SELFKEY"},
	},
	{
		name: "self_signed_tls_client_auth at the aliases", client: "mtls-self", at: "aliased", passed: "scope mtls.binding", then: []do{{"refresh SESSION", "", 0}},
		args: []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "self_signed_tls_client_auth", "--ca", "CAFILE", "--cert", "SELFCERT", "--key", "SELFKEY"},
	},
	{
		name: "a public client's certificate, at the aliases", client: "mtls-public", at: "aliased", passed: "state", then: whole,
		args: []string{"--grant", "authorization_code", "--auth-method", "none", "--ca", "CAFILE", "--cert", "CERTFILE", "--key", "KEYFILE"},
	},
}
