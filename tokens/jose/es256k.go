package jose

import (
	"bytes"
	"encoding/asn1"
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	ecdsak "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// secp256k1 needs its own library: Go's has neither the curve nor its object identifier, and jwx supports it only with
// a build tag.

// secp256k1FromJWK returns a key from the checked members of a JWK (RFC 8812 3.1): every coordinate has 32 bytes.
func secp256k1FromJWK(jwk map[string]string) (any, error) {
	x, errX := decode(jwk["x"])
	y, errY := decode(jwk["y"])
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x or y is not a coordinate of its curve")
	}
	public, err := secp256k1.ParsePubKey(append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("the point is not on the curve")
	}
	if jwk["d"] == "" {
		return public, nil
	}
	d, err := decode(jwk["d"])
	if err != nil {
		return nil, err
	}
	return secp256k1Private(d, public)
}

// secp256k1Private returns a private key, checked against the public one if that is known.
func secp256k1Private(d []byte, public *secp256k1.PublicKey) (*secp256k1.PrivateKey, error) {
	var scalar secp256k1.ModNScalar
	if overflow := scalar.SetByteSlice(d); overflow || scalar.IsZero() || len(d) > 32 {
		return nil, errors.New("d is not a private key of its curve")
	}
	private := secp256k1.NewPrivateKey(&scalar)
	if public != nil && !private.PubKey().IsEqual(public) {
		return nil, errors.New("d does not belong to x and y")
	}
	return private, nil
}

func (k *key) setSecp256k1(pub *secp256k1.PublicKey) {
	k.kty, k.crv, k.bits, k.public = "EC", "secp256k1", 256, pub
}

// secpMembers adds the coordinates as members of a JWK.
func secpMembers(pub *secp256k1.PublicKey, jwk map[string]string) {
	point := pub.SerializeUncompressed() // 4, x, y
	jwk["crv"], jwk["x"], jwk["y"] = "secp256k1", encode(point[1:33]), encode(point[33:])
}

// verifySecp verifies R || S (RFC 8812 3.2). Both must be below the curve's order; a high S is allowed.
func verifySecp(pub *secp256k1.PublicKey, hash, signature []byte) bool {
	if len(signature) != 64 {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return ecdsak.NewSignature(&r, &s).Verify(hash, pub)
}

func signSecp(private *secp256k1.PrivateKey, hash []byte) []byte {
	signature := ecdsak.Sign(private, hash)
	r, s := signature.R(), signature.S()
	rb, sb := r.Bytes(), s.Bytes()
	return append(rb[:], sb[:]...)
}

var (
	oidPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSecp256k1 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

type algorithmIdentifier struct {
	Algorithm  asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

func (a algorithmIdentifier) isSecp() bool {
	var curve asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(a.Parameters.FullBytes, &curve)
	return err == nil && a.Algorithm.Equal(oidPublicKey) && curve.Equal(oidSecp256k1)
}

// parseSecpDER reads PKIX (RFC 5480), PKCS #8 (RFC 5208) and SEC 1 (RFC 5915) with that curve.
func parseSecpDER(der []byte) (any, bool) {
	var pkix struct {
		Algorithm algorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &pkix); err == nil && pkix.Algorithm.isSecp() {
		public, err := secp256k1.ParsePubKey(pkix.Key.RightAlign())
		return public, err == nil
	}
	var pkcs8 struct {
		Version    int
		Algorithm  algorithmIdentifier
		PrivateKey []byte
		Attributes asn1.RawValue `asn1:"optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &pkcs8); err == nil && pkcs8.Algorithm.isSecp() {
		return parseSecpSEC1(pkcs8.PrivateKey, false)
	}
	return parseSecpSEC1(der, true)
}

func parseSecpSEC1(der []byte, named bool) (any, bool) {
	var sec1 struct {
		Version    int
		PrivateKey []byte
		Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		Public     asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	if _, err := asn1.Unmarshal(der, &sec1); err != nil || sec1.Version != 1 || named &&
		!sec1.Curve.Equal(oidSecp256k1) {
		return nil, false
	}
	private, err := secp256k1Private(bytes.TrimLeft(sec1.PrivateKey, "\x00"), nil)
	return private, err == nil
}
