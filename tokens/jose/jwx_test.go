package jose

import (
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"fob/tokens"
)

// jwx is the second witness: what it makes must open here, and what is made here must open there.

func TestEveryEncryptionOfJwxOpens(t *testing.T) {
	secretKey := func(n int) Key { return SecretKey(make([]byte, n)) }
	rsaKey, ec, x := mustKey(t, "RS256", ""), mustKey(t, "ES384", ""), mustKey(t, "X25519", "")
	rsaKey.k.alg, ec.k.alg, ec.k.use, x.k.alg = "", "", "", ""
	for alg, km := range keyManagement {
		keys := []Key{secretKey(km.size)}
		switch km.scheme {
		case rsaPKCS1, rsaOAEP:
			keys = []Key{rsaKey}
		case ecdhDirect, ecdhKW:
			keys = []Key{ec, x}
		case pbes2:
			keys = []Key{SecretKey([]byte("correct horse"))}
		}
		for enc, c := range contentEncryption {
			if km.scheme == pbes2 && enc != "A128CBC-HS256" && enc != "A256GCM" {
				continue // deriving a key takes long, and enc has no part in it
			}
			if km.scheme == direct {
				keys = []Key{secretKey(c.key)}
			}
			for _, k := range keys {
				t.Run(alg+" "+enc+" "+k.Curve(), func(t *testing.T) {
					token, err := Encrypt([]byte("Live long and prosper."),
						Header{"alg": alg, "enc": enc, "cty": "text"}, k)
					if err != nil {
						t.Fatal(err)
					}
					got := Decrypt(token, NewKeySet(k), DecryptOptions{})
					if got.Verdict != tokens.Good || string(got.Plaintext) != "Live long and prosper." {
						t.Errorf("got %s: %s, %q", got.Verdict, got.Reason, got.Plaintext)
					}
					parts := strings.Split(token, ".")
					parts[0] = encode([]byte(strings.Replace(decodedText(t, parts[0]), `"text"`, `"test"`, 1)))
					if got := Decrypt(strings.Join(parts, "."), NewKeySet(k),
						DecryptOptions{}); got.Verdict != tokens.Bad {
						t.Errorf("with another header: got %s: %s, want bad", got.Verdict, got.Reason)
					}
				})
			}
		}
	}
}

func decodedText(t *testing.T, s string) string {
	t.Helper()
	b, err := decode(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestJwxAgreesOnSignatures(t *testing.T) {
	for _, alg := range everyAlg {
		if alg == "Ed25519" || alg == "ES256K" {
			continue // a name younger than the library; a curve that needs a build tag
		}
		t.Run(alg, func(t *testing.T) {
			k := mustKey(t, alg, "")
			public := k.k.public
			if public == nil {
				public = k.k.private
			}
			theirs, err := jws.Sign([]byte(`{"a":1}`), jws.WithKey(jwa.SignatureAlgorithm(alg), k.k.private))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, Verify(string(theirs), NewKeySet(k), VerifyOptions{}), tokens.Good, "")
			token := mustSign(t, `{"a":1}`, nil, k)
			if _, err := jws.Verify([]byte(token), jws.WithKey(jwa.SignatureAlgorithm(alg), public)); err != nil {
				t.Errorf("jwx refuses what was signed here: %v", err)
			}
		})
	}
}

func TestJwxAgreesOnThumbprints(t *testing.T) {
	for _, alg := range []string{"ES256", "ES512", "RS256", "EdDSA", "X25519"} {
		k := mustKey(t, alg, "")
		theirs, err := jwk.ParseKey(mustPublic(t, k))
		if err != nil {
			t.Fatal(err)
		}
		sum, err := theirs.Thumbprint(5) // crypto.SHA256
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Thumbprint(); err != nil || got != encode(sum) {
			t.Errorf("%s: got %q, %v, want %q", alg, got, err, encode(sum))
		}
	}
}

// BenchmarkVerifyJwx is what the library alone needs for the same work as BenchmarkVerify.
func BenchmarkVerifyJwx(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA", "HS256"} {
		b.Run(alg, func(b *testing.B) {
			k := mustKey(b, alg, "k1")
			raw := k.k.public
			if raw == nil {
				raw = k.k.private
			}
			token := []byte(mustSign(b, `{"iss":"https://issuer.example","sub":"alice","aud":"api","exp":4102444800,`+
				`"iat":1700000000,"scope":"openid profile"}`, nil, k))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jws.Verify(token, jws.WithKey(jwa.SignatureAlgorithm(alg), raw)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
