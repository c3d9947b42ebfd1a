package jose

import (
	"crypto"
	_ "crypto/sha256" // the hashes that crypto.Hash names
	_ "crypto/sha512"
	"strings"
)

// scheme is the kind of a signature algorithm.
type scheme int

const (
	hmacSHA2 scheme = iota + 1
	pkcs1v15
	pss
	ecdsaSig
	ed25519Sig
	secpSig
)

// algorithm declares a signature algorithm: one entry in the table below.
type algorithm struct {
	name        string
	scheme      scheme
	kty         string
	crv         string      // the only curve of the algorithm; empty if it has none
	hash        crypto.Hash // of the signing input; for Ed25519 the hash that OpenID Connect uses for at_hash
	size        int         // of each half of an ECDSA signature, in bytes
	unsupported string      // why it cannot be verified here; empty if it can
}

const (
	noEd448 = "no maintained Go library for Ed448 is linked into this program"
	noMLDSA = "post-quantum signatures are not supported yet"
)

// algorithms are the JWS algorithms of RFC 7518 3.1, RFC 8037, RFC 8812, RFC 9864 and the ML-DSA drafts.
var algorithms = table(
	algorithm{name: "HS256", scheme: hmacSHA2, kty: "oct", hash: crypto.SHA256},
	algorithm{name: "HS384", scheme: hmacSHA2, kty: "oct", hash: crypto.SHA384},
	algorithm{name: "HS512", scheme: hmacSHA2, kty: "oct", hash: crypto.SHA512},
	algorithm{name: "RS256", scheme: pkcs1v15, kty: "RSA", hash: crypto.SHA256},
	algorithm{name: "RS384", scheme: pkcs1v15, kty: "RSA", hash: crypto.SHA384},
	algorithm{name: "RS512", scheme: pkcs1v15, kty: "RSA", hash: crypto.SHA512},
	algorithm{name: "PS256", scheme: pss, kty: "RSA", hash: crypto.SHA256},
	algorithm{name: "PS384", scheme: pss, kty: "RSA", hash: crypto.SHA384},
	algorithm{name: "PS512", scheme: pss, kty: "RSA", hash: crypto.SHA512},
	algorithm{name: "ES256", scheme: ecdsaSig, kty: "EC", crv: "P-256", hash: crypto.SHA256, size: 32},
	algorithm{name: "ES384", scheme: ecdsaSig, kty: "EC", crv: "P-384", hash: crypto.SHA384, size: 48},
	algorithm{name: "ES512", scheme: ecdsaSig, kty: "EC", crv: "P-521", hash: crypto.SHA512, size: 66},
	algorithm{name: "EdDSA", scheme: ed25519Sig, kty: "OKP", crv: "Ed25519", hash: crypto.SHA512},
	algorithm{name: "Ed25519", scheme: ed25519Sig, kty: "OKP", crv: "Ed25519", hash: crypto.SHA512},
	algorithm{name: "ES256K", scheme: secpSig, kty: "EC", crv: "secp256k1", hash: crypto.SHA256},
	algorithm{name: "Ed448", kty: "OKP", crv: "Ed448", unsupported: noEd448},
	algorithm{name: "ML-DSA-44", kty: "AKP", unsupported: noMLDSA},
	algorithm{name: "ML-DSA-65", kty: "AKP", unsupported: noMLDSA},
	algorithm{name: "ML-DSA-87", kty: "AKP", unsupported: noMLDSA},
)

func table(list ...algorithm) map[string]algorithm {
	m := make(map[string]algorithm, len(list))
	for _, a := range list {
		m[a.name] = a
	}
	return m
}

// isAlgNone recognises "none" in any spelling: "nOnE" in a header is an attempt to bypass a comparison.
func isAlgNone(alg string) bool { return strings.EqualFold(strings.TrimSpace(alg), "none") }

// sameAlg compares algorithm names; Ed25519 (RFC 9864) is the new name of EdDSA with that curve.
func sameAlg(a, b string) bool {
	if a == "Ed25519" {
		a = "EdDSA"
	}
	if b == "Ed25519" {
		b = "EdDSA"
	}
	return a == b
}

// mismatch returns why a key cannot verify with an algorithm, or "" if it can. The key decides, never the token alone
// (RFC 8725 3.1).
func mismatch(k *key, a algorithm) string {
	switch {
	case k.unusable != "":
		return k.unusable
	case k.kty != a.kty:
		return "wrong key type: " + a.name + " needs a key of type " + a.kty + ", this one is " + k.kty
	case a.crv != "" && k.crv != a.crv:
		return "wrong curve: " + a.name + " needs " + a.crv + ", the key is on " + quote(k.crv)
	case k.alg != "" && !sameAlg(k.alg, a.name):
		return "the key is for " + quote(k.alg) + ", the token says " + a.name
	case k.use != "" && k.use != "sig":
		return "the key is not for signatures (use: " + quote(k.use) + ")"
	case len(k.ops) > 0 && !has(k.ops, "verify") && !has(k.ops, "sign"):
		return "the key is not for signatures (key_ops)"
	}
	return ""
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
