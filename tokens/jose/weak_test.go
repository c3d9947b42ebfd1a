package jose

import (
	"crypto/x509"
	"encoding/pem"
	"testing"
)

func TestSecretsThatEverybodyKnowsAreFound(t *testing.T) {
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		token := hs256(`{"alg":"HS256"}`, `{"a":1}`, []byte("your-256-bit-secret"))
		if alg != "HS256" {
			token = mustSign(t, `{"a":1}`, Header{"alg": alg}, SecretKey([]byte("secret")))
		}
		if secret, ok := WellKnownSecret(token); !ok || secret == "" {
			t.Errorf("%s: got %q, %v", alg, secret, ok)
		}
	}
	if secret, ok := SecretKey([]byte("changeme")).WellKnown(); !ok || secret != "changeme" {
		t.Errorf("a key: got %q, %v", secret, ok)
	}
	for _, k := range []Key{{}, mustKey(t, "HS256", ""), mustKey(t, "ES256", "")} {
		if secret, ok := k.WellKnown(); ok {
			t.Errorf("a key of type %q: got %q", k.Type(), secret)
		}
	}
	for name, token := range map[string]string{
		"a random secret": mustSign(t, `{}`, nil, mustKey(t, "HS256", "")), "no HMAC": mustSign(t, `{}`, nil,
			mustKey(t, "ES256", "")),
		"nothing": "", "dots": "..", "no signature": encode([]byte(`{"alg":"HS256"}`)) + ".e30.",
	} {
		if secret, ok := WellKnownSecret(token); ok {
			t.Errorf("%s: got %q", name, secret)
		}
	}
}

func TestAForgeryWithThePublicKeyIsFoundInAnyFormOfIt(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		k := mustKey(t, alg, "k")
		der, err := x509.MarshalPKIXPublicKey(k.k.public)
		if err != nil {
			t.Fatal(err)
		}
		block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for name, secret := range map[string][]byte{"PEM": block, "PEM without its last line end": block[:len(block)-1],
			"DER": der, "JWK": mustPublic(t, k)} {
			token := hs256(`{"alg":"HS256"}`, `{"admin":true}`, secret)
			if !SignedWithPublicKey(token, NewKeySet(k)) {
				t.Errorf("%s as %s: the forgery was not found", alg, name)
			}
			if SignedWithPublicKey(token, NewKeySet(mustKey(t, "ES384", ""))) {
				t.Errorf("%s as %s: found with another key", alg, name)
			}
		}
	}
}
