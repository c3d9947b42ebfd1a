package jose

import "crypto"

// keyScheme is how the content encryption key is determined.
type keyScheme int

const (
	direct keyScheme = iota + 1
	aesKW
	aesGCMKW
	rsaPKCS1
	rsaOAEP
	ecdhDirect
	ecdhKW
	pbes2
)

// keyAlgorithm declares a JWE key management algorithm (RFC 7518 4.1).
type keyAlgorithm struct {
	name   string
	scheme keyScheme
	size   int         // of the AES key that wraps, in bytes
	hash   crypto.Hash // of RSA-OAEP and PBES2
}

var keyManagement = func(list ...keyAlgorithm) map[string]keyAlgorithm {
	m := map[string]keyAlgorithm{}
	for _, a := range list {
		m[a.name] = a
	}
	return m
}(
	keyAlgorithm{name: "dir", scheme: direct},
	keyAlgorithm{name: "A128KW", scheme: aesKW, size: 16},
	keyAlgorithm{name: "A192KW", scheme: aesKW, size: 24},
	keyAlgorithm{name: "A256KW", scheme: aesKW, size: 32},
	keyAlgorithm{name: "A128GCMKW", scheme: aesGCMKW, size: 16},
	keyAlgorithm{name: "A192GCMKW", scheme: aesGCMKW, size: 24},
	keyAlgorithm{name: "A256GCMKW", scheme: aesGCMKW, size: 32},
	keyAlgorithm{name: "RSA1_5", scheme: rsaPKCS1},
	keyAlgorithm{name: "RSA-OAEP", scheme: rsaOAEP, hash: crypto.SHA1},
	keyAlgorithm{name: "RSA-OAEP-256", scheme: rsaOAEP, hash: crypto.SHA256},
	keyAlgorithm{name: "RSA-OAEP-384", scheme: rsaOAEP, hash: crypto.SHA384},
	keyAlgorithm{name: "RSA-OAEP-512", scheme: rsaOAEP, hash: crypto.SHA512},
	keyAlgorithm{name: "ECDH-ES", scheme: ecdhDirect},
	keyAlgorithm{name: "ECDH-ES+A128KW", scheme: ecdhKW, size: 16},
	keyAlgorithm{name: "ECDH-ES+A192KW", scheme: ecdhKW, size: 24},
	keyAlgorithm{name: "ECDH-ES+A256KW", scheme: ecdhKW, size: 32},
	keyAlgorithm{name: "PBES2-HS256+A128KW", scheme: pbes2, size: 16, hash: crypto.SHA256},
	keyAlgorithm{name: "PBES2-HS384+A192KW", scheme: pbes2, size: 24, hash: crypto.SHA384},
	keyAlgorithm{name: "PBES2-HS512+A256KW", scheme: pbes2, size: 32, hash: crypto.SHA512},
)

// contentAlgorithm declares a JWE content encryption algorithm (RFC 7518 5.1). Sizes are in bytes.
type contentAlgorithm struct {
	name         string
	key, iv, tag int
	cbc          bool
	hash         crypto.Hash // of the HMAC beside CBC
}

var contentEncryption = map[string]contentAlgorithm{
	"A128GCM":       {name: "A128GCM", key: 16, iv: 12, tag: 16},
	"A192GCM":       {name: "A192GCM", key: 24, iv: 12, tag: 16},
	"A256GCM":       {name: "A256GCM", key: 32, iv: 12, tag: 16},
	"A128CBC-HS256": {name: "A128CBC-HS256", key: 32, iv: 16, tag: 16, cbc: true, hash: crypto.SHA256},
	"A192CBC-HS384": {name: "A192CBC-HS384", key: 48, iv: 16, tag: 24, cbc: true, hash: crypto.SHA384},
	"A256CBC-HS512": {name: "A256CBC-HS512", key: 64, iv: 16, tag: 32, cbc: true, hash: crypto.SHA512},
}

// IsKeyManagementAlg reports whether an algorithm is a JWE key management algorithm (RFC 7518 4), not a signature
// algorithm.
func IsKeyManagementAlg(alg string) bool { return isEncryption(alg) }

// isEncryption reports whether a name is that of a key management algorithm.
func isEncryption(alg string) bool { return keyManagement[alg].name != "" }

// noPrivateHalf is a mismatch that proves nothing: the owner of the private key may be able to decrypt.
const noPrivateHalf = "the key has no private half: only its owner can decrypt"

// jweMismatch returns why a key cannot decrypt with an algorithm, or "" if it can.
func jweMismatch(k *key, km keyAlgorithm, enc contentAlgorithm) string {
	wantType := map[keyScheme]string{rsaPKCS1: "RSA", rsaOAEP: "RSA", ecdhDirect: "EC", ecdhKW: "EC"}[km.scheme]
	if wantType == "" {
		wantType = "oct"
	}
	typeMatches := k.kty == wantType || wantType == "EC" && k.kty == "OKP" && k.crv == "X25519"
	bits := km.size * 8
	if km.scheme == direct {
		bits = enc.key * 8
	}
	switch {
	case k.unusable != "":
		return k.unusable
	case !typeMatches:
		return "wrong key type: " + km.name + " needs a key of type " + wantType + ", this one is " + k.kty + " " +
			k.crv
	case k.alg != "" && k.alg != km.name && !(km.scheme == direct && k.alg == enc.name):
		return "the key is for " + quote(k.alg) + ", the token says " + km.name
	case k.use != "" && k.use != "enc":
		return "the key is not for encryption (use: " + quote(k.use) + ")"
	case len(k.ops) > 0 && !hasAny(k.ops, "decrypt", "unwrapKey", "deriveKey", "deriveBits", "encrypt", "wrapKey"):
		return "the key is not for encryption (key_ops)"
	case k.private == nil:
		return noPrivateHalf
	case (km.scheme == direct || km.scheme == aesKW || km.scheme == aesGCMKW) && k.bits != bits:
		return "wrong key length: " + km.name + " with " + enc.name + " needs " + itoa(bits) + " bits, the key has " +
			itoa(k.bits)
	}
	return ""
}

func hasAny(list []string, names ...string) bool {
	for _, n := range names {
		if has(list, n) {
			return true
		}
	}
	return false
}
