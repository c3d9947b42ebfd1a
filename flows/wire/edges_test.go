package wire

import (
	"crypto/x509"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"fob/tokens"
)

func TestAPercentSignStandsOnlyWhereItEscapes(t *testing.T) {
	for text, want := range map[string]bool{"%41": true, "%zz": false, "%z1": false, "%1z": false, "%1": false,
		"%": false} {
		if got := isValidInURL(text, true); got != want {
			t.Errorf("%s in a query: got %t, want %t", text, got, want)
		}
		if !isValidInURL(text, false) {
			t.Errorf("%s in a path: got false, want it left to the parser", text)
		}
	}
}

func TestTheSmallestBoundOfABodyIsKept(t *testing.T) {
	for bound, want := range map[int64]int64{-1: DefaultMaxBody, 0: DefaultMaxBody, 1: 1} {
		c, err := New(t.Context(), Options{MaxBody: bound})
		if err != nil || c.o.MaxBody != want {
			t.Errorf("%d: got %d, %v; want %d", bound, c.o.MaxBody, err, want)
		}
	}
}

func TestThePassphraseOfACertificateIsMasked(t *testing.T) {
	ca := newAuthority(t)
	_, key, pair := ca.files(t)
	private, err := x509.ParsePKCS8PrivateKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	const canary = "CANARY-passphrase"
	packed, err := pkcs12.Modern2023.Encode(private, pair.Leaf, nil, canary)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(t.Context(), Options{ClientCertFile: write(t, "cert", packed),
		ClientCertPassphrase: func() (tokens.Secret, error) { return tokens.NewSecret(canary), nil }})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.redactor.Index.Replace("before " + canary + " after"); strings.Contains(got, canary) {
		t.Errorf("got %q, want the passphrase masked", got)
	}
}
