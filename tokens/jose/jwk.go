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

// Bounds of what is read as keys.
const (
	maxKeyBytes    = 1 << 20 // a JWKS document
	maxKeys        = 1000    // keys in it
	maxRSABits     = 16384   // a larger modulus costs seconds a verify
	minRSABits     = 2048    // RFC 7518 3.3; below it is a warning
	maxSecretBytes = 64 << 10
)

// curve is what the length checks need to know of a curve (RFC 7518 6.2.1, RFC 8037 2).
type curve struct {
	kty    string
	bytes  int // of a coordinate, or of the public key
	bits   int
	cannot string
}

var curves = map[string]curve{
	"P-256":     {kty: "EC", bytes: 32, bits: 256},
	"P-384":     {kty: "EC", bytes: 48, bits: 384},
	"P-521":     {kty: "EC", bytes: 66, bits: 521},
	"secp256k1": {kty: "EC", bytes: 32, bits: 256},
	"Ed25519":   {kty: "OKP", bytes: 32, bits: 256},
	"X25519":    {kty: "OKP", bytes: 32, bits: 256},
	"Ed448":     {kty: "OKP", bytes: 57, bits: 448, cannot: "unsupported algorithm: " + noEd448},
	"X448":      {kty: "OKP", bytes: 56, bits: 448, cannot: "unsupported algorithm: no maintained Go library for X448 is linked into this program"},
}

// ParseKeySet reads a JWK set (RFC 7517 5). A key of an unknown type, or one that is broken, is skipped with a reason
// and does not spoil the rest. Documents over 1 MiB are an error; of more than 1,000 keys the rest is skipped.
func ParseKeySet(data []byte) (KeySet, error) { return parseKeySet(data, false) }

// ParsePublished is ParseKeySet for a set that a server publishes (jwks_uri). A private key or a shared secret in it
// is given away: it is left out of Keys, so that nothing is verified with it, and stands in Exposed (OpenID Connect
// Discovery 3).
func ParsePublished(data []byte) (KeySet, error) { return parseKeySet(data, true) }

func parseKeySet(data []byte, published bool) (KeySet, error) {
	if len(data) > maxKeyBytes {
		return KeySet{}, fmt.Errorf("reading a key set: it has %d bytes, at most %d are read", len(data), maxKeyBytes)
	}
	doc, syntax := ordered.Parse(data)
	raw, ok := doc.Raw("keys")
	switch instead := insteadOfKeySet(data); {
	case syntax != nil && instead != "":
		return KeySet{}, fmt.Errorf("reading a key set: it is %s, not a JSON object (RFC 7517 5)", instead)
	case syntax != nil:
		return KeySet{}, fmt.Errorf("reading a key set: %w", syntax)
	case !ok && bytes.Contains(data, []byte("-----BEGIN")):
		return KeySet{}, errors.New(`reading a key set: it holds PEM, and no "keys" member with JWKs (RFC 7517 5)`)
	case !ok:
		return KeySet{}, errors.New(`reading a key set: there is no "keys" member (RFC 7517 5)`)
	}
	return readKeySet(raw, published)
}

// privateMembersOf are the members by which a JWK gives its private half away (RFC 7518 6.2.2, 6.3.2, RFC 9964).
var privateMembersOf = strings.Fields("d p q dp dq qi priv")

// exposure tells a JWK that must not stand in a published set, whether it can be read or not.
func exposure(raw json.RawMessage) (e Exposure, exposed bool) {
	doc, syntax := ordered.Parse(raw)
	if syntax != nil {
		return e, false
	}
	e.Kid, _ = doc.String("kid")
	e.Type, _ = doc.String("kty")
	secret, _ := doc.String("k")
	e.Secret = e.Type == "oct" || secret != ""
	return e, e.Secret || doc.Has("oth") || slices.ContainsFunc(privateMembersOf, func(name string) bool {
		value, _ := doc.String(name)
		return value != ""
	})
}

// insteadOfKeySet names what stands where a JWK set should be; "" when it is nothing that servers are known to answer.
func insteadOfKeySet(data []byte) string {
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

// readKeySet reads the value of "keys".
func readKeySet(raw json.RawMessage, published bool) (KeySet, error) {
	list, ok := ordered.Array(raw)
	if !ok {
		return KeySet{}, errors.New(`reading a key set: "keys" is not an array (RFC 7517 5.1)`)
	}
	var set KeySet
	for i, item := range list {
		if i >= maxKeys {
			set.skipped = append(set.skipped, fmt.Sprintf("keys %d to %d: only the first %d are read", i+1, len(list), maxKeys))
			break
		}
		if e, exposed := exposure(item); published && exposed {
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

// parseJWK reads one JWK. Lengths are checked first, and jwx sees nothing but what was checked.
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
	for name, to := range map[string]*string{"kty": &k.kty, "kid": &k.kid, "alg": &k.alg, "use": &k.use, "crv": &k.crv} {
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
		return Key{}, fmt.Errorf("member %s stands twice (RFC 7517 4)", show(d[0]))
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
		err = fmt.Errorf("key type %s is not known", show(k.kty))
	}
	if err != nil {
		return Key{}, err
	}
	return Key{k}, nil
}

// readOps reads key_ops (RFC 7517 4.3); some keys hold all names in one string, with commas.
func (k *key) readOps(doc *ordered.Object) {
	list, _ := doc.Strings("key_ops")
	for _, item := range list {
		names := strings.FieldsFunc(item, func(r rune) bool { return r == ',' || r == ' ' })
		if len(names) > 1 {
			k.warnings = append(k.warnings, "the key's key_ops holds several names in one string (RFC 7517 4.3)")
		}
		k.ops = append(k.ops, names...)
	}
}

// bytesOf reads a base64url member; missing members are nil.
func (k *key) bytesOf(doc *ordered.Object, name string) ([]byte, error) {
	raw, ok := doc.Raw(name)
	if !ok {
		return nil, nil
	}
	text, ok := ordered.Text(raw)
	if !ok {
		return nil, fmt.Errorf("%s is not a string", name)
	}
	b, loose, err := decodeLoosely(text)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", name, err)
	}
	if loose {
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
			return fmt.Errorf("the RSA key's %s has %d bits, at most %d are read: a larger one takes seconds", name, len(b)*8, maxRSABits)
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
	return k.takeJWK(jwk)
}

func (k *key) readCurve(doc *ordered.Object) error {
	c, known := curves[k.crv]
	switch {
	case !known:
		return fmt.Errorf("curve %s is not known", show(k.crv))
	case c.kty != k.kty:
		return fmt.Errorf("curve %s goes with kty %s, this key says %s", k.crv, c.kty, k.kty)
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
	if c.cannot != "" {
		k.unusable, k.bits = c.cannot, c.bits
		k.members = thumbprintMembers(jwk)
		return nil
	}
	return k.takeJWK(jwk)
}

// thumbprintMembers picks what RFC 7638 3.2 and RFC 8037 2 hash, in lexicographic order.
func thumbprintMembers(jwk map[string]string) []member {
	var list []member
	for _, name := range strings.Fields("crv e kty n x y") {
		if v := jwk[name]; v != "" {
			list = append(list, member{name, v})
		}
	}
	return list
}

// takeJWK hands the checked members, and nothing else, to jwx.
func (k *key) takeJWK(jwk map[string]string) error {
	parse := rawKey
	if k.crv == "secp256k1" {
		parse = secpKey
	}
	raw, err := parse(jwk)
	if err != nil {
		return fmt.Errorf("the %s key is not valid: %w", k.kty, err)
	}
	if err := k.take(raw); err != nil {
		return err
	}
	k.members = thumbprintMembers(jwk)
	return nil
}
