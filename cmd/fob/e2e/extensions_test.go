//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// keyFiles makes a client's keys, private for fob and public for the provider.
func keyFiles(t *testing.T, dir string, more ...json.RawMessage) (private, public string) {
	t.Helper()
	var privates, publics []json.RawMessage
	for _, k := range []struct{ alg, kid string }{{"ES256", "fob-signs"}, {"ECDH-ES", "fob-decrypts"}} {
		key, err := jose.Generate(k.alg, k.kid)
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
		privates, publics = append(privates, json.RawMessage(secret.Reveal())), append(publics, open)
	}
	return writeSet(t, dir, "private.json", privates), writeSet(t, dir, "public.json", append(publics, more...))
}

func writeSet(t *testing.T, dir, name string, keys []json.RawMessage) string {
	t.Helper()
	data, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificate makes a self-signed certificate and returns its files and, for RFC 8705 2.2, its JWK with x5c.
func certificate(t *testing.T, dir, name string) (cert, key string, jwk json.RawMessage) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true, IsCA: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwk, err = json.Marshal(map[string]any{
		"kty": "EC", "crv": "P-256", "kid": name, "x": b64(point[1:33]), "y": b64(point[33:]), "x5c": []string{base64.StdEncoding.EncodeToString(der)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, jwk
}

// The grants and extensions against a certified provider that has every feature on, DPoP nonces required. Each row says
// which checks must have passed.
var extensionRows = []struct {
	name, client string
	args         []string
	passed       []string
}{
	{"authorization code", "native", []string{"--grant", "authorization_code"}, []string{"state", "callback.iss", "id_token.signature", "id_token.nonce", "pkce"}},
	{"device", "native", []string{"--grant", "device_code"}, []string{"id_token.signature"}},
	{"DPoP with nonces", "dpop", []string{"--grant", "authorization_code", "--dpop"}, []string{"token_type", "id_token.nonce"}},
	{"PAR", "par", []string{"--grant", "authorization_code", "--par"}, []string{"state", "id_token.nonce"}},
	{"PAR and DPoP", "par", []string{"--grant", "authorization_code", "--par", "--dpop"}, []string{"token_type"}},
	{"JAR by value", "jar", []string{"--grant", "authorization_code", "--jar", "--auth-method", "none", "--client-key-file", "KEYS"}, []string{"state"}},
	{"JAR through PAR", "jar", []string{"--grant", "authorization_code", "--jar", "--par", "--auth-method", "none", "--client-key-file", "KEYS"}, []string{"state"}},
	{"JARM", "jarm", []string{"--grant", "authorization_code", "--jarm"}, []string{"jarm.signature", "jarm.iss", "jarm.aud", "jarm.exp"}},
	{"hybrid", "hybrid", []string{"--grant", "hybrid", "--response-type", "code id_token", "--response-mode", "form_post"}, []string{"state", "id_token.c_hash", "id_token.nonce"}},
	{"encrypted id_token", "encrypted", []string{"--grant", "authorization_code", "--auth-method", "none", "--client-key-file", "KEYS"}, []string{"id_token.signature"}},
	{"client credentials", "service", []string{"--grant", "client_credentials", "--scope", "api:read", "--client-secret-env", "FOB_E2E_SECRET"}, []string{"scope"}},
	{"client_secret_jwt", "secret-jwt", []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "client_secret_jwt", "--client-secret-env", "FOB_E2E_SECRET"}, []string{"scope"}},
	{"private_key_jwt", "key-jwt", []string{"--grant", "client_credentials", "--scope", "api:read", "--auth-method", "private_key_jwt", "--client-key-file", "KEYS"}, []string{"scope"}},
	{"client_secret_post", "web", []string{"--grant", "authorization_code", "--auth-method", "client_secret_post", "--client-secret-env", "FOB_E2E_SECRET"}, []string{"state"}},
	{"resource indicators", "native", []string{"--grant", "authorization_code", "--resource", "https://api.example.com"}, []string{"state"}},
	{"CIBA", "ciba", []string{"--grant", "ciba", "--login-hint", "alice", "--client-secret-env", "FOB_E2E_SECRET"}, []string{"id_token.signature"}},
	{"RAR", "native", []string{"--grant", "authorization_code", "--authorization-details", `[{"type":"payment","amount":"1"}]`, "--resource", "https://api.example.com"}, []string{"state"}},
	{"claims parameter", "native", []string{"--grant", "authorization_code", "--claims", `{"id_token":{"email":null}}`}, []string{"state"}},
}

func TestGrantsAndExtensionsAgainstOidcProvider(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	h.set("FOB_E2E_SECRET", serviceSecret)
	private, public := keyFiles(t, h.dir)
	h.set("FOB_E2E_JWKS", public)
	var p issuerLine
	h.serve(&p, "node", nodeScript("provider.mjs"))
	for _, row := range extensionRows {
		t.Run(row.name, func(t *testing.T) {
			args := []string{"login", "--issuer", p.Issuer, "--client-id", row.client, "--json", "--timeout", "30s"}
			scope := false
			for _, a := range row.args {
				scope = scope || a == "--scope"
				args = append(args, strings.ReplaceAll(a, "KEYS", private))
			}
			if !scope {
				args = append(args, "--scope", "openid offline_access profile")
			}
			if strings.Contains(strings.Join(args, " "), "authorization_code") {
				args = append(args, "--prompt", "consent")
			}
			r := h.fob(args...)
			if r.code != 0 {
				t.Fatalf("fob %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
			}
			l := decode[login](t, r.stdout)
			outcome := map[string]string{}
			for _, c := range l.Ledger {
				if outcome[c.ID] != "passed" { // a hybrid run judges two id_tokens
					outcome[c.ID] = c.Outcome
				}
			}
			for _, id := range row.passed {
				if outcome[id] != "passed" {
					t.Errorf("check %s: %q, want passed; the ledger is %v", id, outcome[id], outcome)
				}
			}
			if l.HasRefreshToken {
				if r := h.fob("refresh", l.Session); r.code != 0 {
					t.Errorf("refresh: exit %d\n%s", r.code, r.stderr)
				}
			}
			if scope || strings.Contains(strings.Join(row.args, " "), "--resource") {
				return // userinfo is for tokens of a person without a resource
			}
			if r := h.fob("userinfo", l.Session); r.code != 0 || !strings.Contains(r.stdout, `"sub"`) {
				t.Errorf("userinfo: exit %d\n%s%s", r.code, r.stdout, r.stderr)
			}
		})
	}
}

// Registration (RFC 7591, 7592) and a login with what was registered; introspection as a signed JWT (RFC 9701).
func TestRegistrationAndSignedIntrospectionAgainstOidcProvider(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	h.set("FOB_E2E_SECRET", serviceSecret)
	var p issuerLine
	h.serve(&p, "node", nodeScript("provider.mjs"))

	l := decode[login](t, h.must("login", "--issuer", p.Issuer, "--client-id", "introspector", "--grant", "authorization_code", "--scope", "openid",
		"--client-secret-env", "FOB_E2E_SECRET", "--introspection-jwt", "--json").stdout)
	if answer := decode[map[string]any](t, h.must("introspect", l.Session, "--json").stdout); len(answer) == 0 {
		t.Error("introspect printed nothing")
	}

	h.must("provider", "register", p.Issuer, "registered", "--metadata", "client_name=fob e2e", "--metadata", "application_type=native",
		"--metadata", `redirect_uris=["http://127.0.0.1/callback"]`)
	l = decode[login](t, h.must("login", "registered", "--grant", "authorization_code", "--scope", "openid", "--json").stdout)
	if l.Session == "" {
		t.Error("the registered client got no session")
	}
	h.must("provider", "unregister", "registered")
}

// Mutual TLS (RFC 8705), both methods, with tokens bound to the certificate.
func TestMutualTLSAgainstOidcProvider(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	h.unlockKeyring()
	serverCert, serverKey, _ := certificate(t, h.dir, "fob-e2e-server")
	clientCert, clientKey, jwk := certificate(t, h.dir, "fob-e2e-client")
	_, public := keyFiles(t, h.dir, jwk)
	for name, value := range map[string]string{"FOB_E2E_TLS_CERT": serverCert, "FOB_E2E_TLS_KEY": serverKey, "FOB_E2E_JWKS": public} {
		h.set(name, value)
	}
	var p issuerLine
	h.serve(&p, "node", nodeScript("provider.mjs"))
	for client, method := range map[string]string{"mtls-ca": "tls_client_auth", "mtls-self": "self_signed_tls_client_auth"} {
		t.Run(method, func(t *testing.T) {
			r := h.fob("login", "--issuer", p.Issuer, "--client-id", client, "--grant", "client_credentials", "--scope", "api:read", "--auth-method", method,
				"--ca", serverCert, "--cert", clientCert, "--key", clientKey, "--json")
			if r.code != 0 {
				t.Fatalf("exit %d\n%s", r.code, r.stderr)
			}
			bound := false
			for _, c := range decode[login](t, r.stdout).Ledger {
				bound = bound || (c.ID == "mtls.binding" && c.Outcome == "passed")
			}
			if !bound {
				t.Errorf("the ledger does not say that the token is bound to the certificate: %s", r.stdout)
			}
		})
	}
}
