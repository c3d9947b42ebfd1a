package jose

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	_ "crypto/sha1" // RSA-OAEP is defined with it (RFC 7518 4.3)
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// errTag is the only error of a failed authenticated decryption.
var errTag = errors.New("the authentication tag does not match")

// decryptContent decrypts the ciphertext (RFC 7518 5). A content encryption key of the wrong length is an error.
func (m *jweMessage) decryptContent(enc contentAlgorithm, cek []byte) ([]byte, error) {
	if len(cek) != enc.key {
		return nil, fmt.Errorf("the content encryption key has %d bytes, %s takes %d", len(cek), enc.name, enc.key)
	}
	if enc.cbc {
		return m.decryptCBC(enc, cek)
	}
	gcm, err := newGCM(cek)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, m.iv, append(append([]byte(nil), m.text...), m.tag...), m.aad)
	if err != nil {
		return nil, errTag
	}
	if plain == nil {
		plain = []byte{}
	}
	return plain, nil
}

// decryptCBC decrypts AES-CBC with HMAC (RFC 7518 5.2.2.2): the tag is verified first.
func (m *jweMessage) decryptCBC(enc contentAlgorithm, cek []byte) ([]byte, error) {
	half := len(cek) / 2
	h := hmac.New(func() hash.Hash { return enc.hash.New() }, cek[:half])
	for _, part := range [][]byte{m.aad, m.iv, m.text, binary.BigEndian.AppendUint64(nil, uint64(len(m.aad))*8)} {
		_, _ = h.Write(part) // a hash never fails
	}
	if subtle.ConstantTimeCompare(h.Sum(nil)[:enc.tag], m.tag) != 1 {
		return nil, errTag
	}
	block, err := aes.NewCipher(cek[half:])
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(m.text))
	cipher.NewCBCDecrypter(block, m.iv).CryptBlocks(plain, m.text)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > 16 || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errors.New("the padding of the content is invalid")
	}
	return plain[:len(plain)-pad], nil
}

// inflate decompresses zip, up to a limit.
func inflate(b []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(b))
	plain, err := io.ReadAll(io.LimitReader(r, maxPlaintext+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it was decrypted, but the result cannot be decompressed: %w", err)
	case len(plain) > maxPlaintext:
		return nil, fmt.Errorf("it was decrypted, but decompresses to more than %d bytes", maxPlaintext)
	}
	return plain, nil
}
