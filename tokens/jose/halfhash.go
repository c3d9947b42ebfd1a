package jose

import (
	"crypto/sha3"
	"fmt"
)

// HalfHash returns the value of at_hash, c_hash and s_hash: the left half of the hash of value, in base64url. The hash
// is that of the id_token's alg (OpenID Connect Core 3.1.3.6): SHA-512 for EdDSA, SHAKE256 with 114 bytes for Ed448. An
// algorithm without a hash (none, an unknown one) is an error.
func HalfHash(alg, value string) (string, error) {
	if alg == "Ed448" {
		h := sha3.NewSHAKE256()
		_, _ = h.Write([]byte(value)) // a hash never fails
		sum := make([]byte, 114)
		_, _ = h.Read(sum)
		return encode(sum[:57]), nil
	}
	a, known := algorithms[alg]
	if !known || a.hash == 0 {
		return "", fmt.Errorf("no half hash for alg %s: it names no hash function (OpenID Connect Core 3.1.3.6)",
			quote(alg))
	}
	h := a.hash.New()
	_, _ = h.Write([]byte(value))
	sum := h.Sum(nil)
	return encode(sum[:len(sum)/2]), nil
}
