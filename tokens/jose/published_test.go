package jose

import (
	"encoding/json"
	"strings"
	"testing"

	"fob/tokens"
)

// A private key or a shared secret in a published set is named and never used: everyone who reads the set can sign with
// it.
func TestAPublishedSetUsesNoKeyThatItGivesAway(t *testing.T) {
	good, err := Generate("ES256", "good")
	if err != nil {
		t.Fatal(err)
	}
	set := func(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }
	public, _ := good.PublicJWK()
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		leaked, err := Generate(alg, "leaked")
		if err != nil {
			t.Fatal(err)
		}
		jwk, _ := leaked.PrivateJWK()
		published, err := ParsePublished(set(string(public), jwk.Reveal()))
		if err != nil || len(published.Keys()) != 1 || len(published.Exposed()) != 1 || !published.Has("leaked") {
			t.Fatalf("%s: got %d keys, %v exposed, %v; want one and one",
				alg, len(published.Keys()), published.Exposed(), err)
		}
		if s := published.Exposed()[0].String(); s != "the key leaked is published with its private half" {
			t.Errorf("%s: got %q", alg, s)
		}
		minted, err := Sign([]byte(`{}`), nil, leaked)
		if err != nil {
			t.Fatal(err)
		}
		if r := Verify(minted, published, VerifyOptions{}); r.Verdict != tokens.CannotTell ||
			!strings.Contains(r.Reason,
				"private half") {
			t.Errorf("%s: a token of the leaked key: got %+v, want cannot-tell", alg, r)
		}
		signed, _ := Sign([]byte(`{}`), nil, good)
		if r := Verify(signed, published, VerifyOptions{}); r.Verdict != tokens.Good {
			t.Errorf("%s: a token of the other key: got %+v, want it good", alg, r)
		}
	}
	for name, key := range map[string]string{
		"a shared secret":           `{"kty":"oct","kid":"s","k":"c2VjcmV0"}`,
		"a secret without k":        `{"kty":"oct","kid":"s"}`,
		"a broken private key":      `{"kty":"EC","kid":"s","crv":"P-256","d":"AQ"}`,
		"a key of an unknown type":  `{"kty":"XYZ","kid":"s","d":"AQ"}`,
		"an RSA key of many primes": `{"kty":"RSA","kid":"s","n":"AQ","e":"AQAB","oth":[]}`,
		"an ML-DSA key":             `{"kty":"AKP","kid":"s","priv":"AQ"}`,
	} {
		published, err := ParsePublished(set(string(public), key))
		if err != nil || len(published.Exposed()) != 1 || len(published.Keys()) != 1 ||
			published.Exposed()[0].Kid != "s" {
			t.Errorf("%s: got %v, %d keys, %v", name, published.Exposed(), len(published.Keys()), err)
		}
		if r := Verify(signedBy(t, "s"), published, VerifyOptions{}); r.Verdict != tokens.CannotTell ||
			!strings.Contains(r.Reason, "key s is published") {
			t.Errorf("%s: a token with its kid: got %+v, want cannot-tell", name, r)
		}
	}
	if published, _ := ParsePublished(set(string(public),
		`{"kty":"EC","kid":"e","crv":"P-256","x":"AQ","y":"AQ","d":""}`)); len(published.Exposed()) != 0 {
		t.Errorf("an empty member gives nothing away: got %v", published.Exposed())
	}
	// What a person names is theirs to use.
	jwk, _ := good.PrivateJWK()
	if own, err := ParseKeySet(set(jwk.Reveal())); err != nil || len(own.Keys()) != 1 || len(own.Exposed()) != 0 {
		t.Errorf("a set that a person named: got %d keys, %v", len(own.Keys()), err)
	}
}

func signedBy(t *testing.T, kid string) string {
	t.Helper()
	key, err := Generate("ES256", kid)
	if err != nil {
		t.Fatal(err)
	}
	token, err := Sign(json.RawMessage(`{}`), nil, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
