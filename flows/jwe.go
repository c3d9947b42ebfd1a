package flows

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// isJWE reports whether a text has the five parts of a compact JWE (RFC 7516 3.1).
func isJWE(raw string) bool { return strings.Count(raw, ".") == 4 }

// decryptJWE decrypts a JWE for the client, with its private keys or a key derived from its secret (OpenID Connect Core
// 10.2). how names the algorithms.
func (r *Run) decryptJWE(raw string) (plain string, how string, err error) {
	keys := r.Client.Keys.Keys()
	if !r.Client.Secret.IsZero() {
		keys = append(append([]jose.Key(nil), keys...), keysFromSecret(r.Client.Secret)...)
	}
	if len(keys) == 0 {
		return "", "", errors.New("it is encrypted, and the client has neither a private key nor a secret to decrypt " +
			"it with")
	}
	d := jose.Decrypt(raw, jose.NewKeySet(keys...), jose.DecryptOptions{})
	if d.Verdict != tokens.Good {
		return "", "", fmt.Errorf("it is encrypted (%s) and cannot be decrypted: %s", describeJWE(d),
			tokens.VisibleLine(d.Reason))
	}
	return string(d.Plaintext), describeJWE(d), nil
}

func describeJWE(d jose.Decrypted) string {
	s := cmp.Or(d.Alg, "no alg") + " with " + cmp.Or(d.Enc, "no enc")
	if d.Kid != "" {
		s += ", kid " + d.Kid
	}
	return s
}

// keysFromSecret returns the symmetric keys that OpenID Connect Core 10.2 derives from a client secret: its hash,
// truncated to the algorithm's key length of 128, 192, 256, 384 or 512 bits.
func keysFromSecret(secret tokens.Secret) []jose.Key {
	text := []byte(secret.Reveal())
	sum256, sum384, sum512 := sha256.Sum256(text), sha512.Sum384(text), sha512.Sum512(text)
	return []jose.Key{jose.SecretKey(sum256[:16]), jose.SecretKey(sum256[:24]), jose.SecretKey(sum256[:32]),
		jose.SecretKey(sum384[:]), jose.SecretKey(sum512[:])}
}

// decryptIDToken returns the signed id_token inside an encrypted one. An id_token that is not encrypted is returned
// unchanged. The decryption is recorded in the ledger; the error is a *tokens.CheckError when it fails.
func (r *Run) decryptIDToken(idToken tokens.Secret) (tokens.Secret, error) {
	if !isJWE(idToken.Reveal()) {
		return idToken, nil
	}
	const expected = "a JWE for a key of this client"
	plain, how, err := r.decryptJWE(idToken.Reveal())
	if err != nil {
		return idToken, r.Check(tokens.CheckDecryption.Fail(expected, "an id_token that cannot be read",
			err.Error()))
	}
	return tokens.NewSecret(plain), r.Check(tokens.CheckDecryption.Pass(expected, how))
}
