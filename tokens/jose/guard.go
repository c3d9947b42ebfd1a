package jose

import (
	"fmt"

	"fob/tokens"
)

// What jwx v2 gets wrong, and where this package answers it:
//
//	panics on lengths it did not expect     lengths are checked before a call (jwk.go, jwe*.go), and guarded recovers
//	"crit" is never enforced                header.go
//	the header's alg is not compared        verify.go: the key chooses (alg.go: mismatch)
//	alg none "verifies"                     verify.go
//	PS* with any salt length                signature.go: the salt is as long as the hash (RFC 7518 3.5)
//	base64 that is not canonical            base64.go
//	one error for everything                Result.Reason
//	one unknown kty fails the set           ParseKeySet skips it with a reason
//	RSA modulus without a bound             jwk.go, pem.go
//	PEM bytes taken as an HMAC secret       pem.go: what looks like PEM or DER never becomes a secret
//	rewrites what it decodes                ordered, and fob/tokens/inspect

// guarded calls into a library that can panic on what others wrote, and makes an error of it.
func guarded(doing string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the library gave up: %s", doing, tokens.VisibleLine(fmt.Sprint(p)))
		}
	}()
	return call()
}
