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

// Key is one key, checked when it was read. The zero Key is no key: it fits nothing.
type Key struct{ k *key }

// key is what a Key points at; it never changes after it was read.
type key struct {
	kid, alg, use, kty, crv string
	ops                     []string
	bits                    int
	public                  crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey (X25519), *secp256k1.PublicKey; nil for oct
	private                 any              // the private half of the same kinds, []byte for oct; nil when there is none
	members                 []member         // the public members that RFC 7638 3.2 hashes, in its order
	form                    string           // how a text secret was read: "text", "base64", "hex"; empty otherwise
	warnings                []string
	unusable                string // why nothing can be done with it: Ed448, AKP
	weak                    bool   // its private half can be found from the public one
	certificate             []byte // the certificate that the key came in, in DER; nil otherwise
}

type member struct{ name, value string }

// none stands in for the zero Key.
var none = &key{unusable: "there is no key"}

func (k Key) get() *key {
	if k.k == nil {
		return none
	}
	return k.k
}

// Kid is the key ID; empty when it has none.
func (k Key) Kid() string { return k.get().kid }

// Type is the key type (kty, RFC 7518 6.1): "EC", "RSA", "OKP", "oct", or another name as it came.
func (k Key) Type() string { return k.get().kty }

// Alg is the algorithm that the key is meant for; empty when it does not say.
func (k Key) Alg() string { return k.get().alg }

// Use is what the key is meant for (RFC 7517 4.2): "sig", "enc", or empty.
func (k Key) Use() string { return k.get().use }

// Curve is the curve of an EC or OKP key; empty otherwise.
func (k Key) Curve() string { return k.get().crv }

// Bits is the size of the key: the modulus of RSA, the field of a curve, the length of a secret.
func (k Key) Bits() int { return k.get().bits }

// Private reports whether the key can sign or decrypt.
func (k Key) Private() bool { return k.get().private != nil }

// Unusable says why nothing can be verified with the key; empty for a key that can be used.
func (k Key) Unusable() string { return k.get().unusable }

// Certificate is the certificate that the key came in, in DER; nil when it came otherwise. Nobody vouches for it.
func (k Key) Certificate() []byte { return k.get().certificate }

// Weak reports whether the private half can be found from the public one: an RSA modulus with the mark of CVE-2017-15361.
func (k Key) Weak() bool { return k.get().weak }

// Warnings are what is unwise about the key: a short modulus, a short secret, odd encodings.
func (k Key) Warnings() []string { return k.get().warnings }

// Thumbprint is the SHA-256 thumbprint of RFC 7638 in base64url; jkt of RFC 9449 is the same. The key was checked
// when it was read, and the hash is made here: jwx panics when a coordinate is longer than its curve.
func (k Key) Thumbprint() (string, error) {
	kk := k.get()
	if kk.kty == "oct" {
		secret, _ := kk.private.([]byte)
		return hashMembers([]member{{"k", encode(secret)}, {"kty", "oct"}}), nil
	}
	if len(kk.members) == 0 {
		return "", fmt.Errorf("no thumbprint for a key of type %s: its required members are not known", show(kk.kty))
	}
	return hashMembers(kk.members), nil
}

// hashMembers hashes the members as RFC 7638 3 writes them. Values are base64url or curve names: nothing to escape.
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

// PublicJWK is the public half as a JWK. A secret (oct) has none: that is an error. key_ops stands in it where the key
// came without a private half: otherwise it may speak of that one (RFC 7517 4.3).
func (k Key) PublicJWK() (json.RawMessage, error) {
	kk := k.get()
	if kk.kty == "oct" || len(kk.members) == 0 {
		return nil, fmt.Errorf("a key of type %s has no public half that could be shown", show(kk.kty))
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

// KeySet is a list of keys and a word on those that were left out. The zero KeySet holds nothing.
type KeySet struct {
	keys    []Key
	skipped []string
	// explicit: a person named these keys ("check it with this one"), so that a token which they do not fit is bad.
	// A set that was fetched may simply lack the right key: then nobody can tell.
	explicit bool
	exposed  []Exposure // of a published set; see ParsePublished
	remarks  []string
}

// Exposure is a key of a published set that must not stand there: whoever reads the set can sign with it.
type Exposure struct {
	Kid, Type string
	Secret    bool // a shared secret; else a private key
}

// String says which key it is and what is wrong with it.
func (e Exposure) String() string {
	name := "a key without a kid"
	if e.Kid != "" {
		name = "the key " + tokens.VisibleLine(tokens.Clip(e.Kid, 80))
	}
	if e.Secret {
		return name + " is published as a shared secret (kty " + tokens.VisibleLine(tokens.Clip(e.Type, 20)) + ")"
	}
	return name + " is published with its private half"
}

// Exposed are the keys of a published set that must not stand there. They are not among Keys.
func (s KeySet) Exposed() []Exposure { return s.exposed }

// Remarks say what of the set's text breaks a spec and was read all the same.
func (s KeySet) Remarks() []string { return s.remarks }

// WithRemarks is the set with more remarks.
func (s KeySet) WithRemarks(remarks ...string) KeySet {
	s.remarks = append(s.remarks[:len(s.remarks):len(s.remarks)], remarks...)
	return s
}

// NewKeySet makes a set of keys that a person named: a token which fits none of them is bad, not unknown.
func NewKeySet(keys ...Key) KeySet { return KeySet{keys: keys, explicit: true} }

// Join makes one set of several. A key that a person named beside a set that was fetched does not make the set whole:
// the joined set is a named one only when all its parts are.
func Join(sets ...KeySet) KeySet {
	var all KeySet
	named, parts := 0, 0
	for _, s := range sets {
		all.keys = append(all.keys, s.keys...)
		all.skipped = append(all.skipped, s.skipped...)
		all.exposed = append(all.exposed, s.exposed...)
		all.remarks = append(all.remarks, s.remarks...)
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

// Keys lists the keys in their own order.
func (s KeySet) Keys() []Key { return s.keys }

// Skipped says for each key that was left out why.
func (s KeySet) Skipped() []string { return s.skipped }

// Has reports whether a key of that ID is in the set, one that must not be used included.
func (s KeySet) Has(kid string) bool {
	_, exposed := s.exposedAs(kid)
	return exposed || slices.ContainsFunc(s.keys, func(k Key) bool { return k.Kid() == kid })
}

func (s KeySet) exposedAs(kid string) (Exposure, bool) {
	i := slices.IndexFunc(s.exposed, func(e Exposure) bool { return e.Kid == kid })
	if i < 0 {
		return Exposure{}, false
	}
	return s.exposed[i], true
}

// Mixed reports whether secrets stand beside public keys: whoever may read the set to verify could sign as well, and a
// verifier that follows the token may take the one for the other (RFC 8725 3.1).
func (s KeySet) Mixed() bool {
	secrets := 0
	for _, k := range s.keys {
		if k.Type() == "oct" {
			secrets++
		}
	}
	return secrets > 0 && secrets < len(s.keys)
}

// Doubled lists the key IDs that more than one key has, in their order (RFC 7517 4.5): then the kid of a token does not
// say which. Keys of different types may share one.
func (s KeySet) Doubled() (kids []string) {
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

// PublicJSON is the set as a JWK set with the public halves alone; secrets are left out.
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

// showList is show for what a person named: a few short names.
func showList(names []string) string {
	return tokens.VisibleLine(strings.Join(names[:min(len(names), 20)], ", "))
}

// show makes text from outside fit for a reason or an error: one line, at most 80 bytes of it.
func show(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return `"` + tokens.VisibleLine(s) + `"`
}
