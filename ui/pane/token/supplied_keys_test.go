package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/ui/keys"
	"fob/ui/pane/internal/panetest"
)

// A key, key set, shared secret or certificate that the user supplies verifies or decrypts the token.
func TestSuppliedKeyVerifiesOrDecrypts(t *testing.T) {
	must := func(text string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	generate := func(alg string) jose.Key {
		key, err := jose.Generate(alg, "k1")
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	public := func(k jose.Key) string {
		set, err := jose.NewKeySet(k).PublicJSON()
		return must(string(set), err)
	}
	private := func(k jose.Key) string {
		jwk, err := k.PrivateJWK()
		return must(jwk.Reveal(), err)
	}
	const secret = "S3CRET of at least thirty-two b!"
	signer, recipient, shared := generate("ES256"), generate("RSA-OAEP-256"), jose.SecretKey([]byte(secret))
	payload := []byte(`{"sub":"alice"}`)
	certified, certificate := certifiedToken(t, payload)
	signed := must(jose.Sign(payload, nil, signer))
	macked := must(jose.Sign(payload, jose.Header{"alg": "HS256"}, shared))
	nested := must(jose.Encrypt([]byte(signed), jose.Header{"cty": "JWT"}, recipient))
	sealed := must(jose.Encrypt(payload, nil, recipient))
	both, err := json.Marshal(map[string]any{"keys": []json.RawMessage{[]byte(private(recipient)),
		[]byte(private(signer))}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(public(signer)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, token, file, key, want string }{
		{"a key set in a file", signed, file, "", "signature good"},
		{"a key set that is pasted", signed, "", public(signer), "signature good"},
		{"a certificate", certified, "", certificate, "signature good"},
		{"another key", signed, "", public(generate("ES256")), "signature BAD"},
		{"a shared secret", macked, "", secret, "signature good"},
		{"another secret", macked, "", "another secret of thirty-two b!!", "signature BAD"},
		{"a private key for what is encrypted", sealed, "", private(recipient), "alice"},
		{"the recipient's key for a nested token", nested, "", private(recipient), "cannot tell"},
		{"both keys for a nested token", nested, "", string(both), "signature good"},
	} {
		p := pasted(t, tokens.NewSecret(c.token))
		d := panetest.NewDriver(t, p.ctx, p)
		d.Run(p.Do(keys.TokenKey))
		p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(c.file), Paste: true})
		p.Update(tea.KeyMsg{Type: tea.KeyTab})
		p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(c.key), Paste: true})
		if view := p.View(110, 30); c.key != "" && strings.Contains(view, c.key[:12]) {
			t.Errorf("%s: got\n%s\nwant the key masked", c.name, view)
		}
		d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
		d.Until(c.name, func() bool { return p.shown.fetched })
		if p.show(viewClaims); !strings.Contains(p.View(110, 30), c.want) {
			t.Errorf("%s: got\n%s\nwant %q in it", c.name, p.View(110, 30), c.want)
		}
		if got := len(p.ctx.Service.Exchanges()); got != 0 || p.editor != nil {
			t.Errorf("%s: got %d exchanges, and an editor %v; want none", c.name, got, p.editor != nil)
		}
	}
}

// certifiedToken is a token, and a certificate for the key that signed it.
func certifiedToken(t *testing.T, payload []byte) (token, certificate string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	if err != nil {
		t.Fatal(err)
	}
	if token, err = jose.Sign(payload, jose.Header{"alg": "ES256"}, set.Keys()[0]); err != nil {
		t.Fatal(err)
	}
	return token, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestUnusableKeysFail(t *testing.T) {
	for name, v := range map[string]map[string]string{
		"no such file": {fieldKeyFile: filepath.Join(t.TempDir(), "gone.pem")},
		"no key":       {fieldKey: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
	} {
		if _, err := readSuppliedKeys(t.Context(), v[fieldKeyFile], tokens.NewGuessable(v[fieldKey])); err == nil ||
			strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: got %v", name, err)
		} else if got := strings.Contains(err.Error(), "goes in the field below"); got != (name == "no such file") {
			t.Errorf("%s: got %v, want a hint to the field below where no file has the name, and only there", name, err)
		}
	}
	if p := pasted(t, tokens.NewSecret("2YotnFZFEjr1zCsicMWpAA")); p.Disabled(keys.TokenKey) == "" {
		t.Error("a key is asked for where there is nothing to verify")
	}
}
