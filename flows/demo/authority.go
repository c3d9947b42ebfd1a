package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// authority is a certificate authority of one run: for the TLS listener and for the client demo-tls.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
	now  time.Time
}

// identity is a certificate and its private key, as PEM.
type identity struct{ Certificate, PrivateKey string }

// certificateLife is the validity of certificates before and after the start: longer than any run, by any clock.
const certificateLife = 10 * 365 * 24 * time.Hour

func newAuthority(now time.Time) (*authority, error) {
	a := &authority{now: now}
	template := a.template(pkix.Name{CommonName: "fob demo CA", Organization: []string{"fob demo"}})
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	_, der, key, err := a.sign(template)
	if err != nil {
		return nil, err
	}
	a.key = key
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	a.cert, err = x509.ParseCertificate(der)
	return a, err
}

func (a *authority) template(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // never fails since Go 1.24
	return &x509.Certificate{SerialNumber: serial, Subject: subject, NotBefore: a.now.Add(-certificateLife),
		NotAfter: a.now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature}
}

// sign creates a key and a certificate for it: signed by the authority or, before there is one, by the key itself.
func (a *authority) sign(template *x509.Certificate) (id identity, der []byte, key *ecdsa.PrivateKey, err error) {
	doing := func(err error) error { return fmt.Errorf("making a certificate for %s: %w", template.Subject, err) }
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return id, nil, nil, doing(err)
	}
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by); err != nil {
		return id, nil, nil, doing(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return id, nil, nil, doing(err)
	}
	id.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	id.PrivateKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return id, der, key, nil
}

// server creates the certificate of the TLS listener, for every name of loopback.
func (a *authority) server() (tls.Certificate, error) {
	template := a.template(pkix.Name{CommonName: "fob demo"})
	template.DNSNames = []string{"localhost"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	id, _, _, err := a.sign(template)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair([]byte(id.Certificate), []byte(id.PrivateKey))
}

// client creates a client certificate, signed by the authority or self-signed.
func (a *authority) client(name string, selfSigned bool) (identity, error) {
	by := a
	if selfSigned {
		by = &authority{now: a.now}
	}
	template := by.template(pkix.Name{CommonName: name, Organization: []string{"fob demo"}})
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	id, _, _, err := by.sign(template)
	return id, err
}

// pool contains only the authority.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// tlsConfig requests a client certificate without verifying it: client authentication does that.
func (a *authority) tlsConfig() (*tls.Config, error) {
	cert, err := a.server()
	return &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert,
		MinVersion: tls.VersionTLS12}, err
}
