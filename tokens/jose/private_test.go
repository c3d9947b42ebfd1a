package jose

import (
	"strings"
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
			if got, _ := back.Thumbprint(); got != want || back.Kid() != "k1" || back.Alg() != key.Alg() ||
				!back.Private() {
				t.Errorf("got %s kid %s alg %s private %t, want %s kid k1 alg %s private",
					got, back.Kid(), back.Alg(), back.Private(), want, key.Alg())
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

func TestKeyOpsStayWithAPublicKeyAlone(t *testing.T) {
	for name, c := range map[string]struct{ jwk, want string }{
		"public": {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",` +
			`"key_ops":["verify"]}`, `"key_ops":["verify"]`},
		"private": {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",` +
			`"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","key_ops":["sign"]}`, ""},
	} {
		key, err := ParseKey([]byte(c.jwk))
		if err != nil {
			t.Fatal(err)
		}
		got, err := key.PublicJWK()
		if has := strings.Contains(string(got), "key_ops"); err != nil || has != (c.want != "") ||
			!strings.Contains(string(got), c.want) {
			t.Errorf("%s: got %s, %v; want %q in it", name, got, err, c.want)
		}
	}
}
