package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/x25519"
)

// goKeyFromJWK returns Go's own key type for a JWK. The members were checked and rewritten: each is base64url, each
// coordinate as long as its curve. Public keys are built here: a batch may have another one on each line, and jwx takes
// as long to parse one as to verify with it. For private keys jwx computes the derived values; what it does not check
// afterwards is checked here and in setGoKey.
func goKeyFromJWK(members map[string]string) (any, error) {
	if members["d"] == "" {
		return publicKeyFromJWK(members)
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var raw any
	err = recoverPanic("parsing the key", func() error {
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
	case x25519.PrivateKey:
		return ecdh.X25519().NewPrivateKey(r.Seed())
	case nil:
		return nil, errors.New("the library returned no key")
	}
	return raw, nil
}

// nistCurves are the curves that Go has, by their JWK names (RFC 7518 6.2.1.1).
var nistCurves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// publicKeyFromJWK returns the public key of the members.
func publicKeyFromJWK(members map[string]string) (any, error) {
	value := map[string][]byte{}
	for _, name := range []string{"n", "e", "x", "y"} {
		b, err := decode(members[name])
		if err != nil {
			return nil, fmt.Errorf("%s is %w", name, err)
		}
		value[name] = b
	}
	switch kind := members["kty"] + " " + members["crv"]; {
	case members["kty"] == "RSA":
		return &rsa.PublicKey{N: new(big.Int).SetBytes(value["n"]), E: int(new(big.Int).SetBytes(value["e"]).Int64())},
			nil
	case kind == "OKP Ed25519":
		return ed25519.PublicKey(value["x"]), nil
	case kind == "OKP X25519":
		return ecdh.X25519().NewPublicKey(value["x"])
	case members["kty"] == "EC" && nistCurves[members["crv"]] != nil:
		public, err := ecdsa.ParseUncompressedPublicKey(nistCurves[members["crv"]],
			slices.Concat([]byte{4}, value["x"], value["y"]))
		if err != nil {
			return nil, errors.New("the point is not on the curve")
		}
		return public, nil
	default:
		return nil, fmt.Errorf("keys of type %s are not supported", kind)
	}
}

// checkRSA checks that the product of the primes is the modulus; that is cheap, a primality test of this size is not.
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

// checkEC checks that the private half of a key matches the public one.
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
