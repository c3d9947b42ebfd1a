package inspect

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestAnAlteredTokenIsWrongInOneWay(t *testing.T) {
	original, keys := signed(t, `{"z":1.50,`+fine+inTime+`}`, jose.Header{"typ": "at+jwt"})
	mine, err := jose.Generate("RS256", "mine")
	if err != nil {
		t.Fatal(err)
	}
	enc, err := jose.Generate("A256KW", "enc")
	if err != nil {
		t.Fatal(err)
	}
	claim := func(text string) Claim {
		c, err := ParseClaim(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		name    string
		a       Alteration
		verdict tokens.Verdict // with the original's key
		outcome Outcome        // with the key that signed it
		has     string         // in the payload
	}{
		{"with the issuer's key", Alteration{Key: keys.Keys()[0], Set: []Claim{claim("sub=bob")}}, tokens.Good, OutcomeGood, `"sub":"bob"`},
		{"with a key made for it", Alteration{}, tokens.Bad, OutcomeGood, `{"z":1.50,"iss"`},
		{"with a key of one's own", Alteration{Key: mine}, tokens.Bad, OutcomeGood, ``},
		{"expired", Alteration{Key: keys.Keys()[0], Expire: true}, tokens.Good, OutcomeExpired, `"exp":1699996400`},
		{"with another life", Alteration{Key: keys.Keys()[0], Lifetime: time.Minute}, tokens.Good, OutcomeGood, `"exp":1700000060`},
		{"for another audience", Alteration{Key: keys.Keys()[0], Audience: "https://other"}, tokens.Good, OutcomeGood, `"aud":"https://other"`},
		{"without a claim", Alteration{Key: keys.Keys()[0], Delete: []string{"sub"}}, tokens.Good, OutcomeGood, `"iss":"https://issuer.example","aud"`},
		{"with JSON", Alteration{Key: keys.Keys()[0], Set: []Claim{claim(`roles:=["a", {"b":1}]`)}}, tokens.Good, OutcomeGood, `"roles":["a", {"b":1}]`},
		{"alg none", Alteration{Signature: SignatureNone}, tokens.Bad, OutcomeBad, ""},
		{"signature stripped", Alteration{Signature: SignatureStripped}, tokens.Bad, OutcomeBad, ""},
		{"signature broken", Alteration{Signature: SignatureBroken, Key: keys.Keys()[0]}, tokens.Bad, OutcomeBad, ""},
		{"signature kept", Alteration{Signature: SignatureKept, Set: []Claim{claim("admin=true")}}, tokens.Bad, OutcomeBad, `"admin":true`},
		{"another typ", Alteration{Key: keys.Keys()[0], Header: []Claim{claim("typ=JWT")}}, tokens.Good, OutcomeGood, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.a.Now = now
			m, err := Alter(Inspect(original, Options{Now: now, Keys: keys}), c.a)
			if err != nil {
				t.Fatal(err)
			}
			r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: keys})
			if r.Signature.Verdict != c.verdict {
				t.Errorf("with the original's key: got %+v, want %s", r.Signature, c.verdict)
			}
			if !strings.Contains(string(r.Token.PayloadJSON), c.has) {
				t.Errorf("got %s, want … %s …", r.Token.PayloadJSON, c.has)
			}
			mineToo := keys
			if m.Key.Type() != "" {
				mineToo = jose.NewKeySet(m.Key)
			}
			if got, why := Inspect(m.Token.Reveal(), Options{Now: now, Keys: mineToo}).Verdict(); got != c.outcome {
				t.Errorf("with the key that signed it: got %s (%s), want %s", got, why, c.outcome)
			}
			if len(m.Notes) == 0 {
				t.Error("nothing says what was done")
			}
		})
	}
	m, err := Alter(Inspect(original, Options{Now: now}), Alteration{Now: now, EncryptTo: enc})
	if err != nil {
		t.Fatal(err)
	}
	if r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: jose.NewKeySet(enc, m.Key)}); r.Decryption == nil || r.Signature.Verdict != tokens.Good {
		t.Errorf("encrypted: got %+v", r.Signature)
	}
}

func TestATokenMadeFromNothingSaysSo(t *testing.T) {
	for _, alg := range []string{"", "ES256", "ES256K", "RS256", "PS384", "EdDSA", "HS512"} {
		m, err := Make(alg, Alteration{Now: now, Set: []Claim{{"sub", json.RawMessage(`"x"`)}}})
		if err != nil {
			t.Fatal(err)
		}
		r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: jose.NewKeySet(m.Key)})
		iss, _ := r.Payload.String("iss")
		if r.Signature.Verdict != tokens.Good || iss != MadeHere || !m.KeyMade || (alg != "" && m.Alg != alg) {
			t.Errorf("%s: got %+v, iss %q, made %v", alg, r.Signature, iss, m.KeyMade)
		}
	}
	if _, err := Make("XY256", Alteration{}); err == nil {
		t.Error("a token of an unknown algorithm was made")
	}
	if m, err := Make("none", Alteration{Signature: SignatureNone}); err != nil || !strings.HasSuffix(m.Token.Reveal(), ".") {
		t.Errorf("alg none: got %v", err)
	}
}

func TestNamesThatWouldInjectJSONAreRefused(t *testing.T) {
	for _, text := range []string{`a","admin":true,"b=1`, `a\=1`, "=1", "a\x00=1", "a\u202eb=1", "a\n=1", `{=1`, "a,b=1", strings.Repeat("a", 257) + "=1", "a\xff=1"} {
		if c, err := ParseClaim(text); !errors.Is(err, ErrClaimName) {
			t.Errorf("%q: got %+v, %v, want it refused", text, c, err)
		}
	}
	for _, name := range []string{`a","b`, ""} {
		if _, err := Make("ES256", Alteration{Set: []Claim{{name, json.RawMessage("1")}}}); !errors.Is(err, ErrClaimName) {
			t.Errorf("%q: got %v, want it refused", name, err)
		}
		if _, err := Make("ES256", Alteration{Header: []Claim{{name, json.RawMessage("1")}}}); !errors.Is(err, ErrClaimName) {
			t.Errorf("%q in the header: got %v, want it refused", name, err)
		}
	}
	for _, value := range []string{`1,"admin":true`, `1}`, "", "{", `{"a":1,"a":2}`} {
		if _, err := Make("ES256", Alteration{Set: []Claim{{"a", json.RawMessage(value)}}}); err == nil {
			t.Errorf("the value %q was taken", value)
		}
	}
	for text, want := range map[string]string{`a=b`: `"b"`, `a=1`: `1`, `a=1,"x":2`: `"1,\"x\":2"`, `a=true`: `true`, `https://claims.example/role=x=y`: `"x=y"`, `a:={"b":1}`: `{"b":1}`, `a=`: `""`} {
		if c, err := ParseClaim(text); err != nil || string(c.Value) != want {
			t.Errorf("%s: got %s, %v, want %s", text, c.Value, err, want)
		}
	}
	for _, text := range []string{"a", "a:=x"} {
		if _, err := ParseClaim(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

func TestWhatIsNoWholeJWTIsNotAltered(t *testing.T) {
	token, keys := signed(t, `{}`, nil)
	for name, input := range map[string]string{"opaque": "9f8e7d6c", "cut off": token[:20], "SD-JWT": token + "~", "JSON": `{"payload":"e30","signatures":[]}`, "no object": seg(`{"alg":"ES256"}`) + "." + seg("text") + ".AAAA", "nothing": ""} {
		if _, err := Alter(Inspect(input, Options{Now: now, Keys: keys}), Alteration{}); err == nil {
			t.Errorf("%s was altered", name)
		}
	}
	if _, err := Alter(Inspect(token, Options{Now: now}), Alteration{Signature: "odd"}); err == nil {
		t.Error("an unknown fault was made")
	}
}
