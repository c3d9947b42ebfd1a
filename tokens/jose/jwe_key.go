package jose

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// unwrap returns the content encryption key (RFC 7518 4). The caller has checked the key and every fixed length.
func unwrap(h *joseHeader, km keyAlgorithm, enc contentAlgorithm, k *key, encrypted []byte, work *budget) ([]byte,
	error) {
	secret, _ := k.private.([]byte)
	switch km.scheme {
	case direct:
		return secret, nil
	case aesKW:
		return unwrapAES(secret, encrypted)
	case aesGCMKW:
		return unwrapGCM(h, secret, encrypted)
	case rsaPKCS1, rsaOAEP:
		return unwrapRSA(km, enc, k, encrypted)
	case ecdhDirect:
		return agreeECDH(h, k, enc.name, enc.key)
	case ecdhKW:
		kek, err := agreeECDH(h, k, km.name, km.size)
		if err != nil {
			return nil, err
		}
		return unwrapAES(kek, encrypted)
	case pbes2:
		kek, err := derivePBES2(h, km, secret, work)
		if err != nil {
			return nil, err
		}
		return unwrapAES(kek, encrypted)
	}
	return nil, fmt.Errorf("%w: %s", errUncertain, km.name)
}

// errWrap is the only error of a failed key unwrap.
var errWrap = errors.New("the encrypted key cannot be decrypted")

// unwrapAES implements AES key unwrap (RFC 3394 2.2.2).
func unwrapAES(kek, wrapped []byte) ([]byte, error) {
	if len(wrapped) < 24 || len(wrapped)%8 != 0 {
		return nil, errWrap
	}
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	n := len(wrapped)/8 - 1
	buffer := make([]byte, 16)
	out := append([]byte(nil), wrapped[8:]...)
	copy(buffer, wrapped[:8])
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			counter := binary.BigEndian.Uint64(buffer) ^ uint64(n*j+i)
			binary.BigEndian.PutUint64(buffer, counter)
			copy(buffer[8:], out[(i-1)*8:i*8])
			block.Decrypt(buffer, buffer)
			copy(out[(i-1)*8:i*8], buffer[8:])
		}
	}
	for _, b := range buffer[:8] {
		if b != 0xa6 {
			return nil, errWrap
		}
	}
	return out, nil
}

// unwrapGCM implements AES-GCM key unwrap (RFC 7518 4.7): iv and tag are in the header.
func unwrapGCM(h *joseHeader, kek, wrapped []byte) ([]byte, error) {
	iv, err := h.bytes("iv")
	if err != nil {
		return nil, err
	}
	tag, err := h.bytes("tag")
	if err != nil {
		return nil, err
	}
	if len(iv) != 12 || len(tag) != 16 {
		return nil, fmt.Errorf("the key's iv and tag have %d and %d bytes, they take 12 and 16 (RFC 7518 4.7.1)",
			len(iv), len(tag))
	}
	gcm, err := newGCM(kek)
	if err != nil {
		return nil, err
	}
	cek, err := gcm.Open(nil, iv, append(append([]byte(nil), wrapped...), tag...), nil)
	if err != nil {
		return nil, errWrap
	}
	return cek, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bytes reads a base64url header parameter.
func (h *joseHeader) bytes(name string) ([]byte, error) {
	text, err := h.text(name)
	if err != nil {
		return nil, err
	}
	return part64("header parameter "+name, text)
}

func unwrapRSA(km keyAlgorithm, enc contentAlgorithm, k *key, encrypted []byte) ([]byte, error) {
	private := k.private.(*rsa.PrivateKey)
	switch {
	case k.bits < 1024:
		return nil, fmt.Errorf("%w: Go's RSA rejects keys below 1024 bits, this one has %d", errUncertain, k.bits)
	case len(encrypted) != private.Size():
		return nil, fmt.Errorf("the encrypted key has %d bytes, this RSA key takes %d", len(encrypted), private.Size())
	}
	if km.scheme == rsaPKCS1 {
		// A random key replaces the result if the padding is invalid, so that both failures look alike (RFC 7516 11.5).
		cek := random(enc.key)
		// Nothing here answers an attacker.
		//lint:ignore SA1019 RSA1_5 is deprecated but needed to read old tokens (RFC 7518 4.2)
		if err := rsa.DecryptPKCS1v15SessionKey(nil, private, encrypted, cek); err != nil {
			return nil, errWrap
		}
		return cek, nil
	}
	cek, err := rsa.DecryptOAEP(km.hash.New(), nil, private, encrypted, nil)
	if err != nil {
		return nil, errWrap
	}
	return cek, nil
}

// agreeECDH implements ECDH-ES with the Concat KDF (RFC 7518 4.6.2, RFC 8037 3.2).
func agreeECDH(h *joseHeader, k *key, id string, size int) ([]byte, error) {
	raw, ok := h.get("epk")
	if !ok {
		return nil, errors.New("the header has no epk (RFC 7518 4.6.1.1)")
	}
	epk, err := parseJWK(raw)
	if err != nil {
		return nil, fmt.Errorf("epk: %w", err)
	}
	if epk.Curve() != k.crv {
		return nil, fmt.Errorf("epk is on %s, the key on %s", quote(epk.Curve()), k.crv)
	}
	public, err := ecdhPublic(epk.k.public)
	if err != nil {
		return nil, fmt.Errorf("epk: %w", err)
	}
	private, err := ecdhPrivate(k.private)
	if err != nil {
		return nil, err
	}
	z, err := private.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("epk: %w", err)
	}
	apu, err := h.bytes("apu")
	if err != nil {
		return nil, err
	}
	apv, err := h.bytes("apv")
	if err != nil {
		return nil, err
	}
	return concatKDF(z, id, apu, apv, size), nil
}

func ecdhPublic(public any) (*ecdh.PublicKey, error) {
	switch p := public.(type) {
	case *ecdh.PublicKey:
		return p, nil
	case *ecdsa.PublicKey:
		return p.ECDH()
	}
	return nil, errors.New("not a key for key agreement")
}

func ecdhPrivate(private any) (*ecdh.PrivateKey, error) {
	switch p := private.(type) {
	case *ecdh.PrivateKey:
		return p, nil
	case *ecdsa.PrivateKey:
		return p.ECDH()
	}
	return nil, errors.New("not a key for key agreement")
}

// concatKDF implements the single-step key derivation of NIST SP 800-56A with SHA-256, with the parameters of RFC 7518
// 4.6.2.
func concatKDF(z []byte, id string, apu, apv []byte, size int) []byte {
	var info []byte
	for _, field := range [][]byte{[]byte(id), apu, apv} {
		info = binary.BigEndian.AppendUint32(info, uint32(len(field)))
		info = append(info, field...)
	}
	info = binary.BigEndian.AppendUint32(info, uint32(size*8))
	var out []byte
	for round := uint32(1); len(out) < size; round++ {
		h := sha256.New()
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, round)) // a hash never fails
		_, _ = h.Write(z)
		_, _ = h.Write(info)
		out = h.Sum(out)
	}
	return out[:size]
}

// cost returns the cost of one iteration, in iterations of SHA-256: the longer hashes have no hardware support.
func (km keyAlgorithm) cost() int {
	if km.hash == crypto.SHA256 {
		return 1
	}
	return 2
}

// derivePBES2 derives the wrapping key from a password (RFC 7518 4.8). The number of iterations comes from the token's
// author, so it is limited for all keys together.
func derivePBES2(h *joseHeader, km keyAlgorithm, password []byte, work *budget) ([]byte, error) {
	raw, ok := h.get("p2c")
	if !ok {
		return nil, errors.New("the header has no p2c (RFC 7518 4.8.1.2)")
	}
	count, whole := new(big.Int).SetString(string(raw), 10)
	switch {
	case !whole || count.Cmp(big.NewInt(minIterations)) < 0:
		return nil, errors.New("p2c is not a positive whole number (RFC 7518 4.8.1.2)")
	case !count.IsInt64() || count.Int64() > int64(maxIterations/km.cost()):
		return nil, fmt.Errorf("%w: p2c asks for more than %d iterations", errUncertain, maxIterations/km.cost())
	case int(count.Int64())*km.cost() > work.iterations:
		return nil, fmt.Errorf("%w: more than %d iterations for all keys together",
			errUncertain, maxIterations/km.cost())
	}
	salt, err := h.bytes("p2s")
	if err != nil {
		return nil, err
	}
	if len(salt) < 8 {
		return nil, fmt.Errorf("p2s has %d bytes, at least 8 are required (RFC 7518 4.8.1.1)", len(salt))
	}
	work.iterations -= int(count.Int64()) * km.cost()
	full := append(append([]byte(km.name), 0), salt...)
	return pbkdf2.Key(func() hash.Hash { return km.hash.New() }, string(password), full, int(count.Int64()), km.size)
}
