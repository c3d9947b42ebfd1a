package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// Generate returns a new key for a JWS algorithm of RFC 7518 or RFC 8037, or for the JWE algorithms ECDH-ES*, RSA-OAEP*
// and A*KW. The key has alg, use, and the kid unless it is empty.
func Generate(alg, kid string) (Key, error) {
	raw, use, err := generate(alg)
	if err != nil {
		return Key{}, fmt.Errorf("generating a key for %s: %w", quote(alg), err)
	}
	var k Key
	if secret, ok := raw.([]byte); ok {
		k = SecretKey(secret)
	} else if k, err = keyFromGo(raw); err != nil {
		return Key{}, fmt.Errorf("generating a key for %s: %w", quote(alg), err)
	}
	k.k.kid, k.k.alg, k.k.use = kid, alg, use
	return k, nil
}

func generate(alg string) (raw any, use string, err error) {
	switch alg {
	case "ES256":
		raw, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		raw, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		raw, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "ES256K":
		raw, err = secp256k1.GeneratePrivateKey()
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		raw, err = rsa.GenerateKey(rand.Reader, minRSABits)
	case "EdDSA", "Ed25519":
		_, raw, err = ed25519.GenerateKey(rand.Reader)
	case "HS256", "HS384", "HS512":
		return random(algorithms[alg].hash.Size()), "sig", nil
	case "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512":
		raw, err = rsa.GenerateKey(rand.Reader, minRSABits)
		return raw, "enc", err
	case "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW":
		raw, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return raw, "enc", err
	case "X25519": // not an alg of a token: the other kind of key for ECDH-ES (RFC 8037 3.2)
		raw, err = ecdh.X25519().GenerateKey(rand.Reader)
		return raw, "enc", err
	case "A128KW", "A128GCMKW":
		return random(16), "enc", nil
	case "A192KW", "A192GCMKW":
		return random(24), "enc", nil
	case "A256KW", "A256GCMKW":
		return random(32), "enc", nil
	default:
		err = fmt.Errorf("no key can be generated for this algorithm")
	}
	return raw, "sig", err
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
