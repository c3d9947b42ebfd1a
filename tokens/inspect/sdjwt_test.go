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
	payload := fmt.Sprintf(`{"iss":"https://issuer.example","vct":"https://credentials.example/identity",`+
		`"exp":1800000000,"_sd_alg":"sha-256","_sd":[%q,%q],"nationalities":["FR",{"...":%q}],"cnf":{"jwk":%s}}`,
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
	if len(d) != 2 || d[0].Path != "family_name" || string(d[0].Value) != `"Example"` ||
		d[1].Path != "nationalities[1]" || d[1].Name != "" {
		t.Errorf("got %+v", d)
	}
	if r.Token.SD.Undisclosed != 1 {
		t.Errorf("got %d digests without a disclosure, want the decoy alone", r.Token.SD.Undisclosed)
	}
}

func TestInvalidSDJWTsAreRejected(t *testing.T) {
	sd, keys, holder := presented(t)
	bind := func(of, claims string, k jose.Key) string {
		kb, err := jose.Sign([]byte(fmt.Sprintf(`{"iat":1700000000,"aud":"https://verifier.example","sd_hash":%q%s}`,
			digestOf(of), claims)), jose.Header{"typ": "kb+jwt"}, k)
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
		{"a disclosure without a digest", sd + seg(`["salt","admin",true]`) + "~", tokens.Bad, "matches no digest"},
		{"a disclosure twice", sd + parts[1] + "~", tokens.Bad, "is there twice"},
		{"a disclosure that is no array", parts[0] + "~" + seg(`{"a":1}`) + "~", tokens.Bad, "not an array"},
		{"a reserved name", parts[0] + "~" + seg(`["s","_sd",[]]`) + "~", tokens.Bad, "reserved"},
		{"a disclosure that is no base64url", parts[0] + "~!!~", tokens.Bad, "base64url"},
		{"a disclosure removed after binding", parts[0] + "~" + parts[1] + "~" +
			bind(sd, `,"nonce":"n"`, holder), tokens.Bad, "sd_hash"},
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

// The same SD-JWT in its JSON serialisations (RFC 9901 8), and with what a verifier expects of the key binding.
func TestSDJWTsInJSONHaveTheVerdictOfTheCompactForm(t *testing.T) {
	sd, keys, holder := presented(t)
	kb, err := jose.Sign([]byte(fmt.Sprintf(`{"iat":1700000000,"aud":"https://verifier.example","nonce":"n1",`+
		`"sd_hash":%q}`, digestOf(sd))), jose.Header{"typ": "kb+jwt"}, holder)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(sd, "~")
	jws := strings.Split(parts[0], ".")
	header := func(disclosures []string, more string) string {
		return fmt.Sprintf(`"header":{"disclosures":["%s"]%s}`, strings.Join(disclosures, `","`), more)
	}
	flat := func(header string) string {
		return fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q,%s}`, jws[1], jws[0], jws[2], header)
	}
	both, bound := parts[1:3], fmt.Sprintf(`,"kb_jwt":%q`, kb)
	for _, c := range []struct {
		name, token string
		o           Options
		want        tokens.Verdict
		reason      string
	}{
		{"flattened", flat(header(both, "")), Options{}, tokens.Good, "matches"},
		{"flattened and bound", flat(header(both, bound)), Options{}, tokens.Good, "matches"},
		{"general and bound", fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q,%s}]}`, jws[1],
			jws[0], jws[2], header(both, bound)), Options{}, tokens.Good, "matches"},
		{"a disclosure fewer than was bound", flat(header(both[:1], bound)), Options{}, tokens.Bad, "sd_hash"},
		{"a disclosure without a digest", flat(header(append([]string{seg(`["s","admin",true]`)}, both...), "")),
			Options{},
			tokens.Bad, "matches no digest"},
		{"disclosures that are none", flat(`"header":{"disclosures":7}`), Options{}, tokens.Bad,
			"not a list of strings"},
		{"a binding that is none", flat(`"header":{"kb_jwt":{}}`), Options{}, tokens.Bad, "kb_jwt is not a string"},
		{"the audience and the nonce that are expected", flat(header(both, bound)),
			Options{Audience: "https://verifier.example", Nonce: "n1"}, tokens.Good, ""},
		{"another audience", sd + kb, Options{Audience: "https://other.example"}, tokens.Bad,
			`it is for "https://verifier.example"`},
		{"another nonce", sd + kb, Options{Nonce: "n2"}, tokens.Bad, "made for another request"},
		{"a binding of tomorrow", sd + kb, Options{Now: now.AddDate(-1, 0, 0)}, tokens.Bad, "iat is in the future"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Keys = keys
			if c.o.Now.IsZero() {
				c.o.Now = now
			}
			r := Inspect(c.token, c.o)
			if r.SD == nil || r.SD.Verdict != c.want || !strings.Contains(r.SD.Reason, c.reason) {
				t.Fatalf("got %+v, %+v, want %s: … %s …", r.SD, r.Err, c.want, c.reason)
			}
			if outcome, why := r.Verdict(); (outcome == OutcomeGood) != (c.want == tokens.Good) {
				t.Errorf("got %s: %s", outcome, why)
			}
		})
	}
	line := fmt.Sprintf(`{"token":%s,"key":{"keys":[]}}`, flat(header(both, bound)))
	var b Batch
	if r := b.Inspect([]byte(line)); r.Kind != KindSDJWTVC || len(r.Token.SD.Disclosures) != 2 ||
		r.Token.SD.Disclosures[0].Path != "family_name" {
		t.Errorf("got %s with %+v", r.Kind, r.Token.SD)
	}
}

// Two disclosures may not both become the same claim, and the hash must be one that is known (RFC 9901 7.1).
func TestCollidingDisclosuresAreRejected(t *testing.T) {
	one, two := seg(`["s1","role","user"]`), seg(`["s2","role","admin"]`)
	token, keys := signed(t, fmt.Sprintf(`{"_sd":[%q,%q]}`, digestOf(one), digestOf(two)), nil)
	if r := Inspect(token+"~"+one+"~"+two+"~", Options{Now: now, Keys: keys}); r.SD.Verdict != tokens.Bad ||
		!strings.Contains(r.SD.Reason, "in the token already") {
		t.Errorf("got %+v", r.SD)
	}
	if r := Inspect(token+"~"+two+"~", Options{Now: now, Keys: keys}); r.SD.Verdict != tokens.Good {
		t.Errorf("one of them alone: got %+v", r.SD)
	}
	for alg, want := range map[string]tokens.Verdict{`"sha-512"`: tokens.Good, `"sha3-256"`: tokens.Good,
		`"md5"`: tokens.Bad, `7`: tokens.Bad, `null`: tokens.Bad} {
		token, keys := signed(t, `{"_sd":[],"_sd_alg":`+alg+`}`, nil)
		if r := Inspect(token+"~", Options{Now: now, Keys: keys}); r.SD.Verdict != want {
			t.Errorf("_sd_alg %s: got %+v, want %s", alg, r.SD, want)
		}
	}
}
