//go:build !race

// The race detector makes these about ten times slower: they run without it, see `make unit`.

package inspect

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// What may be allocated for a hostile input, in bytes: some times its own size, and what the bounds of decoding and
// decrypting allow at most. What is quadratic needs thousands of times its size.
const (
	roomPerByte = 40
	roomAtAll   = 128 << 20
)

// hostile are inputs that are made to stall or to overwhelm their reader.
func hostile() map[string]string {
	// Just above what is searched for a token; what takes long for these takes ten times as long for 10 MB.
	const mb = 1 << 17
	h := `{"alg":"ES256"}`
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	return map[string]string{
		"a claim of 10 MB":               jwt(h, `{"x":"`+many(10<<20, "a")+`"}`),
		"megabytes of bidi and controls": jwt(h, `{"x":"`+many(2*mb, "\u202e\x7fé")+`"}`),
		"megabytes of escapes":           jwt(h, `{"x":"`+many(mb, `\n\u001b`)+`"}`),
		"depth of 10,000":                jwt(h, `{"x":`+many(10_000, `{"a":`)+"1"+many(10_000, "}")+`}`),
		"100,000 members":                jwt(h, `{`+many(100_000, `"a":1,`)+`"b":1}`),
		"a million members":              jwt(h, `{`+numbered(1_000_000)+`"b":1}`),
		"a million doubles":              jwt(h, `{`+many(1_000_000, `"a":1,`)+`"b":1}`),
		"a list of doubles":              jwt(h, `{"x":[`+many(99_000, `{"a":1,"a":2},`)+`1]}`),
		"100,000 disclosures":            jwt(h, `{"_sd":[]}`) + "~" + many(100_000, seg(`["s","a",1]`)+"~"),
		"disclosures in depth":           inDepth(h, 1999),
		"millions of tildes":             jwt(h, `{}`) + many(10<<20, "~"),
		"millions of dots":               seg(h) + many(10<<20, "."),
		"a key binding of 10 MB":         jwt(h, `{"_sd":[]}`) + "~" + many(10<<20, "A"),
		"10,000 signatures": `{"payload":"e30","signatures":[` +
			many(9_999, `{"protected":"`+seg(h)+`","signature":"AAAA"},`) + `{}]}`,
		"100 certificates of 30 KB": jwt(`{"alg":"ES256","x5c":[`+many(99, `"`+many(30<<10, "A")+`",`)+`"A"]}`,
			`{}`),
		"a certificate of 10 MB":         jwt(`{"alg":"ES256","x5c":["`+many(10<<20, "A")+`"]}`, `{}`),
		"a key ID of 10 MB":              jwt(`{"alg":"ES256","kid":"`+many(2<<20, "a/../")+`"}`, `{}`),
		"a number of 5 MB":               jwt(h, `{"exp":1`+many(5<<20, "0")+`}`),
		"numbers beyond all":             jwt(h, `{"exp":1e999999999,"iat":-1e999999999,"nbf":1e-999999999}`),
		"a text that says eyJ":           many(45_000, "eyJhbGciOiJFUzI1NiJ9 "),
		"an audience of many":            jwt(h, `{"aud":[`+many(2*mb, `"AAAA",`)+`"A"]}`),
		"200,000 certificates":           jwt(`{"alg":"ES256","x5c":[`+many(200_000, `"AAAA",`)+`"A"]}`, `{}`),
		"200,000 hidden claims":          jwt(h, `{"_sd":[`+many(200_000, `"AAAA",`)+`"A"]}`) + "~",
		"many dots":                      seg(h) + many(mb, "."),
		"many tildes":                    jwt(h, `{}`) + many(mb, "~"),
		"megabytes of nothing":           many(10*mb, "A"),
		"megabytes of padding":           seg(h) + "." + many(10*mb, "="),
		"megabytes of quotes":            many(10*mb, `"`),
		"megabytes of brackets":          many(10*mb, "["),
		"a document of brackets":         many(1<<20-10, "["),
		"megabytes of objects that open": many(5*mb, "{\n"),
		"megabytes of line ends":         many(5*mb, "\r\n") + "x",
		"megabytes of lines":             many(60<<10, "eyJhbGciOiJFUzI1NiJ9.a\n"),
		"megabytes of words":             many(2*mb, "a b\n"),
		"megabytes of Bearer":            many(mb, "Bearer "),
		"megabytes of cookies":           "Cookie: " + many(2*mb, "a=b;"),
		"megabytes of parameters":        many(2*mb, "a=b&"),
		"megabytes of percent-encoding":  many(3*mb, "%2E"),
		"megabytes that are invisible":   many(3*mb, "\u200b"),
		"a long curl command":            "curl " + many(mb, "-H 'a: b' "),
		"a curl command of 1 MB":         "curl " + many(1<<20/12, "-H 'a: b' "),
		"a request with many lines":      "GET / HTTP/1.1\n" + many(60<<10, "Authorization: x\n y\n"),
		"a request of 1 MB":              "GET / HTTP/1.1\n" + many(50<<10, "Authorization: x\n y\n"),
	}
}

// numbered are the members of an object, each with a name of its own.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":%d,`, i, i)
	}
	return b.String()
}

// inDepth is an SD-JWT each of whose disclosures holds the digest of the one before.
func inDepth(header string, n int) string {
	value, all := `{"a":1}`, ""
	for range n {
		d := seg(`["s","a",` + value + `]`)
		all, value = all+d+"~", `{"_sd":["`+digestOf(d)+`"]}`
	}
	return jwt(header, value) + "~" + all
}

// tellsBound are the words of the bound that ends the work on an input.
var tellsBound = map[string]string{
	"depth of 10,000":      "nested too deep",
	"100,000 members":      "too many members",
	"a million members":    "too many members",
	"a million doubles":    "too many members",
	"an audience of many":  "too many elements",
	"many dots":            "131073 segments",
	"millions of dots":     "10485761 segments",
	"many tildes":          "disclosure 1: not an array",
	"millions of tildes":   "disclosure 1: not an array",
	"100,000 disclosures":  "100000 disclosures, at most 2000 are read",
	"disclosures in depth": "nested too deep",
}

func TestHostileTokensEndWithASentence(t *testing.T) {
	for name, token := range hostile() {
		t.Run(name, func(t *testing.T) {
			r := bounded(t, len(token), func() *Report { return Inspect(token, Options{Now: now}) })
			if r.Signature == nil || r.Signature.Reason == "" {
				t.Errorf("got %+v, want a sentence", r.Signature)
			}
			if want := tellsBound[name]; want != "" && (r.Err == nil || !strings.Contains(r.Err.Message, want)) {
				t.Errorf("got %v, want … %s …", r.Err, want)
			}
			printable(t, r)
		})
	}
}

func TestHostileKeysAndEnvelopesEndWithASentence(t *testing.T) {
	bomb, secret := zipBomb(t)
	pbes2 := func(count string) string {
		return seg(`{"alg":"PBES2-HS512+A256KW","enc":"A128GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":`+count+`}`) + "." +
			seg(strings.Repeat("k", 24)) + "." + seg("0123456789ab") + "." + seg("text") + "." + seg("0123456789abcdef")
	}
	signedToken := jwt(`{"alg":"RS256"}`, `{}`)
	modulus := func(bits int) string {
		n := bytes.Repeat([]byte{0xff}, bits/8)
		return `{"kty":"RSA","e":"AQAB","n":"` + seg(string(n)) + `"}`
	}
	for _, c := range []struct{ name, token, key, password, reason string }{
		{"a zip bomb", bomb, secret, "", "decompresses to more than"},
		{"PBES2 with a huge count", pbes2("2000000000"), "", "pw", "p2c asks for more than"},
		{"PBES2 with a count beyond numbers", pbes2("1" + strings.Repeat("0", 5000)), "", "pw",
			"p2c asks for more than"},
		{"PBES2 with as much as is done", pbes2("500000"), "", "pw", ""},
		{"RSA of 64 kbit", signedToken, modulus(64 << 10), "", "at most 16384"},
		{"1,000 RSA keys of 16 kbit", signedToken, `{"keys":[` + strings.Repeat(modulus(16<<10)+",", 999) +
			modulus(16<<10) + `]}`, "", "at most"},
		{"300 RSA keys of 16 kbit with long exponents, and no kid", signedToken[:len(signedToken)-4] +
			seg(strings.Repeat("s", 2048)),
			`{"keys":[` + strings.Repeat(strings.Replace(modulus(16<<10), "AQAB", "_____w", 1)+",", 299) +
				modulus(16<<10) + `]}`, "", "the first 64 of 300 keys"},
		{"a JWE in a JWE in a JWE …", nestedJWE(t, 12), nestKey, "", "at most 4 are decrypted"},
		{"10,000 recipients", recipients(10_000, `{"alg":"A128KW"}`), nestKey, "",
			"10000 recipients, at most 32 are tried"},
		{"recipients with as much work as one may have", recipients(32,
			`{"alg":"PBES2-HS512+A256KW","p2c":400000,"p2s":"AAAAAAAAAAAAAAAA"}`), "", "pw",
			"iterations for all keys together"},
		{"RSA of 16 kbit", jwt(`{"alg":"RS256"}`, `{}`)[:len(signedToken)-4] +
			seg(strings.Repeat("s", 2048)), modulus(16 << 10), "", "does not match"},
		{"a key set of 200,000 keys", signedToken, `{"keys":[` +
			strings.Repeat(`{"kty":"oct","k":"AAAA"},`, 200_000) + `{}]}`, "", "at most"},
		{"a key set of 20,000 keys", signedToken, `{"keys":[` + strings.Repeat(`{"kty":"oct","k":"AAAA"},`, 20_000) +
			`{}]}`, "", "wrong key type"},
		{"a key that is nested 10,000 deep", signedToken, `{"kty":` + strings.Repeat("[", 10_000) +
			strings.Repeat("]", 10_000) + `}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := `{"token":` + quote(c.token)
			if c.key != "" {
				line += `,"key":` + c.key
			}
			if c.password != "" {
				line += `,"password":` + quote(c.password)
			}
			r := bounded(t, len(line), func() *Report { var b Batch; return b.Inspect([]byte(line + "}")) })
			_, got := r.Verdict()
			if r.Signature != nil {
				got = r.Signature.Reason
			}
			if r.Decryption != nil && r.Decryption.Verdict != tokens.Good {
				got = r.Decryption.Reason
			}
			if got == "" || !strings.Contains(got, c.reason) {
				t.Errorf("got %q, want … %s …", got, c.reason)
			}
			printable(t, r)
		})
	}
}

// bounded inspects, explains and writes. It holds what that allocates against the size of the input, which says the
// same on any machine, and tells the time.
func bounded(t *testing.T, input int, inspect func() *Report) (r *Report) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	r = inspect()
	r.Rows()
	if _, err := r.AppendJSON(nil); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	room, used := uint64(roomPerByte*input+roomAtAll), after.TotalAlloc-before.TotalAlloc
	t.Logf("%.1f MB: %v, %.1f MB allocated", float64(input)/1e6, took.Round(time.Millisecond), float64(used)/1e6)
	if used > room {
		t.Errorf("%d bytes were allocated for %d bytes of input, at most %d are allowed", used, input, room)
	}
	return r
}

const nestKey = `{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}`

// nestedJWE is a token that was encrypted n times, each time for the same key.
func nestedJWE(t *testing.T, n int) string {
	t.Helper()
	set, err := jose.ParseKeys([]byte(nestKey))
	if err != nil {
		t.Fatal(err)
	}
	token := jwt(`{"alg":"none"}`, `{}`)
	for range n {
		if token, err = jose.Encrypt([]byte(token), jose.Header{"alg": "A128KW", "cty": "JWT"},
			set.Keys()[0]); err != nil {
			t.Fatal(err)
		}
	}
	return token
}

// recipients is a JWE in JSON for n of them, none of whom can open it.
func recipients(n int, header string) string {
	one := `{"header":` + header + `,"encrypted_key":"` + seg(strings.Repeat("k", 24)) + `"}`
	return `{"protected":"` + seg(`{"enc":"A128GCM"}`) + `","iv":"` + seg("0123456789ab") +
		`","ciphertext":"AAAA","tag":"` + seg("0123456789abcdef") + `","recipients":[` +
		strings.Repeat(one+",", n-1) + one + `]}`
}

// zipBomb is a JWE of some KB that inflates to 64 MB, and its key.
func zipBomb(t *testing.T) (token, key string) {
	t.Helper()
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	secret := strings.Repeat("k", 16)
	block, err := aes.NewCipher([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	header, iv := seg(`{"alg":"dir","enc":"A128GCM","zip":"DEF"}`), "0123456789ab"
	sealed := gcm.Seal(nil, []byte(iv), small.Bytes(), []byte(header))
	text, tag := sealed[:len(sealed)-16], sealed[len(sealed)-16:]
	return header + ".." + seg(iv) + "." + seg(string(text)) + "." + seg(string(tag)), `{"kty":"oct","k":"` +
		seg(secret) + `"}`
}

// A line without an end is read to its end, and no more of it is kept than a line may have; the next one is answered.
func TestALineOf100MBIsOneReport(t *testing.T) {
	const length = 100 << 20
	var out bytes.Buffer
	var b Batch
	in := io.MultiReader(io.LimitReader(endless('A'), length),
		strings.NewReader("\n"+jwt(`{"alg":"ES256"}`, `{}`)+"\n"))
	bounded(t, MaxLine, func() *Report {
		if err := b.Run(context.Background(), in, &out); err != nil {
			t.Fatal(err)
		}
		return &Report{}
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "the line is longer than 16777216 bytes") ||
		!strings.Contains(lines[1], `"kind":"jws"`) {
		t.Errorf("got %d lines, %.300s", len(lines), out.String())
	}
}

// endless is a reader of one byte for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}
