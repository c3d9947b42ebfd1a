package jose

import (
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
)

// Key is one key, checked when it was parsed. The zero Key matches no algorithm.
type Key struct{ k *key }

// key is the data of a Key. It does not change after parsing.
type key struct {
	kid, alg, use, kty, crv string
	ops                     []string
	bits                    int
	// *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey (X25519) or *secp256k1.PublicKey; nil for
	// oct
	public  crypto.PublicKey
	private any      // the private key of the same kinds, []byte for oct; nil for a public key
	members []member // the public members that RFC 7638 3.2 hashes, in its order
	// how a text secret was decoded: "text", "base64", "hex"; else empty
	secretEncoding string
	warnings       []string
	unusable       string // why it cannot be used: Ed448, AKP
	weak           bool   // its private half can be computed from the public one
	certificate    []byte // the certificate of the key, in DER, or nil
}

type member struct{ name, value string }

// noKey represents the zero Key.
var noKey = &key{unusable: "there is no key"}

func (k Key) get() *key {
	if k.k == nil {
		return noKey
	}
	return k.k
}

// Kid returns the key ID, or "".
func (k Key) Kid() string { return k.get().kid }

// Type returns the key type (kty, RFC 7518 6.1): "EC", "RSA", "OKP", "oct", or another name as received.
func (k Key) Type() string { return k.get().kty }

// Alg returns the algorithm that the key is for, or "".
func (k Key) Alg() string { return k.get().alg }

// Use returns what the key is for (RFC 7517 4.2): "sig", "enc", or "".
func (k Key) Use() string { return k.get().use }

// Curve returns the curve of an EC or OKP key; else "".
func (k Key) Curve() string { return k.get().crv }

// Bits returns the size of the key: of the modulus of RSA, of the field of a curve, of a secret.
func (k Key) Bits() int { return k.get().bits }

// Private reports whether the key can sign or decrypt.
func (k Key) Private() bool { return k.get().private != nil }

// Unusable returns why nothing can be verified with the key, or "".
func (k Key) Unusable() string { return k.get().unusable }

// Certificate returns the certificate that the key was read from, in DER, or nil. The certificate is not verified.
func (k Key) Certificate() []byte { return k.get().certificate }

// Weak reports whether the private half can be computed from the public one: an RSA modulus with the pattern of
// CVE-2017-15361.
func (k Key) Weak() bool { return k.get().weak }

// Warnings returns problems of the key that do not prevent its use: a short modulus, a short secret, non-canonical
// encodings.
func (k Key) Warnings() []string { return k.get().warnings }

// Thumbprint returns the SHA-256 thumbprint of RFC 7638 in base64url; jkt of RFC 9449 is the same. The key was checked
// when it was parsed, and the hash is computed here: jwx panics if a coordinate is longer than its curve.
func (k Key) Thumbprint() (string, error) {
	kk := k.get()
	if kk.kty == "oct" {
		secret, _ := kk.private.([]byte)
		return hashMembers([]member{{"k", encode(secret)}, {"kty", "oct"}}), nil
	}
	if len(kk.members) == 0 {
		return "", fmt.Errorf("no thumbprint for a key of type %s: its required members are unknown", quote(kk.kty))
	}
	return hashMembers(kk.members), nil
}

// hashMembers hashes the members as RFC 7638 3 requires. Values are base64url or curve names: nothing needs escaping.
func hashMembers(list []member) string {
	text := "{"
	for i, m := range list {
		if i > 0 {
			text += ","
		}
		text += `"` + m.name + `":"` + m.value + `"`
	}
	sum := sha256.Sum256([]byte(text + "}"))
	return encode(sum[:])
}

// PublicJWK returns the public half as a JWK; for a secret (oct) that is an error. key_ops is included only if the key
// has no private half: otherwise it may apply to that one (RFC 7517 4.3).
func (k Key) PublicJWK() (json.RawMessage, error) {
	kk := k.get()
	if kk.kty == "oct" || len(kk.members) == 0 {
		return nil, fmt.Errorf("a key of type %s has no public half that could be shown", quote(kk.kty))
	}
	doc := map[string]any{}
	for _, m := range kk.members {
		doc[m.name] = m.value
	}
	for _, m := range []member{{"kid", kk.kid}, {"alg", kk.alg}, {"use", kk.use}} {
		if m.value != "" {
			doc[m.name] = m.value
		}
	}
	if len(kk.ops) > 0 && kk.private == nil {
		doc["key_ops"] = kk.ops
	}
	return json.Marshal(doc)
}

// KeySet is a list of keys with the reasons why others were skipped. The zero KeySet is empty.
type KeySet struct {
	keys    []Key
	skipped []string
	// explicit: the user gave these keys ("check it with this one"), so a token that matches none of them is bad. A
	// fetched set may lack the right key: then the verdict is cannot-tell.
	explicit bool
	exposed  []ExposedKey // of a published set, see ParsePublished
	warnings []string
}

// ExposedKey is a key of a published set that must not be public: everyone who reads the set can sign with it.
type ExposedKey struct {
	Kid, Type string
	Secret    bool // a shared secret; else a private key
}

// String returns which key it is and why it must not be published.
func (e ExposedKey) String() string {
	name := "a key without a kid"
	if e.Kid != "" {
		name = "the key " + tokens.VisibleLine(tokens.Clip(e.Kid, 80))
	}
	if e.Secret {
		return name + " is published as a shared secret (kty " + tokens.VisibleLine(tokens.Clip(e.Type, 20)) + ")"
	}
	return name + " is published with its private half"
}

// Exposed returns the keys of a published set that must not be public. They are not in Keys.
func (s KeySet) Exposed() []ExposedKey { return s.exposed }

// Warnings returns where the text of the set violates a spec but was accepted.
func (s KeySet) Warnings() []string { return s.warnings }

// WithWarnings returns the set with more warnings.
func (s KeySet) WithWarnings(warnings ...string) KeySet {
	s.warnings = append(s.warnings[:len(s.warnings):len(s.warnings)], warnings...)
	return s
}

// NewKeySet returns a set of keys that the user gave: a token that matches none of them is bad, not unknown.
func NewKeySet(keys ...Key) KeySet { return KeySet{keys: keys, explicit: true} }

// Join merges sets. A key that the user gave does not make a fetched set complete: the result counts as given by the
// user only if all its parts do.
func Join(sets ...KeySet) KeySet {
	var all KeySet
	named, parts := 0, 0
	for _, s := range sets {
		all.keys = append(all.keys, s.keys...)
		all.skipped = append(all.skipped, s.skipped...)
		all.exposed = append(all.exposed, s.exposed...)
		all.warnings = append(all.warnings, s.warnings...)
		if len(s.keys) == 0 && len(s.skipped) == 0 {
			continue
		}
		parts++
		if s.explicit {
			named++
		}
	}
	all.explicit = named > 0 && named == parts
	return all
}

// Keys returns the keys in their order.
func (s KeySet) Keys() []Key { return s.keys }

// Skipped returns a reason for each key that was skipped.
func (s KeySet) Skipped() []string { return s.skipped }

// Has reports whether the set has a key of that ID, exposed keys included.
func (s KeySet) Has(kid string) bool {
	_, exposed := s.exposedByKid(kid)
	return exposed || slices.ContainsFunc(s.keys, func(k Key) bool { return k.Kid() == kid })
}

func (s KeySet) exposedByKid(kid string) (ExposedKey, bool) {
	i := slices.IndexFunc(s.exposed, func(e ExposedKey) bool { return e.Kid == kid })
	if i < 0 {
		return ExposedKey{}, false
	}
	return s.exposed[i], true
}

// MixesSecretAndPublic reports whether the set has both secrets and public keys: everyone who may read it to verify
// could also sign, and a verifier that trusts the token's alg may use one for the other (RFC 8725 3.1).
func (s KeySet) MixesSecretAndPublic() bool {
	secrets := 0
	for _, k := range s.keys {
		if k.Type() == "oct" {
			secrets++
		}
	}
	return secrets > 0 && secrets < len(s.keys)
}

// DuplicateKids returns the key IDs that several keys have, in their order (RFC 7517 4.5): then the kid of a token is
// ambiguous. Keys of different types may share an ID.
func (s KeySet) DuplicateKids() (kids []string) {
	type id struct{ kid, kty string }
	seen := map[id]int{}
	for _, k := range s.keys {
		if k.Kid() == "" {
			continue
		}
		key := id{k.Kid(), k.Type()}
		if seen[key]++; seen[key] == 2 {
			kids = append(kids, k.Kid())
		}
	}
	return kids
}

// PublicJSON returns a JWK set of the public halves; secrets are left out.
func (s KeySet) PublicJSON() ([]byte, error) {
	doc := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	for _, k := range s.keys {
		if k.Type() == "oct" {
			continue
		}
		jwk, err := k.PublicJWK()
		if err != nil {
			return nil, fmt.Errorf("writing the key set: %w", err)
		}
		doc.Keys = append(doc.Keys, jwk)
	}
	return json.Marshal(doc)
}

// quoteList formats a few short names that the user gave.
func quoteList(names []string) string {
	return tokens.VisibleLine(strings.Join(names[:min(len(names), 20)], ", "))
}

// quote formats text from outside for a reason or an error: one line, at most 80 bytes of it.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return `"` + tokens.VisibleLine(s) + `"`
}
