package session

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
)

// packed writes the certificate and the key of a profile into a PKCS#12 file with a passphrase.
func (b *bench) packed(p profile.Profile, passphrase string) string {
	b.t.Helper()
	read := func(file string) []byte {
		data, err := os.ReadFile(file)
		if err != nil {
			b.t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		return block.Bytes
	}
	cert, err := x509.ParseCertificate(read(p.TLS.Cert))
	if err != nil {
		b.t.Fatal(err)
	}
	der := read(p.TLS.Key)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if key, err = x509.ParseECPrivateKey(der); err != nil {
			b.t.Fatal(err)
		}
	}
	data, err := pkcs12.Modern2023.Encode(key, cert, nil, passphrase)
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), "client.p12")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return file
}

// The passphrase of a certificate comes from the profile's reference, or is stored in the vault if the user entered it:
// later uses of the session need no user.
func TestTheCertificateOfASessionCanHaveAPassphrase(t *testing.T) {
	const passphrase = "CANARY-passphrase"
	b := newBench(t)
	name := b.profileOf("demo-tls", map[string]string{"scope": "api:read"})
	p, err := b.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	file := b.packed(p, passphrase)
	later := func(id string, environment map[string]string) error {
		next, _ := b.another(func(name string) string { return environment[name] })
		if _, err := next.Refresh(b.ctx(), id, nil); err != nil {
			return err
		}
		_, err := next.Call(b.ctx(), id, calls.Request{URL: "/orders"})
		return err
	}
	byHand := wire.Options{CAFile: p.TLS.CA, ClientCertFile: file, ClientCertPassphrase: func() (tokens.Secret, error) {
		return tokens.NewSecret(passphrase), nil
	}}
	s := b.login(LoginRequest{Issuer: b.server.Issuer(), ClientID: "demo-tls", AuthMethod: "tls_client_auth",
		TLS: byHand,
		API: p.API, Grant: "client_credentials", Values: flows.Values{"scope": "api:read"}})
	rec, err := b.Load(b.ctx(), s.Meta.ID)
	if err != nil || rec.Secrets.CertPassphrase.Reveal() != passphrase || strings.Contains(mustJSON(t, rec.Meta),
		passphrase) {
		t.Errorf("entered: stored %s, %v", rec.Secrets.CertPassphrase, err)
	}
	if err := later(s.Meta.ID, nil); err != nil {
		t.Errorf("entered, later: %v", err)
	}
	p.TLS = profile.TLS{CA: p.TLS.CA, Cert: file, Passphrase: &profile.Ref{Env: "P12"}}
	if err := b.file.Put(p); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"P12": passphrase}
	next, _ := b.another(func(name string) string { return environment[name] })
	fetched, err := next.Login(b.ctx(), LoginRequest{Profile: name, Grant: "client_credentials"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := b.Load(b.ctx(), fetched.Meta.ID); err != nil || !rec.Secrets.CertPassphrase.IsZero() {
		t.Errorf("of the profile: kept %s, %v", rec.Secrets.CertPassphrase, err)
	}
	if err := later(fetched.Meta.ID, environment); err != nil {
		t.Errorf("of the profile, later: %v", err)
	}
	err = later(fetched.Meta.ID, nil)
	if err == nil || !strings.Contains(err.Error(), "P12") || strings.Contains(err.Error(), passphrase) {
		t.Errorf("of the profile, gone: got %v", err)
	}
}
