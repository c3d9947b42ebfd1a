package inspect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

var now = time.Unix(1_700_000_000, 0)

func signed(t testing.TB, payload string, h jose.Header) (string, jose.KeySet) {
	t.Helper()
	k, err := jose.Generate("ES256", "ec1")
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Sign([]byte(payload), h, k)
	if err != nil {
		t.Fatal(err)
	}
	return token, jose.NewKeySet(k)
}

func findings(r *Report) map[string]Severity {
	m := map[string]Severity{}
	for _, f := range r.Findings {
		m[f.ID] = f.Severity
	}
	return m
}

const fine = `"iss":"https://issuer.example","sub":"alice","aud":"https://api.example","client_id":"web",` +
	`"scope":"read","jti":"1"`

func TestAValidTokenHasNoFindings(t *testing.T) {
	token, keys := signed(t, `{`+fine+`,"iat":1699999990,"exp":1700000290}`, jose.Header{"typ": "at+jwt"})
	r := Inspect(token, Options{Now: now, Keys: keys, Issuer: "https://issuer.example",
		Audience: "https://api.example"})
	if r.Signature.Verdict != tokens.Good || len(r.Findings) != 0 || r.Err != nil {
		t.Errorf("got %+v, findings %+v, %v; want good and nothing", r.Signature, r.Findings, r.Err)
	}
	if want := fmt.Sprintf("JWT access token · ES256 · %d B", len(token)); r.Title != want {
		t.Errorf("title: got %q, want %q", r.Title, want)
	}
}

// Stored keys do not show what the issuer has done since: each verdict by them says how old they are.
func TestVerdictsByStoredKeysSayHowOldTheKeysAre(t *testing.T) {
	token, keys := signed(t, `{`+fine+`,"iat":1699999990,"exp":1700000290}`, nil)
	rotated, _ := signed(t, `{`+fine+`,"iat":1699999990,"exp":1700000290}`, jose.Header{"kid": "ec2"})
	public, err := keys.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = jose.ParseKeySet(public); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	const day = "; these are the issuer's keys of 14 Nov 18:13 (4h ago)"
	for _, c := range []struct {
		name, token string
		want        tokens.Verdict
		reason      string // the end of it
		dated       bool
	}{
		{"good", token, tokens.Good, day + ", and one that it has revoked since may be among them", true},
		{"altered", parts[0] + "." + seg(`{}`) + "." + parts[2], tokens.Bad, day +
			", and it may have others by now", true},
		{"rotated", rotated, tokens.CannotTell, `unknown kid "ec2": none of 1 keys has it` + day +
			"; f fetches them", true},
		{"bad whatever the keys", seg(`{"alg":"none"}`) + "." + parts[1] + ".", tokens.Bad, "(RFC 8725 3.2)", false},
		{"unknown whatever the keys", seg(`{"alg":"XX1"}`) + "." + parts[1] + "." +
			parts[2], tokens.CannotTell, `"XX1"`, false},
	} {
		r := Inspect(c.token, Options{Now: now, Keys: keys, KeysRead: now.Add(-4 * time.Hour),
			NoKeys: "f fetches them"})
		if s := r.Signature; s.Verdict != c.want || !strings.HasSuffix(s.Reason, c.reason) ||
			s.KeysRead.IsZero() == c.dated {
			t.Errorf("%s: got %+v, want %s: … %s", c.name, s, c.want, c.reason)
		}
		if _, why := r.Verdict(); !strings.HasSuffix(why, c.reason) {
			t.Errorf("%s: as a whole: %s, want … %s", c.name, why, c.reason)
		}
	}
}

func TestVerdictsOfTheSignature(t *testing.T) {
	token, keys := signed(t, `{`+fine+`}`, nil)
	parts := strings.Split(token, ".")
	none := seg(`{"alg":"none"}`) + "." + parts[1] + "."
	for _, c := range []struct {
		name, token string
		o           Options
		want        tokens.Verdict
		reason      string
	}{
		{"good", token, Options{Keys: keys}, tokens.Good, "matches"},
		{"altered", parts[0] + "." + seg(`{}`) + "." + parts[2], Options{Keys: keys}, tokens.Bad, "does not match"},
		{"no keys", token, Options{NoKeys: "offline"}, tokens.CannotTell, "no key: offline"},
		{"alg none without keys", none, Options{}, tokens.Bad, "not signed"},
		{"padding", strings.Replace(token, ".", "==.", 1), Options{Keys: keys}, tokens.Bad,
			"without the padding the signature would match"},
		{"opaque", "ya29.abc", Options{Keys: keys}, tokens.CannotTell, "introspection"},
		{"a paste that was wrapped", token[:70] + "\n" + token[70:], Options{Keys: keys}, tokens.Good, "matches"},
		{"exact means exact", " " + token, Options{Keys: keys, Exact: true}, tokens.CannotTell, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Inspect(c.token, c.o)
			if r.Signature == nil || r.Signature.Verdict != c.want || !strings.Contains(r.Signature.Reason, c.reason) {
				t.Errorf("got %+v, want %s: … %s …", r.Signature, c.want, c.reason)
			}
		})
	}
}

func TestADPoPProofIsVerifiedWithItsOwnKey(t *testing.T) {
	k, err := jose.Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := k.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	proof, err := jose.Sign([]byte(`{"htm":"GET","htu":"https://a","jti":"1","iat":1700000000}`),
		jose.Header{"typ": "dpop+jwt", "jwk": jwk}, k)
	if err != nil {
		t.Fatal(err)
	}
	r := Inspect(proof, Options{Now: now})
	thumbprint, _ := k.Thumbprint()
	if r.Signature.Verdict != tokens.Good || !strings.Contains(r.Signature.Reason, thumbprint) {
		t.Errorf("got %+v, want good with thumbprint %s", r.Signature, thumbprint)
	}
}

func TestATokenInsideAnEncryptedOneIsVerified(t *testing.T) {
	inner, keys := signed(t, `{`+fine+`,"exp":1699999000}`, nil)
	secret, err := jose.Generate("A256KW", "enc1")
	if err != nil {
		t.Fatal(err)
	}
	outer, err := jose.Encrypt([]byte(inner), jose.Header{"cty": "JWT"}, secret)
	if err != nil {
		t.Fatal(err)
	}
	r := Inspect(outer, Options{Now: now, Keys: jose.NewKeySet(append(keys.Keys(), secret)...)})
	if r.Decryption.Verdict != tokens.Good || r.Nested == nil || r.Signature.Verdict != tokens.Good {
		t.Fatalf("got %+v, nested %v, %+v", r.Decryption, r.Nested != nil, r.Signature)
	}
	if findings(r)["expired"] != Error || len(r.Rows()) == 0 {
		t.Errorf("got findings %+v and %d rows, want the inner token's", r.Findings, len(r.Rows()))
	}
	closed := Inspect(outer, Options{Now: now})
	if closed.Decryption.Verdict != tokens.CannotTell || closed.Payload != nil {
		t.Errorf("without a key: got %+v", closed.Decryption)
	}
}

func TestRowsExplainInTheTokensOrder(t *testing.T) {
	token, keys := signed(t, `{"zz":{"a":[1,2]},"iss":"https://issuer.example","aud":["a","b"],"exp":1699999000,`+
		`"sub":"\u001b[31mred\u202e"}`, nil)
	zone := time.FixedZone("CET", 3600)
	rows := Inspect(token, Options{Now: now, Keys: keys, Location: zone}).Rows()
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "zz iss aud exp sub" {
		t.Fatalf("order: got %q", got)
	}
	if rows[0].Value != `{"a":[1,2]}` || rows[0].Meaning != "" {
		t.Errorf("unknown claim: got %+v", rows[0])
	}
	if rows[1].Meaning != "who issued the token" || rows[2].Value != "a, b" {
		t.Errorf("got %+v, %+v", rows[1], rows[2])
	}
	if rows[3].Level != "bad" || !strings.HasPrefix(rows[3].Value, "14 Nov 2023 22:56:40 CET") ||
		!strings.Contains(rows[3].Note, "16m ago") {
		t.Errorf("exp: got %+v", rows[3])
	}
	if strings.ContainsAny(rows[4].Value, "\x1b\u202e") {
		t.Errorf("sub: got %q, want it made visible", rows[4].Value)
	}
}

func TestReportAsJSON(t *testing.T) {
	token, keys := signed(t, `{"sub":"a\u001b\u202e","n":12345678901234567890.10,"exp":1700000290,"sub":"b"}`, nil)
	r := Inspect("Bearer "+token, Options{Now: now, Keys: keys})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		`"kind":"jws"`, `"cleaned":["Bearer prefix"]`, `"header":{"alg":"ES256","kid":"ec1"}`,
		`"n":12345678901234567890.10`,
		`"signature":{"verdict":"good","alg":"ES256","kid":"ec1"`, `"times":{"exp":{`, `"findings":[{"id":`,
		`"utc":"2023-11-14T22:18:10Z"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Count(text, `"sub":`) != 2 || strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("want both subs and nothing that a terminal obeys: %s", text)
	}
	broken, err := json.Marshal(Inspect(token[:20], Options{Now: now}))
	if err != nil || !strings.Contains(string(broken), `"error":{"message":"`) {
		t.Errorf("a broken token: got %s, %v", broken, err)
	}
	raw := Inspect(seg(`{"alg":"ES256"}`)+"."+seg("\xff\x00")+".AAAA", Options{Now: now})
	if b, err := json.Marshal(raw); err != nil || !strings.Contains(string(b), `"payload":"hex:ff00"`) {
		t.Errorf("a payload that is no text: got %s, %v", b, err)
	}
}

func TestEveryRegisteredClaimIsExplained(t *testing.T) {
	for _, name := range strings.Fields("iss sub aud exp nbf iat jti name email azp nonce auth_time at_hash c_hash " +
		"acr amr cnf scope client_id act roles htm htu ath events _sd vct tid oid scp realm_access cognito:groups " +
		"kubernetes.io repository resOwnerId trust_mark_type transaction_data_hashes tfp custom:tenant " +
		"extension_1f_size xms_new urn:zitadel:iam:org:project:7:roles repo_property_team project_path " +
		"https://example.com/role") {
		if title, meaning, spec, ok := ExplainClaim(name); !ok || title == "" || meaning == "" || spec == "" {
			t.Errorf("%s: got %q, %q, %q", name, title, meaning, spec)
		}
	}
	for _, name := range strings.Fields("alg enc zip jku jwk kid x5u x5c x5t x5t#S256 typ cty crit b64 epk apu apv " +
		"iv tag p2s p2c nonce") {
		if _, meaning, spec, ok := ExplainHeader(name); !ok || meaning == "" || spec == "" {
			t.Errorf("header %s: got %q, %q", name, meaning, spec)
		}
	}
	if _, _, _, ok := ExplainClaim("no such claim"); ok {
		t.Error("an unknown claim was explained")
	}
	for line := range strings.Lines(claimsText) {
		if !strings.HasPrefix(line, "# ") && strings.TrimSpace(line) != "" && strings.Count(line, " | ") != 3 {
			t.Errorf("claims.txt: %q does not have four fields", strings.TrimSpace(line))
		}
	}
}

// A proof with an invalid key is rejected: it cannot be verified with another one.
func TestADPoPProofWithAnInvalidKeyIsInvalid(t *testing.T) {
	key, err := jose.Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, jwk := range map[string]string{
		"off the curve": `{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",` +
			`"y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
		"too long":         `{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 200) + `","y":"AAAA"}`,
		"a secret":         `{"kty":"oct","k":"AAAA"}`,
		"no key":           `"AAAA"`,
		"of an odd type":   `{"kty":"XYZ"}`,
		"a set and no key": `{"keys":[]}`,
	} {
		proof, err := jose.Sign([]byte(`{"jti":"1","htm":"GET","htu":"https://api.example","iat":1700000000}`),
			jose.Header{"typ": "dpop+jwt", "jwk": json.RawMessage(jwk)}, key)
		if err != nil {
			t.Fatal(err)
		}
		if r := Inspect(proof, Options{Now: now}); r.Signature.Verdict != tokens.Bad ||
			!strings.Contains(r.Signature.Reason, "the key in the proof") {
			t.Errorf("%s: got %+v, want bad, because of the key", name, r.Signature)
		}
	}
}

// A key is used for what it can do: one that opens a token says nothing of the signature inside, unless it made it.
func TestAKeyThatDecryptsATokenIsNotTheSigners(t *testing.T) {
	generate := func(alg, kid string) jose.Key {
		key, err := jose.Generate(alg, kid)
		if err != nil {
			t.Fatal(err)
		}
		return unmarked(t, key)
	}
	rsa, other, signer, shared := generate("RSA-OAEP-256", ""), generate("RSA-OAEP-256", ""), generate("RS256", ""),
		generate("A256KW", "")
	namedRSA := generate("RSA-OAEP-256", "named")
	forger, ec := generate("ES256", "named"), generate("ECDH-ES", "")
	for _, c := range []struct {
		name  string
		inner jose.Key
		outer jose.Key
		keys  jose.KeySet
		want  Outcome
		says  string
	}{
		{"the key that opens it alone", signer, rsa, jose.NewKeySet(rsa), OutcomeCannotTell,
			"no key for the signature"},
		{"two keys that could open it", signer, rsa, jose.NewKeySet(other, rsa), OutcomeCannotTell,
			"no key for the signature"},
		{"a key of another type", signer, ec, jose.NewKeySet(ec), OutcomeCannotTell, "no key for the signature"},
		{"a shared secret", signer, shared, jose.NewKeySet(shared), OutcomeCannotTell, "no key for the signature"},
		{"the signer's key beside it", signer, rsa, jose.NewKeySet(rsa, signer), OutcomeGood, ""},
		{"another's key beside it", signer, shared, jose.NewKeySet(shared, generate("RS256", "")), OutcomeBad,
			"does not match"},
		{"the opening key has the kid of the signer's", forger, namedRSA, jose.NewKeySet(namedRSA), OutcomeCannotTell,
			"no key for"},
		{"one key for both", rsa, rsa, jose.NewKeySet(rsa), OutcomeGood, ""},
		{"the kid names a key that did not sign", forger, ec, jose.NewKeySet(ec, generate("ES256", "named")),
			OutcomeBad,
			"does not match"},
	} {
		alg := map[string]string{"RSA": "RS256", "EC": "ES256"}[c.inner.Type()]
		inner, err := jose.Sign([]byte(`{"iss":"https://a.example","sub":"a"}`), jose.Header{"alg": alg}, c.inner)
		if err != nil {
			t.Fatal(c.name, err)
		}
		with := map[string]string{"RSA": "RSA-OAEP-256", "EC": "ECDH-ES", "oct": "A256KW"}[c.outer.Type()]
		outer, err := jose.Encrypt([]byte(inner), jose.Header{"cty": "JWT", "alg": with}, c.outer)
		if err != nil {
			t.Fatal(c.name, err)
		}
		r := Inspect(outer, Options{Now: now, Keys: c.keys})
		if outcome, why := r.Verdict(); outcome != c.want || !strings.Contains(why, c.says) {
			t.Errorf("%s: got %s, %s; want %s, %s", c.name, outcome, why, c.want, c.says)
		}
	}
}

// unmarked is a key without the members that say what it is for, as PEM and most JWKs have it.
func unmarked(t *testing.T, key jose.Key) jose.Key {
	t.Helper()
	private, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]string
	if err := json.Unmarshal([]byte(private.Reveal()), &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "alg")
	delete(members, "use")
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := jose.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return bare
}

// A token that only its server can read is named as that.
func TestASymmetricJWEIsForTheServerAlone(t *testing.T) {
	for _, alg := range []string{"A256GCMKW", "A128KW", "dir"} {
		header := `{"alg":"` + alg + `","enc":"A256GCM","iv":"AAAAAAAAAAAAAAAA","tag":"AAAAAAAAAAAAAAAAAAAAAA"}`
		key := map[string]string{"A256GCMKW": seg(strings.Repeat("k", 32)), "A128KW": seg(strings.Repeat("k", 40))}[alg]
		r := Inspect(seg(header)+"."+key+".AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", Options{Now: now,
			NoKeys: "none was given"})
		if outcome, why := r.Verdict(); outcome != OutcomeCannotTell ||
			!strings.Contains(why, "symmetric key ("+alg+")") ||
			!strings.Contains(why, "introspection") {
			t.Errorf("%s: got %s: %s", alg, outcome, why)
		}
	}
	if r := Inspect(seg(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)+".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		Options{Now: now}); r.IsSymmetricJWE() {
		t.Error("a token for a recipient's public key is called the server's own")
	}
}

func TestASecondLookDoesNotDecodeTheTokenAgain(t *testing.T) {
	token, keys := signed(t, `{`+fine+inTime+`}`, nil)
	first := Inspect("Bearer "+token, Options{Now: now})
	second := first.Token.Inspect(Options{Now: now, Keys: keys})
	if first.Header != second.Header || first.Payload != second.Payload {
		t.Error("the second report has another header or payload than the first, want the same objects")
	}
	if got := [2]tokens.Verdict{first.Signature.Verdict, second.Signature.Verdict}; got !=
		[2]tokens.Verdict{tokens.CannotTell, tokens.Good} {
		t.Errorf("got verdicts %q, want cannot tell without keys and then good", got)
	}

	sd, issuer, _ := presented(t)
	bound := Inspect(sd+jwt(`{"alg":"ES256","typ":"kb+jwt"}`, `{}`), Options{Now: now})
	was := bound.Token.SD.Binding
	bound.Token.Inspect(Options{Now: now, Keys: issuer, Nonce: "n"})
	if was == nil || bound.Token.SD.Binding != was {
		t.Errorf("the first report's key binding changed from %v to %v", was, bound.Token.SD.Binding)
	}
}
