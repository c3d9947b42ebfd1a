package jose

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"fob/tokens"
)

// perCase is how long one vector may take.
const perCase = 250 * time.Millisecond

// vectors reads one file of the folder that FOB_VECTORS names; false where it is not set.
func vectors(t *testing.T, name string, into any) bool {
	t.Helper()
	dir := os.Getenv("FOB_VECTORS")
	if dir == "" {
		t.Log("FOB_VECTORS is not set: the vectors of others were not run")
		return false
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
	return true
}

type wycheproof struct {
	TestGroups []struct {
		Comment         string
		Private, Public json.RawMessage
		Tests           []struct {
			TcID    int `json:"tcId"`
			Comment string
			JWS     json.RawMessage
			JWE     json.RawMessage
			Pt      string
			Result  string
		}
	}
}

// text is a token that is in the file as a string or, serialised as JSON, as an object.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// timed runs a case, and again when it took long: a busy machine is slow once, a hostile token is slow each time.
func timed(t *testing.T, f func()) {
	t.Helper()
	var d time.Duration
	for range 5 {
		start := time.Now()
		f()
		if d = time.Since(start); d <= perCase {
			return
		}
	}
	t.Errorf("took %v each time, at most %v are allowed", d, perCase)
}

func verdictOf(result string) tokens.Verdict {
	if result == "valid" {
		return tokens.Good
	}
	return tokens.Bad
}

func TestWycheproofSignaturesGetTheirVerdict(t *testing.T) {
	var doc wycheproof
	if !vectors(t, "wycheproof_json_web_signature_test.json", &doc) {
		return
	}
	n := 0
	for _, g := range doc.TestGroups {
		for _, raw := range []json.RawMessage{g.Public, g.Private} {
			if len(raw) == 0 {
				continue
			}
			keys, err := ParseKeys(raw)
			if err != nil {
				t.Fatalf("%s: %v", g.Comment, err)
			}
			for _, c := range g.Tests {
				n++
				t.Run(strconv.Itoa(c.TcID)+" "+c.Comment, func(t *testing.T) {
					timed(t, func() {
						got := Verify(text(c.JWS), keys, VerifyOptions{})
						if want := verdictOf(c.Result); got.Verdict != want {
							t.Errorf("got %s (%s), want %s", got.Verdict, got.Reason, want)
						}
					})
				})
			}
		}
	}
	if n < 300 {
		t.Errorf("%d cases were run, more than 300 are expected", n)
	}
}

func TestWycheproofEncryptionsGetTheirVerdict(t *testing.T) {
	var doc wycheproof
	if !vectors(t, "wycheproof_json_web_encryption_test.json", &doc) {
		return
	}
	for _, g := range doc.TestGroups {
		keys, err := ParseKeys(g.Private)
		if err != nil {
			t.Fatalf("%s: %v", g.Comment, err)
		}
		for _, c := range g.Tests {
			t.Run(strconv.Itoa(c.TcID)+" "+c.Comment, func(t *testing.T) {
				timed(t, func() {
					got := Decrypt(text(c.JWE), keys, DecryptOptions{})
					if want := verdictOf(c.Result); got.Verdict != want {
						t.Errorf("got %s (%s), want %s", got.Verdict, got.Reason, want)
					}
					want, err := hex.DecodeString(c.Pt)
					if err == nil && got.Verdict == tokens.Good && string(got.Plaintext) != string(want) {
						t.Errorf("plaintext: got %x, want %x", got.Plaintext, want)
					}
				})
			})
		}
	}
}

type rfcCase struct {
	Src, Name, Kind, Token, Key, Alg, Expect string
	Detached, Pt, Pwd                        *string
}

func TestExamplesOfTheStandardsGetTheirVerdict(t *testing.T) {
	var cases []rfcCase
	if !vectors(t, "cases.json", &cases) {
		return
	}
	for _, c := range cases {
		t.Run(c.Src+" "+c.Name, func(t *testing.T) {
			timed(t, func() { c.check(t) })
		})
	}
}

func (c rfcCase) check(t *testing.T) {
	var keys KeySet
	if c.Key != "" {
		var err error
		if keys, err = ParseKeys([]byte(c.Key)); err != nil {
			t.Fatal(err)
		}
	}
	want := verdictOf(c.Expect)
	if c.Kind == "jwe" {
		var o DecryptOptions
		if c.Pwd != nil {
			o.Password = []byte(*c.Pwd)
		}
		got := Decrypt(c.Token, keys, o)
		if got.Verdict != want {
			t.Fatalf("got %s (%s), want %s", got.Verdict, got.Reason, want)
		}
		if c.Pt != nil && string(got.Plaintext) != *c.Pt {
			t.Errorf("plaintext: got %q, want %q", got.Plaintext, *c.Pt)
		}
		if c.Alg != "" && got.Alg != c.Alg {
			t.Errorf("alg: got %q, want %q", got.Alg, c.Alg)
		}
		return
	}
	var o VerifyOptions
	if c.Detached != nil {
		o.Payload = []byte(*c.Detached)
	}
	got := Verify(c.Token, keys, o)
	if got.Verdict != want {
		t.Errorf("got %s (%s), want %s", got.Verdict, got.Reason, want)
	}
	if c.Alg != "" && got.Alg != c.Alg {
		t.Errorf("alg: got %q, want %q", got.Alg, c.Alg)
	}
}

func TestHalfHashesOfOpenIDConnectCore(t *testing.T) {
	var doc struct {
		HalfHashes []struct{ Alg, Value, Hash string } `json:"half_hashes"`
	}
	if !vectors(t, "oidc_core.json", &doc) {
		return
	}
	if len(doc.HalfHashes) == 0 {
		t.Fatal("no hashes were read")
	}
	for _, c := range doc.HalfHashes {
		if got, err := HalfHash(c.Alg, c.Value); err != nil || got != c.Hash {
			t.Errorf("%s of %q: got %q, %v, want %q", c.Alg, c.Value, got, err, c.Hash)
		}
	}
}
