package jose

import (
	"bytes"
	"compress/flate"
	"fmt"
	"strings"
	"testing"

	"fob/tokens"
)

// RFC 7516 appendix A.3: A128KW with A128CBC-HS256.
const (
	wrappedToken = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkD" +
		"THzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ"
	wrappedKey  = `{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}`
	wrappedText = "Live long and prosper."
)

func expectOpen(t *testing.T, got Decrypted, want tokens.Verdict, reason string) {
	t.Helper()
	if got.Verdict != want || !strings.Contains(got.Reason, reason) {
		t.Errorf("got %s: %s\nwant %s: … %s …", got.Verdict, got.Reason, want, reason)
	}
	if got.Verdict != tokens.Good && got.Plaintext != nil {
		t.Errorf("got a plaintext of %d bytes beside the verdict %s", len(got.Plaintext), got.Verdict)
	}
}

func TestExampleOfTheStandardOpens(t *testing.T) {
	got := Decrypt(wrappedToken, mustParse(t, wrappedKey), DecryptOptions{})
	expectOpen(t, got, tokens.Good, "decrypted")
	if string(got.Plaintext) != wrappedText || got.Alg != "A128KW" || got.Enc != "A128CBC-HS256" {
		t.Errorf("got %q, %s, %s; want %q, A128KW, A128CBC-HS256", got.Plaintext, got.Alg, got.Enc, wrappedText)
	}
}

// part replaces one segment of the example.
func replaced(i int, with string) string {
	parts := strings.Split(wrappedToken, ".")
	parts[i] = with
	return strings.Join(parts, ".")
}

func TestLengthsAreCheckedBeforeAnythingIsComputed(t *testing.T) {
	keys := mustParse(t, wrappedKey)
	text, tag := "KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY", "U0m_YmjN04DJvceFICbCVQ"
	t1, _ := decode(text)
	t2, _ := decode(tag)
	joined := append(t1, t2...)
	moved := replaced(3, encode(joined[:16]))
	moved = strings.TrimSuffix(moved, tag) + encode(joined[16:])
	for _, c := range []struct{ name, token, reason string }{
		{"no encrypted key", replaced(1, ""), "encrypted key has 0 bytes"},
		{"a short encrypted key", replaced(1, "AAAA"), "encrypted key has 3 bytes"},
		{"no initialization vector", replaced(2, ""), "vector has 0 bytes"},
		{"no tag", replaced(4, ""), "tag has 0 bytes"},
		{"a short tag", replaced(4, tag[:10]+"A"), "tag"},
		{"no ciphertext", replaced(3, ""), "ciphertext has 0 bytes"},
		{"the boundary between ciphertext and tag moved", moved, "tag has 32 bytes"},
		{"another wrapped key", replaced(1, "6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOA"),
			"cannot be decrypted"},
		{"another tag", replaced(4, "U0m_YmjN04DJvceFICbCVA"), "tag does not match"},
		{"padding", wrappedToken + "=", "base64url"},
		{"four segments", strings.Join(strings.Split(wrappedToken, ".")[:4], "."), "4 of 5"},
		{"six segments", wrappedToken + ".AAAA", "6 of 5"},
		{"nothing", "", "1 of 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expectOpen(t, Decrypt(c.token, keys, DecryptOptions{}), tokens.Bad, c.reason)
		})
	}
}

// TestAnEmptyEncryptedKeyIsNoPanic holds the three families in which jwx v2 panics.
func TestAnEmptyEncryptedKeyIsNoPanic(t *testing.T) {
	ec := mustKey(t, "ECDH-ES+A128KW", "")
	epk := string(mustPublic(t, mustKey(t, "ES256", "")))
	epk = strings.NewReplacer(`"alg":"ES256",`, "", `,"use":"sig"`, "").Replace(epk)
	tail := "." + "." + encode(make([]byte, 12)) + ".AAAA." + encode(make([]byte, 16))
	for name, c := range map[string]struct {
		header string
		keys   KeySet
	}{
		"A128KW":         {`{"alg":"A128KW","enc":"A128GCM"}`, mustParse(t, wrappedKey)},
		"ECDH-ES+A128KW": {`{"alg":"ECDH-ES+A128KW","enc":"A128GCM","epk":` + epk + `}`, NewKeySet(ec)},
		"PBES2-HS256+A128KW": {`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":1000,"p2s":"AAAAAAAAAAAAAAAA"}`,
			NewKeySet(SecretKey([]byte("password")))},
		"RSA-OAEP": {`{"alg":"RSA-OAEP","enc":"A128GCM"}`, NewKeySet(mustKey(t, "RSA-OAEP", ""))},
		"A128GCMKW": {`{"alg":"A128GCMKW","enc":"A128GCM","iv":"AAAA","tag":"AAAA"}`,
			mustParse(t, wrappedKey)},
	} {
		t.Run(name, func(t *testing.T) {
			expectOpen(t, Decrypt(encode([]byte(c.header))+tail, c.keys, DecryptOptions{}), tokens.Bad, "encrypted key")
		})
	}
}

// sealed makes a JWE with alg dir and A128GCM.
func sealed(t testing.TB, header string, plain []byte) string {
	t.Helper()
	key, _ := decode("GawgguFyGrWKav7AX4VKUg")
	gcm, err := newGCM(key)
	if err != nil {
		t.Fatal(err)
	}
	protected, iv := encode([]byte(header)), make([]byte, 12)
	out := gcm.Seal(nil, iv, plain, []byte(protected))
	cut := len(out) - 16
	return protected + ".." + encode(iv) + "." + encode(out[:cut]) + "." + encode(out[cut:])
}

func deflate(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZipIsDecompressedUpToALimit(t *testing.T) {
	keys := mustParse(t, wrappedKey)
	const header = `{"alg":"dir","enc":"A128GCM","zip":"DEF"}`
	got := Decrypt(sealed(t, header, deflate(t, []byte("hello"))), keys, DecryptOptions{})
	expectOpen(t, got, tokens.Good, "")
	if string(got.Plaintext) != "hello" {
		t.Errorf("got %q, want hello", got.Plaintext)
	}
	bomb := sealed(t, header, deflate(t, make([]byte, 64<<20)))
	expectOpen(t, Decrypt(bomb, keys, DecryptOptions{}), tokens.CannotTell, "decompresses to more than")
	expectOpen(t, Decrypt(sealed(t, header, []byte("no deflate")), keys, DecryptOptions{}), tokens.CannotTell,
		"cannot be decompressed")
	other := sealed(t, `{"alg":"dir","enc":"A128GCM","zip":"GZ"}`, []byte("x"))
	expectOpen(t, Decrypt(other, keys, DecryptOptions{}), tokens.CannotTell, "unsupported compression")
}

func TestIterationsOfAPasswordAreBounded(t *testing.T) {
	token := func(p2c string) string {
		h := `{"alg":"PBES2-HS512+A256KW","enc":"A128GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":` + p2c + `}`
		return encode([]byte(h)) + "." + encode(make([]byte, 24)) + "." + encode(make([]byte, 12)) + ".AAAA." +
			encode(make([]byte, 16))
	}
	keys := NewKeySet(SecretKey([]byte("a")), SecretKey([]byte("b")), SecretKey([]byte("c")))
	for _, c := range []struct {
		p2c, reason string
		want        tokens.Verdict
	}{
		{"2147483647", "more than", tokens.CannotTell},
		{"1e9", "not a positive whole number", tokens.Bad},
		{"99999999999999999999999999", "more than", tokens.CannotTell},
		{"0", "not a positive", tokens.Bad},
		{"-1", "not a positive", tokens.Bad},
		{`"1000"`, "not a positive", tokens.Bad},
		{"1000.5", "not a positive", tokens.Bad},
		{"1000", "cannot be decrypted", tokens.Bad},
	} {
		t.Run(c.p2c, func(t *testing.T) {
			expectOpen(t, Decrypt(token(c.p2c), keys, DecryptOptions{}), c.want, c.reason)
		})
	}
	m, err := parseJWE(token("1000"))
	if err != nil {
		t.Fatal(err)
	}
	// The budget is one for all keys: two of the three may spend it.
	expectOpen(t, m.decryptFor(m.recipients[0], keys, DecryptOptions{}, &budget{iterations: 2500}), tokens.CannotTell,
		"all keys together")
	short := token("1000")
	h := `{"alg":"PBES2-HS512+A256KW","enc":"A128GCM","p2s":"AAAA","p2c":1000}`
	short = encode([]byte(h)) + short[strings.Index(short, "."):]
	expectOpen(t, Decrypt(short, keys, DecryptOptions{}), tokens.Bad, "p2s has 3 bytes")
}

func TestKeysThatDoNotFitSaySo(t *testing.T) {
	dir := sealed(t, `{"alg":"dir","enc":"A128GCM"}`, []byte("x"))
	public := mustParse(t, string(mustPublic(t, mustKey(t, "RSA-OAEP", ""))))
	rsaToken := encode([]byte(`{"alg":"RSA-OAEP","enc":"A128GCM"}`)) + "." + encode(make([]byte, 256)) + "." +
		encode(make([]byte, 12)) + ".AAAA." + encode(make([]byte, 16))
	for _, c := range []struct {
		name, token string
		keys        KeySet
		want        tokens.Verdict
		reason      string
	}{
		{"no key", dir, KeySet{}, tokens.CannotTell, "no key"},
		{"wrong key type", dir, NewKeySet(mustKey(t, "RSA-OAEP", "")), tokens.Bad, "wrong key type"},
		{"wrong length", dir, NewKeySet(SecretKey([]byte("short"))), tokens.Bad, "wrong key length"},
		{"a public key", rsaToken, public, tokens.CannotTell, "no private half"},
		{"a key for signatures", rsaToken, NewKeySet(mustKey(t, "RS256", "")), tokens.Bad, `the key is for "RS256"`},
		{"RSA1_5 with a key for RSA-OAEP", strings.Replace(rsaToken,
			encode([]byte(`{"alg":"RSA-OAEP","enc":"A128GCM"}`)),
			encode([]byte(`{"alg":"RSA1_5","enc":"A128GCM"}`)), 1),
			NewKeySet(mustKey(t, "RSA-OAEP", "")), tokens.Bad, `the key is for "RSA-OAEP"`},
		{"unknown algorithm", sealed(t, `{"alg":"XY","enc":"A128GCM"}`, nil), mustParse(t, wrappedKey),
			tokens.CannotTell, `unsupported algorithm "XY"`},
		{"unknown enc", sealed(t, `{"alg":"dir","enc":"XC20P"}`, nil), mustParse(t, wrappedKey), tokens.CannotTell,
			`unsupported content encryption "XC20P"`},
		{"alg none", sealed(t, `{"alg":"none","enc":"A128GCM"}`, nil), mustParse(t, wrappedKey), tokens.Bad, "signs"},
		{"crit", sealed(t, `{"alg":"dir","enc":"A128GCM","crit":["exp"],"exp":1}`, nil), mustParse(t, wrappedKey),
			tokens.Bad, `requires the extension "exp"`},
		{"an RSA key of another size", strings.Replace(rsaToken, encode(make([]byte, 256)), encode(make([]byte, 255)),
			1), NewKeySet(mustKey(t, "RSA-OAEP", "")), tokens.Bad, "takes 256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expectOpen(t, Decrypt(c.token, c.keys, DecryptOptions{}), c.want, c.reason)
		})
	}
}

func TestJSONFormsOfOneTokenOpenAlike(t *testing.T) {
	p := strings.Split(wrappedToken, ".")
	keys := mustParse(t, wrappedKey)
	for name, token := range map[string]string{
		"flattened": fmt.Sprintf(`{"protected":%q,"encrypted_key":%q,"iv":%q,"ciphertext":%q,"tag":%q}`, p[0], p[1],
			p[2], p[3], p[4]),
		"general": fmt.Sprintf(`{"protected":%q,"recipients":[{"encrypted_key":""},{"encrypted_key":%q}],"iv":%q,`+
			`"ciphertext":%q,"tag":%q}`, p[0], p[1], p[2], p[3], p[4]),
	} {
		t.Run(name, func(t *testing.T) {
			if got := Decrypt(token, keys, DecryptOptions{}); string(got.Plaintext) != wrappedText {
				t.Errorf("got %s: %s, %q", got.Verdict, got.Reason, got.Plaintext)
			}
		})
	}
	for name, token := range map[string]string{
		"a parameter twice": fmt.Sprintf(`{"protected":%q,"header":{"alg":"dir"},"encrypted_key":%q,"iv":%q,`+
			`"ciphertext":%q,"tag":%q}`, p[0], p[1], p[2], p[3], p[4]),
		"added aad": fmt.Sprintf(`{"protected":%q,"aad":"AAAA","encrypted_key":%q,"iv":%q,"ciphertext":%q,`+
			`"tag":%q}`, p[0], p[1], p[2], p[3], p[4]),
		"both forms": fmt.Sprintf(`{"protected":%q,"recipients":[{}],"encrypted_key":%q,"iv":%q,`+
			`"ciphertext":%q,"tag":%q}`, p[0], p[1], p[2], p[3], p[4]),
		"no recipients": fmt.Sprintf(`{"protected":%q,"recipients":[],"iv":%q,"ciphertext":%q,"tag":%q}`, p[0],
			p[2], p[3], p[4]),
		"not a string": `{"ciphertext":7}`,
		"zip unprotected": fmt.Sprintf(`{"protected":%q,"unprotected":{"zip":"DEF"},"encrypted_key":%q,"iv":%q,`+
			`"ciphertext":%q,"tag":%q}`, p[0], p[1], p[2], p[3], p[4]),
	} {
		t.Run(name, func(t *testing.T) { expectOpen(t, Decrypt(token, keys, DecryptOptions{}), tokens.Bad, "") })
	}
}
