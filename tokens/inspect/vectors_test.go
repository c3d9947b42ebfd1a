package inspect

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// perCase is how long one vector may take.
const perCase = 250 * time.Millisecond

// A vector is a line of a batch and the verdict that it must get, in the words of those who made it.
type vector struct {
	name, kind string
	line       map[string]any
	expect     string  // valid, invalid, unsecured
	plain      *string // of a JWE
}

func readVectors(t *testing.T, name string, into any) bool {
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

func wycheproof(t *testing.T, name, kind string) (list []vector) {
	var doc struct {
		TestGroups []struct {
			Private, Public json.RawMessage
			Tests           []struct {
				TcID        int `json:"tcId"`
				Comment, Pt string
				JWS, JWE    any
				Result      string
			}
		}
	}
	if !readVectors(t, name, &doc) {
		return nil
	}
	for _, g := range doc.TestGroups {
		keys := []json.RawMessage{g.Public, g.Private}
		if kind == "jwe" {
			keys = keys[1:]
		}
		for _, key := range keys {
			for _, c := range g.Tests {
				if len(key) == 0 {
					continue
				}
				token := c.JWS
				v := vector{name: name[:14] + " " + strconv.Itoa(c.TcID) + " " +
					c.Comment, kind: kind, expect: c.Result}
				if kind == "jwe" {
					token = c.JWE
					if plain, err := hex.DecodeString(c.Pt); err == nil && c.Result == "valid" {
						text := textOrHex(plain)
						v.plain = &text
					}
				}
				v.line = map[string]any{"token": token, "key": key}
				list = append(list, v)
			}
		}
	}
	return list
}

func examples(t *testing.T) (list []vector) {
	var cases []struct {
		Src, Name, Kind, Token, Key, Expect string
		Alg, Detached, Pt, Pwd              *string
	}
	if !readVectors(t, "cases.json", &cases) {
		return nil
	}
	for _, c := range cases {
		list = append(list, vector{name: c.Src + " " + c.Name, kind: c.Kind, expect: c.Expect, plain: c.Pt,
			line: map[string]any{
				"token": c.Token, "key": c.Key, "alg": c.Alg, "detached": c.Detached, "password": c.Pwd}})
	}
	var core struct {
		JWK    json.RawMessage
		Tokens []struct {
			Name      string
			IDToken   string `json:"id_token"`
			Signature string
		}
	}
	readVectors(t, "oidc_core.json", &core)
	for _, c := range core.Tokens {
		list = append(list, vector{name: "OIDC Core " + c.Name, kind: "jws", expect: c.Signature,
			line: map[string]any{"token": c.IDToken, "key": core.JWK}})
	}
	return list
}

// TestVectorsGetTheirVerdictInABatch feeds every case as a line of a batch and reads the answer as a script would.
func TestVectorsGetTheirVerdictInABatch(t *testing.T) {
	list := append(wycheproof(t, "wycheproof_json_web_signature_test.json", "jws"),
		wycheproof(t, "wycheproof_json_web_encryption_test.json", "jwe")...)
	list = append(list, examples(t)...)
	if os.Getenv("FOB_VECTORS") != "" && len(list) < 500 {
		t.Errorf("%d cases were run, more than 500 are expected", len(list))
	}
	batch := Batch{Options: Options{Now: now}}
	for _, v := range list {
		t.Run(v.name, func(t *testing.T) { v.check(t, &batch) })
	}
}

func (v vector) check(t *testing.T, batch *Batch) {
	line, err := json.Marshal(v.line)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	best := time.Hour
	for range 5 { // a busy machine is slow once, a hostile token is slow each time
		start := time.Now()
		if text, err = batch.Inspect(line).AppendJSON(nil); err != nil {
			t.Fatal(err)
		}
		if best = min(best, time.Since(start)); best <= perCase {
			break
		}
	}
	if best > perCase {
		t.Errorf("took %v each time, at most %v are allowed", best, perCase)
	}
	var got struct {
		Signature, Decryption struct{ Verdict, Reason, Plaintext string }
		Verdict               string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	verdict, reason := got.Signature.Verdict, got.Signature.Reason
	if v.kind == "jwe" {
		verdict, reason = got.Decryption.Verdict, got.Decryption.Reason
	}
	want := "bad"
	if v.expect == "valid" {
		want = "good"
	}
	if verdict != want {
		t.Errorf("got %s (%s), want %s", verdict, reason, want)
	}
	if v.plain != nil && v.kind == "jwe" && got.Decryption.Plaintext != *v.plain {
		t.Errorf("plaintext: got %q, want %q", got.Decryption.Plaintext, *v.plain)
	}
}
