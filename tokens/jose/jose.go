// Package jose verifies, decrypts and signs. It is the only package that imports jwx, so that moving to another
// version of it is one package's work, and it guards what that library gets wrong: see guard.go.
//
// A verdict is good, bad or cannot-tell, always with a reason. The algorithm is chosen by the key (its alg, or the
// family its type allows), never by the token alone; keys that a token carries are never trusted by themselves.
//
// Specs: RFC 7515 (JWS), 7516 (JWE), 7517 (JWK), 7518 (JWA), 7638 (thumbprints), 8037 (EdDSA), 8725 (best practice).
package jose
