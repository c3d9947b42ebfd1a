package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/flows/demo"
	"fob/flows/provider"
	"fob/tokens/vault"
)

// Without a profile the advice about a certificate is a flag, which works.
func TestAProviderWithAnUntrustedCertificate(t *testing.T) {
	w := newWorld(t)
	s, err := demo.Start(demo.Config{TLS: true, AutoConsent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := w.wants(exitNetwork, "\n    fob provider "+s.Issuer()+" --ca FILE\n", "provider", s.Issuer())
	if strings.Contains(r.stderr, "profile edit") {
		t.Errorf("there is no profile to edit:\n%s", r.stderr)
	}
	ca := w.file("ca.pem", s.Description().TLS.CA)
	if got := parse[providerJSON](t, w.must("provider", s.Issuer(), "--json", "--ca",
		ca).out); got.Issuer != s.Issuer() || got.KeysErr != "" {
		t.Errorf("with --ca: issuer %q, keys %q", got.Issuer, got.KeysErr)
	}
}

func TestARedirectToAnotherHostIsPasted(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.browser = func(context.Context, string) error { return nil }
	w.wants(exitPerson, "--paste", "login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--redirect-uri",
		"https://elsewhere.example/cb", "--no-input")
}

func TestARejectedCallIsExplainedOnce(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	token := strings.TrimSpace(w.must("token", login.Session).out)
	r := w.must("call", login.Session, "GET", s.API()+"/me", "-H", "Authorization: Bearer "+token[:len(token)-4]+"AAAA")
	for _, said := range []string{"HTTP 401", "challenge: ", "likely causes:"} {
		if strings.Count(r.stderr, said) != 1 {
			t.Errorf("%q is printed %d times, want once:\n%s", said, strings.Count(r.stderr, said), r.stderr)
		}
	}
	if strings.Contains(r.stderr, "it may be expired, revoked, meant for another audience") {
		t.Errorf("the causes are printed twice:\n%s", r.stderr)
	}
}

// A sign-in that requests no token is granted no scope.
func TestASessionWithoutTokensHasNoScope(t *testing.T) {
	m := vault.Meta{AskedScope: "openid profile"}
	if got := grantedScope(m); got != "" {
		t.Errorf("granted %q, want nothing", got)
	}
	w := newWorld(t)
	var out strings.Builder
	if err := w.app(strings.NewReader(""), &out, &out).printSession(m); err != nil ||
		strings.Contains(out.String(), "openid") {
		t.Errorf("printed %v %q, want no scope, neither granted nor refused", err, out.String())
	}
}

// A weak key is reported with the findings about the metadata.
func TestAWeakKeyOfAProviderIsReported(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	n := base64.RawURLEncoding.EncodeToString(short.N.Bytes())
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/jwks" {
			_, _ = fmt.Fprintf(w, `{"keys":[{"kty":"RSA","kid":"old","e":"AQAB","n":%q}]}`, n)
			return
		}
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":"%s/token","jwks_uri":"%s/jwks"}`, s.URL, s.URL, s.URL)
	}))
	t.Cleanup(s.Close)
	w := newWorld(t)
	const want = "the key old: the RSA key has 1024 bits"
	if out := w.must("provider", s.URL).out; !strings.Contains(out, want) {
		t.Errorf("got\n%s\nwant %q in it", out, want)
	}
	for _, f := range parse[providerJSON](t, w.must("provider", s.URL, "--json").out).Findings {
		if f.ID == "key" && f.Severity == provider.Warning && strings.HasPrefix(f.What, want) {
			return
		}
	}
	t.Error("--json has no such finding")
}
