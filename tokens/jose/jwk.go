package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fob/tokens/jose/ordered"
)

// The limits of keys that are read.
const (
	maxKeyBytes    = 1 << 20 // a JWKS document
	maxKeys        = 1000    // keys in it
	maxRSABits     = 16384   // each use of a larger modulus takes seconds
	minRSABits     = 2048    // RFC 7518 3.3; below it is a warning
	maxSecretBytes = 64 << 10
)

// curve has the lengths of a curve's values (RFC 7518 6.2.1, RFC 8037 2).
type curve struct {
	kty         string
	bytes       int // of a coordinate, or of the public key
	bits        int
	unsupported string
}

var curves = map[string]curve{
	"P-256":     {kty: "EC", bytes: 32, bits: 256},
	"P-384":     {kty: "EC", bytes: 48, bits: 384},
	"P-521":     {kty: "EC", bytes: 66, bits: 521},
	"secp256k1": {kty: "EC", bytes: 32, bits: 256},
	"Ed25519":   {kty: "OKP", bytes: 32, bits: 256},
	"X25519":    {kty: "OKP", bytes: 32, bits: 256},
	"Ed448":     {kty: "OKP", bytes: 57, bits: 448, unsupported: "unsupported algorithm: " + noEd448},
	"X448": {kty: "OKP", bytes: 56, bits: 448,
		unsupported: "unsupported algorithm: no maintained Go library for X448 is linked into this program"},
}

// ParseKeySet parses a JWK set (RFC 7517 5). An invalid key, or one of an unknown type, is skipped with a reason.
// Documents over 1 MiB are an error; keys after the first 1,000 are skipped.
func ParseKeySet(data []byte) (KeySet, error) { return parseKeySet(data, false) }

// ParsePublished is ParseKeySet for a set that a server publishes (jwks_uri). A private key or a shared secret in it is
// compromised: it is not in Keys, so that nothing is verified with it, but in Exposed (OpenID Connect Discovery 3).
func ParsePublished(data []byte) (KeySet, error) { return parseKeySet(data, true) }

func parseKeySet(data []byte, published bool) (KeySet, error) {
	if len(data) > maxKeyBytes {
		return KeySet{}, fmt.Errorf("reading a key set: it has %d bytes, at most %d are read", len(data), maxKeyBytes)
	}
	doc, syntax := ordered.Parse(data)
	raw, ok := doc.Raw("keys")
	switch instead := describeContent(data); {
	case syntax != nil && instead != "":
		return KeySet{}, fmt.Errorf("reading a key set: it is %s, not a JSON object (RFC 7517 5)", instead)
	case syntax != nil:
		return KeySet{}, fmt.Errorf("reading a key set: %w", syntax)
	case !ok && bytes.Contains(data, []byte("-----BEGIN")):
		return KeySet{}, errors.New(`reading a key set: it contains PEM, but no "keys" member with JWKs (RFC 7517 5)`)
	case !ok:
		return KeySet{}, errors.New(`reading a key set: there is no "keys" member (RFC 7517 5)`)
	}
	return readKeySet(raw, published)
}

// privateMemberNames are the members of a JWK that reveal its private half (RFC 7518 6.2.2, 6.3.2, RFC 9964).
var privateMemberNames = strings.Fields("d p q dp dq qi priv")

// parseExposed reports whether a JWK must not be in a published set, even if it is otherwise invalid.
func parseExposed(raw json.RawMessage) (e ExposedKey, exposed bool) {
	doc, syntax := ordered.Parse(raw)
	if syntax != nil {
		return e, false
	}
	e.Kid, _ = doc.String("kid")
	e.Type, _ = doc.String("kty")
	secret, _ := doc.String("k")
	e.Secret = e.Type == "oct" || secret != ""
	return e, e.Secret || doc.Has("oth") || slices.ContainsFunc(privateMemberNames, func(name string) bool {
		value, _ := doc.String(name)
		return value != ""
	})
}

// describeContent names the kind of a document that is not a JWK set, or "" if servers are not known to send it.
func describeContent(data []byte) string {
	switch text := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)])); {
	case len(text) == 0:
		return "empty"
	case text[0] == '[':
		return "a JSON list"
	case text[0] == '"':
		return "a JSON string"
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "a web page (HTML)"
	case text[0] == '<':
		return "XML"
	case bytes.HasPrefix(text, []byte("-----begin")):
		return "PEM"
	}
	return ""
}

// readKeySet parses the value of "keys".
func readKeySet(raw json.RawMessage, published bool) (KeySet, error) {
	list, ok := ordered.Array(raw)
	if !ok {
		return KeySet{}, errors.New(`reading a key set: "keys" is not an array (RFC 7517 5.1)`)
	}
	var set KeySet
	for i, item := range list {
		if i >= maxKeys {
			set.skipped = append(set.skipped, fmt.Sprintf("keys %d to %d: only the first %d are read",
				i+1, len(list), maxKeys))
			break
		}
		if e, exposed := parseExposed(item); published && exposed {
			set.exposed = append(set.exposed, e)
			continue
		}
		k, err := parseJWK(item)
		if err != nil {
			set.skipped = append(set.skipped, fmt.Sprintf("key %d: %v", i+1, err))
			continue
		}
		set.keys = append(set.keys, k)
	}
	return set, nil
}

// parseJWK parses one JWK. Lengths are checked first, so that jwx receives only checked values.
func parseJWK(raw json.RawMessage) (Key, error) {
	doc, syntax := ordered.Parse(raw)
	if syntax != nil {
		return Key{}, fmt.Errorf("not a JWK: %w", syntax)
	}
	return readJWK(doc)
}

func readJWK(doc *ordered.Object) (Key, error) {
	k := &key{}
	var err error
	for name, to := range map[string]*string{"kty": &k.kty, "kid": &k.kid, "alg": &k.alg, "use": &k.use,
		"crv": &k.crv} {
		if v, ok := doc.Raw(name); ok && string(v) != "null" {
			if *to, ok = ordered.Text(v); !ok {
				return Key{}, fmt.Errorf("%s is not a string", name)
			}
		}
	}
	if k.kty == "" {
		return Key{}, errors.New("there is no kty (RFC 7517 4.1)")
	}
	k.readOps(doc)
	if d := doc.Duplicates(); len(d) > 0 {
		return Key{}, fmt.Errorf("duplicate member %s (RFC 7517 4)", quote(d[0]))
	}
	switch k.kty {
	case "oct":
		err = k.readSecret(doc)
	case "RSA":
		err = k.readRSA(doc)
	case "EC", "OKP":
		err = k.readCurve(doc)
	case "AKP":
		k.unusable = "unsupported algorithm: " + noMLDSA
	default:
		err = fmt.Errorf("unsupported key type %s", quote(k.kty))
	}
	if err != nil {
		return Key{}, err
	}
	return Key{k}, nil
}

// readOps reads key_ops (RFC 7517 4.3); some keys have all names in one string, separated by commas.
func (k *key) readOps(doc *ordered.Object) {
	list, _ := doc.Strings("key_ops")
	for _, item := range list {
		names := strings.FieldsFunc(item, func(r rune) bool { return r == ',' || r == ' ' })
		if len(names) > 1 {
			k.warnings = append(k.warnings, "the key's key_ops has several names in one string (RFC 7517 4.3)")
		}
		k.ops = append(k.ops, names...)
	}
}

// bytesOf decodes a base64url member; nil if it is missing.
func (k *key) bytesOf(doc *ordered.Object, name string) ([]byte, error) {
	raw, ok := doc.Raw(name)
	if !ok {
		return nil, nil
	}
	text, ok := ordered.Text(raw)
	if !ok {
		return nil, fmt.Errorf("%s is not a string", name)
	}
	b, lenient, err := decodeLenient(text)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", name, err)
	}
	if lenient {
		k.warnings = append(k.warnings, "the key's "+name+" is not canonical base64url (RFC 7515 2)")
	}
	return b, nil
}

func (k *key) readSecret(doc *ordered.Object) error {
	secret, err := k.bytesOf(doc, "k")
	if err != nil {
		return err
	}
	return k.setSecret(secret)
}

func (k *key) setSecret(secret []byte) error {
	switch {
	case len(secret) == 0:
		return errors.New("the secret is empty")
	case len(secret) > maxSecretBytes:
		return fmt.Errorf("the secret has %d bytes, at most %d are read", len(secret), maxSecretBytes)
	}
	k.kty, k.private, k.bits = "oct", bytes.Clone(secret), len(secret)*8
	return nil
}

func (k *key) readRSA(doc *ordered.Object) error {
	jwk := map[string]string{"kty": "RSA"}
	limit := maxRSABits/8 + 1
	for _, name := range []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		b, err := k.bytesOf(doc, name)
		if err != nil {
			return err
		}
		b = bytes.TrimLeft(b, "\x00")
		if len(b) == 0 {
			continue
		}
		if len(b) > limit {
			return fmt.Errorf("the RSA key's %s has %d bits, at most %d are read: a larger one takes seconds",
				name, len(b)*8, maxRSABits)
		}
		if name == "e" && len(b) > 4 {
			return errors.New("the RSA exponent does not fit in 32 bits")
		}
		if name == "n" {
			limit = len(b)
		}
		jwk[name] = encode(b)
	}
	if jwk["n"] == "" || jwk["e"] == "" {
		return errors.New("an RSA key needs n and e (RFC 7518 6.3.1)")
	}
	if _, has := doc.Raw("oth"); has {
		return errors.New("RSA keys of more than two primes are not supported")
	}
	return k.setJWK(jwk)
}

func (k *key) readCurve(doc *ordered.Object) error {
	c, known := curves[k.crv]
	switch {
	case !known:
		return fmt.Errorf("unsupported curve %s", quote(k.crv))
	case c.kty != k.kty:
		return fmt.Errorf("curve %s belongs to kty %s, this key has %s", k.crv, c.kty, k.kty)
	}
	jwk := map[string]string{"kty": k.kty, "crv": k.crv}
	coordinates := []string{"x", "y", "d"}
	if k.kty == "OKP" {
		coordinates = []string{"x", "d"}
	}
	for _, name := range coordinates {
		b, err := k.bytesOf(doc, name)
		if err != nil {
			return err
		}
		switch {
		case len(b) == 0 && name == "d":
			continue
		case len(b) == 0:
			return fmt.Errorf("a key of type %s needs %s (RFC 7518 6.2.1, RFC 8037 2)", k.kty, name)
		case len(b) > c.bytes || (k.kty == "OKP" && len(b) != c.bytes):
			return fmt.Errorf("%s has %d bytes, %s takes %d", name, len(b), k.crv, c.bytes)
		case len(b) < c.bytes:
			k.warnings = append(k.warnings, "the key's "+name+" lacks its leading zeros (RFC 7518 6.2.1.2)")
			b = append(make([]byte, c.bytes-len(b)), b...)
		}
		jwk[name] = encode(b)
	}
	if c.unsupported != "" {
		k.unusable, k.bits = c.unsupported, c.bits
		k.members = thumbprintMembers(jwk)
		return nil
	}
	return k.setJWK(jwk)
}

// thumbprintMembers returns the members that RFC 7638 3.2 and RFC 8037 2 hash, in lexicographic order.
func thumbprintMembers(jwk map[string]string) []member {
	var list []member
	for _, name := range strings.Fields("crv e kty n x y") {
		if v := jwk[name]; v != "" {
			list = append(list, member{name, v})
		}
	}
	return list
}

// setJWK passes only the checked members to jwx.
func (k *key) setJWK(jwk map[string]string) error {
	parse := goKeyFromJWK
	if k.crv == "secp256k1" {
		parse = secp256k1FromJWK
	}
	raw, err := parse(jwk)
	if err != nil {
		return fmt.Errorf("the %s key is not valid: %w", k.kty, err)
	}
	if err := k.setGoKey(raw); err != nil {
		return err
	}
	k.members = thumbprintMembers(jwk)
	return nil
}
