package inspect

import (
	"encoding/json"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

// Each target keeps its corpus in testdata/fuzz: small inputs that reach its branches, and those that once broke it.

// FuzzInspect holds what everything that is shown must hold, whatever was pasted.
func FuzzInspect(f *testing.F) {
	keys, err := jose.ParseKeys([]byte("a secret to try"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(jwt(`{"alg":"HS256","kid":"a","x5c":["AAAA"]}`,
		`{"iss":"a","aud":["b"],"exp":1,"scope":"x y","cnf":{"jkt":"x"}}`))
	f.Fuzz(func(t *testing.T, input string) {
		r := Inspect(input, Options{Now: now, Keys: keys})
		if r.Signature == nil || r.Signature.Reason == "" {
			t.Errorf("got %+v, want a sentence", r.Signature)
		}
		if r.Signature != nil && r.Signature.Verdict == tokens.Good && r.Kind != KindDPoPProof {
			t.Errorf("an unsigned token is good: %s", r.Signature.Reason)
		}
		printable(t, r)
	})
}

// FuzzSDJWT takes the disclosures apart: the issuer's part is fixed, so that the fuzzer spends its time behind it.
func FuzzSDJWT(f *testing.F) {
	name := seg(`["salt","name","value"]`)
	f.Add(`{"_sd":["`+digestOf(name)+`"],"a":[{"...":"x"}]}`, name+"~")
	f.Add(`{"_sd_alg":"sha-512","_sd":[]}`, "~"+jwt(`{"typ":"kb+jwt"}`, `{"sd_hash":"x"}`))
	f.Fuzz(func(t *testing.T, payload, behind string) {
		printable(t, Inspect(jwt(`{"alg":"ES256","typ":"dc+sd-jwt"}`, payload)+"~"+behind, Options{Now: now}))
	})
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"token":"a.b.c","key":{"kty":"oct","k":"AAAA"},"alg":["HS256"],"detached":"x","password":"y"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var b Batch
		text, err := b.Inspect(line).AppendJSON(nil)
		if err != nil || !json.Valid(text) || tokens.VisibleLine(string(text)) != string(text) {
			t.Errorf("got %v, %.300q", err, text)
		}
	})
}

func FuzzDiagnose(f *testing.F) {
	f.Add([]byte("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\nDate: Tue, 14 "+
		"Nov 2023 22:13:20 GMT\r\n\r\n{\"error\":\"expired\"}"), `{"exp":1}`)
	f.Fuzz(func(t *testing.T, answer []byte, payload string) {
		r, sent, err := ParseResponse(answer)
		if err != nil {
			return
		}
		for _, c := range Diagnose(Case{Report: Inspect(jwt(`{"alg":"ES256"}`, payload), Options{Now: now}),
			Response: r, Sent: sent, Now: now}) {
			if c.Title == "" || c.Do == "" || tokens.VisibleLine(c.Evidence) != c.Evidence {
				t.Errorf("got %+v", c)
			}
		}
	})
}

func FuzzParseClaim(f *testing.F) {
	f.Add("sub=alice")
	f.Add(`roles:=["a"]`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClaim(text)
		if err != nil {
			return
		}
		m, err := Mint("none", Alteration{Now: now, Signature: SignatureNone, Set: []Claim{c}})
		if err != nil {
			t.Fatalf("%q was read and is refused: %v", text, err)
		}
		o := Inspect(m.Token.Reveal(), Options{Now: now}).Payload
		if want := 3; c.Name != "iss" && c.Name != "iat" && c.Name != "exp" && len(o.Members) != want+1 {
			t.Errorf("%q made %d claims: %s", text, len(o.Members), objectBytes(o))
		}
	})
}

// FuzzAlter holds what every altered token must hold, whatever it was made from: it is whole, and its key verifies it.
func FuzzAlter(f *testing.F) {
	name := seg(`["salt","name","value"]`)
	f.Add(jwt(`{"alg":"ES256","kid":"a"}`, `{"sub":"a"}`), "a=b")
	f.Add(jwt(`{"alg":"ES256"}`, `{"_sd":["`+digestOf(name)+`"],"cnf":{}}`)+"~"+name+"~", "name=other")
	f.Add(jwt(`{"alg":"ES256"}`, `{"a":[{"...":"`+digestOf(seg(`["s",1]`))+`"}]}`)+"~"+seg(`["s",1]`)+"~", "a[0]=2")
	f.Add(`{"payload":"`+seg(`{"a":1}`)+`","signatures":[{"protected":"`+seg(`{"alg":"HS256"}`)+`",`+
		`"header":{"kid":"x"},"signature":"AAAA"}]}`, "")
	key := jose.SecretKey([]byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, input, disclose string) {
		a := Alteration{Key: key, Now: now, Set: []Claim{{Name: "made", Value: json.RawMessage("1.50")}}}
		if c, err := ParseDisclosure(disclose); err == nil {
			a.Presentation.Disclose = []Claim{c}
		}
		m, err := Alter(Inspect(input, Options{Now: now}), a)
		if err != nil {
			return
		}
		r := Inspect(m.Token.Reveal(), Options{Now: now, Keys: jose.NewKeySet(key)})
		if raw, _ := r.Payload.Raw("made"); string(raw) != "1.50" {
			t.Errorf("got %.300s, want the claim in it", m.Token.Reveal())
		}
		if s := jose.Verify(r.Token.Received, jose.NewKeySet(key), jose.VerifyOptions{}); r.Token.SD == nil &&
			s.Verdict != tokens.Good {
			t.Errorf("got %s: %s, of %.300s", s.Verdict, s.Reason, m.Token.Reveal())
		}
	})
}
