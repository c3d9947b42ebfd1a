package token

import (
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane/internal/panetest"
)

// keyForm is the pane with the form for a key open, above a signed token.
func keyForm(t *testing.T) (*Pane, *panetest.Driver) {
	t.Helper()
	token, _ := certifiedToken(t, []byte(`{"sub":"alice"}`))
	p := pasted(t, tokens.NewSecret(token))
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(p.Do(keys.TokenKey))
	return p, d
}

func paste(text string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}
}

func TestSecretInFileFieldIsNotShown(t *testing.T) {
	for name, secret := range map[string]string{
		"a shared secret": "S3CRET of at least thirty-two b!",
		"an opaque one":   "tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe",
		"a JWK":           `{"kty":"oct","k":"c2VjcmV0LW9mLWF0LWxlYXN0"}`,
		"PEM":             "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----",
	} {
		p, d := keyForm(t)
		d.Run(p.Update(paste(secret)))
		d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
		if view := p.View(110, 30); strings.Contains(view, secret[:12]) || p.editor == nil || p.act.Running() {
			t.Errorf("%s: got\n%s\nwant it rejected and not shown", name, view)
		}
	}
	// The error does not repeat a secret that looks like a file name.
	p, d := keyForm(t)
	d.Run(p.Update(paste("correct horse battery")))
	for _, err := range []error{
		func() error { _, err := readKeyFile(t.Context(), "correct horse"); return err }(),
		func() error { _, err := readKeyFile(t.Context(), "correct horse/\x00"); return err }(),
		func() error { _, err := readKeyFile(t.Context(), strings.Repeat("correct horse", 400)); return err }(),
	} {
		if err == nil || strings.Contains(err.Error(), "horse") {
			t.Errorf("got %v, want an error that does not repeat what was typed", err)
		}
	}
}

// What was typed stays after a failure, the wrong field has the focus, and the error is beside it.
func TestFormKeepsValuesAfterError(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone.pem")
	for _, c := range []struct{ name, file, key, focus, says string }{
		{"no such file", gone, "", fieldKeyFile, "no such file"},
		{"no key", "", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", fieldKey, "key"},
		{"nothing", "", "", fieldKeyFile, "name a file here"},
	} {
		p, d := keyForm(t)
		p.Update(paste(c.file))
		p.Update(tea.KeyMsg{Type: tea.KeyTab})
		p.Update(paste(c.key))
		d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
		d.Until(c.name, func() bool { return !p.act.Running() })
		if p.editor == nil {
			t.Errorf("%s: the form is gone", c.name)
			continue
		}
		f := p.editor.form
		key := strings.ReplaceAll(c.key, "\n", " ")
		if f.Value(fieldKeyFile) != c.file || f.Value(fieldKey) != key || f.Focused() != c.focus {
			t.Errorf("%s: got %q, and the focus on %s; want what was typed, and %s", c.name, f.Values(), f.Focused(),
				c.focus)
		}
		view := p.View(110, 30)
		if !strings.Contains(view, "! ") || !strings.Contains(view, c.says) || len(d.Errors) > 0 {
			t.Errorf("%s: got errors %v and\n%s\nwant %q below the field", c.name, d.Errors, view, c.says)
		}
	}
}

func TestMintFormStaysAfterError(t *testing.T) {
	p, d := keyForm(t)
	p.editor = nil
	d.Run(p.Do(keys.TokenAlter))
	f := p.editor.form
	f.SetValue(fieldSignature, withKeyFile)
	p.editor.changed(f.Values())
	f.SetValue(fieldKeyFile, filepath.Join(t.TempDir(), "gone.pem"))
	d.Run(p.editor.submit(&p.act))
	d.Until("it has failed", func() bool { return !p.act.Running() })
	view := p.View(110, 40)
	if p.editor == nil || f.Focused() != fieldKeyFile || !strings.Contains(view, "! there is no such file") {
		t.Errorf("got the focus on %q and\n%s", f.Focused(), view)
	}
}
