package token

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// mintRequest is how a token for tests is made: from which one, and what the form contains.
type mintRequest struct {
	from           *inspect.Report // nil: from nothing
	header, claims string          // before they were edited
	values         map[string]string
	now            time.Time
}

// mintedMsg brings a token that was made.
type mintedMsg struct {
	n     int64
	raw   tokens.Secret
	token *tokenView
	keys  map[string]jose.Key // generated for it, by algorithm
	err   error
}

// start makes a token in a command: generating a key, and reading one from a file, take a while.
func (m *mintForm) start(r mintRequest) tea.Cmd {
	svc, source, keys := m.ctx.Service, reference{}, maps.Clone(m.keys)
	if r.from != nil {
		source = reference{m.report, "the original"}
	}
	return m.work.Start(m.ctx, "making the token", func(ctx context.Context, n int64) tea.Msg {
		made, decrypts, generated, err := r.mint(ctx, keys)
		if err != nil {
			return mintedMsg{n: n, err: err}
		}
		o := inspect.Options{Now: r.now, Location: time.Local,
			NoKeys: "it was made here, and there is no key for its signature"}
		view := newTokenView(svc.InspectMinted(made.Token, o, made.Key, decrypts))
		view.minted = &minted{from: source, notes: made.Notes}
		view.minted.public, _ = session.PublicJWKS(made)
		return mintedMsg{n: n, raw: made.Token, keys: generated, token: view}
	})
}

// handleMinted shows the token above the one that it was made from.
func (p *Pane) handleMinted(m mintedMsg) tea.Cmd {
	if !p.act.Done(m.n) {
		return nil
	}
	if m.err != nil {
		return p.editor.fail("Making the token", m.err)
	}
	if p.minting.keys == nil {
		p.minting.keys = map[string]jose.Key{}
	}
	maps.Copy(p.minting.keys, m.keys)
	p.push(m.raw)
	cmd := p.showToken(m.token, nil)
	p.show(viewClaims)
	return cmd
}

// mint makes the token. decrypts is the key that decrypts it if it is encrypted; keys were generated in this run.
func (r mintRequest) mint(ctx context.Context, keys map[string]jose.Key) (
	m inspect.MintedToken, decrypts jose.Key, generated map[string]jose.Key, err error) {
	a, alg, err := r.alteration()
	if err != nil {
		return m, decrypts, nil, err
	}
	reused := false
	switch r.values[fieldSignature] {
	case withKeyFile:
		a.Key, err = keyFile(ctx, fieldKeyFile, r.values)
	case withSecret:
		a.Key = jose.SecretKey([]byte(r.values[fieldSecret]))
	case withGeneratedKey, string(inspect.SignatureBroken):
		if a.Key, reused = keys[alg]; strings.HasPrefix(alg, "HS") {
			err = atField(fieldSignature, fmt.Errorf("%w: the header asks for %s, which signs with a shared secret: "+
				"choose that", session.ErrNoSecret, tokens.VisibleLine(alg)))
		}
	}
	if err != nil {
		return m, decrypts, nil, err
	}
	generated = map[string]jose.Key{}
	switch r.values[fieldEncrypt] {
	case withKeyFile:
		a.EncryptTo, err = keyFile(ctx, fieldEncryptTo, r.values)
	case withGeneratedKey:
		var ok bool
		if a.EncryptTo, ok = keys[encryptionAlg]; !ok {
			a.EncryptTo, err = jose.Generate(encryptionAlg, "made-here")
		}
		generated[encryptionAlg] = a.EncryptTo
	}
	if err != nil {
		return m, decrypts, nil, err
	}
	if m, err = session.Mint(r.from, alg, a); err != nil {
		return m, decrypts, nil, atField(fieldSignature, err)
	}
	if m.KeyGenerated {
		generated[m.Alg] = m.Key
	}
	if reused {
		for i, note := range m.Notes {
			if strings.Contains(note, "handed in") {
				m.Notes[i] = "signed with the key made here before (kid " + tokens.VisibleLine(m.Kid) + ")"
			}
		}
	}
	return m, a.EncryptTo, generated, nil
}

// alteration is what was edited, and the algorithm that the header names.
func (r mintRequest) alteration() (a inspect.Alteration, alg string, err error) {
	a = inspect.Alteration{Now: r.now, Expire: r.values[fieldExpire] == "true", Audience: r.values[fieldAudience]}
	switch f := inspect.SignatureFault(r.values[fieldSignature]); f {
	case inspect.SignatureKept, inspect.SignatureBroken, inspect.SignatureStripped, inspect.SignatureNone:
		a.Signature = f
	}
	header, claims := r.header, r.claims
	if r.from == nil { // what inspect.Make begins with
		header = `{"alg":"ES256","typ":"JWT"}`
		claims = fmt.Sprintf(`{"iss":%q,"iat":0,"exp":0}`, inspect.MintedIssuer)
	}
	if a.Set, a.Delete, err = edits("claims", claims, r.values[fieldClaims]); err != nil {
		return a, "", atField(fieldClaims, err)
	}
	// The fields below the claims take precedence over them.
	a.Set = slices.DeleteFunc(a.Set, func(c inspect.Claim) bool {
		isTime := c.Name == "exp" || c.Name == "iat" || c.Name == "nbf"
		return a.Expire && isTime || a.Audience != "" && c.Name == "aud"
	})
	set, dropped, err := edits("header", header, r.values[fieldHeader])
	if err != nil {
		return a, "", atField(fieldHeader, err)
	}
	for _, name := range dropped {
		set = append(set, inspect.Claim{Name: name, Value: json.RawMessage("null")})
	}
	a.Header = set
	if o, syntax := ordered.Parse([]byte(r.values[fieldHeader])); syntax == nil {
		alg, _ = o.String("alg")
	}
	return a, alg, nil
}

// edits is how a JSON object was edited: the members to set, and those to remove.
func edits(what, old, edited string) (set []inspect.Claim, dropped []string, err error) {
	was, _ := ordered.Parse([]byte(old)) // an invalid one has no members
	now, syntax := ordered.Parse([]byte(edited))
	if syntax != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", what, syntax)
	}
	for _, m := range now.Members {
		before, had := was.Raw(m.Name)
		if had && indented(before) == indented(m.Raw) {
			continue
		}
		if m.Duplicate {
			return nil, nil, fmt.Errorf("reading %s: %s is repeated: only a token that was issued so keeps it", what,
				tokens.VisibleLine(m.Name))
		}
		set = append(set, inspect.Claim{Name: m.Name, Value: m.Raw})
	}
	if was != nil {
		for _, m := range was.Members {
			if !now.Has(m.Name) {
				dropped = append(dropped, m.Name)
			}
		}
	}
	return set, dropped, nil
}
