package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/tokens"
)

var epoch = time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC)

// junk is text that looks like a token of n bytes.
func junk(seed uint64, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for range n {
		b.WriteByte(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func record(id string, seed uint64, size int) Record {
	return Record{
		Meta: Meta{ID: id, Label: fmt.Sprintf("label %d", seed), Issuer: "https://issuer.example", ClientID: "client",
			Grant: "authorization_code", Kinds: []tokens.Kind{tokens.Access}, CreatedAt: epoch, ReceivedAt: epoch,
			Ledger: tokens.Ledger{tokens.CheckState.Pass("a", "a")}, Settings: map[string]string{"proxy": "none"}},
		Secrets: Secrets{
			Set: tokens.Set{AccessToken: tokens.NewSecret(junk(seed, size)),
				RefreshToken: tokens.NewSecret(junk(seed+1000, 60)),
				TokenType:    "Bearer", Scope: "openid", ReceivedAt: epoch, ExpiresAt: epoch.Add(time.Hour),
				Extra: map[string]json.RawMessage{"big": json.RawMessage(`12345678901234567890.10`),
					"id": json.RawMessage(`{ "a" : "é" }`)}},
			ClientSecret: tokens.NewSecret(junk(seed+2000, 40)),
		},
	}
}

// same compares two records by everything that must survive.
func same(a, b Record) error {
	x, y := a.Secrets.Set, b.Secrets.Set
	switch {
	case !x.AccessToken.Equal(y.AccessToken):
		return fmt.Errorf("access token: got %s, want %s", x.AccessToken, y.AccessToken)
	case !x.RefreshToken.Equal(y.RefreshToken):
		return fmt.Errorf("refresh token: got %s, want %s", x.RefreshToken, y.RefreshToken)
	case !x.IDToken.Equal(y.IDToken):
		return fmt.Errorf("id_token: got %s, want %s", x.IDToken, y.IDToken)
	case !a.Secrets.ClientSecret.Equal(b.Secrets.ClientSecret) ||
		a.Secrets.ClientSecret.Fingerprint() != b.Secrets.ClientSecret.Fingerprint():
		return fmt.Errorf("client secret: got %s, want %s", a.Secrets.ClientSecret, b.Secrets.ClientSecret)
	case !a.Secrets.CertPassphrase.Equal(b.Secrets.CertPassphrase):
		return fmt.Errorf("passphrase: got %s, want %s", a.Secrets.CertPassphrase, b.Secrets.CertPassphrase)
	case !a.Secrets.ClientKey.Equal(b.Secrets.ClientKey) || !a.Secrets.DPoPKey.Equal(b.Secrets.DPoPKey):
		return fmt.Errorf("keys: got %s and %s, want %s and %s",
			a.Secrets.ClientKey, a.Secrets.DPoPKey, b.Secrets.ClientKey, b.Secrets.DPoPKey)
	case x.TokenType != y.TokenType || x.IssuedTokenType != y.IssuedTokenType || x.Scope != y.Scope:
		return fmt.Errorf("type, issued type, scope: got %q %q %q, want %q %q %q",
			x.TokenType, x.IssuedTokenType, x.Scope, y.TokenType, y.IssuedTokenType, y.Scope)
	case !x.ReceivedAt.Equal(y.ReceivedAt) || !x.ExpiresAt.Equal(y.ExpiresAt) ||
		!x.RefreshExpires.Equal(y.RefreshExpires):
		return fmt.Errorf("times: got %v %v %v, want %v %v %v",
			x.ReceivedAt, x.ExpiresAt, x.RefreshExpires, y.ReceivedAt, y.ExpiresAt, y.RefreshExpires)
	case len(x.Extra) != len(y.Extra):
		return fmt.Errorf("extra: got %d members, want %d", len(x.Extra), len(y.Extra))
	}
	for name, raw := range y.Extra {
		if !bytes.Equal(raw, x.Extra[name]) {
			return fmt.Errorf("extra %s: got %s, want %s", name, x.Extra[name], raw)
		}
	}
	got, _ := json.Marshal(a.Meta)
	want, _ := json.Marshal(b.Meta)
	if !bytes.Equal(got, want) {
		return fmt.Errorf("meta: got %s, want %s", got, want)
	}
	return nil
}

// limited refuses what Windows and macOS refuse.
type limited struct {
	*Memory
	largest int
}

func (l *limited) Set(ctx context.Context, item string, value []byte) error {
	const windows, macOS = 2560, 4096
	command := "add-generic-password -U -s fob -a " + item + " -w 'go-keyring-base64:" +
		base64.StdEncoding.EncodeToString(value) + "'\n"
	if len(value) > windows || len(command) > macOS ||
		!json.Valid([]byte(`"`+strings.NewReplacer(`\`, "", `"`, "").Replace(string(value))+`"`)) {
		return ErrFull
	}
	l.largest = max(l.largest, len(value))
	return l.Memory.Set(ctx, item, value)
}

// errKilled is what every step returns from the one on at which the process is taken to have died.
var errKilled = errors.New("killed")

// fuse lets a number of steps through and then fails for good, or only once.
type fuse struct {
	mu    sync.Mutex
	left  int
	once  bool
	after bool // the step that fails has had its effect
	steps int
	log   []string
}

func (f *fuse) burn(step string) (before, after error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps++
	f.log = append(f.log, step)
	f.left--
	switch {
	case f.left >= 0:
		return nil, nil
	case f.left == -1 && f.after:
		return nil, errKilled
	case f.left == -1 || !f.once:
		return errKilled, nil
	}
	return nil, nil
}

// fused is a backend whose calls burn a fuse.
type fused struct {
	Backend
	fuse *fuse
}

func (f *fused) Set(ctx context.Context, item string, value []byte) error {
	before, after := f.fuse.burn("set " + item)
	if before != nil {
		return before
	}
	return errors.Join(f.Backend.Set(ctx, item, value), after)
}

func (f *fused) Get(ctx context.Context, item string) ([]byte, error) {
	before, after := f.fuse.burn("get " + item)
	if before != nil || after != nil {
		return nil, errors.Join(before, after)
	}
	return f.Backend.Get(ctx, item)
}

func (f *fused) Delete(ctx context.Context, item string) error {
	before, after := f.fuse.burn("delete " + item)
	if before != nil {
		return before
	}
	return errors.Join(f.Backend.Delete(ctx, item), after)
}

func open(t *testing.T, dir string, b Backend) *Store {
	t.Helper()
	s, err := Open(Config{Dir: dir, Backend: b, Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatalf("opening the vault: %v", err)
	}
	return s
}

// openFused opens a vault of which every change, on disk and in the backend, burns the fuse.
func openFused(t *testing.T, dir string, b Backend, f *fuse) *Store {
	t.Helper()
	s := open(t, dir, &fused{b, f})
	s.metadata.(*diskMetadata).step = func(op, name string) error {
		before, after := f.burn(op + " " + filepath.Dir(name))
		return errors.Join(before, after)
	}
	return s
}

// itemsOf are the items that belong to the current records: what a sweep must leave, and nothing else.
func wantItems(t *testing.T, s *Store, ids ...string) []string {
	t.Helper()
	var want []string
	for _, id := range ids {
		m, err := s.manifest(id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatalf("the manifest of %s: %v", id, err)
		}
		for n := range m.Chunks {
			want = append(want, itemName(id, m.Generation, n))
		}
	}
	slices.Sort(want)
	return want
}
