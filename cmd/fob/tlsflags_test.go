package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// A certificate is in one file or two, and its passphrase in a variable, a file or a prompt.
func TestFormsOfAClientCertificate(t *testing.T) {
	w := newWorld(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "c"},
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	keyDER, _ := x509.MarshalPKCS8PrivateKey(key)
	certPEM := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	both := w.file("both.pem", certPEM+string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	const passphrase = "CANARY-passphrase"
	data, err := pkcs12.Modern2023.Encode(key, cert, nil, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	p12 := w.file("c.p12", string(data))
	w.env["P12"] = passphrase
	w.answers = passphrase
	alone := w.file("alone.pem", certPEM)
	for name, c := range map[string]struct {
		args []string
		tty  bool
		code int
		said string
	}{
		"one file":   {[]string{"--cert", both}, false, exitNetwork, "127.0.0.1:1"},
		"a variable": {[]string{"--cert", p12, "--cert-passphrase-env", "P12"}, false, exitNetwork, "127.0.0.1:1"},
		"a file": {[]string{"--cert", p12, "--cert-passphrase-file", w.file("p", passphrase+"\n")}, false,
			exitNetwork, "127.0.0.1:1"},
		"a prompt":           {[]string{"--cert", p12}, true, exitNetwork, "Passphrase of the client certificate: "},
		"without a terminal": {[]string{"--cert", p12}, false, exitUsage, "--cert-passphrase-env"},
		"with --no-input":    {[]string{"--cert", p12, "--no-input"}, true, exitUsage, "--cert-passphrase-env"},
		"in the arguments": {[]string{"--cert", p12, "--cert-passphrase", passphrase}, false, exitUsage,
			"is rejected"},
		"no key":      {[]string{"--cert", alone}, false, exitNetwork, "no private key"},
		"a key alone": {[]string{"--key", both}, false, exitUsage, "--cert"},
	} {
		w.tty = ttys{in: c.tty}
		r := w.run(
			append([]string{"login", "--issuer", "https://127.0.0.1:1", "--client-id", "cli",
				"--grant", "client_credentials", "--auth-method", "tls_client_auth"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.said) || strings.Contains(r.stderr+r.out, passphrase) {
			t.Errorf("%s: exit %d, want %d with %q: %s", name, r.code, c.code, c.said, r.stderr)
		}
	}
	w.tty = ttys{}
	w.must("profile", "add", "p", "--issuer", "https://127.0.0.1:1", "--client-id", "cli",
		"--cert", p12, "--cert-passphrase-env", "P12")
	if got := parse[profileJSON](t, w.must("profile", "show", "p",
		"--json").out).TLS; got.Passphrase != "environment variable P12" ||
		got.Cert != p12 {
		t.Errorf("the profile has %+v", got)
	}
	if r := w.run("login", "p", "--grant", "client_credentials"); r.code != exitNetwork ||
		!strings.Contains(r.stderr, "127.0.0.1:1") {
		t.Errorf("by the profile: exit %d: %s", r.code, r.stderr)
	}
}
