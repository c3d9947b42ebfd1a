package jose

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"fob/tokens"
)

// rsaPool holds a few RSA keys for all tests, since making one takes long. They are handed out in turn.
var rsaPool = sync.OnceValue(func() (pool [3]*rsa.PrivateKey) {
	for i := range pool {
		k, err := rsa.GenerateKey(rand.Reader, minRSABits)
		if err != nil {
			panic(err)
		}
		pool[i] = k
	}
	return pool
})

var rsaTurn atomic.Int64

// mustKey is Generate, with RSA keys from the pool.
func mustKey(t testing.TB, alg, kid string) Key {
	t.Helper()
	if strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS") {
		k, err := keyFromGo(rsaPool()[rsaTurn.Add(1)%3])
		if err != nil {
			t.Fatal(err)
		}
		k.k.kid, k.k.alg = kid, alg
		return k
	}
	k, err := Generate(alg, kid)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSign(t testing.TB, payload string, h Header, k Key) string {
	t.Helper()
	token, err := Sign([]byte(payload), h, k)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func mustParse(t testing.TB, text string) KeySet {
	t.Helper()
	keys, err := ParseKeys([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// hs256 makes a token with any header over an HMAC, as an attacker can.
func hs256(header, payload string, secret []byte) string {
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(input))
	return input + "." + encode(h.Sum(nil))
}

func expect(t *testing.T, got Result, want tokens.Verdict, reason string) {
	t.Helper()
	if got.Verdict != want || !strings.Contains(got.Reason, reason) {
		t.Errorf("got %s: %s\nwant %s: … %s …", got.Verdict, got.Reason, want, reason)
	}
}

var everyAlg = []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
	"ES384", "ES512", "ES256K", "EdDSA", "Ed25519"}

func TestWhatIsSignedVerifiesAndWhatIsAlteredDoesNot(t *testing.T) {
	for _, alg := range everyAlg {
		t.Run(alg, func(t *testing.T) {
			k, other := mustKey(t, alg, "k1"), mustKey(t, alg, "k1")
			token := mustSign(t, `{"sub":"alice"}`, Header{"typ": "JWT"}, k)
			got := Verify(token, NewKeySet(k), VerifyOptions{})
			expect(t, got, tokens.Good, "the signature matches")
			if got.Alg != alg || got.Kid != "k1" || got.Key == nil {
				t.Errorf("got alg %q kid %q key %v, want %q k1 and the key", got.Alg, got.Kid, got.Key, alg)
			}
			expect(t, Verify(token, NewKeySet(other), VerifyOptions{}), tokens.Bad, "does not match")
			parts := strings.Split(token, ".")
			altered := parts[0] + "." + encode([]byte(`{"sub":"mallory"}`)) + "." + parts[2]
			expect(t, Verify(altered, NewKeySet(k), VerifyOptions{}), tokens.Bad, "does not match")
			expect(t, Verify(parts[0]+"."+parts[1]+".", NewKeySet(k), VerifyOptions{}), tokens.Bad,
				"signature is missing")
		})
	}
}

func TestGenerateMakesAKeyForEveryAlgorithm(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512", "RS256", "EdDSA", "HS256", "RSA-OAEP", "ECDH-ES", "X25519",
		"A256KW"} {
		k, err := Generate(alg, "k")
		if err != nil || !k.Private() || k.Alg() != alg || k.Kid() != "k" {
			t.Errorf("%s: got alg %q kid %q private %v, %v", alg, k.Alg(), k.Kid(), k.Private(), err)
		}
	}
	if _, err := Generate("none", ""); err == nil {
		t.Error("none: got no error, want one")
	}
}

func TestTheAlgorithmIsChosenByTheKey(t *testing.T) {
	secret := mustKey(t, "HS256", "s")
	bytes := secret.k.private.([]byte)
	ec, rs, ps := mustKey(t, "ES256", "e"), mustKey(t, "RS256", "r"), mustKey(t, "PS256", "p")
	for _, c := range []struct {
		name   string
		token  string
		keys   KeySet
		reason string
	}{
		{"alg none over a good HMAC", hs256(`{"alg":"none"}`, `{}`, bytes), NewKeySet(secret), "not signed"},
		{"alg nOnE over a good HMAC", hs256(`{"alg":"nOnE"}`, `{}`, bytes), NewKeySet(secret), "not signed"},
		{"alg RS512 over a good HMAC", hs256(`{"alg":"RS512"}`, `{}`, bytes), NewKeySet(secret), "wrong key type"},
		{"alg HS512 and a key for HS256", hs256(`{"alg":"HS512"}`, `{}`, bytes), NewKeySet(secret),
			`the key is for "HS256"`},
		{"alg missing", hs256(`{}`, `{}`, bytes), NewKeySet(secret), "names no alg"},
		{"alg a number", hs256(`{"alg":256}`, `{}`, bytes), NewKeySet(secret), "not a string"},
		{"alg of an encryption", hs256(`{"alg":"dir"}`, `{}`, bytes), NewKeySet(secret), "encrypts"},
		{"HS256 and an EC key", hs256(`{"alg":"HS256","kid":"e"}`, `{}`, bytes), NewKeySet(ec), "wrong key type"},
		{"RS256 and a key for PS256", mustSign(t, `{}`, Header{"kid": "p"}, rs), NewKeySet(ps),
			`the key is for "PS256"`},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, Verify(c.token, c.keys, VerifyOptions{}), tokens.Bad, c.reason) })
	}
}

func TestPublicKeysAreNeverUsedAsASecret(t *testing.T) {
	private := rsaPool()[0]
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	minted := hs256(`{"alg":"HS256"}`, `{"admin":true}`, text)
	expect(t, Verify(minted, mustParse(t, string(text)), VerifyOptions{}), tokens.Bad, "wrong key type")
	cut := string(text[:len(text)/2])
	if keys, err := ParseKeys([]byte(cut)); err == nil || len(keys.Keys()) > 0 {
		t.Errorf("half a PEM block: got %d keys and %v, want an error and no key", len(keys.Keys()), err)
	}
	bare := strings.Join(strings.Split(string(text), "\n")[1:8], "")
	if keys := mustParse(t, bare); keys.Keys()[0].Type() != "RSA" {
		t.Errorf("base64 DER: got a key of type %s, want RSA", keys.Keys()[0].Type())
	}
}

func TestCritIsEnforced(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	keys := NewKeySet(SecretKey(secret))
	for _, c := range []struct{ header, reason string }{
		{`{"alg":"HS256","crit":["exp"],"exp":1}`, `requires the extension "exp"`},
		{`{"alg":"HS256","crit":[]}`, "not a non-empty list"},
		{`{"alg":"HS256","crit":"b64"}`, "not a non-empty list"},
		{`{"alg":"HS256","crit":["b64"]}`, "not in the protected header"},
		{`{"alg":"HS256","crit":["b64","b64"],"b64":true}`, "twice"},
		{`{"alg":"HS256","crit":[1]}`, "not a string"},
		{`{"alg":"HS256","crit":["b64"],"b64":"false"}`, "neither true nor false"},
		{`{"alg":"HS256","alg":"HS256"}`, `duplicate header parameter "alg"`},
		{`{"alg":"HS256","crit":null}`, "not a non-empty list"},
		{`{"alg":"HS256","crit":["alg"]}`, `requires the extension "alg"`},
		{"{\"alg\":\"HS256\",\"x\":\"\xff\"}", "not UTF-8"},
		{"\ufeff{\"alg\":\"HS256\"}", "not a JSON object"},
	} {
		t.Run(c.header, func(t *testing.T) {
			expect(t, Verify(hs256(c.header, `{}`, secret), keys, VerifyOptions{}), tokens.Bad, c.reason)
		})
	}
	expect(t, Verify(hs256(`{"alg":"HS256","crit":["b64"],"b64":true}`, `{}`, secret), keys, VerifyOptions{}),
		tokens.Good, "matches")
}

func TestSaltOfPSSIsAsLongAsTheHash(t *testing.T) {
	k := mustKey(t, "PS256", "")
	input := encode([]byte(`{"alg":"PS256"}`)) + "." + encode([]byte(`{}`))
	sum := sha256.Sum256([]byte(input))
	for _, salt := range []int{0, 20, 33} {
		sig, err := rsa.SignPSS(rand.Reader, k.k.private.(*rsa.PrivateKey), crypto.SHA256, sum[:],
			&rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, Verify(input+"."+encode(sig), NewKeySet(k), VerifyOptions{}), tokens.Bad, "does not match")
	}
}

// A quick look must say of every text what decoding says.
func TestAQuickLookAgreesWithDecoding(t *testing.T) {
	alphabet := "AQgw-_09zZ=+/ \n\x00\xff"
	var all func(prefix string, left int)
	all = func(prefix string, left int) {
		if _, err := decode(prefix); isEncoded(prefix) != (err == nil) {
			t.Errorf("%q: got %v, decoding says %v", prefix, isEncoded(prefix), err)
		}
		for i := 0; left > 0 && i < len(alphabet); i++ {
			all(prefix+alphabet[i:i+1], left-1)
		}
	}
	all("", 4)
}

func TestOnlyCanonicalBase64urlVerifies(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	keys := NewKeySet(SecretKey(secret))
	token := hs256(`{"alg":"HS256"}`, `{"a":1}`, secret)
	last := token[len(token)-1]
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	sibling := alphabet[strings.IndexByte(alphabet, last)^1]
	for name, other := range map[string]string{
		"another spelling of the last byte": token[:len(token)-1] + string(sibling),
		"padding":                           token + "=",
		"a line break":                      token + "\n",
		"a line break inside":               token[:10] + "\r\n" + token[10:],
		"a question mark":                   "?" + token,
	} {
		t.Run(name, func(t *testing.T) { expect(t, Verify(other, keys, VerifyOptions{}), tokens.Bad, "base64url") })
	}
	expect(t, Verify(token, keys, VerifyOptions{}), tokens.Good, "")
}

func TestCannotTellComesWithItsReason(t *testing.T) {
	ec, other := mustKey(t, "ES256", "a"), mustKey(t, "ES256", "b")
	token := mustSign(t, `{}`, nil, ec)
	fetched := func(keys ...Key) KeySet {
		public, err := NewKeySet(keys...).PublicJSON()
		if err != nil {
			t.Fatal(err)
		}
		set, err := ParseKeySet(public)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	unsigned := func(alg string) string { return encode([]byte(`{"alg":"`+alg+`"}`)) + ".e30.AAAA" }
	for _, c := range []struct {
		name, token string
		keys        KeySet
		reason      string
	}{
		{"no key", token, KeySet{}, "no key"},
		{"unknown kid", token, fetched(other), `unknown kid "a"`},
		{"wrong key type, no kid", unsigned("RS256"), fetched(other), "wrong key type"},
		{"unknown algorithm", unsigned("XY256"), fetched(ec), `unsupported algorithm "XY256"`},
		{"ML-DSA", unsigned("ML-DSA-65"), fetched(ec), "unsupported algorithm ML-DSA-65"},
		{"Ed448", unsigned("Ed448"), fetched(ec), "unsupported algorithm Ed448"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, Verify(c.token, c.keys, VerifyOptions{}), tokens.CannotTell, c.reason)
		})
	}
}

func TestKidDecidesBetweenKeys(t *testing.T) {
	a, b := mustKey(t, "ES256", "a"), mustKey(t, "ES256", "b")
	swapped := mustSign(t, `{}`, Header{"kid": "b"}, a)
	expect(t, Verify(swapped, NewKeySet(a, b), VerifyOptions{}), tokens.Bad, `kid "b"`)
	nameless := mustSign(t, `{}`, Header{"kid": ""}, b)
	got := Verify(nameless, NewKeySet(a, b), VerifyOptions{})
	expect(t, got, tokens.Good, `kid "b"`)
	renamed := Verify(swapped, NewKeySet(a), VerifyOptions{})
	expect(t, renamed, tokens.Good, "")
	if len(renamed.Warnings) != 1 || !strings.Contains(renamed.Warnings[0], "kid") {
		t.Errorf("a key named by hand whose kid differs: got warnings %q, want one about kid", renamed.Warnings)
	}
}

func TestShortKeysAreWarningsThatDoNotHideTheVerdict(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	small, err := keyFromGo(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token string
		key   Key
		want  string
	}{
		"RSA with 1,024 bits":  {mustSign(t, `{}`, nil, small), small, "1024 bits"},
		"a secret of one byte": {hs256(`{"alg":"HS256"}`, `{}`, []byte("x")), SecretKey([]byte("x")), "8 bits"},
		"a secret of 128 bits": {hs256(`{"alg":"HS256"}`, `{}`, []byte("0123456789abcdef")),
			SecretKey([]byte("0123456789abcdef")), "128 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Verify(c.token, NewKeySet(c.key), VerifyOptions{})
			expect(t, got, tokens.Good, "")
			if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], c.want) {
				t.Errorf("got warnings %q, want one with %q", got.Warnings, c.want)
			}
		})
	}
}

func TestAllowedAlgorithmsAreEnforced(t *testing.T) {
	k := mustKey(t, "EdDSA", "")
	token := mustSign(t, `{}`, nil, k)
	expect(t, Verify(token, NewKeySet(k), VerifyOptions{Algs: []string{"ES256"}}), tokens.Bad,
		"not among those allowed")
	expect(t, Verify(token, NewKeySet(k), VerifyOptions{Algs: []string{"Ed25519"}}), tokens.Good, "")
}

func TestDetachedPayload(t *testing.T) {
	k := mustKey(t, "ES256", "")
	token := mustSign(t, `{"a":1}`, nil, k)
	parts := strings.Split(token, ".")
	detached := parts[0] + ".." + parts[2]
	expect(t, Verify(detached, NewKeySet(k), VerifyOptions{Payload: []byte(`{"a":1}`)}), tokens.Good, "")
	expect(t, Verify(detached, NewKeySet(k), VerifyOptions{Payload: []byte(`{"a":2}`)}), tokens.Bad, "does not match")
	expect(t, Verify(detached, NewKeySet(k), VerifyOptions{}), tokens.Bad, "if it is detached, provide it")
	expect(t, Verify(token, NewKeySet(k), VerifyOptions{Payload: []byte(`{}`)}), tokens.Bad, "contains one as well")
	long := `{"a":"` + strings.Repeat("long", 5000) + `"}`
	parts = strings.Split(mustSign(t, long, nil, k), ".")
	expect(t, Verify(parts[0]+".."+parts[2], NewKeySet(k), VerifyOptions{Payload: []byte(long)}), tokens.Good, "")
}

func TestJSONSerialisation(t *testing.T) {
	a, b := mustKey(t, "ES256", "a"), mustKey(t, "EdDSA", "b")
	sign := func(k Key) (protected, signature string) {
		p := strings.Split(mustSign(t, `{"x":1}`, nil, k), ".")
		return p[0], p[2]
	}
	payload := encode([]byte(`{"x":1}`))
	pa, sa := sign(a)
	pb, sb := sign(b)
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q},{"protected":%q,`+
		`"signature":%q}]}`, payload, pa, sa, pb, sb)
	got := Verify(general, NewKeySet(b), VerifyOptions{})
	expect(t, got, tokens.Good, `kid "b"`)
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "signature 1 of 2") {
		t.Errorf("got warnings %q, want one about the first signature", got.Warnings)
	}
	for _, c := range []struct{ name, token, reason string }{
		{"a member twice", fmt.Sprintf(`{"payload":%q,"payload":%q,"protected":%q,"signature":%q}`, payload, payload,
			pa, sa), "duplicate"},
		{"both forms", fmt.Sprintf(`{"payload":%q,"signatures":[],"signature":%q}`, payload, sa), "exclude each other"},
		{"a parameter in both headers", fmt.Sprintf(`{"payload":%q,"protected":%q,"header":{"alg":"none"},`+
			`"signature":%q}`, payload, pa, sa), "duplicate"},
		{"crit outside the protected header",
			fmt.Sprintf(`{"payload":%q,"protected":%q,"header":{"crit":["x"]},"signature":%q}`, payload, pa,
				sa), "protected header"},
		{"no signature", fmt.Sprintf(`{"payload":%q}`, payload), "no signature"},
		{"an empty list", fmt.Sprintf(`{"payload":%q,"signatures":[]}`, payload), "non-empty"},
		{"a JWE", `{"ciphertext":"AA"}`, "JWE"},
		{"cut off", general[:len(general)-3], "at byte"},
		{"trailing garbage", general + "x", "follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, Verify(c.token, NewKeySet(a, b), VerifyOptions{}), tokens.Bad, c.reason)
		})
	}
}

func TestHostileTokensEndWithASentence(t *testing.T) {
	k := mustKey(t, "HS256", "")
	for name, token := range map[string]string{
		"a header nested 10,000 deep": encode([]byte(`{"alg":"HS256","x":`+strings.Repeat("[",
			10_000)+strings.Repeat("]", 10_000)+"}")) + ".e30.AAAA",
		"a claim of 10 MB": encode([]byte(`{"alg":"HS256"}`)) + "." +
			encode([]byte(`{"x":"`+strings.Repeat("a", 10<<20)+`"}`)) + ".AAAA",
		"more than is read": strings.Repeat("A", maxTokenBytes+1),
		"a million dots":    strings.Repeat(".", 1_000_000),
		"nothing":           "",
		"escape sequences":  encode([]byte("{\"alg\":\"\\u001b[31m\"}")) + ".e30.AAAA",
	} {
		t.Run(name, func(t *testing.T) {
			got := Verify(token, NewKeySet(k), VerifyOptions{})
			if got.Verdict == tokens.Good || got.Reason == "" || strings.ContainsAny(got.Reason+got.Alg, "\x1b\n") {
				t.Errorf("got %s: %q, want a printable sentence and no good verdict", got.Verdict, clipped(got.Reason))
			}
		})
	}
}

func clipped(s string) string { return s[:min(len(s), 200)] }

func TestSignRejectsUnsupportedAlgorithmsAndKeys(t *testing.T) {
	ec := mustKey(t, "ES256", "")
	public := mustParse(t, string(mustPublic(t, ec))).Keys()[0]
	for name, c := range map[string]struct {
		h Header
		k Key
	}{
		"alg none":        {Header{"alg": "none"}, ec},
		"wrong algorithm": {Header{"alg": "RS256"}, ec},
		"public key":      {nil, public},
		"no key":          {nil, Key{}},
		"bad header":      {Header{"x": func() {}}, ec},
	} {
		t.Run(name, func(t *testing.T) {
			if token, err := Sign([]byte(`{}`), c.h, c.k); err == nil {
				t.Errorf("got %q, want an error", token)
			}
		})
	}
}

func mustPublic(t testing.TB, k Key) []byte {
	t.Helper()
	b, err := k.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
