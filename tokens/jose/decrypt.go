package jose

import (
	"strings"

	"fob/tokens"
)

// DecryptOptions say what stands outside the token.
type DecryptOptions struct {
	Password []byte   // for PBES2; tried beside the secrets in the key set
	Algs     []string // the key management algorithms that are allowed; nil: whatever the key allows
}

// Decrypted is the answer to "can this be opened?". Bad means that it was altered, or is not for this key.
type Decrypted struct {
	Verdict       tokens.Verdict
	Alg, Enc, Kid string // as the header says; from outside, made visible
	Reason        string
	Key           *Key   // the key that opened it
	Plaintext     []byte // only when the verdict is good
	Warnings      []string
}

// isEncryption reports whether a name is a key management algorithm of RFC 7518 4.1, or looks like one.
func isEncryption(alg string) bool {
	for _, prefix := range []string{"RSA1_5", "RSA-OAEP", "ECDH-ES", "A128KW", "A192KW", "A256KW", "A128GCM", "A192GCM", "A256GCM", "PBES2-", "dir"} {
		if strings.HasPrefix(alg, prefix) {
			return true
		}
	}
	return false
}

func Decrypt(token string, keys KeySet, o DecryptOptions) Decrypted {
	return Decrypted{Verdict: tokens.CannotTell}
}
