package jose

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// setGoKey sets the key from one of Go's key types, which jwx, PEM or a generator returned.
func (k *key) setGoKey(raw any) error {
	switch r := raw.(type) {
	case *rsa.PublicKey:
		return k.setRSA(r)
	case *rsa.PrivateKey:
		k.private = r
		return k.setRSA(&r.PublicKey)
	case *ecdsa.PublicKey:
		return k.setEC(r)
	case *ecdsa.PrivateKey:
		if err := k.setEC(&r.PublicKey); err != nil {
			return err
		}
		if err := checkEC(r); err != nil {
			return err
		}
		k.private = r
	case ed25519.PublicKey:
		k.kty, k.crv, k.bits, k.public = "OKP", "Ed25519", 256, r
	case ed25519.PrivateKey:
		k.kty, k.crv, k.bits, k.public, k.private = "OKP", "Ed25519", 256, r.Public(), r
	case *secp256k1.PublicKey:
		k.setSecp256k1(r)
	case *secp256k1.PrivateKey:
		k.private = r
		k.setSecp256k1(r.PubKey())
	case *ecdh.PublicKey:
		return k.setX25519(r)
	case *ecdh.PrivateKey:
		k.private = r
		return k.setX25519(r.PublicKey())
	default:
		return fmt.Errorf("keys of type %T are not supported", raw)
	}
	return nil
}

func (k *key) setRSA(pub *rsa.PublicKey) error {
	bits := pub.N.BitLen()
	switch {
	case bits > maxRSABits:
		return fmt.Errorf("the RSA modulus has %d bits, at most %d are read: a larger one takes seconds",
			bits, maxRSABits)
	case pub.N.Bit(0) == 0 || pub.N.Sign() <= 0:
		return errors.New("the RSA modulus is even: it is invalid")
	case pub.E < 3 || pub.E&1 == 0:
		return fmt.Errorf("the RSA exponent %d is not an odd number above 2", pub.E)
	case bits < minRSABits:
		k.warnings = append(k.warnings, fmt.Sprintf("the RSA key has %d bits, at least %d are required (RFC 7518 3.3)",
			bits, minRSABits))
	}
	if isROCA(pub.N) {
		k.warnings = append(k.warnings, "the RSA key has the pattern of keys that can be factored (ROCA, "+
			"CVE-2017-15361): an attacker may be able to sign with it")
		k.weak = true
	}
	k.kty, k.bits, k.public = "RSA", bits, pub
	return nil
}

func (k *key) setEC(pub *ecdsa.PublicKey) error {
	if _, err := pub.ECDH(); err != nil {
		return errors.New("the point is not on the curve")
	}
	k.kty, k.crv, k.bits, k.public = "EC", pub.Curve.Params().Name, pub.Curve.Params().BitSize, pub
	return nil
}

func (k *key) setX25519(pub *ecdh.PublicKey) error {
	if pub.Curve() != ecdh.X25519() {
		return errors.New("unsupported curve: only X25519 is supported for key agreement")
	}
	k.kty, k.crv, k.bits, k.public = "OKP", "X25519", 256, pub
	return nil
}

// keyFromGo returns a Key for one of Go's key types.
func keyFromGo(raw any) (Key, error) {
	k := &key{}
	if err := k.setGoKey(raw); err != nil {
		return Key{}, err
	}
	jwk := map[string]string{"kty": k.kty}
	switch pub := k.public.(type) {
	case *rsa.PublicKey:
		jwk["n"], jwk["e"] = encode(pub.N.Bytes()), encode(big.NewInt(int64(pub.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := pub.Bytes() // 4, x, y: each as long as the curve
		if err != nil {
			return Key{}, err
		}
		half := (len(point) - 1) / 2
		jwk["crv"], jwk["x"], jwk["y"] = k.crv, encode(point[1:1+half]), encode(point[1+half:])
	case ed25519.PublicKey:
		jwk["crv"], jwk["x"] = k.crv, encode(pub)
	case *secp256k1.PublicKey:
		secpMembers(pub, jwk)
	case *ecdh.PublicKey:
		jwk["crv"], jwk["x"] = k.crv, encode(pub.Bytes())
	}
	k.members = thumbprintMembers(jwk)
	return Key{k}, nil
}
