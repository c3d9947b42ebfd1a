package jose

import (
	"crypto"
	"encoding/json"
)

// Key is one key, checked when it was read. The zero Key is no key.
type Key struct{ k *key }

// key is what a Key points at; it never changes after it was read.
type key struct {
	kid, alg, use, kty, crv string
	ops                     []string
	bits                    int
	public                  crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey; nil for oct
	private                 any              // the private half of the same kinds, or []byte for oct; nil when there is none
	thumbprint              string
	warnings                []string
	unusable                string // why nothing can be verified or decrypted with it (secp256k1, Ed448, AKP …)
	publicJWK               json.RawMessage
}
