package flows

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestTheAuthMethodDependsOnCredentialsAndMetadata(t *testing.T) {
	secret, sign, enc, cert := tokens.NewSecret(canarySecret), jose.NewKeySet(clientKey(t, "ES256")),
		jose.NewKeySet(clientKey(t, "ECDH-ES")), certificate(t)
	for name, c := range map[string]struct {
		client    Client
		announced []string
		want      string
	}{
		"a key, and nothing said": {Client{Keys: sign}, nil, "none"},
		"a key, announced": {Client{Keys: sign}, []string{"client_secret_basic", "private_key_jwt"},
			"private_key_jwt"},
		"a key for reading, announced":    {Client{Keys: enc}, []string{"private_key_jwt"}, "none"},
		"a certificate, and nothing said": {Client{Certificate: cert}, nil, "none"},
		"a certificate, announced": {Client{Certificate: cert}, []string{"self_signed_tls_client_auth"},
			"self_signed_tls_client_auth"},
		"a secret and a key, both announced": {Client{Secret: secret, Keys: sign},
			[]string{"private_key_jwt", "client_secret_post"}, "client_secret_post"},
		"a secret and a key, the key's alone": {Client{Secret: secret, Keys: sign}, []string{"private_key_jwt"},
			"private_key_jwt"},
		"a secret, assertions alone": {Client{Secret: secret}, []string{"client_secret_jwt"},
			"client_secret_jwt"},
		"named, whatever is announced": {Client{Keys: sign, AuthMethod: "private_key_jwt"}, []string{"none"},
			"private_key_jwt"},
		"named at the endpoint, over the rest": {Client{Keys: sign, AuthMethod: "none",
			EndpointMethods: map[string]string{"token": "private_key_jwt"}}, nil, "private_key_jwt"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := chooseAuthMethod(c.client.forEndpoint("token"), c.announced)
			if err != nil || m.ID != c.want {
				t.Errorf("got %s (%v), want %s", m.ID, err, c.want)
			}
		})
	}
	for method, want := range map[string]string{
		"client_secret_jwt": "client_secret", "private_key_jwt": "client_key", "tls_client_auth": "client certificate",
		"self_signed_tls_client_auth": "client certificate",
	} {
		_, err := chooseAuthMethod(Client{Keys: enc, AuthMethod: method}, nil)
		var input *InputError
		if !errors.As(err, &input) || input.Input != want {
			t.Errorf("%s without what it needs: got %v, want %s to be missing", method, err, want)
		}
	}
}

func TestAClientAssertionHasIssuerSubjectAndAudience(t *testing.T) {
	for name, c := range map[string]struct {
		method, key, audience string
		algs                  string // announced
		alg, aud              string
	}{
		"key, issuer": {"private_key_jwt", "ES256", "", "", "ES256", "https://as.example"},
		"key, token endpoint": {"private_key_jwt", "RS256", "token_endpoint", `["RS256"]`, "RS256",
			"https://as.example/token"},
		"key, another endpoint": {"private_key_jwt", "EdDSA", "endpoint", `["EdDSA","HS256"]`, "EdDSA",
			"https://as.example/introspect"},
		"secret":                   {"client_secret_jwt", "", "issuer", "", "HS256", "https://as.example"},
		"secret, stronger alone":   {"client_secret_jwt", "", "", `["HS512","RS256"]`, "HS512", "https://as.example"},
		"key of no announced kind": {"private_key_jwt", "ES256", "", `["RS256"]`, "ES256", "https://as.example"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			if c.algs != "" {
				f.metadata.Raw = map[string]json.RawMessage{
					"token_endpoint_auth_signing_alg_values_supported": json.RawMessage(c.algs)}
			}
			f.reply = func(url.Values) (answer, bool) { return ok(map[string]any{"active": true}), true }
			key := jose.SecretKey([]byte(canarySecret))
			r, _ := f.run(Values{})
			r.Client = Client{ID: "client", AuthMethod: c.method, Audience: c.audience,
				Secret: tokens.NewSecret(canarySecret)}
			if c.key != "" {
				key = clientKey(t, c.key)
				r.Client.Keys = jose.NewKeySet(key)
			}
			for range 2 {
				if _, _, err := r.Introspect(t.Context(), tokens.NewSecret(canaryAccess), tokens.Access); err != nil {
					t.Fatal(err)
				}
			}
			form := f.forms[0]
			if form.Get("client_assertion_type") != assertionType || form.Has("client_secret") ||
				form.Get("client_id") != "client" {
				t.Errorf("form: got %v", form)
			}
			raw := form.Get("client_assertion")
			if v := jose.Verify(raw, jose.NewKeySet(key), jose.VerifyOptions{}); v.Verdict != tokens.Good ||
				v.Alg != c.alg {
				t.Errorf("signature: got %s by %s (%s), want good by %s", v.Verdict, v.Alg, v.Reason, c.alg)
			}
			a, err := decodeJWT(raw)
			if err != nil {
				t.Fatal(err)
			}
			exp, _ := a.time("exp")
			if a.text("iss") != "client" || a.text("sub") != "client" || a.text("aud") != c.aud ||
				exp.Sub(start) != clientAssertionLifetime {
				t.Errorf("claims: got %s, want them for %s", a.claims, c.aud)
			}
			again, err := decodeJWT(f.forms[1].Get("client_assertion"))
			if err != nil || again.text("jti") == a.text("jti") || a.text("jti") == "" {
				t.Errorf("jti: got %q twice, want a new one each time", a.text("jti"))
			}
			for _, secret := range []string{raw, canarySecret} {
				if !strings.Contains(revealed(f.requests[0].Secrets), secret) && c.method == "client_secret_jwt" ||
					!strings.Contains(revealed(f.requests[0].Secrets), raw) {
					t.Error("the assertion or the secret is not among what must not be recorded")
				}
			}
		})
	}
}

func revealed(list []tokens.Secret) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.Reveal() + "\n")
	}
	return b.String()
}

func TestAClientCertificateUsesTheMTLSEndpointAliases(t *testing.T) {
	for name, c := range map[string]struct {
		cert *x509.Certificate
		want string
	}{
		"with a certificate": {certificate(t), "https://mtls.as.example/token"},
		"without one":        {nil, "https://as.example/token"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.Raw = map[string]json.RawMessage{
				"mtls_endpoint_aliases": json.RawMessage(`{"token_endpoint":"https://mtls.as.example/token"}`)}
			f.reply = func(form url.Values) (answer, bool) { return ok(f.tokens(form)), true }
			r, _ := f.run(Values{})
			r.Client.Certificate = c.cert
			if _, err := ClientCredentials.Run(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got := f.requests[0].URL; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestConfigureReadsEndpointMethods(t *testing.T) {
	c := Client{}
	if err := c.Configure(Values{"endpoint_auth": "introspection=client_secret_basic par=none",
		"assertion_audience": "endpoint"}); err != nil {
		t.Fatal(err)
	}
	if c.forEndpoint("introspection").AuthMethod != "client_secret_basic" ||
		c.forEndpoint("par").AuthMethod != "none" ||
		c.forEndpoint("token").AuthMethod != "" || c.Audience != "endpoint" {
		t.Errorf("got %+v", c)
	}
	for _, bad := range []string{"introspection", "introspection=magic", "kitchen=none", "=none"} {
		var input *InputError
		if err := (&Client{}).Configure(Values{"endpoint_auth": bad}); !errors.As(err, &input) ||
			input.Input != "endpoint_auth" {
			t.Errorf("%q: got %v, want an *InputError", bad, err)
		}
	}
}

func TestExactlyTheBrokenCertificateBindingFails(t *testing.T) {
	cert := certificate(t)
	own := Client{Certificate: cert}.thumbprint()
	for name, c := range map[string]struct {
		cnf       map[string]any
		announced bool
		outcome   tokens.Outcome
	}{
		"bound":                        {map[string]any{"x5t#S256": own}, true, tokens.Passed},
		"bound to another":             {map[string]any{"x5t#S256": "other"}, true, tokens.Failed},
		"bound to another, not said":   {map[string]any{"x5t#S256": "other"}, false, tokens.Failed},
		"not bound, though announced":  {nil, true, tokens.Warned},
		"not bound, and not announced": {nil, false, tokens.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.Raw = map[string]json.RawMessage{"tls_client_certificate_bound_access_tokens": json.RawMessage(
				map[bool]string{true: "true", false: "false"}[c.announced])}
			f.editTokens = func(m map[string]any) {
				m["access_token"] = f.sign(map[string]any{"sub": "x",
					"cnf": c.cnf})
			}
			r, _ := f.run(Values{})
			r.Client.Certificate = cert
			_, err := ClientCredentials.Run(t.Context(), r)
			if got := outcomeOf(r.Ledger, tokens.CheckMTLSBinding); got != c.outcome ||
				(err != nil) != (c.outcome == tokens.Failed) {
				t.Errorf("got %q and %v, want %s", got, err, c.outcome)
			}
			if got := failures(r.Ledger); got != "" && !strings.HasPrefix(got, "mtls.binding") {
				t.Errorf("other checks that did not pass: %s", got)
			}
		})
	}
}
