package redact

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

func TestAWordOfSixteenLettersIsNoPlainWord(t *testing.T) {
	for word, want := range map[string]bool{"abcde": true, "Abcdef": false, "abcdef": true, "abcdefghijklmno": true,
		"abcdefghijklmnop": false, "ABCDEF": true, "abc4ef": false, "abc_ef": true} {
		if got := isPlainWord(word); got != want {
			t.Errorf("%s: got %t, want %t", word, got, want)
		}
	}
}

func TestAnEscapeThatIsCutIsLeftUnchanged(t *testing.T) {
	for text, want := range map[string]string{"a%2Bb": "a%2bb", "a%2B": "a%2b", "a%2": "a%2", "a%": "a%",
		"%C3%84": "%c3%84"} {
		if got := lowerEscapes(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// A JSON encoder may escape <, > and &, or may not.
func TestASecretIsFoundInJSONWithAndWithoutHTMLEscapes(t *testing.T) {
	const secret = "CANARY<0123&4567>89"
	escaped, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(escaped), `\u003c`) {
		t.Fatalf("got %s, want escapes in it", escaped)
	}
	for _, text := range []string{string(escaped), `"` + secret + `"`} {
		if got := withSecrets(secret).Index.Replace("a " + text + " b"); strings.Contains(got, "0123") {
			t.Errorf("%s: got %s, want it replaced", text, got)
		}
	}
}

func TestAJWTIsFoundWithEncodedSeparators(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	header, payload := encode([]byte(`{"alg":"ES256"}`)), encode([]byte(`{"sub":"CANARY"}`))
	for _, dot := range []string{".", "%2E", "%2e"} {
		for _, tilde := range []string{"~", "%7E", "%7e"} {
			text := header + dot + payload + dot + "c2lnbmF0dXJl" + tilde + "WyJDQU5BUlkiXQ" + tilde
			if got := Text("x " + text + " y"); strings.Contains(got, payload) ||
				strings.Contains(got, "WyJDQU5BUlkiXQ") {
				t.Errorf("%s: got %s, want it replaced", text, got)
			}
		}
	}
}
