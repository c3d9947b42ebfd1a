package jose

import (
	"testing"

	"fob/tokens"
)

func TestAPrivateKeyIsReadBackAsItWasWritten(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512", "RS256", "EdDSA", "HS256", "X25519", "A256KW"} {
		t.Run(alg, func(t *testing.T) {
			key, err := Generate(alg, "k1")
			if err != nil {
				t.Fatal(err)
			}
			text, err := key.PrivateJWK()
			if err != nil {
				t.Fatal(err)
			}
			set, err := ParseKeys([]byte(text.Reveal()))
			if err != nil || len(set.Keys()) != 1 {
				t.Fatalf("reading it back: %v, %d keys", err, len(set.Keys()))
			}
			back := set.Keys()[0]
			want, _ := key.Thumbprint()
			if got, _ := back.Thumbprint(); got != want || back.Kid() != "k1" || back.Alg() != key.Alg() || !back.Private() {
				t.Errorf("got %s kid %s alg %s private %t, want %s kid k1 alg %s private", got, back.Kid(), back.Alg(), back.Private(), want, key.Alg())
			}
			if key.Use() != "sig" {
				return
			}
			signed, err := Sign([]byte("{}"), nil, back)
			if err != nil {
				t.Fatal(err)
			}
			if r := Verify(signed, NewKeySet(key), VerifyOptions{}); r.Verdict != tokens.Good {
				t.Errorf("what the key signs that was read back: %s %s", r.Verdict, r.Reason)
			}
		})
	}
}

func TestAPublicKeyHasNoPrivateJWK(t *testing.T) {
	key, err := Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	set, err := ParseKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := set.Keys()[0].PrivateJWK(); err == nil {
		t.Errorf("got %s, want an error", s)
	}
}
