package token

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/ui/pane"
	"fob/ui/widget"
)

// fieldKey is the field for a key that is pasted.
const fieldKey = "key"

// suppliedKeysMsg brings the token, verified or decrypted with supplied keys.
type suppliedKeysMsg struct {
	n        int64
	supplied suppliedKeys
	token    *tokenView
	err      error
}

// suppliedKeys are keys that the user supplied for the shown token. They are kept as long as it is shown.
type suppliedKeys struct {
	keys     jose.KeySet
	password tokens.Secret // of a token that is encrypted with one (PBES2)
}

// options are those of an inspection with the keys.
func (k suppliedKeys) options(now time.Time) inspect.Options {
	o := inspect.Options{Now: now, Location: time.Local, Keys: k.keys}
	if !k.password.IsZero() {
		o.Password = []byte(k.password.Reveal())
	}
	return o
}

// newKeyEditor is the form for a key that verifies or decrypts the shown token.
func newKeyEditor(c *pane.Context, work *pane.Work, shown *shownToken) *editor {
	form := widget.NewForm(c.Styles, "Use",
		widget.Field{Name: fieldKeyFile, Label: "Key file", Placeholder: "~/key.pem", Refuses: tokens.LooksUnlikePath,
			Help: "PEM, a certificate, a JWK or a key set. It is read and not stored."},
		widget.Field{Name: fieldKey, Label: "Or paste it", Kind: widget.PasswordField,
			Help: "Paste PEM, a certificate, a JWK, a key set, or the text of a shared secret or password. " +
				"It is not stored."})
	done := func(v map[string]string) tea.Cmd {
		file, pasted := strings.TrimSpace(v[fieldKeyFile]), tokens.NewGuessable(v[fieldKey])
		if file == "" && pasted.IsZero() {
			form.Problem(fieldKeyFile, "name a file here, or paste a key below")
			return nil
		}
		svc, now, raw, id, kind, stored := c.Service, c.Now(), shown.raw(), shown.session.ID, shown.kind, shown.stored()
		return work.Start(c, "reading the key", func(ctx context.Context, n int64) tea.Msg {
			keys, err := readSuppliedKeys(ctx, file, pasted)
			if err != nil {
				return suppliedKeysMsg{n: n, err: err}
			}
			var report *inspect.Report
			if stored {
				report, err = svc.InspectWith(ctx, id, kind, keys.options(now), false)
			} else {
				report = svc.InspectRaw(ctx, raw.Reveal(), keys.options(now), "")
			}
			if err != nil {
				return suppliedKeysMsg{n: n, err: err}
			}
			return suppliedKeysMsg{n: n, supplied: keys, token: newTokenView(report)}
		})
	}
	return &editor{title: "Verify or decrypt with a key", note: "nothing leaves this machine", form: form, done: done}
}

// readSuppliedKeys reads the keys of a file and of pasted text, which may also be a password.
func readSuppliedKeys(ctx context.Context, file string, pasted tokens.Secret) (k suppliedKeys, err error) {
	var fromFile, fromText jose.KeySet
	if file != "" {
		data, err := readKeyFile(ctx, file)
		if errors.Is(err, errNoFile) {
			err = fmt.Errorf("%w; a key itself goes in the field below", err)
		}
		if err == nil {
			fromFile, err = jose.ParseKeys(data)
		}
		if err != nil {
			return k, atField(fieldKeyFile, err)
		}
	}
	if !pasted.IsZero() {
		if fromText, err = jose.ParseKeys([]byte(pasted.Reveal())); err != nil {
			return k, atField(fieldKey, err)
		}
	}
	k = suppliedKeys{jose.Join(fromFile, fromText), pasted}
	if len(k.keys.Keys()) == 0 {
		field := fieldKey
		if pasted.IsZero() {
			field = fieldKeyFile
		}
		why := tokens.VisibleLine(strings.Join(k.keys.Skipped(), "; "))
		return k, atField(field, errors.New("there is no usable key: "+why))
	}
	return k, nil
}

// handleSuppliedKeys shows the token as verified or decrypted with the keys.
func (p *Pane) handleSuppliedKeys(m suppliedKeysMsg) tea.Cmd {
	if !p.act.Done(m.n) {
		return nil
	}
	if m.err != nil {
		return p.editor.fail("Using the key", m.err)
	}
	p.editor = nil
	cmd := p.showVerified(m.token)
	p.shown.supplied = m.supplied
	return cmd
}

// showVerified shows the token as verified or decrypted with other keys.
func (p *Pane) showVerified(v *tokenView) tea.Cmd {
	v.minted = p.shown.minted
	cmd := p.showToken(v, nil)
	p.shown.fetched = true
	p.show(viewSignature)
	return cmd
}
