package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestALineIsATokenOrAnObjectWithOne(t *testing.T) {
	jwk := `{"kty":"oct","k":"c2VjcmV0","kid":"k"}`
	for _, c := range []struct {
		name, line, token string
		keys              int
		noKeys            string
		algs              string
		detached          string
		password          string
	}{
		{name: "a token", line: "a.b.c", token: "a.b.c"},
		{name: "a JSON serialisation", line: `{"payload":"","signatures":[]}`, token: `{"payload":"","signatures":[]}`},
		{name: "broken JSON", line: `{"token":`, token: `{"token":`},
		{name: "an object", line: `{"token":" a.b.c"}`, token: " a.b.c"},
		{name: "a token that is an object", line: `{"token":{"payload":"x"}}`, token: `{"payload":"x"}`},
		{name: "no token in it", line: `{"token":null}`},
		{name: "a JWK", line: `{"token":"t","key":` + jwk + `}`, token: "t", keys: 1},
		{name: "a JWK in a string", line: `{"token":"t","key":` + quote(jwk) + `}`, token: "t", keys: 1},
		{name: "a key set", line: `{"token":"t","key":{"keys":[` + jwk + `,` + jwk + `]}}`, token: "t", keys: 2},
		{name: "a secret", line: `{"token":"t","key":"correct horse!"}`, token: "t", keys: 1},
		{name: "PEM that is broken", line: `{"token":"t","key":"-----BEGIN PUBLIC KEY-----\nAAAA"}`, token: "t",
			noKeys: "the line's key cannot be used"},
		{name: "a key of an unknown type", line: `{"token":"t","key":{"kty":"XYZ"}}`, token: "t",
			noKeys: "unsupported key type"},
		{name: "everything that is null or empty",
			line: `{"token":"t","key":"","alg":null,"detached":"","password":null}`, token: "t"},
		{name: "an algorithm", line: `{"token":"t","alg":"ES256"}`, token: "t", algs: "ES256"},
		{name: "algorithms", line: `{"token":"t","alg":["ES256","RS256"]}`, token: "t", algs: "ES256 RS256"},
		{name: "a payload and a password", line: `{"token":"t","detached":"pay\u002eload","password":"pa\u00dfword"}`,
			token: "t", detached: "pay.load", password: "paßword"},
		{name: "other members", line: `{"id":7,"token":"t","note":{}}`, token: "t"},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, o, err := parseLine([]byte(c.line), Options{}, jose.ParseKeys)
			if err != nil || token != c.token {
				t.Fatalf("got %q, %v, want %q", token, err, c.token)
			}
			if len(o.Keys.Keys()) != c.keys || !strings.Contains(o.NoKeys, c.noKeys) ||
				(o.NoKeys == "") != (c.noKeys == "") {
				t.Errorf("got %d keys, %q; want %d, %q", len(o.Keys.Keys()), o.NoKeys, c.keys, c.noKeys)
			}
			if got := strings.Join(o.Algs, " "); got != c.algs || string(o.Detached) != c.detached ||
				string(o.Password) != c.password {
				t.Errorf("got alg %q, detached %q, password %q", got, o.Detached, o.Password)
			}
		})
	}
	for _, line := range []string{`{"token":7}`, `{"token":["a"]}`, `{"token":"t","key":7}`, `{"token":"t","key":7}`,
		`{"token":"t","alg":7}`, `{"token":"t","detached":{}}`, `{"token":"t","password":true}`} {
		_, _, err := parseLine([]byte(line), Options{}, jose.ParseKeys)
		if err == nil || !strings.Contains(err.Error(), "the line's") {
			t.Errorf("%s: got %v, want what is wrong with the line", line, err)
		}
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// The token of an object is the token: what people paste around one is not looked for.
func TestTheTokenOfALineIsNotCleaned(t *testing.T) {
	token, keys := signed(t, `{"sub":"a"}`, nil)
	jwk, err := keys.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	line := func(token string) []byte { return []byte(`{"token":` + quote(token) + `,"key":` + string(jwk) + `}`) }
	var batch Batch
	for _, c := range []struct {
		name, token string
		want        tokens.Verdict
	}{
		{"the token", token, tokens.Good},
		{"a blank before it", " " + token, tokens.Bad},
		{"Bearer before it", "Bearer " + token, tokens.Bad},
		{"nothing", "", tokens.Bad},
		{"dots", "..", tokens.Bad},
		{"a tilde behind it", token + "~", tokens.Bad},
	} {
		r := batch.Inspect(line(c.token))
		if r.Signature == nil || r.Signature.Verdict != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, r.Signature, c.want)
		}
	}
	sd := batch.Inspect(line(token + "~"))
	if sd.SD == nil || sd.SD.Verdict != tokens.Good {
		t.Errorf("an SD-JWT by RFC 9901: got %+v, want good", sd.SD)
	}
	if got, why := sd.Verdict(); got != OutcomeGood {
		t.Errorf("an SD-JWT as a whole: got %s (%s), want good", got, why)
	}
	if r := Inspect(token+"~", Options{Now: now, Keys: keys}); r.Signature.Verdict != tokens.Good {
		t.Errorf("an SD-JWT that was pasted: got %+v, want good", r.Signature)
	}
}

func TestTheVerdictOnAWholeToken(t *testing.T) {
	soon := `,"iat":1699999990,"exp":1700000290`
	good, keys := signed(t, `{`+fine+soon+`}`, nil)
	make := func(payload string) string {
		token, err := jose.Sign([]byte(payload), nil, keys.Keys()[0])
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	secret, err := jose.Generate("A256KW", "e")
	if err != nil {
		t.Fatal(err)
	}
	outer, err := jose.Encrypt([]byte(good), nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	all := jose.NewKeySet(append(keys.Keys(), secret)...)
	for _, c := range []struct {
		name, token string
		o           Options
		want        Outcome
		reason      string
	}{
		{"good", good, Options{Keys: keys}, OutcomeGood, "matches"},
		{"warnings alone", make(`{"iss":"a","sub":"b"}`), Options{Keys: keys}, OutcomeGood, "matches"},
		{"expired", make(`{` + fine + `,"iat":1,"exp":2}`), Options{Keys: keys}, OutcomeExpired, "expired"},
		{"expired, without keys", make(`{` + fine + `,"iat":1,"exp":2}`), Options{}, OutcomeExpired, "expired"},
		{"expired and forged", make(`{` + fine + `,"iat":1,"exp":2}`)[:80] + "." +
			strings.Repeat("A", 86), Options{Keys: keys}, OutcomeBad, ""},
		{"for another audience", good, Options{Keys: keys, Audience: "https://other.example"}, OutcomeBad, "expected"},
		{"not valid yet", make(`{` + fine + soon + `,"nbf":1700000200}`), Options{Keys: keys}, OutcomeBad,
			"not valid yet"},
		{"no keys", good, Options{NoKeys: "offline"}, OutcomeCannotTell, "offline"},
		{"cut off", good[:100], Options{Keys: keys}, OutcomeBad, "truncated"},
		{"opaque", "9f8e7d6c5b4a39281706f5e4d3c2b1a0", Options{}, OutcomeCannotTell, "introspection"},
		{"encrypted and good inside", outer, Options{Keys: all}, OutcomeGood, "matches"},
		{"encrypted, without the inner key", outer, Options{Keys: jose.NewKeySet(secret)}, OutcomeCannotTell,
			"no key for the signature"},
		{"encrypted, without keys", outer, Options{}, OutcomeCannotTell, "symmetric key"},
		{"encrypted and altered", outer[:len(outer)-4] + "AAAA", Options{Keys: all}, OutcomeBad, "decryption"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Now = now
			got, reason := Inspect(c.token, c.o).Verdict()
			if got != c.want || !strings.Contains(reason, c.reason) {
				t.Errorf("got %s (%s), want %s (… %s …)", got, reason, c.want, c.reason)
			}
		})
	}
}

func TestABatchAnswersEveryLineInOrder(t *testing.T) {
	var in strings.Builder
	const n = 5000
	for i := range n {
		fmt.Fprintf(&in, "\r\n  %s \n", jwt(`{"alg":"none"}`, fmt.Sprintf(`{"jti":"%d"}`, i)))
	}
	in.WriteString(strings.Repeat("A", MaxLine+10) + "\n{\"token\":7}\n\"")
	var out bytes.Buffer
	reported := 0
	batch := Batch{Workers: 7, Progress: func(done int) { reported = done }}
	if err := batch.Run(t.Context(), strings.NewReader(in.String()), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != n+3 || reported != n+3 {
		t.Fatalf("got %d lines and %d reported, want %d", len(lines), reported, n+3)
	}
	for i, line := range lines[:n] {
		var got struct{ Payload struct{ JTI string } }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Payload.JTI != fmt.Sprint(i) {
			t.Fatalf("line %d: got %q, %v", i, got.Payload.JTI, err)
		}
	}
	for i, want := range []string{"longer than", "the line's token", "opaque"} {
		if got := lines[n+i]; !strings.Contains(got, want) || !json.Valid([]byte(got)) {
			t.Errorf("got %.200s, want … %s …", got, want)
		}
	}
}

func TestABatchEndsWithItsContextAndItsStreams(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var batch Batch
	if err := batch.Run(ctx, strings.NewReader("a.b.c\n"), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	broken := errors.New("the disk is full")
	if err := batch.Run(t.Context(), strings.NewReader(strings.Repeat("a.b.c\n", 10_000)),
		writeError{broken}); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: got %v", err)
	}
	if err := batch.Run(t.Context(), io.MultiReader(strings.NewReader("a.b.c\n"), readError{broken}),
		io.Discard); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: got %v", err)
	}
}

type writeError struct{ err error }

func (w writeError) Write([]byte) (int, error) { return 0, w.err }

type readError struct{ err error }

func (r readError) Read([]byte) (int, error) { return 0, r.err }

// The second half of a long input must not need more memory than the first.
func TestABatchHasAFewChunksAtATime(t *testing.T) {
	const n = 8_000
	line := jwt(`{"alg":"HS256","typ":"JWT"}`, `{"iss":"https://issuer.example","sub":"alice","exp":1700000290}`) + "\n"
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early, late uint64
	batch := Batch{Progress: func(done int) {
		if early == 0 && done > n/10 {
			early = heap()
		} else if late == 0 && done > n-n/10 {
			late = heap()
		}
	}}
	if err := batch.Run(t.Context(), io.LimitReader(&repeat{text: line}, int64(n*len(line))), io.Discard); err != nil {
		t.Fatal(err)
	}
	if early == 0 || late == 0 || late > early+8<<20 {
		t.Errorf("the heap held %d bytes after a tenth and %d near the end", early, late)
	}
}

// repeat is a text without an end.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}
