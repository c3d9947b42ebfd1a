package jose

import (
	"testing"

	"fob/tokens"
)

// fuzzKeys are keys of every kind, so that a token can reach every algorithm.
func fuzzKeys(f *testing.F) KeySet {
	f.Helper()
	keys := []Key{SecretKey([]byte("0123456789abcdef")), SecretKey([]byte("password"))}
	for _, alg := range []string{"ES256", "EdDSA", "RS256", "RSA-OAEP", "ECDH-ES", "X25519", "HS256"} {
		k := mustKey(f, alg, "")
		k.k.alg, k.k.use = "", "" // any algorithm of its family
		keys = append(keys, k)
	}
	return NewKeySet(keys...)
}

func FuzzParseKeySet(f *testing.F) {
	for _, seed := range []string{`{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
			`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "-----BEGIN PUBLIC " +
			"KEY-----\nAAAA\n-----END PUBLIC KEY-----", "secret", `{"keys":[{"kty":"RSA","n":"AQAB","e":"Aw"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, parse := range []func([]byte) (KeySet, error){ParseKeySet, ParseKeys} {
			set, err := parse(data)
			if err != nil {
				continue
			}
			if _, err := set.PublicJSON(); err != nil {
				for _, k := range set.Keys() {
					if k.Unusable() == "" {
						t.Errorf("a set with usable keys alone does not marshal: %v", err)
					}
				}
			}
			for _, k := range set.Keys() {
				_, _ = k.Thumbprint()
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	keys := fuzzKeys(f)
	for _, token := range []string{hs256(`{"alg":"HS256"}`, `{}`, []byte("x")),
		`{"payload":"e30","signatures":[{"protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AAAA"}]}`,
		encode([]byte(`{"alg":"ES256","crit":["b64"],"b64":false}`)) + ".x.AAAA", "..", "", "{}"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got := Verify(token, keys, VerifyOptions{})
		if got.Verdict == tokens.Good {
			t.Errorf("an unsigned token is good: %s", got.Reason)
		}
		if got.Reason == "" || got.Reason != tokens.VisibleLine(got.Reason) {
			t.Errorf("the reason cannot be printed: %q", got.Reason)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	keys := fuzzKeys(f)
	f.Add(wrappedToken)
	f.Add(`{"protected":"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0","recipients":[{"encrypted_key":""}],` +
		`"iv":"AAAA","ciphertext":"AAAA","tag":"AAAA"}`)
	for _, h := range []string{`{"alg":"RSA-OAEP","enc":"A128GCM"}`,
		`{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256",` +
			`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}`,
		`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":1000,"p2s":"AAAAAAAAAAAAAAAA"}`, `{"alg":"A128GCMKW",` +
			`"enc":"A256CBC-HS512","iv":"AAAA","tag":"AAAA"}`} {
		f.Add(encode([]byte(h)) + ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")
	}
	f.Fuzz(func(t *testing.T, token string) {
		got := Decrypt(token, keys, DecryptOptions{})
		if got.Verdict == tokens.Good {
			t.Errorf("a token that was not encrypted was decrypted: %s", got.Reason)
		}
		if got.Reason == "" || got.Reason != tokens.VisibleLine(got.Reason) {
			t.Errorf("the reason cannot be printed: %q", got.Reason)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA", "HS256"} {
		b.Run(alg, func(b *testing.B) {
			k := mustKey(b, alg, "k1")
			keys := NewKeySet(k)
			token := mustSign(b, `{"iss":"https://issuer.example","sub":"alice","aud":"api","exp":4102444800,`+
				`"iat":1700000000,"scope":"openid profile"}`, nil, k)
			b.ReportAllocs()
			for b.Loop() {
				if r := Verify(token, keys, VerifyOptions{}); r.Verdict != tokens.Good {
					b.Fatal(r.Reason)
				}
			}
		})
	}
}
