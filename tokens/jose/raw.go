package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/x25519"
)

// rawKey lets jwx parse a JWK and returns Go's own key type. The members were checked and rewritten before: every one
// is base64url, every coordinate as long as its curve. What jwx does not check afterwards is checked here and in take.
func rawKey(members map[string]string) (any, error) {
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var raw any
	err = guarded("parsing the key", func() error {
		parsed, err := jwk.ParseKey(text)
		if err != nil {
			return err
		}
		return parsed.Raw(&raw)
	})
	if err != nil {
		return nil, err
	}
	switch r := raw.(type) {
	case *rsa.PrivateKey:
		return r, checkRSA(r)
	case x25519.PublicKey:
		return ecdh.X25519().NewPublicKey(r)
	case x25519.PrivateKey:
		return ecdh.X25519().NewPrivateKey(r.Seed())
	case nil:
		return nil, errors.New("the library returned no key")
	}
	return raw, nil
}

// checkRSA holds the primes against the modulus; a product is cheap, a test for primes of this size is not.
func checkRSA(r *rsa.PrivateKey) error {
	if len(r.Primes) < 2 {
		if r.N.BitLen() > 2*minRSABits {
			return errors.New("a private RSA key of this size needs p and q: without them each use takes seconds")
		}
		return nil
	}
	product := new(big.Int).Set(r.Primes[0])
	for _, p := range r.Primes[1:] {
		product.Mul(product, p)
	}
	if product.Cmp(r.N) != 0 {
		return errors.New("p times q is not n")
	}
	return nil
}

// checkEC holds the private half of a key against the public one.
func checkEC(r *ecdsa.PrivateKey) error {
	private, err := r.ECDH()
	if err != nil {
		return errors.New("d is not a private key of its curve")
	}
	public, err := r.PublicKey.ECDH()
	if err != nil {
		return fmt.Errorf("the point is not on the curve: %w", err)
	}
	if !private.PublicKey().Equal(public) {
		return errors.New("d does not belong to x and y")
	}
	return nil
}
