package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"fob/tokens"
)

// PrivateJWK returns the key with its private half as a JWK (RFC 7518 6), for storing it: ParseKeys parses it. A key
// without a private half is an error.
func (k Key) PrivateJWK() (tokens.Secret, error) {
	kk := k.get()
	doc := map[string]string{"kty": kk.kty}
	for _, m := range kk.members {
		doc[m.name] = m.value
	}
	for _, m := range []member{{"kid", kk.kid}, {"alg", kk.alg}, {"use", kk.use}} {
		if m.value != "" {
			doc[m.name] = m.value
		}
	}
	private, err := privateMembers(kk)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("writing the key as a JWK: %w", err)
	}
	for _, m := range private {
		doc[m.name] = m.value
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("writing the key as a JWK: %w", err)
	}
	return tokens.NewSecret(string(text)), nil
}

// privateMembers returns the private members of a JWK, by its type.
func privateMembers(k *key) ([]member, error) {
	switch private := k.private.(type) {
	case []byte:
		return []member{{"k", encode(private)}}, nil
	case *ecdsa.PrivateKey:
		d, err := private.Bytes()
		if err != nil {
			return nil, fmt.Errorf("writing the private half of an EC key: %w", err)
		}
		return []member{{"d", encode(d)}}, nil
	case ed25519.PrivateKey:
		return []member{{"d", encode(private.Seed())}}, nil
	case *ecdh.PrivateKey:
		return []member{{"d", encode(private.Bytes())}}, nil
	case *rsa.PrivateKey:
		if len(private.Primes) != 2 {
			return nil, fmt.Errorf("an RSA key of %d primes cannot be written", len(private.Primes))
		}
		private.Precompute()
		number := func(n *big.Int) string { return encode(n.Bytes()) }
		return []member{
			{"d", number(private.D)}, {"p", number(private.Primes[0])}, {"q", number(private.Primes[1])},
			{"dp", number(private.Precomputed.Dp)}, {"dq", number(private.Precomputed.Dq)}, {"qi",
				number(private.Precomputed.Qinv)},
		}, nil
	}
	return nil, errors.New("it has no private half")
}

// MinimalPublicJWK returns the public half with only the members that RFC 7638 names, for the header of a DPoP proof
// (RFC 9449 4.2).
func (k Key) MinimalPublicJWK() (json.RawMessage, error) {
	kk := k.get()
	if kk.kty == "oct" || len(kk.members) == 0 {
		return nil, fmt.Errorf("a key of type %s has no public half that could be shown", quote(kk.kty))
	}
	doc := map[string]string{}
	for _, m := range kk.members {
		doc[m.name] = m.value
	}
	return json.Marshal(doc)
}

// PrivateJSON returns a JWK set of the keys with their private halves, for storing it. A key without a private half is
// left out.
func (s KeySet) PrivateJSON() (tokens.Secret, error) {
	doc := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	for _, k := range s.keys {
		if !k.Private() {
			continue
		}
		jwk, err := k.PrivateJWK()
		if err != nil {
			return tokens.Secret{}, fmt.Errorf("writing the key set: %w", err)
		}
		doc.Keys = append(doc.Keys, json.RawMessage(jwk.Reveal()))
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("writing the key set: %w", err)
	}
	return tokens.NewSecret(string(text)), nil
}
