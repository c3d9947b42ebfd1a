package pane

import (
	"strings"
	"testing"

	"fob/flows/wire"
)

// A fingerprint is written the same everywhere, so that it can be searched for; the rest is unchanged.
func TestFingerprintsInFormsAndQueriesAreReadable(t *testing.T) {
	url := "https://as.example/t?token=sha256%3A0a1b2c3d+812+B"
	x := wire.Exchange{Request: wire.Message{Method: "POST", URL: url, Proto: "HTTP/1.1",
		Header: []wire.Field{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
		Body:   "code=sha256:ab12cd34+43+B&scope=a+b&code_verifier=sha256%3Affffffff%2043%20B"}}
	text := RequestText(&x)
	for _, want := range []string{"token=sha256:0a1b2c3d 812 B", "code=sha256:ab12cd34 43 B\n", "&scope=a+b\n",
		"&code_verifier=sha256:ffffffff 43 B\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}
