package provider

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens/jose"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

func looked(t *testing.T) (*Pane, *panetest.Driver) {
	ctx := panetest.Demo(t)
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	d.Send(pane.FocusMsg{Scope: keys.Provider})
	d.Until("the metadata is read", func() bool { return p.loaded != nil })
	return p, d
}

func TestNothingIsReadBeforeThePaneIsShown(t *testing.T) {
	ctx := panetest.Demo(t)
	ctx.Focus = keys.Sessions
	p := New(ctx)
	if cmd := p.Update(pane.SelectedMsg{Meta: vault.Meta{ID: "a", Profile: "demo"}}); cmd != nil ||
		p.loading.Running() {
		t.Error("the metadata is fetched though nobody looks at it")
	}
}

func TestEveryViewOfAProvider(t *testing.T) {
	p, _ := looked(t)
	for view, want := range map[string]string{viewSupports: "PKCE", viewEndpoints: "authorization", viewKeys: "ES256",
		viewRaw: "_supported\": ["} {
		for p.view != view {
			p.Do(keys.ProviderView)
		}
		if got := p.View(120, 60); !strings.Contains(got, want) {
			t.Errorf("%s: got\n%s\nwant %q in it", view, got, want)
		}
		panetest.Sizes(t, view, p)
		if view != viewRaw {
			p.Do(keys.Open)
			panetest.Sizes(t, view+", a row", p)
			if !p.Back() || p.expanded {
				t.Errorf("%s: esc does not close the row", view)
			}
		}
		if copied := p.Do(keys.ProviderCopy)().(pane.CopyMsg); copied.What == "" {
			t.Errorf("%s: got %+v, want something with a name", view, copied)
		}
	}
}

func TestAProviderThatCannotBeReadIsExplained(t *testing.T) {
	p, d := looked(t)
	p.Do(keys.ProviderChoose)
	if !p.Editing() {
		t.Fatal("no field takes keys")
	}
	d.Type("http://127.0.0.1:1\n")
	d.Until("the failure is shown", func() bool { return p.err != nil })
	panetest.Sizes(t, "failed", p)
	if view := p.View(100, 30); !strings.Contains(view, "did not work") || !strings.Contains(view, "127.0.0.1:1") {
		t.Errorf("got\n%s\nwant what failed and where", view)
	}
	// What the person chose is not replaced by the selected session's provider.
	d.Send(pane.SelectedMsg{Meta: vault.Meta{ID: "a", Profile: "demo"}})
	if p.target != "http://127.0.0.1:1" {
		t.Errorf("got %q, want what was chosen", p.target)
	}
	p.Do(keys.ProviderChoose)
	if view := p.View(100, 30); !strings.Contains(view, "provider http://127.0.0.1:1") {
		t.Errorf("got\n%s\nwant what failed in the field, to be mended", view)
	}
	p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe"), Paste: true})
	if view := p.View(100, 30); strings.Contains(view, "tDMaY") || !strings.Contains(view, "looks like a token") {
		t.Errorf("got\n%s\nwant a secret refused", view)
	}
	p.Update(tea.KeyMsg{Type: tea.KeyCtrlU})
	p.Update(tea.KeyMsg{Type: tea.KeyEnter})
	if p.target != "demo" {
		t.Errorf("got %q after an empty choice, want the session's provider again", p.target)
	}
}

// What is unwise about a key stands beside the key, and among the findings.
func TestWeakKeyIsReported(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(short.Public())
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := looked(t)
	known := *p.loaded
	known.Keys = set
	p.show(loadedMsg{view: &known})
	const want = "has 1024 bits"
	for _, view := range []string{viewKeys, viewFindings} {
		for p.view != view {
			p.Do(keys.ProviderView)
		}
		if seen := p.View(140, 40); !strings.Contains(seen, want) {
			t.Errorf("%s: got\n%s\nwant %q in it", view, seen, want)
		}
	}
}
