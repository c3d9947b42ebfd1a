package jose

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

func TestThumbprintsOfTheStandards(t *testing.T) {
	for _, c := range []struct{ spec, jwk, want string }{
		{"RFC 7638 3.1", `{"kty":"RSA",` +
			`"n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPeb` +
			`WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz` +
			`s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xB` +
			`niIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`,
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{"RFC 8037 A.3", `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		got, err := mustParse(t, c.jwk).Keys()[0].Thumbprint()
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.spec, got, err, c.want)
		}
	}
}

func TestKeysOutOfBoundsAreRejectedWithAReason(t *testing.T) {
	long := encode(make([]byte, 33))
	point := `"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	huge := encode(append([]byte{0x80}, make([]byte, 8<<10)...))
	for _, c := range []struct{ name, jwk, reason string }{
		{"x longer than its curve", `{"kty":"EC","crv":"P-256","x":"` + long + `","y":"` + long + `"}`, "has 33 bytes"},
		{"a point off the curve", `{"kty":"EC","crv":"P-256","x":"` + encode(make([]byte, 32)) + `","y":"` +
			encode(make([]byte, 32)) + `"}`, "not on the curve"},
		{"d longer than its curve", `{"kty":"EC","crv":"P-256",` + point + `,"d":"` + long + `"}`, "has 33 bytes"},
		{"d of another point", `{"kty":"EC","crv":"P-256",` + point + `,"d":"` +
			encode([]byte(strings.Repeat("\x01", 32))) + `"}`, "does not belong"},
		{"y missing", `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`, "needs y"},
		{"Ed25519 too short", `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "has 3 bytes"},
		{"a curve of another type", `{"kty":"OKP","crv":"P-256","x":"AAAA"}`, "belongs to kty EC"},
		{"a curve that is unknown", `{"kty":"EC","crv":"P-999","x":"AAAA","y":"AAAA"}`, "unsupported"},
		{"RSA of 64 kbit", `{"kty":"RSA","n":"` + huge + `","e":"AQAB"}`, "at most 16384"},
		{"RSA with a huge exponent", `{"kty":"RSA","n":"` + encode(append([]byte{0x80}, make([]byte, 255)...)) +
			`","e":"AQABAQAB"}`, "exponent"},
		{"RSA with an even modulus", `{"kty":"RSA","n":"` + encode(append([]byte{0x80}, make([]byte, 255)...)) +
			`","e":"AQAB"}`, "even"},
		{"RSA with exponent 1", `{"kty":"RSA","n":"` + encode(append(append([]byte{0x80}, make([]byte, 254)...), 1)) +
			`","e":"AQ"}`, "exponent 1"},
		{"RSA without e", `{"kty":"RSA","n":"AQAB"}`, "needs n and e"},
		{"an empty secret", `{"kty":"oct","k":""}`, "empty"},
		{"a type that is unknown", `{"kty":"XYZ"}`, "unsupported"},
		{"no type", `{"k":"AAAA"}`, "no kty"},
		{"a member twice", `{"kty":"oct","k":"AAAA","k":"AAAB"}`, "duplicate member"},
		{"kid a number", `{"kty":"oct","k":"AAAA","kid":7}`, "kid is not a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, err := ParseKeys([]byte(c.jwk))
			if err == nil {
				t.Fatalf("got %d keys, want an error", len(keys.Keys()))
			}
			if !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %q, want … %s …", err, c.reason)
			}
			set, err := ParseKeySet([]byte(`{"keys":[` + c.jwk + `,{"kty":"oct","k":"AAAA"}]}`))
			if err != nil || len(set.Keys()) != 1 || len(set.Skipped()) != 1 {
				t.Errorf("in a set: got %d keys, %d skipped, %v; want 1, 1 and no error",
					len(set.Keys()), len(set.Skipped()), err)
			}
		})
	}
}

func TestCoordinatesWithoutLeadingZerosAreReadWithAWarning(t *testing.T) {
	for {
		k := mustKey(t, "ES256", "")
		x, _ := decode(k.k.members[2].value)
		if x[0] != 0 {
			continue // one key in 256 has a leading zero
		}
		jwk := strings.Replace(string(mustPublic(t, k)), k.k.members[2].value, encode(x[1:]), 1)
		got := mustParse(t, jwk).Keys()[0]
		want, _ := k.Thumbprint()
		if have, err := got.Thumbprint(); err != nil || have != want || len(got.Warnings()) == 0 {
			t.Errorf("got thumbprint %q, %v, warnings %q; want %q and a warning", have, err, got.Warnings(), want)
		}
		return
	}
}

func TestKeySetsAreBounded(t *testing.T) {
	one := `{"kty":"oct","k":"AAAA"}`
	many := `{"keys":[` + strings.TrimSuffix(strings.Repeat(one+",", 5000), ",") + `]}`
	set, err := ParseKeySet([]byte(many))
	if err != nil || len(set.Keys()) != maxKeys || len(set.Skipped()) != 1 {
		t.Errorf("5,000 keys: got %d and %d reasons, %v; want %d and 1",
			len(set.Keys()), len(set.Skipped()), err, maxKeys)
	}
	huge := `{"keys":[` + strings.TrimSuffix(strings.Repeat(one+",", 200_000), ",") + `]}`
	if _, err := ParseKeySet([]byte(huge)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("200,000 keys: got %v, want an error that names the bound", err)
	}
	for _, text := range []string{`{}`, `[]`, `{"keys":{}}`, ``, `null`, `{"keys":[]`} {
		if set, err := ParseKeySet([]byte(text)); err == nil {
			t.Errorf("%q: got %d keys, want an error", text, len(set.Keys()))
		}
	}
}

func TestUnsupportedKeysStayInTheSet(t *testing.T) {
	set, err := ParseKeySet([]byte(`{"keys":[
		{"kty":"OKP","crv":"Ed448","kid":"e","x":"` + encode(make([]byte, 57)) + `"},
		{"kty":"AKP","alg":"ML-DSA-65","kid":"m","pub":"AAAA"}]}`))
	if err != nil || len(set.Keys()) != 2 {
		t.Fatalf("got %d keys, %v, skipped %q; want 2", len(set.Keys()), err, set.Skipped())
	}
	for _, k := range set.Keys() {
		if !strings.Contains(k.Unusable(), "unsupported") {
			t.Errorf("%s: got %q, want why it cannot be used", k.Kid(), k.Unusable())
		}
	}
}

func TestPEMOfEveryKindIsRead(t *testing.T) {
	r := rsaPool()[0]
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<32, 0)}
	for _, c := range []struct {
		label   string
		der     []byte
		kty     string
		private bool
	}{
		{"RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&r.PublicKey), "RSA", false},
		{"RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), "RSA", true},
		{"PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(e)), "EC", true},
		{"EC PRIVATE KEY", must(x509.MarshalECPrivateKey(e)), "EC", true},
		{"PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&e.PublicKey)), "EC", false},
		{"CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, &e.PublicKey, e)), "EC", false},
	} {
		t.Run(c.label, func(t *testing.T) {
			text := pem.EncodeToMemory(&pem.Block{Type: c.label, Bytes: c.der})
			k := mustParse(t, "some text before\n"+string(text)).Keys()[0]
			if k.Type() != c.kty || k.Private() != c.private {
				t.Errorf("got %s, private %v; want %s, %v", k.Type(), k.Private(), c.kty, c.private)
			}
			jwk := mustParse(t, string(mustPublic(t, k))).Keys()[0]
			a, _ := k.Thumbprint()
			if b, err := jwk.Thumbprint(); err != nil || a != b {
				t.Errorf("thumbprint as a JWK: got %q, %v, want %q", b, err, a)
			}
		})
	}
	for label, want := range map[string]string{"ENCRYPTED PRIVATE KEY": "encrypted", "OPENSSH PRIVATE KEY": "OpenSSH",
		"PUBLIC KEY": "neither"} {
		text := pem.EncodeToMemory(&pem.Block{Type: label, Bytes: []byte("nonsense")})
		if _, err := ParseKeys(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want … %s …", label, err, want)
		}
	}
}

func TestASecretIsReadInEachFormItMayHave(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	token := hs256(`{"alg":"HS256"}`, `{}`, secret)
	for form, text := range map[string]string{"text": string(secret) + "\n", "base64": encode(secret),
		"hex": fmt.Sprintf("%x", secret)} {
		t.Run(form, func(t *testing.T) {
			if got := Verify(token, mustParse(t, text), VerifyOptions{}); got.Verdict != "good" ||
				got.Key.k.secretEncoding != form {
				t.Errorf("got %s: %s", got.Verdict, got.Reason)
			}
		})
	}
}

// A key comes as environment variables, YAML, JSON and mails hold it.
func TestAKeyIsReadInTheShapesThatPeopleHaveItIn(t *testing.T) {
	k := mustKey(t, "RS256", "a")
	token := mustSign(t, `{}`, nil, k)
	der, err := x509.MarshalPKIXPublicKey(k.k.public)
	if err != nil {
		t.Fatal(err)
	}
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	jwk := string(mustPublic(t, k))
	for name, text := range map[string]string{
		"PEM":                             block,
		"PEM with CRLF":                   strings.ReplaceAll(block, "\n", "\r\n"),
		"PEM in one line":                 strings.ReplaceAll(block, "\n", " "),
		"PEM with \\n":                    strings.ReplaceAll(block, "\n", `\n`),
		"PEM with \\r\\n":                 strings.ReplaceAll(block, "\n", `\r\n`),
		"PEM that is indented":            "  " + strings.ReplaceAll(block, "\n", "\n    "),
		"PEM without any line end":        strings.ReplaceAll(block, "\n", ""),
		"two PEM blocks in one line":      strings.ReplaceAll(string(mustPEM(t, "ES256"))+block, "\n", `\n`),
		"DER in base64url":                encode(der),
		"DER in base64 with a byte order": "\ufeff" + base64.StdEncoding.EncodeToString(der),
		"a list of JWKs":                  "[" + string(mustPublic(t, mustKey(t, "RS256", "b"))) + "," + jwk + "]",
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, Verify(token, mustParse(t, text), VerifyOptions{}), tokens.Good, "matches")
		})
	}
	for name, text := range map[string]string{
		"a PEM block of something else": "-----BEGIN X----- AAAA -----END Y-----",
		"an OpenSSH key": "ssh-ed25519 " +
			"AAAAC3NzaC1lZDI1NTE5AAAAIMp8hS8VqfTn1dcTCUu5Aw8z4FRZ7yU3nXX7Nn2lE4cP someone@example",
		"another OpenSSH key": "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB",
	} {
		if set, err := ParseKeys([]byte(text)); err == nil || len(set.Keys()) > 0 {
			t.Errorf("%s: got %d keys and %v, want an error and no key", name, len(set.Keys()), err)
		}
	}
	line := NewKeySet(mustParse(t, "secret\n").Keys()...)
	if got := Verify(hs256(`{"alg":"HS256"}`, `{}`, []byte("secret\n")), line,
		VerifyOptions{}); got.Verdict != tokens.Good ||
		!strings.Contains(strings.Join(got.Warnings, " "), "with its line end") {
		t.Errorf("a secret with a line end: got %s: %s, %q", got.Verdict, got.Reason, got.Warnings)
	}
}

func mustPEM(t *testing.T, alg string) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(mustKey(t, alg, "").k.public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// A modulus with the pattern is reported, and no generated one has it.
func TestROCAKeysAreReported(t *testing.T) {
	marked := new(big.Int).Exp(big.NewInt(65537), big.NewInt(12345), roca().product)
	marked.Add(marked, new(big.Int).Mul(roca().product,
		new(big.Int).Lsh(big.NewInt(1), 2047-uint(roca().product.BitLen()))))
	for marked.Bit(0) == 0 {
		marked.Add(marked, roca().product)
	}
	k := mustParse(t, `{"kty":"RSA","e":"AQAB","n":"`+encode(marked.Bytes())+`"}`).Keys()[0]
	if !k.Weak() || !strings.Contains(strings.Join(k.Warnings(), " "), "CVE-2017-15361") {
		t.Errorf("a marked modulus of %d bits: got %v, %q", k.Bits(), k.Weak(), k.Warnings())
	}
	if k := mustKey(t, "RS256", ""); k.Weak() {
		t.Errorf("a key that was made here is called weak: %v", k.k.public)
	}
}

func TestAmbiguousAndMixedSetsAreReported(t *testing.T) {
	rsa, ec, again, secret := mustKey(t, "RS256", "a"), mustKey(t, "ES256", "a"), mustKey(t, "RS256", "a"), mustKey(t,
		"HS256", "s")
	for _, c := range []struct {
		name    string
		set     KeySet
		mixed   bool
		doubled string
	}{
		{"one of each type", NewKeySet(rsa, ec), false, ""},
		{"a kid twice", NewKeySet(rsa, ec, again, again), false, "a"},
		{"a secret among them", NewKeySet(rsa, secret), true, ""},
		{"secrets alone", NewKeySet(secret, SecretKey([]byte("b"))), false, ""},
		{"no kid at all", NewKeySet(SecretKey([]byte("a")), SecretKey([]byte("b"))), false, ""},
	} {
		if got := strings.Join(c.set.DuplicateKids(), " "); c.set.MixesSecretAndPublic() != c.mixed ||
			got != c.doubled {
			t.Errorf("%s: got mixed %v, doubled %q; want %v, %q",
				c.name, c.set.MixesSecretAndPublic(), got, c.mixed, c.doubled)
		}
	}
}

func TestSecretsNeverShow(t *testing.T) {
	k := mustKey(t, "HS256", "s")
	text := encode(k.k.private.([]byte))
	set := NewKeySet(k, mustKey(t, "ES256", "e"))
	public, err := set.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Keys []map[string]any }
	if err := json.Unmarshal(public, &doc); err != nil || len(doc.Keys) != 1 || doc.Keys[0]["d"] != nil {
		t.Errorf("got %s, want one key without its private half", public)
	}
	if _, err := k.PublicJWK(); err == nil {
		t.Error("PublicJWK of a secret: got no error, want one")
	}
	if printed := fmt.Sprintf("%v %+v %s", k, k, public); strings.Contains(printed, text) {
		t.Errorf("the secret was printed: %s", printed)
	}
}

func TestHalfHashKnowsItsHash(t *testing.T) {
	for alg, length := range map[string]int{"RS256": 16, "ES384": 24, "PS512": 32, "EdDSA": 32, "Ed25519": 32,
		"ES256K": 16, "Ed448": 57} {
		got, err := HalfHash(alg, "token")
		b, _ := decode(got)
		if err != nil || len(b) != length {
			t.Errorf("%s: got %d bytes, %v; want %d", alg, len(b), err, length)
		}
	}
	for _, alg := range []string{"none", "", "XY", "ML-DSA-44"} {
		if got, err := HalfHash(alg, "token"); err == nil {
			t.Errorf("%q: got %q, want an error", alg, got)
		}
	}
}

func TestJoinedKeysAreNamedOnlyWhenAllAre(t *testing.T) {
	a, b := mustKey(t, "ES256", "a"), mustKey(t, "ES256", "b")
	fetched, err := ParseKeySet([]byte(`{"keys":[` + string(mustPublic(t, b)) + `,{"kty":"XYZ"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	stranger := mustSign(t, `{}`, nil, mustKey(t, "ES256", "c"))
	for _, c := range []struct {
		name string
		set  KeySet
		keys int
		want tokens.Verdict
	}{
		{"named", Join(NewKeySet(a), NewKeySet(b)), 2, tokens.Bad},
		{"named beside nothing", Join(KeySet{}, NewKeySet(a)), 1, tokens.Bad},
		{"named beside fetched", Join(NewKeySet(a), fetched), 2, tokens.CannotTell},
		{"fetched", Join(fetched), 1, tokens.CannotTell},
		{"nothing", Join(), 0, tokens.CannotTell},
	} {
		if got := Verify(stranger, c.set, VerifyOptions{}); got.Verdict != c.want || len(c.set.Keys()) != c.keys {
			t.Errorf("%s: got %s with %d keys (%s), want %s with %d",
				c.name, got.Verdict, len(c.set.Keys()), got.Reason, c.want, c.keys)
		}
	}
	if got := Join(NewKeySet(a), fetched).Skipped(); len(got) != 1 {
		t.Errorf("skipped: got %q", got)
	}
}

func TestACacheAnswersAsParsingDoes(t *testing.T) {
	var c Cache
	for i := range 3 * maxCached {
		text := []byte(fmt.Sprintf(`{"kty":"oct","k":"AAAA","kid":"%d"}`, i%(2*maxCached)))
		set, err := c.ParseKeys(text)
		if err != nil || len(set.Keys()) != 1 || set.Keys()[0].Kid() != fmt.Sprint(i%(2*maxCached)) {
			t.Fatalf("%s: got %v, %v", text, set, err)
		}
		if len(c.sets) > maxCached {
			t.Fatalf("the cache holds %d sets", len(c.sets))
		}
	}
	for range 2 {
		if _, err := c.ParseKeys([]byte(`{"kty":"no"}`)); err == nil {
			t.Error("a key of no known type was read")
		}
	}
}

// PEM and DER that cannot be read must not end as the secret of an HMAC.
func TestABrokenKeyIsNeverASecret(t *testing.T) {
	for name, text := range map[string]string{
		"PEM cut off":    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
		"PEM of nothing": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
		"DER of Ed448": "MEMwBQYDK2VxAzoAX9dEm1m0Yf0s55e0Fn4fPgYRz2NVkYV0FHRTkVeRJkmvTCHA7mOrl2qvwJ2C5cHu" +
			"1Tz4aPMCmYAA",
		"a JWK cut off":       `{"kty":"RSA","n":"AQAB`,
		"JSON that is no key": `{"a":1}`,
	} {
		if set, err := ParseKeys([]byte(text)); err == nil {
			t.Errorf("%s: got a key of type %s, want an error", name, set.Keys()[0].Type())
		}
	}
}

func TestADocumentThatIsNotAKeySetIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		`[{"kty":"EC"}]`: "a JSON list", "<!DOCTYPE html><html>": "a web page", "  <HTML>": "a web page",
		"<jwks/>": "XML", "": "empty",
		"-----BEGIN CERTIFICATE-----": "PEM", `{"k1":"-----BEGIN CERTIFICATE-----\n"}`: "contains PEM",
		`{"k1":1}`: "no \"keys\" member", `"x"`: "a JSON string",
	} {
		if _, err := ParseKeySet([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q in it", text, err, want)
		}
	}
}
