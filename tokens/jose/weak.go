package jose

import (
	"crypto/hmac"
	"crypto/x509"
	"encoding/pem"
	"hash"
	"strings"
)

// wellKnown are the secrets of tutorials, default configurations and the first lines of attackers' word lists.
var wellKnown = []string{
	"secret", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
	"a-string-secret-at-least-256-bits-long",
	"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "password", "Password1",
	"password123", "passw0rd", "123456", "12345678", "1234567890", "changeme", "changeit", "change-me", "default",
	"test", "test-secret", "testing", "example", "example_key", "demo", "dev", "development", "key", "mykey",
	"my-key", "secretkey", "secret_key", "secret-key", "SecretKey", "secretKey", "mysecret", "my-secret",
	"my_secret", "mysecretkey", "my-secret-key", "my_secret_key", "supersecret", "super-secret", "super_secret",
	"supersecretkey", "super-secret-key", "topsecret", "top-secret", "shhhh", "shhhhh", "shhhhhhared-secret", "jwt",
	"jwt-secret", "jwt_secret", "jwtsecret", "jwtSecret", "JWT_SECRET", "jwt_secret_key", "jwt-key", "token",
	"tokensecret", "admin", "root", "qwerty", "letmein", "hello", "foobar", "foo", "bar", "hmackey", "hmac-secret",
	"AllYourBase", "gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C", "thisisasecret", "this-is-a-secret", "ThisIsMySecretKey",
	"keyboard cat", "keyboardcat", "some-secret", "somesecret", "notasecret", "not-a-secret", "insecure", "private",
	"",
}

// maxGuessed is the largest token that secrets are tried on, in bytes.
const maxGuessed = 64 << 10

// WellKnownSecret tries a short list of publicly known secrets on an HMAC-signed compact JWS, offline.
func WellKnownSecret(token string) (secret string, ok bool) {
	a, input, signature := macParts(token)
	if a.name == "" {
		return "", false
	}
	for _, secret := range wellKnown {
		if hmac.Equal(mac(a, []byte(secret), input), signature) {
			return secret, true
		}
	}
	return "", false
}

// WellKnown is WellKnownSecret for a given secret.
func (k Key) WellKnown() (secret string, ok bool) {
	own, _ := k.get().private.([]byte)
	for _, secret := range wellKnown {
		if secret == string(own) && k.Type() == "oct" {
			return secret, true
		}
	}
	return "", false
}

// SignedWithPublicKey reports whether the secret of an HMAC-signed compact JWS is the text of one of the public keys,
// as PEM, DER or JWK: the forgery of RFC 8725 2.1.
func SignedWithPublicKey(token string, keys KeySet) bool {
	a, input, signature := macParts(token)
	if a.name == "" {
		return false
	}
	for i, k := range keys.keys {
		if i >= maxTried {
			break
		}
		for _, text := range publicTexts(k) {
			if hmac.Equal(mac(a, text, input), signature) {
				return true
			}
		}
	}
	return false
}

// macParts splits a compact HMAC token; the algorithm has no name if it is another kind of token.
func macParts(token string) (a algorithm, input, signature []byte) {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || len(token) > maxGuessed {
		return algorithm{}, nil, nil
	}
	segment, _, _ := strings.Cut(token, ".")
	header, err := readHeader(segment)
	if err != nil {
		return algorithm{}, nil, nil
	}
	alg, _ := header.String("alg")
	signature, err = decode(token[end+1:])
	if a = algorithms[alg]; err != nil || a.scheme != hmacSHA2 || len(signature) == 0 {
		return algorithm{}, nil, nil
	}
	return a, []byte(token[:end]), signature
}

// publicTexts returns the texts of a public key that a verifier may have been configured with.
func publicTexts(k Key) (texts [][]byte) {
	if jwk, err := k.PublicJWK(); err == nil {
		texts = append(texts, jwk)
	}
	for _, m := range k.get().members {
		if m.name == "n" || m.name == "x" {
			texts = append(texts, []byte(m.value))
			if b, err := decode(m.value); err == nil {
				texts = append(texts, b)
			}
		}
	}
	der, err := x509.MarshalPKIXPublicKey(k.get().public)
	if err != nil {
		return texts
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return append(texts, der, block, []byte(strings.TrimRight(string(block), "\n")))
}

// mac computes HMAC (RFC 7518 3.2).
func mac(a algorithm, secret, input []byte) []byte {
	h := hmac.New(func() hash.Hash { return a.hash.New() }, secret)
	_, _ = h.Write(input)
	return h.Sum(nil)
}
