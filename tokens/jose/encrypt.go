package jose

import (
	"crypto/ecdh"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"
	"github.com/lestrrat-go/jwx/v2/x25519"
)

// Encrypt makes a compact JWE of the payload for the holder of the key, with jwx. alg is the header's or, without
// one, the key's; enc is the header's or A256GCM. kid is added when the key has one and the header does not name it.
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
		return "", fmt.Errorf("encrypting: algorithm %s with %s is not supported", show(alg), show(encName))
	}
	if why := misfitJWE(k, km, enc); why != "" && why != noPrivateHalf {
		return "", fmt.Errorf("encrypting: %s", why)
	}
	headers := jwe.NewHeaders()
	for name, value := range h {
		if name == "alg" || name == "enc" {
			continue // jwx sets them by the options below
		}
		if err := headers.Set(name, value); err != nil {
			return "", fmt.Errorf("encrypting: header parameter %s: %w", show(name), err)
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
	err = guarded("encrypting", func() (err error) {
		token, err = jwe.Encrypt(payload, jwe.WithKey(jwa.KeyEncryptionAlgorithm(alg), raw),
			jwe.WithContentEncryption(jwa.ContentEncryptionAlgorithm(encName)), jwe.WithProtectedHeaders(headers))
		return err
	})
	return string(token), err
}

// encryptionKey is the public half, or the secret, in the type that jwx takes.
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
