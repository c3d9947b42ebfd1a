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
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"fob/tokens/jose"
)

// serviceSecret is the secret of the certified provider's confidential clients, userCode the user code of CIBA.
const (
	serviceSecret = "e2e-service-secret-canary-4711-abcdefghij"
	userCode      = "4711"
)

// certified is the certified provider (oidc-provider, with every feature on) that the tests share, with the credentials
// of its clients. Tests that change a client register their own.
type certified struct {
	Issuer  string `json:"issuer"`
	TLS     string `json:"tls"`     // asks for client certificates at its own address
	Aliased string `json:"aliased"` // asks for them at its mtls_endpoint_aliases

	keys                                             string // the clients' private keys
	ca, serverCert, serverKey                        string // PEM files
	clientCert, clientKey, selfSigned, selfSignedKey string
}

var (
	sharedOnce sync.Once
	shared     *certified
	errShared  error
	stopShared = func() {}
)

// useCertified starts the shared provider on first use, and sets its clients' secret in this home.
func (h *home) useCertified() *certified {
	h.t.Helper()
	need(h.t, "node", "npm-packages")
	sharedOnce.Do(func() { shared, errShared = startCertified() })
	if errShared != nil {
		h.t.Fatalf("the certified provider: %v", errShared)
	}
	h.set("FOB_E2E_SECRET", serviceSecret)
	h.set("FOB_E2E_USER_CODE", userCode)
	h.set("NODE_EXTRA_CA_CERTS", shared.ca) // for the visitor
	return shared
}

func startCertified() (*certified, error) {
	c := &certified{}
	dir := filepath.Join(filepath.Dir(fobBinary), "certified")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	public, err := c.makeKeys(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("node", nodeScript("provider.mjs"))
	cmd.Env = append(os.Environ(), "FOB_E2E_SECRET="+serviceSecret, "FOB_E2E_JWKS="+public,
		"FOB_E2E_TLS_CERT="+c.serverCert, "FOB_E2E_TLS_KEY="+c.serverKey,
		"FOB_E2E_TLS_CLIENT_CA="+c.ca, "NODE_EXTRA_CA_CERTS="+c.ca)
	stop, err := startServing(cmd, c)
	if err == nil {
		stopShared = stop
	}
	return c, err
}

// makeKeys writes the certificates and the clients' keys, and returns the file of the public ones.
func (c *certified) makeKeys(dir string) (public string, err error) {
	authority, err := newAuthority(dir, "ca")
	if err != nil {
		return "", err
	}
	c.ca = authority.certFile
	if c.serverCert, c.serverKey, _, err = authority.issue(dir, "fob-e2e-server"); err != nil {
		return "", err
	}
	if c.clientCert, c.clientKey, _, err = authority.issue(dir, "fob-e2e-client"); err != nil {
		return "", err
	}
	// A self-signed certificate: the provider knows its key from the registration of the client.
	var self *authorityKey
	if self, err = newAuthority(dir, "fob-e2e-self-signed"); err != nil {
		return "", err
	}
	c.selfSigned, c.selfSignedKey = self.certFile, self.keyFile
	privates, publics := []json.RawMessage{}, []json.RawMessage{self.jwk("self-signed")}
	for _, k := range []struct{ alg, kid string }{{"ES256", "fob-signs"}, {"ECDH-ES", "fob-decrypts"},
		{"RSA-OAEP-256", "fob-decrypts-rsa"}} {
		key, err := jose.Generate(k.alg, k.kid)
		if err != nil {
			return "", err
		}
		secret, err := key.PrivateJWK()
		if err != nil {
			return "", err
		}
		open, err := key.PublicJWK()
		if err != nil {
			return "", err
		}
		privates, publics = append(privates, withoutAlg(k.alg, []byte(secret.Reveal()))),
			append(publics, withoutAlg(k.alg, open))
	}
	if c.keys, err = writeSet(dir, "private.json", privates); err != nil {
		return "", err
	}
	return writeSet(dir, "public.json", publics)
}

// withoutAlg removes alg from a decryption key, since the clients use it with several algorithms.
func withoutAlg(alg string, key json.RawMessage) json.RawMessage {
	var members map[string]any
	if alg == "ES256" || json.Unmarshal(key, &members) != nil {
		return key
	}
	delete(members, "alg")
	open, err := json.Marshal(members)
	if err != nil {
		return key
	}
	return open
}

func writeSet(dir, name string, keys []json.RawMessage) (string, error) {
	data, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, data, 0o600)
}

// authorityKey is a certificate that signs others, and itself.
type authorityKey struct {
	certificate       *x509.Certificate
	key               *ecdsa.PrivateKey
	certFile, keyFile string
}

func newAuthority(dir, name string) (*authorityKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authorityKey{key: key}
	a.certificate = certificateOf(name)
	a.certificate.IsCA, a.certificate.KeyUsage = true, x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign
	a.certFile, a.keyFile, err = a.write(dir, name, a.certificate, key)
	return a, err
}

func certificateOf(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// issue writes a certificate that the authority signed, and its key.
func (a *authorityKey) issue(dir, name string) (certFile, keyFile string, key *ecdsa.PrivateKey, err error) {
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return "", "", nil, err
	}
	certFile, keyFile, err = a.write(dir, name, certificateOf(name), key)
	return certFile, keyFile, key, err
}

func (a *authorityKey) write(dir, name string, c *x509.Certificate, key *ecdsa.PrivateKey) (certFile, keyFile string,
	err error) {
	der, err := x509.CreateCertificate(rand.Reader, c, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return "", "", err
	}
	if c == a.certificate {
		if a.certificate, err = x509.ParseCertificate(der); err != nil {
			return "", "", err
		}
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der},
		keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return "", "", err
		}
	}
	return certFile, keyFile, nil
}

// jwk returns the public key with the certificate, as a client registers a self-signed one (RFC 8705 2.2.2).
func (a *authorityKey) jwk(kid string) json.RawMessage {
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return json.RawMessage(fmt.Sprintf(`{"kty":"EC","crv":"P-256","use":"sig","kid":%q,"x":%q,"y":%q,"x5c":[%q]}`,
		kid, b64(point[1:33]), b64(point[33:]), base64.StdEncoding.EncodeToString(a.certificate.Raw)))
}
