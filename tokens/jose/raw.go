package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"math/big"
)

// rawKey makes one of Go's key types of the members of a JWK, whose lengths were checked before: every member is
// base64url, every coordinate as long as its curve.
func rawKey(jwk map[string]string) (raw any, err error) {
	err = guarded("making the key", func() error {
		switch jwk["kty"] + " " + jwk["crv"] {
		case "RSA ":
			raw, err = rawRSA(jwk)
		case "OKP Ed25519":
			raw, err = rawEd25519(jwk)
		case "OKP X25519":
			raw, err = rawX25519(jwk)
		case "EC P-256":
			raw, err = rawEC(elliptic.P256(), jwk)
		case "EC P-384":
			raw, err = rawEC(elliptic.P384(), jwk)
		case "EC P-521":
			raw, err = rawEC(elliptic.P521(), jwk)
		default:
			err = errors.New("its type is not supported")
		}
		return err
	})
	return raw, err
}

// part is a member that was encoded by this package: it always decodes.
func part(jwk map[string]string, name string) []byte {
	b, _ := decode(jwk[name])
	return b
}

func number(jwk map[string]string, name string) *big.Int {
	return new(big.Int).SetBytes(part(jwk, name))
}

func rawRSA(jwk map[string]string) (any, error) {
	e := number(jwk, "e")
	if e.BitLen() > 31 {
		return nil, errors.New("the RSA exponent does not fit in 31 bits")
	}
	pub := rsa.PublicKey{N: number(jwk, "n"), E: int(e.Int64())}
	if jwk["d"] == "" {
		return &pub, nil
	}
	private := &rsa.PrivateKey{PublicKey: pub, D: number(jwk, "d")}
	if jwk["p"] != "" && jwk["q"] != "" {
		p, q := number(jwk, "p"), number(jwk, "q")
		if new(big.Int).Mul(p, q).Cmp(pub.N) != 0 {
			return nil, errors.New("p times q is not n")
		}
		private.Primes = []*big.Int{p, q}
		private.Precompute()
	} else if pub.N.BitLen() > 2*minRSABits {
		return nil, errors.New("a private RSA key of this size needs p and q: without them each use takes seconds")
	}
	return private, nil
}

func rawEC(curve elliptic.Curve, jwk map[string]string) (any, error) {
	point := append([]byte{4}, part(jwk, "x")...)
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, append(point, part(jwk, "y")...))
	if err != nil {
		return nil, errors.New("the point is not on the curve")
	}
	if jwk["d"] == "" {
		return pub, nil
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, part(jwk, "d"))
	if err != nil {
		return nil, errors.New("d is not a private key of its curve")
	}
	if !private.PublicKey.Equal(pub) {
		return nil, errors.New("d does not belong to x and y")
	}
	return private, nil
}

func rawEd25519(jwk map[string]string) (any, error) {
	pub := ed25519.PublicKey(part(jwk, "x"))
	if jwk["d"] == "" {
		return pub, nil
	}
	private := ed25519.NewKeyFromSeed(part(jwk, "d"))
	if !pub.Equal(private.Public()) {
		return nil, errors.New("d does not belong to x")
	}
	return private, nil
}

func rawX25519(jwk map[string]string) (any, error) {
	if jwk["d"] == "" {
		return ecdh.X25519().NewPublicKey(part(jwk, "x"))
	}
	private, err := ecdh.X25519().NewPrivateKey(part(jwk, "d"))
	if err != nil {
		return nil, err
	}
	if string(private.PublicKey().Bytes()) != string(part(jwk, "x")) {
		return nil, errors.New("d does not belong to x")
	}
	return private, nil
}
