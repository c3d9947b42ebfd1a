package inspect

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined with it (RFC 7515 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// Certificate describes one certificate of the header's x5c, in text that may be printed. It was not trusted.
type Certificate struct {
	Subject   string    `json:"subject,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"`
	NotAfter  time.Time `json:"not_after,omitzero"`
	Key       string    `json:"key,omitempty"`    // "RSA 2048", "EC P-256"
	SHA256    string    `json:"sha256,omitempty"` // of the whole certificate, in hex
	// Signed says whether the next certificate of the chain signed this one, or, of the last, this one itself.
	Signed string `json:"signed,omitempty"`
	Error  string `json:"error,omitempty"` // why it is invalid
}

// Bounds of a chain.
const (
	maxChain       = 10
	maxCertificate = 32 << 10
	maxChainRSA    = 8192 // bits of a key that verifies a signature in the chain
)

// findCertificates parses x5c, compares x5t and x5t#S256, and reports the faults of the chain.
func (l *linter) findCertificates() {
	var leaf []byte
	where := "the first certificate of x5c"
	if raw, ok := l.header.Raw("x5c"); ok {
		leaf = l.readChain(raw)
	}
	if leaf == nil {
		where = "the given certificate"
		for _, k := range l.o.Keys.Keys() {
			if leaf = k.Certificate(); leaf != nil {
				break
			}
		}
	}
	if leaf == nil {
		return
	}
	short, long := sha1.Sum(leaf), sha256.Sum256(leaf) //nolint:gosec // see above
	for name, sum := range map[string][]byte{"x5t": short[:], "x5t#S256": long[:]} {
		got, ok := l.header.String(name)
		if !ok {
			continue
		}
		want := base64.RawURLEncoding.EncodeToString(sum)
		switch {
		case got == want:
		case equalThumbprint(got, sum):
			l.add("x5t-encoding", Warning, "header."+name, "RFC 7515 4.1.7",
				"%s is the thumbprint of %s, but not as base64url without padding: strict verifiers do not find "+
					"the key", name, where)
		default:
			l.add("x5t-mismatch", Error, "header."+name, "RFC 7515 4.1.7, 4.1.8",
				"%s is %q, %s has %s: the token was signed with another certificate, or the header was changed", name,
				tokens.Clip(got, 80), where, want)
		}
	}
}

// equalThumbprint compares a thumbprint in the encodings that people use.
func equalThumbprint(text string, sum []byte) bool {
	if b, err := hex.DecodeString(text); err == nil && string(b) == string(sum) {
		return true
	}
	for _, e := range []*base64.Encoding{base64.URLEncoding, base64.StdEncoding, base64.RawStdEncoding} {
		if b, err := e.DecodeString(text); err == nil && string(b) == string(sum) {
			return true
		}
	}
	// Some issuers encode the hex digits instead of the bytes.
	b, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && string(b) == hex.EncodeToString(sum)
}

// readChain sets the report's certificates and returns the first one's DER; nil if it is invalid.
func (l *linter) readChain(raw []byte) (leaf []byte) {
	list, ok := ordered.Array(raw)
	if !ok || len(list) == 0 {
		l.add("x5c-malformed", Error, "header.x5c", "RFC 7515 4.1.6", "x5c is not a list of certificates")
		return nil
	}
	var chain []*x509.Certificate
	for i, item := range list {
		if i == maxChain {
			l.add("x5c-long", Warning, "header.x5c", "RFC 7515 4.1.6",
				"x5c has %d certificates: only the first %d are shown", len(list), maxChain)
			break
		}
		cert, err := readCertificate(item)
		shown := Certificate{}
		if err != nil {
			shown.Error = tokens.VisibleLine(err.Error())
			l.add("x5c-malformed", Error, "header.x5c", "RFC 7515 4.1.6", "certificate %d of x5c is invalid: %v",
				i+1, err)
		} else {
			shown = describeCertificate(cert)
			if i == 0 {
				leaf = cert.Raw
			}
		}
		chain = append(chain, cert)
		l.r.Certificates = append(l.r.Certificates, shown)
	}
	l.checkChain(chain)
	return leaf
}

func readCertificate(raw []byte) (*x509.Certificate, error) {
	text, ok := ordered.Text(raw)
	if !ok || len(text) > maxCertificate {
		return nil, fmt.Errorf("it is not a string of at most %d characters", maxCertificate)
	}
	der, err := base64.StdEncoding.DecodeString(text) // x5c alone has standard base64
	if err != nil {
		if der, err = base64.RawURLEncoding.DecodeString(text); err != nil {
			return nil, fmt.Errorf("it is not base64 (RFC 7515 4.1.6)")
		}
	}
	return x509.ParseCertificate(der)
}

func describeCertificate(c *x509.Certificate) Certificate {
	sum := sha256.Sum256(c.Raw)
	return Certificate{Subject: tokens.VisibleLine(tokens.Clip(c.Subject.String(), 300)),
		Issuer:    tokens.VisibleLine(tokens.Clip(c.Issuer.String(), 300)),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Key: keyName(c.PublicKey),
		SHA256: hex.EncodeToString(sum[:])}
}

func keyName(public any) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "EC " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "a key of another kind"
}

// checkChain reports who signed whom, and which certificates are expired or not valid yet.
func (l *linter) checkChain(chain []*x509.Certificate) {
	for i, c := range chain {
		if c == nil {
			continue
		}
		shown := &l.r.Certificates[i]
		switch {
		case l.o.Now.After(c.NotAfter):
			l.add("certificate-expired", Warning, "header.x5c", "RFC 5280 4.1.2.5",
				"certificate %d of x5c expired %s", i+1, tokens.Relative(c.NotAfter, l.o.Now))
		case l.o.Now.Before(c.NotBefore):
			l.add("certificate-not-yet", Warning, "header.x5c", "RFC 5280 4.1.2.5",
				"certificate %d of x5c is not valid before %s", i+1, c.NotBefore.UTC().Format(time.RFC3339))
		}
		parent, by := c, "by itself"
		if i+1 < len(chain) {
			if parent, by = chain[i+1], "by the next one"; parent == nil {
				continue
			}
		}
		if k, ok := parent.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() > maxChainRSA {
			shown.Signed = fmt.Sprintf("not checked: the key above has %d bits", k.N.BitLen())
			continue
		}
		err := parent.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
		switch {
		case err == nil:
			shown.Signed = by
		case i+1 < len(chain):
			shown.Signed = "not by the next one"
			l.add("x5c-chain", Error, "header.x5c", "RFC 7515 4.1.6",
				"certificate %d of x5c is not signed by the one after it: this is not a chain", i+1)
		default:
			shown.Signed = "by one that is not in x5c"
		}
	}
}
