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
	"fob/ui/widget"
)

// fieldKey is the field for a key that is pasted.
const fieldKey = "key"

// suppliedKeysMsg brings the token as it is judged with a key that the person gave.
type suppliedKeysMsg struct {
	n       int64
	supplied   suppliedKeys
	view *tokenView
	err     error
}

// given are the keys that the person gave for the shown token. They are kept as long as it is shown.
type suppliedKeys struct {
	keys     jose.KeySet
	password tokens.Secret // of a token that is encrypted with one (PBES2)
}

// options are those of an inspection with the keys.
func (g suppliedKeys) options() inspect.Options {
	o := inspect.Options{Location: time.Local, Keys: g.keys}
	if !g.password.IsZero() {
		o.Password = []byte(g.password.Reveal())
	}
	return o
}

// openKeyForm opens the form for a key.
func (p *Pane) openKeyForm() {
	form := widget.NewForm(p.ctx.Styles, "Use",
		widget.Field{Name: fieldKeyFile, Label: "Key file", Placeholder: "~/key.pem", Refuses: tokens.LooksUnlikePath,
			Help: "PEM, a certificate, a JWK or a key set. It is read and not kept."},
		widget.Field{Name: fieldKey, Label: "Or paste it", Kind: widget.PasswordField,
			Help: "Paste PEM, a certificate, a JWK, a key set, or the text of a shared secret or password. It is not kept."})
	p.editor = &editor{title: "Verify or decrypt with a key", note: "nothing leaves this machine", form: form,
		done: p.applyKey}
}

// applyKey reads the key and judges the token with it, where nobody waits for it.
func (p *Pane) applyKey(v map[string]string) tea.Cmd {
	file, pasted := strings.TrimSpace(v[fieldKeyFile]), tokens.NewGuessable(v[fieldKey])
	if file == "" && pasted.IsZero() {
		p.editor.form.Problem(fieldKeyFile, "name a file here, or paste a key below")
		return nil
	}
	svc, now, raw, id, kind := p.ctx.Service, p.ctx.Now(), p.raw(), p.meta.ID, p.kind
	stored := p.pasted.IsZero()
	return p.act.Start("reading the key", now, func(ctx context.Context, n int64) tea.Msg {
		g, err := readSuppliedKeys(ctx, file, pasted)
		if err != nil {
			return suppliedKeysMsg{n: n, err: err}
		}
		o := g.options()
		o.Now = now
		if !stored {
			return suppliedKeysMsg{n: n, supplied: g, view: newTokenView(svc.InspectRaw(ctx, raw.Reveal(), o, ""))}
		}
		report, err := svc.InspectWith(ctx, id, kind, o, false)
		if err != nil {
			return suppliedKeysMsg{n: n, err: err}
		}
		return suppliedKeysMsg{n: n, supplied: g, view: newTokenView(report)}
	})
}

// readSuppliedKeys reads the keys of a file and of what was pasted. What is pasted may also be a password.
func readSuppliedKeys(ctx context.Context, file string, pasted tokens.Secret) (g suppliedKeys, err error) {
	var sets []jose.KeySet
	if file != "" {
		data, err := readKeyFile(ctx, file)
		if errors.Is(err, errNoFile) {
			err = fmt.Errorf("%w; a key itself goes in the field below", err)
		}
		if err != nil {
			return g, atField(fieldKeyFile, err)
		}
		set, err := jose.ParseKeys(data)
		if err != nil {
			return g, atField(fieldKeyFile, err)
		}
		sets = append(sets, set)
	}
	if !pasted.IsZero() {
		set, err := jose.ParseKeys([]byte(pasted.Reveal()))
		if err != nil {
			return g, atField(fieldKey, err)
		}
		sets, g.password = append(sets, set), pasted
	}
	if g.keys = jose.Join(sets...); len(g.keys.Keys()) == 0 {
		field := fieldKey
		if pasted.IsZero() {
			field = fieldKeyFile
		}
		why := tokens.VisibleLine(strings.Join(g.keys.Skipped(), "; "))
		return g, atField(field, errors.New("there is no key that can be used: "+why))
	}
	return g, nil
}

// handleSuppliedKeys shows the token as it is judged with the key.
func (p *Pane) handleSuppliedKeys(m suppliedKeysMsg) tea.Cmd {
	if !p.act.Done(m.n) {
		return nil
	}
	if m.err != nil {
		return p.editorFailed("Using the key", m.err)
	}
	p.editor = nil
	m.view.minted = p.minted
	cmd := p.showToken(m.view, nil)
	p.supplied, p.fetched = m.supplied, true
	p.show(viewSignature)
	return cmd
}
