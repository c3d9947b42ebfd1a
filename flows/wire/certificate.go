package wire

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"fob/tokens"
	"fob/tokens/shell"
)

// Certificate returns the client certificate that connections offer, or nil.
func (c *Client) Certificate() *x509.Certificate { return c.certificate }

// CertificatePassphrase returns the passphrase of the client certificate's file; zero when it needed none.
func (c *Client) CertificatePassphrase() tokens.Secret { return c.passphrase }

const loadingCertificate = "load the client certificate"

// errNeedsPassphrase means that a file needs a passphrase and none is configured.
var errNeedsPassphrase = errors.New("it is a PKCS#12 file that needs a passphrase, and none is configured")

// clientCertificate loads the certificate for mutual TLS and its key, from one file or two: PEM, with certificates and
// key in any order, DER, or PKCS#12. It returns the passphrase that was needed, if any, and a nil certificate where
// none is configured.
func clientCertificate(ctx context.Context, o Options) (*tls.Certificate, tokens.Secret, error) {
	var none tokens.Secret
	if o.ClientCertFile == "" && o.ClientKeyFile == "" {
		return nil, none, nil
	}
	if o.ClientCertFile == "" {
		return nil, none, setupError(loadingCertificate, errors.New("a client key is set and no client certificate"),
			"Name the certificate's file too.")
	}
	var found certificateFiles
	files := []string{o.ClientCertFile}
	if o.ClientKeyFile != "" && o.ClientKeyFile != o.ClientCertFile {
		files = append(files, o.ClientKeyFile)
	}
	for _, file := range files {
		if err := found.read(ctx, file, o.ClientCertPassphrase); err != nil {
			return nil, none, err
		}
	}
	cert, err := found.pair(o.ClientCertFile, o.ClientKeyFile)
	return cert, found.passphrase, err
}

// holding is the content of the files of a client certificate.
type certificateFiles struct {
	certs      []*x509.Certificate
	keys       []crypto.PrivateKey
	passphrase tokens.Secret
}

// read adds the content of a file.
func (h *certificateFiles) read(ctx context.Context, file string, passphrase func() (tokens.Secret, error)) error {
	data, err := readSettingsFile(ctx, file)
	if err != nil {
		return setupError(loadingCertificate, err, "Name a file with a certificate that this account may read.")
	}
	switch {
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return h.readPEM(file, data)
	case bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}):
		return setupError(loadingCertificate, fmt.Errorf("%s is a Java key store", tokens.VisibleLine(file)),
			"Turn it into PKCS#12 with: keytool -importkeystore -deststoretype PKCS12 -destkeystore FILE.p12 "+
				"-srckeystore "+shell.Word(file))
	case h.readDER(data):
		return nil
	case isPFX(data):
		return h.readPFX(file, data, passphrase)
	}
	return setupError(loadingCertificate, fmt.Errorf("%s holds neither a certificate nor a key, in PEM, DER or PKCS#12",
		tokens.VisibleLine(file)),
		"A PEM file has lines that begin with -----BEGIN. "+
			"Look at what it is: openssl asn1parse -inform der -in "+shell.Word(file))
}

func (h *certificateFiles) readPEM(file string, data []byte) error {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil
		}
		switch kind := block.Type; {
		case kind == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return setupError(loadingCertificate, errors.New("its key is encrypted with a passphrase"),
				"Decrypt a copy with: openssl pkey -in KEY -out KEY.pem, and keep that copy readable by you alone. "+
					"A PKCS#12 file can keep its passphrase.")
		case kind == "CERTIFICATE", kind == "X509 CERTIFICATE", strings.HasSuffix(kind, "PRIVATE KEY"):
			if !h.readDER(block.Bytes) {
				return setupError(loadingCertificate,
					fmt.Errorf("%s: what is between BEGIN %s and its END cannot be read",
						tokens.VisibleLine(file), tokens.VisibleLine(kind)),
					"It may be cut, or of a kind that TLS does not use.")
			}
		}
	}
}

// readDER takes a certificate, several in a row, or a key, and reports whether the data is one of these.
func (h *certificateFiles) readDER(data []byte) bool {
	if certs, err := x509.ParseCertificates(data); err == nil && len(certs) > 0 {
		h.certs = append(h.certs, certs...)
		return true
	}
	if key, err := x509.ParsePKCS8PrivateKey(data); err == nil {
		h.keys = append(h.keys, key)
		return true
	}
	if key, err := x509.ParsePKCS1PrivateKey(data); err == nil {
		h.keys = append(h.keys, key)
		return true
	}
	key, err := x509.ParseECPrivateKey(data)
	if err == nil {
		h.keys = append(h.keys, key)
	}
	return err == nil
}

// isPFX reports whether the data begins as PKCS#12 does: a sequence of the version 3 and another sequence (RFC 7292 4).
func isPFX(data []byte) bool {
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MAC      asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(data, &pfx)
	return err == nil && pfx.Version == 3
}

// readPFX takes a key and its certificates from PKCS#12. An empty passphrase is tried before the user is asked.
func (h *certificateFiles) readPFX(file string, data []byte, passphrase func() (tokens.Secret, error)) error {
	err := h.openPFX(data, tokens.Secret{})
	if err == nil {
		return nil
	}
	const where = "Name where its passphrase is: --cert-passphrase-env or --cert-passphrase-file, " +
		"or tls.passphrase in the profile."
	switch {
	case !errors.Is(err, pkcs12.ErrIncorrectPassword):
	case passphrase == nil:
		return setupError(loadingCertificate, fmt.Errorf("%s: %w", tokens.VisibleLine(file), errNeedsPassphrase), where)
	default:
		secret, asked := passphrase()
		if asked != nil {
			return setupError(loadingCertificate, fmt.Errorf("the passphrase of %s: %w", tokens.VisibleLine(file),
				asked), where)
		}
		if err = h.openPFX(data, secret); err == nil {
			h.passphrase = secret
			return nil
		}
		if errors.Is(err, pkcs12.ErrIncorrectPassword) {
			return setupError(loadingCertificate, fmt.Errorf("the passphrase does not open %s, a PKCS#12 file",
				tokens.VisibleLine(file)), where)
		}
	}
	return setupError(loadingCertificate, fmt.Errorf("%s is a PKCS#12 file that cannot be read: %w",
		tokens.VisibleLine(file), err),
		"Turn it into PEM with: openssl pkcs12 -in "+shell.Word(file)+" -nodes -out FILE.pem")
}

func (h *certificateFiles) openPFX(data []byte, passphrase tokens.Secret) error {
	key, cert, chain, err := pkcs12.DecodeChain(data, passphrase.Reveal())
	if err == nil {
		h.keys, h.certs = append(h.keys, key), append(append(h.certs, cert), chain...)
	}
	return err
}

// pair combines the key with its certificate, then the other certificates: files often have the chain in another
// order.
func (h *certificateFiles) pair(certFile, keyFile string) (*tls.Certificate, error) {
	where := tokens.VisibleLine(certFile)
	if keyFile != "" && keyFile != certFile {
		where += " and " + tokens.VisibleLine(keyFile)
	}
	switch {
	case len(h.certs) == 0:
		return nil, setupError(loadingCertificate, fmt.Errorf("there is no certificate in %s", where),
			"Name a file with the certificate too: --cert, or tls.cert in the profile.")
	case len(h.keys) == 0:
		return nil, setupError(loadingCertificate, fmt.Errorf("there is no private key in %s", where),
			"Name the file with the key too: --key, or tls.key in the profile.")
	}
	for _, key := range h.keys {
		signer, ok := key.(crypto.Signer)
		if !ok {
			continue
		}
		for i, cert := range h.certs {
			public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
			if !ok || !public.Equal(signer.Public()) {
				continue
			}
			pair := &tls.Certificate{PrivateKey: key, Leaf: cert, Certificate: [][]byte{cert.Raw}}
			for j, other := range h.certs {
				if j != i && !bytes.Equal(other.Raw, cert.Raw) {
					pair.Certificate = append(pair.Certificate, other.Raw)
				}
			}
			return pair, nil
		}
	}
	return nil, setupError(loadingCertificate, fmt.Errorf("the key does not belong to a certificate in %s", where),
		"The certificate and the key must belong together.")
}
