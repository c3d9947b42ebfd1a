package jose

import (
	"fmt"

	"fob/tokens"
)

// What jwx v2 gets wrong, and where this package corrects it:
//
//	panics on unexpected lengths            lengths are checked before a call (jwk.go, jwe*.go); recoverPanic
//	"crit" is never enforced                header.go
//	the header's alg is not compared        verify.go: the key selects it (alg.go: mismatch)
//	alg none "verifies"                     verify.go
//	PS* with any salt length                signature.go: the salt is as long as the hash (RFC 7518 3.5)
//	base64 that is not canonical            base64.go
//	one error for everything                Result.Reason
//	one unknown kty fails the set           ParseKeySet skips it with a reason
//	RSA modulus of any size                 jwk.go, pem.go
//	PEM bytes accepted as an HMAC secret    pem.go: what looks like PEM or DER is never a secret
//	rewrites what it decodes                ordered, and fob/tokens/inspect

// recoverPanic calls into a library that may panic on input from outside, and turns a panic into an error.
func recoverPanic(doing string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the library panicked: %s", doing, tokens.VisibleLine(fmt.Sprint(p)))
		}
	}()
	return call()
}
