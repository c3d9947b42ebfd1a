// Package jose verifies, decrypts and signs. It is the only package that imports jwx, so that only it changes with the
// library, and it guards against the library's faults: see guard.go.
//
// A verdict is good, bad or cannot-tell, always with a reason. The key selects the algorithm (its alg, or the family
// that its type allows), never the token alone. Keys inside a token are never trusted for that reason.
//
// Specs: RFC 7515 (JWS), 7516 (JWE), 7517 (JWK), 7518 (JWA), 7638 (thumbprints), 8037 (EdDSA), 8725 (best practice).
package jose
