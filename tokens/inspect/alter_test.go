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

func TestAnAlteredTokenHasOneFault(t *testing.T) {
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
		{"with the issuer's key", Alteration{Key: keys.Keys()[0], Set: []Claim{claim("sub=bob")}}, tokens.Good,
			OutcomeGood, `"sub":"bob"`},
		{"with a generated key", Alteration{}, tokens.Bad, OutcomeGood, `{"z":1.50,"iss"`},
		{"with a key of one's own", Alteration{Key: mine}, tokens.Bad, OutcomeGood, ``},
		{"expired", Alteration{Key: keys.Keys()[0], Expire: true}, tokens.Good, OutcomeExpired, `"exp":1699996400`},
		{"with another life", Alteration{Key: keys.Keys()[0], Lifetime: time.Minute}, tokens.Good, OutcomeGood,
			`"exp":1700000060`},
		{"for another audience", Alteration{Key: keys.Keys()[0], Audience: "https://other"}, tokens.Good, OutcomeGood,
			`"aud":"https://other"`},
		{"without a claim", Alteration{Key: keys.Keys()[0], Delete: []string{"sub"}}, tokens.Good, OutcomeGood,
			`"iss":"https://issuer.example","aud"`},
		{"with JSON", Alteration{Key: keys.Keys()[0], Set: []Claim{claim(`roles:=["a", {"b":1}]`)}}, tokens.Good,
			OutcomeGood, `"roles":["a", {"b":1}]`},
		{"alg none", Alteration{Signature: SignatureNone}, tokens.Bad, OutcomeBad, ""},
		{"signature stripped", Alteration{Signature: SignatureStripped}, tokens.Bad, OutcomeBad, ""},
		{"signature broken", Alteration{Signature: SignatureBroken, Key: keys.Keys()[0]}, tokens.Bad, OutcomeBad, ""},
		{"signature kept", Alteration{Signature: SignatureKept, Set: []Claim{claim("admin=true")}}, tokens.Bad,
			OutcomeBad, `"admin":true`},
		{"another typ", Alteration{Key: keys.Keys()[0], Header: []Claim{claim("typ=JWT")}}, tokens.Good, OutcomeGood,
			""},
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
	if r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: jose.NewKeySet(enc, m.Key)}); r.Decryption == nil ||
		r.Signature.Verdict != tokens.Good {
		t.Errorf("encrypted: got %+v", r.Signature)
	}
}

func TestAMintedTokenNamesItsIssuer(t *testing.T) {
	for _, alg := range []string{"", "ES256", "ES256K", "RS256", "PS384", "EdDSA", "HS512"} {
		m, err := Mint(alg, Alteration{Now: now, Set: []Claim{{"sub", json.RawMessage(`"x"`)}}})
		if err != nil {
			t.Fatal(err)
		}
		r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: jose.NewKeySet(m.Key)})
		iss, _ := r.Payload.String("iss")
		if r.Signature.Verdict != tokens.Good || iss != MintedIssuer || !m.KeyGenerated || (alg != "" && m.Alg != alg) {
			t.Errorf("%s: got %+v, iss %q, made %v", alg, r.Signature, iss, m.KeyGenerated)
		}
	}
	if _, err := Mint("XY256", Alteration{}); err == nil {
		t.Error("a token of an unknown algorithm was made")
	}
	if m, err := Mint("none", Alteration{Signature: SignatureNone}); err != nil ||
		!strings.HasSuffix(m.Token.Reveal(), ".") {
		t.Errorf("alg none: got %v", err)
	}
}

func TestNamesThatWouldInjectJSONAreRejected(t *testing.T) {
	for _, text := range []string{`a","admin":true,"b=1`, `a\=1`, "=1", "a\x00=1", "a\u202eb=1", "a\n=1", `{=1`,
		"a,b=1", strings.Repeat("a", 257) + "=1", "a\xff=1"} {
		if c, err := ParseClaim(text); !errors.Is(err, ErrClaimName) {
			t.Errorf("%q: got %+v, %v, want it refused", text, c, err)
		}
	}
	for _, name := range []string{`a","b`, ""} {
		if _, err := Mint("ES256", Alteration{Set: []Claim{{name, json.RawMessage("1")}}}); !errors.Is(err,
			ErrClaimName) {
			t.Errorf("%q: got %v, want it refused", name, err)
		}
		if _, err := Mint("ES256", Alteration{Header: []Claim{{name, json.RawMessage("1")}}}); !errors.Is(err,
			ErrClaimName) {
			t.Errorf("%q in the header: got %v, want it refused", name, err)
		}
	}
	for _, value := range []string{`1,"admin":true`, `1}`, "", "{", `{"a":1,"a":2}`} {
		if _, err := Mint("ES256", Alteration{Set: []Claim{{"a", json.RawMessage(value)}}}); err == nil {
			t.Errorf("the value %q was taken", value)
		}
	}
	for text, want := range map[string]string{`a=b`: `"b"`, `a=1`: `1`, `a=1,"x":2`: `"1,\"x\":2"`, `a=true`: `true`,
		`https://claims.example/role=x=y`: `"x=y"`, `a:={"b":1}`: `{"b":1}`, `a=`: `""`} {
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

func TestOnlyACompleteJWTIsAltered(t *testing.T) {
	token, keys := signed(t, `{}`, nil)
	for name, input := range map[string]string{"opaque": "9f8e7d6c", "cut off": token[:20],
		"JSON": `{"payload":"e30","signatures":[]}`, "no object": seg(`{"alg":"ES256"}`) + "." + seg("text") +
			".AAAA", "nothing": ""} {
		if _, err := Alter(Inspect(input, Options{Now: now, Keys: keys}), Alteration{}); err == nil {
			t.Errorf("%s was altered", name)
		}
	}
	if _, err := Alter(Inspect(token, Options{Now: now}), Alteration{Signature: "odd"}); err == nil {
		t.Error("an unknown fault was made")
	}
}

// Each alteration of an SD-JWT is wrong, or right, in the one way that was asked for.
func TestAnAlteredSDJWTHasOneFault(t *testing.T) {
	sd, keys, holder := presented(t)
	kb, err := jose.Sign([]byte(`{"iat":1700000000,"aud":"https://verifier.example","nonce":"n1",`+
		`"sd_hash":"`+digestOf(sd)+`"}`), jose.Header{"typ": "kb+jwt"}, holder)
	if err != nil {
		t.Fatal(err)
	}
	issuer := keys.Keys()[0]
	claim := func(text string) Claim {
		c, err := ParseDisclosure(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		name   string
		a      Alteration
		want   tokens.Verdict
		reason string
		has    string // "path=value" of the disclosures
	}{
		{"nothing but a new signature of the holder", Alteration{Signature: SignatureKept,
			Presentation: Presentation{HolderKey: holder}}, tokens.Good, "", "family_name=\"Example\""},
		{"a disclosure withheld, and bound again", Alteration{Signature: SignatureKept,
			Presentation: Presentation{Withhold: []string{"family_name"}, HolderKey: holder}}, tokens.Good, "",
			"nationalities[1]=\"DE\""},
		{"a disclosure withheld, and the old binding", Alteration{Signature: SignatureKept,
			Presentation: Presentation{Withhold: []string{"nationalities[1]"}}}, tokens.Bad, "sd_hash", ""},
		{"a disclosure changed behind the issuer's back", Alteration{Signature: SignatureKept,
			Presentation: Presentation{Disclose: []Claim{claim("family_name=Other")}, Binding: SignatureStripped}},
			tokens.Bad, "matches no digest", ""},
		{"a disclosure changed by the issuer", Alteration{Key: issuer,
			Presentation: Presentation{Disclose: []Claim{claim("family_name=Other")}, HolderKey: holder}},
			tokens.Good, "", "family_name=\"Other\""},
		{"an element changed by the issuer", Alteration{Key: issuer,
			Presentation: Presentation{Disclose: []Claim{claim("nationalities[1]=XX")}, Binding: SignatureStripped}},
			tokens.Good, "", "nationalities[1]=\"XX\""},
		{"a disclosure added", Alteration{Key: issuer,
			Presentation: Presentation{Disclose: []Claim{claim(`roles:=["admin"]`)}, Binding: SignatureStripped}},
			tokens.Good, "", `roles=["admin"]`},
		{"a disclosure added behind the issuer's back", Alteration{Signature: SignatureKept,
			Presentation: Presentation{Disclose: []Claim{claim("admin=true")}, Binding: SignatureStripped}},
			tokens.Bad, "matches no digest", ""},
		{"a broken binding", Alteration{Signature: SignatureKept,
			Presentation: Presentation{Binding: SignatureBroken}}, tokens.Bad, "key binding is not", ""},
		{"a binding of another holder", Alteration{Signature: SignatureKept,
			Presentation: Presentation{HolderKey: issuer}}, tokens.Bad, "key binding is not", ""},
		{"a binding for another request", Alteration{Signature: SignatureKept,
			Presentation: Presentation{HolderKey: holder, BindingClaims: []Claim{claim("nonce=n2")}}}, tokens.Bad,
			"made for another request", ""},
		{"the issuer's signature broken", Alteration{Key: issuer, Signature: SignatureBroken,
			Presentation: Presentation{Binding: SignatureStripped}}, tokens.Bad, "does not match", ""},
		{"the issuer's signature stripped", Alteration{Signature: SignatureStripped,
			Presentation: Presentation{Binding: SignatureStripped}}, tokens.Bad, "signature is missing", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.a.Now = now
			m, err := Alter(Inspect(sd+kb, Options{Now: now, Keys: keys}), c.a)
			if err != nil {
				t.Fatal(err)
			}
			r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: keys, Nonce: "n1"})
			if r.SD == nil || r.SD.Verdict != c.want || !strings.Contains(r.SD.Reason, c.reason) || len(m.Notes) == 0 {
				t.Fatalf("got %+v after %q, want %s: … %s …", r.SD, m.Notes, c.want, c.reason)
			}
			var got []string
			for _, d := range r.Token.SD.Disclosures {
				got = append(got, d.Path+"="+string(d.Value))
			}
			if all := strings.Join(got, " "); !strings.Contains(all, c.has) {
				t.Errorf("got the disclosures %s, want %s", all, c.has)
			}
		})
	}
	r := Inspect(sd, Options{Now: now, Keys: keys})
	for name, a := range map[string]Alteration{
		"an unknown disclosure": {Presentation: Presentation{Withhold: []string{"nobody"}}},
		"a name that injects": {Presentation: Presentation{Disclose: []Claim{{Name: `a","admin`,
			Value: json.RawMessage("1")}}}},
		"an unknown index": {Presentation: Presentation{Disclose: []Claim{claim("nobody[7]=x")}}},
		"a value that injects": {Presentation: Presentation{Disclose: []Claim{{Name: "a",
			Value: json.RawMessage(`1,2`)}}}},
		"binding claims without a key":    {Presentation: Presentation{BindingClaims: []Claim{claim("nonce=x")}}},
		"a binding that is not there":     {Presentation: Presentation{Binding: SignatureBroken}},
		"another signature than there is": {Only: 2},
	} {
		if m, err := Alter(r, a); err == nil {
			t.Errorf("%s: was made, with %q", name, m.Notes)
		}
	}
}

// A digest that changes takes the digests of those that hold it along.
func TestDigestsChangeWithTheirDisclosures(t *testing.T) {
	inner := seg(`["s1","street","Old Street"]`)
	outer := seg(`["s2","address",{"_sd":["` + digestOf(inner) + `"],"country":"DE"}]`)
	token, keys := signed(t, `{"_sd":["`+digestOf(outer)+`"]}`, nil)
	change, err := ParseClaim("address.street=New Street")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Alter(Inspect(token+"~"+outer+"~"+inner+"~", Options{Now: now, Keys: keys}),
		Alteration{Key: keys.Keys()[0], Now: now, Presentation: Presentation{Disclose: []Claim{change}}})
	if err != nil {
		t.Fatal(err)
	}
	r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: keys})
	if d := r.Token.SD.Disclosures; r.SD.Verdict != tokens.Good || len(d) != 2 || d[1].Path != "address.street" ||
		string(d[1].Value) != `"New Street"` {
		t.Errorf("got %+v, %+v", r.SD, d)
	}
}

// Of several signatures one is made wrong, and the others stay.
func TestOneOfSeveralSignaturesIsAltered(t *testing.T) {
	a, errA := jose.Generate("ES256", "a")
	b, errB := jose.Generate("EdDSA", "b")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	var parts [2][]string
	for i, k := range []jose.Key{a, b} {
		token, err := jose.Sign([]byte(`{"sub":"alice"}`), nil, k)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = strings.Split(token, ".")
	}
	entry := func(i int) string {
		return `{"protected":"` + parts[i][0] + `","header":{"x":1},"signature":"` + parts[i][2] + `"}`
	}
	general := `{"payload":"` + parts[0][1] + `","signatures":[` + entry(0) + `,` + entry(1) + `],"more":true}`
	flat := `{"payload":"` + parts[0][1] + `",` + entry(0)[1:]
	set := []Claim{{Name: "sub", Value: json.RawMessage(`"bob"`)}}
	for _, c := range []struct {
		name, from string
		a          Alteration
		good, bad  tokens.Verdict // with the key a, with the key b
	}{
		{"the first broken", general, Alteration{Signature: SignatureBroken, Only: 1, Key: a}, tokens.Bad, tokens.Good},
		{"the second stripped", general, Alteration{Signature: SignatureStripped, Only: 2}, tokens.Good, tokens.Bad},
		{"all of alg none", general, Alteration{Signature: SignatureNone}, tokens.Bad, tokens.Bad},
		{"the first signed anew over another payload", general, Alteration{Only: 1, Key: a, Set: set}, tokens.Good,
			tokens.Bad},
		{"nothing at all", general, Alteration{Signature: SignatureKept}, tokens.Good, tokens.Good},
		{"flattened, signed anew", flat, Alteration{Key: a, Set: set}, tokens.Good, tokens.Bad},
		{"flattened, kept over another payload", flat, Alteration{Signature: SignatureKept, Set: set}, tokens.Bad,
			tokens.Bad},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.a.Now = now
			m, err := Alter(Inspect(c.from, Options{Now: now}), c.a)
			if err != nil {
				t.Fatal(err)
			}
			for _, with := range []struct {
				key  jose.Key
				want tokens.Verdict
			}{{a, c.good}, {b, c.bad}} {
				if got := jose.Verify(m.Token.Reveal(), jose.NewKeySet(with.key),
					jose.VerifyOptions{}); got.Verdict != with.want {
					t.Errorf("with the key %s: got %s (%s), want %s, in %s", with.key.Kid(), got.Verdict, got.Reason,
						with.want, m.Token.Reveal())
				}
			}
			if r := Inspect(m.Token.Reveal(), Options{Now: now}); (c.from == general) != (r.Token.Form == General) ||
				strings.Contains(c.from, "more") != strings.Contains(m.Token.Reveal(), `"more":true`) {
				t.Errorf("got the form %s: %s", r.Token.Form, m.Token.Reveal())
			}
		})
	}
}
