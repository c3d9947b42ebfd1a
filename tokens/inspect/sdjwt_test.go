package inspect

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// presented is an SD-JWT with two disclosures, its issuer's keys and the holder's key.
func presented(t *testing.T) (sd string, issuer jose.KeySet, holder jose.Key) {
	t.Helper()
	holder, err := jose.Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := holder.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	name, country := seg(`["salt1","family_name","Example"]`), seg(`["salt2","DE"]`)
	payload := fmt.Sprintf(`{"iss":"https://issuer.example","vct":"https://credentials.example/identity","exp":1800000000,"_sd_alg":"sha-256","_sd":[%q,%q],"nationalities":["FR",{"...":%q}],"cnf":{"jwk":%s}}`,
		digestOf(name), digestOf("a decoy"), digestOf(country), jwk)
	token, issuer := signed(t, payload, jose.Header{"typ": "dc+sd-jwt"})
	return token + "~" + name + "~" + country + "~", issuer, holder
}

func TestDisclosuresFindTheirPlace(t *testing.T) {
	sd, keys, _ := presented(t)
	r := Inspect(sd, Options{Now: now, Keys: keys})
	if r.Kind != KindSDJWTVC || r.Signature.Verdict != tokens.Good || r.Err != nil {
		t.Fatalf("got %s, %+v, %v", r.Kind, r.Signature, r.Err)
	}
	d := r.Token.SD.Disclosures
	if len(d) != 2 || d[0].Path != "family_name" || string(d[0].Value) != `"Example"` || d[1].Path != "nationalities[1]" || d[1].Name != "" {
		t.Errorf("got %+v", d)
	}
	if r.Token.SD.Undisclosed != 1 {
		t.Errorf("got %d digests without a disclosure, want the decoy alone", r.Token.SD.Undisclosed)
	}
}

func TestSDJWTsThatMustBeRefused(t *testing.T) {
	sd, keys, holder := presented(t)
	bind := func(of, claims string, k jose.Key) string {
		kb, err := jose.Sign([]byte(fmt.Sprintf(`{"iat":1700000000,"aud":"https://verifier.example","sd_hash":%q%s}`, digestOf(of), claims)), jose.Header{"typ": "kb+jwt"}, k)
		if err != nil {
			t.Fatal(err)
		}
		return kb
	}
	parts := strings.Split(sd, "~")
	other, err := jose.Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, token string
		want        tokens.Verdict
		reason      string
	}{
		{"a good key binding", sd + bind(sd, `,"nonce":"n"`, holder), tokens.Good, "matches"},
		{"a disclosure nobody asked for", sd + seg(`["salt","admin",true]`) + "~", tokens.Bad, "belongs to no digest"},
		{"a disclosure twice", sd + parts[1] + "~", tokens.Bad, "stands twice"},
		{"a disclosure that is no array", parts[0] + "~" + seg(`{"a":1}`) + "~", tokens.Bad, "not an array"},
		{"a reserved name", parts[0] + "~" + seg(`["s","_sd",[]]`) + "~", tokens.Bad, "reserved"},
		{"a disclosure that is no base64url", parts[0] + "~!!~", tokens.Bad, "base64url"},
		{"a disclosure removed after binding", parts[0] + "~" + parts[1] + "~" + bind(sd, `,"nonce":"n"`, holder), tokens.Bad, "sd_hash"},
		{"bound by another key", sd + bind(sd, `,"nonce":"n"`, other), tokens.Bad, "does not match"},
		{"a binding without nonce", sd + bind(sd, ``, holder), tokens.Bad, "no nonce"},
		{"an altered issuer JWT", strings.Replace(sd, ".", "."+seg(`{}`)[:2], 1), tokens.Bad, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Inspect(c.token, Options{Now: now, Keys: keys})
			if r.Signature.Verdict != c.want || !strings.Contains(r.Signature.Reason, c.reason) {
				t.Errorf("got %+v, want %s: … %s …", r.Signature, c.want, c.reason)
			}
		})
	}
}
