package inspect

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

// enough is how long the most hostile of tokens may take here. It takes some tenths of a second on an idle machine; what
// is quadratic takes minutes.
const enough = 5 * time.Second

// hostile are inputs that someone made to stall or to overwhelm whoever looks at them.
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
		"megabytes that nobody sees":     many(3*mb, "\u200b"),
		"a long curl command":            "curl " + many(mb, "-H 'a: b' "),
		"a curl command of 1 MB":         "curl " + many(1<<20/12, "-H 'a: b' "),
		"a request with many lines":      "GET / HTTP/1.1\n" + many(60<<10, "Authorization: x\n y\n"),
		"a request of 1 MB":              "GET / HTTP/1.1\n" + many(50<<10, "Authorization: x\n y\n"),
	}
}

func TestHostileTokensEndWithASentence(t *testing.T) {
	for name, token := range hostile() {
		t.Run(name, func(t *testing.T) {
			r := soon(t, func() *Report { return Inspect(token, Options{Now: now}) })
			if r.Signature == nil || r.Signature.Reason == "" {
				t.Errorf("got %+v, want a sentence", r.Signature)
			}
			printable(t, r)
		})
	}
}

func TestHostileKeysAndEnvelopesEndWithASentence(t *testing.T) {
	bomb, secret := zipBomb(t)
	pbes2 := func(count string) string {
		return seg(`{"alg":"PBES2-HS512+A256KW","enc":"A128GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":`+count+`}`) + "." + seg(strings.Repeat("k", 24)) + "." + seg("0123456789ab") + "." + seg("text") + "." + seg("0123456789abcdef")
	}
	signedToken := jwt(`{"alg":"RS256"}`, `{}`)
	modulus := func(bits int) string {
		n := bytes.Repeat([]byte{0xff}, bits/8)
		return `{"kty":"RSA","e":"AQAB","n":"` + seg(string(n)) + `"}`
	}
	for _, c := range []struct{ name, token, key, password, reason string }{
		{"a zip bomb", bomb, secret, "", "inflates to more than"},
		{"PBES2 with a huge count", pbes2("2000000000"), "", "pw", "p2c asks for more than"},
		{"PBES2 with a count beyond numbers", pbes2("1" + strings.Repeat("0", 5000)), "", "pw", "p2c asks for more than"},
		{"PBES2 with as much as is done", pbes2("500000"), "", "pw", ""},
		{"RSA of 64 kbit", signedToken, modulus(64 << 10), "", "at most 16384"},
		{"RSA of 16 kbit", jwt(`{"alg":"RS256"}`, `{}`)[:len(signedToken)-4] + seg(strings.Repeat("s", 2048)), modulus(16 << 10), "", "does not match"},
		{"a key set of 200,000 keys", signedToken, `{"keys":[` + strings.Repeat(`{"kty":"oct","k":"AAAA"},`, 200_000) + `{}]}`, "", "at most"},
		{"a key set of 20,000 keys", signedToken, `{"keys":[` + strings.Repeat(`{"kty":"oct","k":"AAAA"},`, 20_000) + `{}]}`, "", "wrong key type"},
		{"a key that is nested 10,000 deep", signedToken, `{"kty":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := `{"token":` + quote(c.token)
			if c.key != "" {
				line += `,"key":` + c.key
			}
			if c.password != "" {
				line += `,"password":` + quote(c.password)
			}
			r := soon(t, func() *Report { var b Batch; return b.Inspect([]byte(line + "}")) })
			_, got := r.Verdict()
			if r.Signature != nil {
				got = r.Signature.Reason
			}
			if r.Decryption != nil {
				got = r.Decryption.Reason
			}
			if got == "" || !strings.Contains(got, c.reason) {
				t.Errorf("got %q, want … %s …", got, c.reason)
			}
			printable(t, r)
		})
	}
}

// soon inspects, explains and writes, and again when it took long: a busy machine is slow once.
func soon(t *testing.T, inspect func() *Report) (r *Report) {
	t.Helper()
	best := time.Hour
	for range 6 {
		start := time.Now()
		r = inspect()
		r.Rows()
		if _, err := r.AppendJSON(nil); err != nil {
			t.Fatal(err)
		}
		if best = min(best, time.Since(start)); best <= enough {
			return r
		}
	}
	t.Errorf("took %v each time, at most %v are allowed", best, enough)
	return r
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
	return header + ".." + seg(iv) + "." + seg(string(text)) + "." + seg(string(tag)), `{"kty":"oct","k":"` + seg(secret) + `"}`
}

// printable fails when anything of a report could be obeyed by a terminal.
func printable(t *testing.T, r *Report) {
	t.Helper()
	check := func(where, text string) {
		if tokens.VisibleLine(text) != text {
			t.Errorf("%s cannot be printed: %.200q", where, text)
		}
	}
	check("the title", r.Title)
	for _, c := range r.Cleaned {
		check("what was removed", c)
	}
	for _, row := range append(r.Rows(), r.HeaderRows()...) {
		check("a row", row.Name+row.Value+row.Meaning+row.Note)
	}
	for _, f := range r.Findings {
		check("a finding", f.ID+f.Claim+f.Message+f.Spec+f.Do)
	}
	for _, time := range r.Times {
		check("a time", time.Claim+time.Local+time.Relative+time.Note)
	}
	if s := r.Signature; s != nil {
		check("the verdict", s.Alg+s.Kid+s.Reason+strings.Join(s.Warnings, ""))
	}
	if d := r.Decryption; d != nil {
		check("the verdict", d.Alg+d.Enc+d.Kid+d.Reason+strings.Join(d.Warnings, ""))
		if tokens.Visible(d.Plaintext) != d.Plaintext {
			t.Errorf("the plaintext cannot be printed: %.200q", d.Plaintext)
		}
	}
	if r.Err != nil {
		check("the error", r.Err.Message)
	}
	_, reason := r.Verdict()
	check("the reason", reason)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if tokens.VisibleLine(string(text)) != string(text) || !json.Valid(text) {
		t.Errorf("the JSON cannot be printed: %.300q", text)
	}
}

// Every member, name and value that is shown comes from whoever wrote the token.
func TestNothingOfATokenReachesATerminalRaw(t *testing.T) {
	evil := "\x1b]0;pwned\x07\x9b31m\u202ec\u2066d\u200b\x7f\r\n\tz\x00\xff"
	text := quote(strings.ToValidUTF8(evil, "?"))
	object := func(names ...string) string {
		var parts []string
		for _, name := range append(names, strings.ToValidUTF8(evil, "?")) {
			parts = append(parts, quote(name)+":"+text, quote(name)+":["+text+"]", quote(name)+":{"+text+":"+text+"}")
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	header := object("alg", "kid", "typ", "cty", "enc", "crit", "x5t", "x5c", "jwk", "jku", "zip", "epk", "nonce", "iss")
	payload := object("iss", "aud", "exp", "iat", "sub", "scope", "nonce", "cnf", "_sd", "_sd_alg", "events", "vct", "jti", "azp", "at_hash", "email")
	for name, input := range map[string]string{
		"the text itself":    evil,
		"around a token":     evil + jwt(`{"alg":"ES256"}`, `{}`) + evil,
		"a header":           jwt(header, `{}`),
		"a payload":          jwt(`{"alg":"ES256","kid":`+text+`}`, payload),
		"each member once":   jwt(`{"alg":`+text+`,"kid":`+text+`}`, `{"iss":`+text+`,"aud":[`+text+`],"exp":`+text+`,"sub":`+text+`,`+text+`:1}`),
		"raw bytes":          jwt(`{"alg":"ES256","kid":"`+"\x9b\u202e\x7f\xff"+`"}`, `{"sub":"`+"\x9b\u202e\x7f\xff"+`"}`),
		"a JWE":              seg(header) + ".AAAA.AAAA.AAAA.AAAA",
		"an SD-JWT":          jwt(`{"alg":"ES256"}`, payload) + "~" + seg("["+text+","+text+","+text+"]") + "~" + seg("["+text+","+text+"]") + "~",
		"a JSON form":        `{"payload":` + text + `,"signatures":[{"protected":` + text + `,"header":` + header + `,"signature":` + text + `}]}`,
		"a curl command":     "curl -H 'Authorization: Bearer " + evil + "'",
		"a token response":   `{"access_token":` + text + `}`,
		"a prefix and noise": "ghp_" + evil,
	} {
		t.Run(name, func(t *testing.T) {
			printable(t, Inspect(input, Options{Now: now, Issuer: evil, Audience: evil, Nonce: evil, NoKeys: fmt.Sprint(evil)}))
			line, err := json.Marshal(map[string]string{"token": strings.ToValidUTF8(input, "?"), "key": evil, "alg": evil})
			if err != nil {
				t.Fatal(err)
			}
			var b Batch
			printable(t, b.Inspect(line))
			printable(t, b.Inspect([]byte(`{"token":{`+text+`:1},"key":`+text+`,"detached":[`+text+`]}`)))
		})
	}
}

// What the writer of JSON escapes must be all that a terminal could obey.
func TestTheWriterKnowsEveryRuneThatHides(t *testing.T) {
	for r := rune(0x80); r <= 0xffff; r++ {
		if visible := tokens.Visible(string(r)) == string(r); visible == hidden()[r] && r != 0xfffd {
			t.Errorf("U+%04X: visible %v, escaped %v", r, visible, hidden()[r])
		}
	}
	for r := rune(0x10000); r <= 0x10ffff; r++ {
		written := string(appendRune(nil, r, string(r)))
		if tokens.Visible(written) != written {
			t.Fatalf("U+%X: written as it is", r)
		}
		var back string
		if written != string(r) && (json.Unmarshal([]byte(`"`+written+`"`), &back) != nil || back != string(r)) {
			t.Fatalf("U+%X: written %q, which reads as %q", r, written, back)
		}
	}
}
