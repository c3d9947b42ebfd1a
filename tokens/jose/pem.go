package jose

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"fob/tokens/jose/ordered"
)

// SecretKey returns an HMAC secret, or a symmetric encryption key, of these bytes. An empty or oversized secret gives
// the zero Key. Only the caller can declare a secret; ParseKeys never treats PEM or DER as one.
func SecretKey(secret []byte) Key {
	k := &key{}
	if k.setSecret(secret) != nil {
		return Key{}
	}
	return Key{k}
}

// ParseKeys parses the key that a user gives: a JWK, a JWK set or its list, PEM blocks (PKCS #1, PKCS #8, SEC 1, PKIX,
// certificates; also with their line breaks lost), base64 DER of these, or else the text of a shared secret. A secret
// is read as text and, if it looks like it, also as base64 and hex: each reading is a separate key.
//
// PEM and DER are never used as a secret: an HMAC over a public key is the oldest forgery (RFC 8725 2.1).
func ParseKeys(data []byte) (KeySet, error) {
	if len(data) > maxKeyBytes {
		return KeySet{}, fmt.Errorf("reading keys: the text has %d bytes, at most %d are read", len(data), maxKeyBytes)
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return KeySet{}, errors.New("reading keys: the text is empty")
	case text[0] == '{':
		return parseJSONKeys(text)
	case text[0] == '[' && json.Valid(text):
		return readKeySet(text, false) // only the value of "keys"
	case bytes.Contains(text, []byte("-----BEGIN")):
		return parsePEM(text)
	case isOpenSSH(text):
		return KeySet{}, errors.New("reading the key: it is a public key in OpenSSH format: convert it first with " +
			"ssh-keygen -e -m PKCS8 -f FILE")
	}
	if der, _, err := decodeLenient(string(bytes.Join(bytes.Fields(text), nil))); err == nil && len(der) > 24 {
		raw, err := parseDER("", der)
		if err == nil {
			k, err := keyFromGo(raw)
			if err != nil {
				return KeySet{}, fmt.Errorf("reading the key: %w", err)
			}
			if _, err := x509.ParseCertificate(der); err == nil {
				k.k.certificate = der
			}
			return NewKeySet(k), nil
		}
		if isDER(der) {
			return KeySet{}, fmt.Errorf("reading the key: %w", err)
		}
	}
	return parseSecret(data)
}

// ParseKey parses one JWK (RFC 7517 4).
func ParseKey(jwk []byte) (Key, error) {
	if len(jwk) > maxKeyBytes {
		return Key{}, fmt.Errorf("reading the key: it has %d bytes, at most %d are read", len(jwk), maxKeyBytes)
	}
	return parseJWK(jwk)
}

// parseJSONKeys parses a JWK set or a JWK.
func parseJSONKeys(text []byte) (KeySet, error) {
	doc, syntax := ordered.Parse(text)
	if syntax != nil {
		return KeySet{}, fmt.Errorf("reading the key: %w", syntax)
	}
	if raw, ok := doc.Raw("keys"); ok {
		return readKeySet(raw, false)
	}
	k, err := readJWK(doc)
	if err != nil {
		return KeySet{}, fmt.Errorf("reading the key: %w", err)
	}
	return NewKeySet(k), nil
}

// isOpenSSH recognises the line of an authorized_keys or .pub file (RFC 4253 6.6), which is public and no secret.
func isOpenSSH(text []byte) bool {
	kind, rest, ok := bytes.Cut(text, []byte(" "))
	return ok && bytes.HasPrefix(rest, []byte("AAAA")) &&
		(bytes.HasPrefix(kind, []byte("ssh-")) || bytes.HasPrefix(kind, []byte("ecdsa-sha2-")) ||
			bytes.HasPrefix(kind, []byte("sk-")))
}

// flattenedPEM matches a PEM block that lost its line breaks: on one line, with the characters \n for each, or
// indented, as in environment variables, JSON and YAML.
var flattenedPEM = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END ([A-Z0-9 ]+)-----`)
})

// restoreLines restores the line breaks of PEM blocks.
func restoreLines(text []byte) []byte {
	text = []byte(strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(string(text)))
	var out []byte
	for _, m := range flattenedPEM().FindAllSubmatch(text, maxKeys) {
		if body, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(m[2]), nil))); err == nil &&
			bytes.Equal(m[1], m[3]) {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: string(m[1]), Bytes: body})...)
		}
	}
	return out
}

func parsePEM(text []byte) (KeySet, error) {
	set := KeySet{explicit: true}
	if block, _ := pem.Decode(text); block == nil {
		text = restoreLines(text)
	}
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if n > maxKeys {
			set.skipped = append(set.skipped, fmt.Sprintf("PEM blocks after %d: only the first %d are read",
				maxKeys, maxKeys))
			break
		}
		raw, err := parseDER(block.Type, block.Bytes)
		var k Key
		if err == nil {
			k, err = keyFromGo(raw)
		}
		if err != nil {
			set.skipped = append(set.skipped, fmt.Sprintf("PEM block %d (%s): %v", n, quote(block.Type), err))
			continue
		}
		k.k.kid = block.Headers["kid"]
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			k.k.certificate = block.Bytes
		}
		set.keys = append(set.keys, k)
	}
	if len(set.keys) == 0 {
		if len(set.skipped) > 0 {
			return set, fmt.Errorf("reading PEM: no key could be read: %s", strings.Join(set.skipped, "; "))
		}
		return set, errors.New("reading PEM: there is a BEGIN line but no complete PEM block: it may be truncated")
	}
	return set, nil
}

// isDER recognises an ASN.1 sequence that fills the bytes: an unreadable key must not be used as a secret.
func isDER(der []byte) bool {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	return err == nil && len(rest) == 0 && v.Tag == asn1.TagSequence && v.IsCompound
}

// parseDER parses one DER structure; kind is the PEM label, or "".
func parseDER(kind string, der []byte) (any, error) {
	if kind == "EC PARAMETERS" {
		return nil, errors.New("it names a curve and contains no key")
	}
	if strings.Contains(kind, "ENCRYPTED") {
		return nil, errors.New("it is encrypted with a passphrase: decrypt it first, for example with openssl pkey")
	}
	if kind == "OPENSSH PRIVATE KEY" {
		return nil, errors.New("it is an OpenSSH key: convert it first, with ssh-keygen -p -m PKCS8")
	}
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if cert, err := x509.ParseCertificate(der); err == nil {
		return cert.PublicKey, nil
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	if key, ok := parseSecpDER(der); ok {
		return key, nil
	}
	return nil, errors.New("it is neither PKIX, PKCS #8, PKCS #1, SEC 1 nor a certificate, or its curve is not " +
		"supported (Ed448)")
}

// parseSecret parses a shared secret. One line break at the end belongs to the file, not to the secret.
func parseSecret(data []byte) (KeySet, error) {
	text := bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	set := KeySet{explicit: true}
	add := func(form string, secret []byte) {
		k := SecretKey(secret)
		if k.k == nil {
			return
		}
		for _, known := range set.keys {
			if bytes.Equal(known.k.private.([]byte), secret) {
				return
			}
		}
		k.k.secretEncoding = form
		set.keys = append(set.keys, k)
	}
	add("text", text)
	add("text with its line end", data)
	if b, _, err := decodeLenient(string(text)); err == nil {
		add("base64", b)
	}
	if b, err := hex.DecodeString(string(text)); err == nil {
		add("hex", b)
	}
	if len(set.keys) == 0 {
		return set, fmt.Errorf("reading the secret: it has %d bytes, at most %d are read", len(text), maxSecretBytes)
	}
	return set, nil
}
