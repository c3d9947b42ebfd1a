package jose

import (
	"crypto/ecdh"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"
	"github.com/lestrrat-go/jwx/v2/x25519"
)

// Encrypt returns a compact JWE of the payload for the owner of the key, made with jwx. alg is the header's, else the
// key's; enc is the header's, else A256GCM. kid is added if the key has one and the header has none.
func Encrypt(payload []byte, h Header, key Key) (string, error) {
	k := key.get()
	alg, _ := h["alg"].(string)
	if alg == "" {
		alg = k.alg
	}
	encName, _ := h["enc"].(string)
	if encName == "" {
		encName = "A256GCM"
	}
	km, knownAlg := keyManagement[alg]
	enc, knownEnc := contentEncryption[encName]
	if !knownAlg || !knownEnc {
		return "", fmt.Errorf("encrypting: algorithm %s with %s is not supported", quote(alg), quote(encName))
	}
	if reason := jweMismatch(k, km, enc); reason != "" && reason != noPrivateHalf {
		return "", fmt.Errorf("encrypting: %s", reason)
	}
	headers := jwe.NewHeaders()
	for name, value := range h {
		if name == "alg" || name == "enc" {
			continue // jwx sets them by the options below
		}
		if err := headers.Set(name, value); err != nil {
			return "", fmt.Errorf("encrypting: header parameter %s: %w", quote(name), err)
		}
	}
	if _, has := h["kid"]; !has && k.kid != "" {
		if err := headers.Set("kid", k.kid); err != nil {
			return "", fmt.Errorf("encrypting: %w", err)
		}
	}
	raw, err := encryptionKey(k)
	if err != nil {
		return "", err
	}
	var token []byte
	err = recoverPanic("encrypting", func() (err error) {
		token, err = jwe.Encrypt(payload, jwe.WithKey(jwa.KeyEncryptionAlgorithm(alg), raw),
			jwe.WithContentEncryption(jwa.ContentEncryptionAlgorithm(encName)), jwe.WithProtectedHeaders(headers))
		return err
	})
	return string(token), err
}

// encryptionKey returns the public half, or the secret, in the type that jwx expects.
func encryptionKey(k *key) (any, error) {
	switch public := k.public.(type) {
	case nil:
		if secret, ok := k.private.([]byte); ok {
			return secret, nil
		}
		return nil, errors.New("encrypting: there is no key")
	case *ecdh.PublicKey:
		return x25519.PublicKey(public.Bytes()), nil
	default:
		return public, nil
	}
}
