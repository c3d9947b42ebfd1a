package token

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/files"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// recipe says how a token for tests is made: from which one, what the form began with, and what it holds now.
type mintRequest struct {
	from           *inspect.Report // nil: from nothing
	header, claims string          // as the form began
	values         map[string]string
	now            time.Time
}

// mintedMsg brings a token that was made.
type mintedMsg struct {
	n       int64
	token   tokens.Secret
	view *tokenView
	keys    map[string]jose.Key // that were made for it, by algorithm
	err     error
}

// mint makes a token where nobody waits for it: making a key and reading one from a file take a while.
func (p *Pane) mint(r mintRequest) tea.Cmd {
	svc, source, kept := p.ctx.Service, reference{}, maps.Clone(p.mintForm.keys)
	if r.from != nil {
		source = reference{p.report, "the original"}
	}
	return p.act.Start("making the token", p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		m, opens, keys, err := r.make(ctx, kept)
		if err != nil {
			return mintedMsg{n: n, err: err}
		}
		o := inspect.Options{Now: r.now, Location: time.Local, NoKeys: "it was made here, and no key goes with its signature"}
		out := mintedMsg{n: n, token: m.Token, keys: keys, view: newTokenView(svc.InspectMade(m.Token, o, m.Key, opens))}
		out.view.minted = &minted{from: source, notes: m.Notes}
		out.view.minted.public, _ = session.PublicKey(m)
		return out
	})
}

// handleMinted shows the token above the one that it was made from.
func (p *Pane) handleMinted(m mintedMsg) tea.Cmd {
	if !p.act.Done(m.n) {
		return nil
	}
	if m.err != nil {
		return p.editorFailed("Making the token", m.err)
	}
	if p.mintForm.keys == nil {
		p.mintForm.keys = map[string]jose.Key{}
	}
	maps.Copy(p.mintForm.keys, m.keys)
	p.push(m.token)
	cmd := p.showToken(m.view, nil)
	p.show(viewClaims)
	return cmd
}

// make makes the token. opens is the key that opens it where it is encrypted; keys are all that were made in this run.
func (r mintRequest) make(ctx context.Context, keys map[string]jose.Key) (
	m inspect.Made, opens jose.Key, made map[string]jose.Key, err error) {
	a, alg, err := r.alteration()
	if err != nil {
		return m, opens, nil, err
	}
	made = map[string]jose.Key{}
	reused := false
	switch r.values[fieldSignature] {
	case withKeyFile:
		a.Key, err = keyFile(ctx, r.values[fieldKeyFile])
		err = atField(fieldKeyFile, err)
	case withSecret:
		a.Key = jose.SecretKey([]byte(r.values[fieldSecret]))
	case withGeneratedKey, string(inspect.SignatureBroken):
		if a.Key, reused = keys[alg]; strings.HasPrefix(alg, "HS") {
			err = atField(fieldSignature, fmt.Errorf("%w: the header asks for %s, which signs with a shared secret: choose that",
				session.ErrNoSecret, tokens.VisibleLine(alg)))
		}
	}
	if err != nil {
		return m, opens, nil, err
	}
	switch r.values[fieldEncrypt] {
	case withKeyFile:
		a.EncryptTo, err = keyFile(ctx, r.values[fieldEncryptTo])
		err = atField(fieldEncryptTo, err)
	case withGeneratedKey:
		var ok bool
		if a.EncryptTo, ok = keys[encryptionAlg]; !ok {
			a.EncryptTo, err = jose.Generate(encryptionAlg, "made-here")
		}
		made[encryptionAlg] = a.EncryptTo
	}
	if err != nil {
		return m, opens, nil, err
	}
	if m, err = session.Mint(r.from, alg, a); err != nil {
		return m, opens, nil, atField(fieldSignature, err)
	}
	if m.KeyMade {
		made[m.Alg] = m.Key
	}
	if reused {
		for i, note := range m.Notes {
			if strings.Contains(note, "handed in") {
				m.Notes[i] = "signed with the key made here before (kid " + tokens.VisibleLine(m.Kid) + ")"
			}
		}
	}
	return m, a.EncryptTo, made, nil
}

// alteration is what was edited, and the algorithm that the header asks for.
func (r mintRequest) alteration() (a inspect.Alteration, alg string, err error) {
	a = inspect.Alteration{Now: r.now, Expire: r.values[fieldExpire] == "true", Audience: r.values[fieldAudience]}
	switch f := inspect.SignatureFault(r.values[fieldSignature]); f {
	case inspect.SignatureKept, inspect.SignatureBroken, inspect.SignatureStripped, inspect.SignatureNone:
		a.Signature = f
	}
	header, claims := r.header, r.claims
	if r.from == nil { // what inspect.Make begins with
		header, claims = `{"alg":"ES256","typ":"JWT"}`, fmt.Sprintf(`{"iss":%q,"iat":0,"exp":0}`, inspect.MadeHere)
	}
	if a.Set, a.Delete, err = edits("Claims", claims, r.values[fieldClaims]); err != nil {
		return a, "", atField(fieldClaims, err)
	}
	// What was asked for beside the claims counts.
	a.Set = slices.DeleteFunc(a.Set, func(c inspect.Claim) bool {
		return a.Expire && (c.Name == "exp" || c.Name == "iat" || c.Name == "nbf") || a.Audience != "" && c.Name == "aud"
	})
	set, dropped, err := edits("Header", header, r.values[fieldHeader])
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

// edits are what differs between a JSON object as it was and as it was edited: the members to set, and those to leave out.
func edits(what, old, edited string) (set []inspect.Claim, dropped []string, err error) {
	was, _ := ordered.Parse([]byte(old)) // one that cannot be read has no members
	now, syntax := ordered.Parse([]byte(edited))
	if syntax != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", strings.ToLower(what), syntax)
	}
	for _, m := range now.Members {
		before, had := was.Raw(m.Name)
		if had && bytes.Equal(compact(before), compact(m.Raw)) {
			continue
		}
		if m.Duplicate {
			return nil, nil, fmt.Errorf("reading %s: %s stands more than once: only a token that came so keeps it", strings.ToLower(what), tokens.VisibleLine(m.Name))
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

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// maxKeyFile bounds a file with a key, in bytes.
const maxKeyFile = 1 << 20

// keyFile reads the first key of a file.
func keyFile(ctx context.Context, path string) (jose.Key, error) {
	data, err := readKeyFile(ctx, path)
	if err != nil {
		return jose.Key{}, err
	}
	return session.KeyIn(data, "the file")
}

// errNoFile means that no file has the name.
var errNoFile = errors.New("there is no such file")

// readKeyFile reads a file with a key; ~/ is the home folder. Its errors do not repeat the path: it is in the field
// beside them, and may be a secret that was typed there.
func readKeyFile(ctx context.Context, path string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	data, _, err := files.Read(ctx, path, maxKeyFile)
	var system *fs.PathError
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, context.Canceled):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoFile
	case errors.Is(err, files.ErrTooLong):
		return nil, fmt.Errorf("the file is longer than %d KiB: that is no key", maxKeyFile>>10)
	case errors.As(err, &system):
		return nil, fmt.Errorf("the file cannot be read: %w", system.Err)
	}
	return nil, errors.New("the file cannot be read")
}
