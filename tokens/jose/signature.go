package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// errCannotVerify means that the library cannot verify: the verdict is cannot-tell.
var errCannotVerify = errors.New("cannot be verified")

// verifySignature reports whether the signature is valid; an error is errCannotVerify with the reason. The caller has
// matched the key with the algorithm.
func verifySignature(a algorithm, k *key, input, signature []byte) (bool, error) {
	switch a.scheme {
	case hmacSHA2:
		secret, _ := k.private.([]byte)
		return hmac.Equal(signature, mac(a, secret, input)), nil
	case ecdsaSig:
		pub := k.public.(*ecdsa.PublicKey)
		if len(signature) != 2*a.size { // R || S of fixed size, never ASN.1 (RFC 7518 3.4)
			return false, nil
		}
		r, s := new(big.Int).SetBytes(signature[:a.size]), new(big.Int).SetBytes(signature[a.size:])
		return ecdsa.Verify(pub, digest(a, input), r, s), nil
	case secpSig:
		return verifySecp(k.public.(*secp256k1.PublicKey), digest(a, input), signature), nil
	case ed25519Sig:
		return len(signature) == ed25519.SignatureSize &&
			ed25519.Verify(k.public.(ed25519.PublicKey), input, signature), nil
	case pkcs1v15, pss:
		pub := k.public.(*rsa.PublicKey)
		if k.bits < 1024 {
			return false, fmt.Errorf("%w: Go's RSA rejects keys below 1024 bits, this one has %d",
				errCannotVerify, k.bits)
		}
		if len(signature) != pub.Size() {
			return false, nil
		}
		if a.scheme == pkcs1v15 {
			return rsa.VerifyPKCS1v15(pub, a.hash, digest(a, input), signature) == nil, nil
		}
		o := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash} // RFC 7518 3.5
		return rsa.VerifyPSS(pub, a.hash, digest(a, input), signature, o) == nil, nil
	}
	return false, fmt.Errorf("%w: %s", errCannotVerify, a.unsupported)
}

// sign returns a signature made with the private half of the key.
func sign(a algorithm, k *key, input []byte) ([]byte, error) {
	switch private := k.private.(type) {
	case []byte:
		return mac(a, private, input), nil
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input), nil
	case *secp256k1.PrivateKey:
		return signSecp(private, digest(a, input)), nil
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, digest(a, input))
		if err != nil {
			return nil, err
		}
		out := make([]byte, 2*a.size)
		r.FillBytes(out[:a.size])
		s.FillBytes(out[a.size:])
		return out, nil
	case *rsa.PrivateKey:
		if a.scheme == pss {
			return rsa.SignPSS(rand.Reader, private, a.hash, digest(a, input),
				&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(rand.Reader, private, a.hash, digest(a, input))
	}
	return nil, errors.New("the key has no private half")
}

func digest(a algorithm, input []byte) []byte {
	h := a.hash.New()
	_, _ = h.Write(input) // a hash never fails
	return h.Sum(nil)
}
