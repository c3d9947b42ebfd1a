package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
)

// fakePane remembers what reached it.
type fakePane struct {
	ctx      *pane.Context
	scope    keys.Scope
	editing  bool
	deep     bool // Back has a level to leave
	running  bool
	wants    bool // accepts pastes
	disabled map[keys.Action]string
	done     []keys.Action
	got      []tea.Msg
	typed    string
	plain    []string
	body     string
}

func (p *fakePane) Scope() keys.Scope             { return p.scope }
func (p *fakePane) Title() string                 { return p.scope.Name() }
func (p *fakePane) Editing() bool                 { return p.editing }
func (p *fakePane) Disabled(a keys.Action) string { return p.disabled[a] }
func (p *fakePane) FullWidth(int) []string        { return p.plain }
func (p *fakePane) FullScreen(_, h int) []string  { return p.plain[:min(h, len(p.plain))] }

func (p *fakePane) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok {
		p.typed += string(k.Runes)
		return nil
	}
	p.got = append(p.got, msg)
	return nil
}

func (p *fakePane) Do(a keys.Action) tea.Cmd {
	p.done = append(p.done, a)
	switch a {
	case keys.Filter:
		p.editing = true
	case keys.Open:
		p.ctx.Request(pane.SelectMsg{ID: "a", Open: true})
	}
	return nil
}

func (p *fakePane) View(w, h int) string {
	if p.body != "" {
		return p.body
	}
	return fmt.Sprintf("%s %dx%d", p.scope, w, h)
}

func (p *fakePane) Back() bool {
	was := p.deep
	p.deep = false
	return was
}

func (p *fakePane) Cancel() bool {
	was := p.running
	p.running = false
	return was
}

func (p *fakePane) Running() (string, bool) {
	if p.running {
		return "Sign-in waits for you", true
	}
	return "", false
}

func (p *fakePane) Paste(text string) (tea.Cmd, bool) {
	if p.wants {
		p.typed += "[" + text + "]"
	}
	return nil, p.wants
}

// fakeService has a list of sessions and a vault.
type fakeService struct {
	list  []vault.Meta
	vault error
}

func (s *fakeService) Sessions(context.Context) ([]vault.Meta, error) { return s.list, nil }
func (s *fakeService) ProbeVault(context.Context) error               { return s.vault }
func (s *fakeService) VaultName() string                              { return "keyring" }

// fakeClipboard remembers what was copied.
type fakeClipboard struct {
	text string
	how  string // "" is through the terminal and wl-copy
	err  error
}

func (c *fakeClipboard) Copy(_ context.Context, text string) (string, error) {
	c.text = text
	if c.err != nil {
		return "", c.err
	}
	return cmp.Or(c.how, "through the terminal and wl-copy"), nil
}

// bench is a root with fake panes, a fake clock and a screen of 120x40.
type bench struct {
	*root
	svc  *fakeService
	clip *fakeClipboard
	at   time.Time
}

func newBench(t testing.TB, c Config) *bench {
	t.Helper()
	b := &bench{svc: &fakeService{}, clip: &fakeClipboard{}, at: time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)}
	b.root = newRoot(c, b.svc, func() (*pane.Context, []pane.Pane) {
		ctx := &pane.Context{
			Styles:   theme.NewFor("dark", true, false, termenv.Ascii),
			Now:      func() time.Time { return b.at },
			Profile:  c.Profile,
			ReadOnly: c.ReadOnly,
		}
		panes := []pane.Pane{&fakePane{ctx: ctx, scope: keys.Sessions}}
		for _, s := range keys.Panes() {
			panes = append(panes, &fakePane{ctx: ctx, scope: s})
		}
		return ctx, panes
	}, b.clip)
	b.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	return b
}

func (b *bench) fake(s keys.Scope) *fakePane { return b.panes.get(s).(*fakePane) }

// send sends the root a message and runs the resulting commands, except timers, until there are no more.
func (b *bench) send(msgs ...tea.Msg) (quit bool) {
	for _, msg := range msgs {
		_, cmd := b.Update(msg)
		quit = b.run(cmd) || quit
	}
	return quit
}

func (b *bench) run(cmd tea.Cmd) (quit bool) {
	if cmd == nil {
		return false
	}
	result := make(chan tea.Msg, 1)
	go func() { result <- cmd() }()
	var msg tea.Msg
	select {
	case msg = <-result:
	case <-time.After(50 * time.Millisecond): // a timer: tests send what it would by themselves
		return false
	}
	switch m := msg.(type) {
	case nil:
		return false
	case tea.QuitMsg:
		return true
	case tea.BatchMsg:
		for _, one := range m {
			quit = b.run(one) || quit
		}
		return quit
	}
	return b.send(msg)
}

// press sends keys by their names: "a", "enter", "ctrl+c".
func (b *bench) press(names ...string) (quit bool) {
	special := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab,
		"ctrl+c": tea.KeyCtrlC,
		"ctrl+p": tea.KeyCtrlP, "up": tea.KeyUp, "down": tea.KeyDown, "f1": tea.KeyF1,
	}
	for _, n := range names {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(n)}
		if kind, ok := special[n]; ok {
			k = tea.KeyMsg{Type: kind}
		}
		quit = b.send(k) || quit
	}
	return quit
}

func (b *bench) shows(t *testing.T, want string) {
	t.Helper()
	if !strings.Contains(b.View(), want) {
		t.Errorf("the screen does not show %q:\n%s", want, b.View())
	}
}

func (b *bench) showsNot(t *testing.T, unwanted string) {
	t.Helper()
	if strings.Contains(b.View(), unwanted) {
		t.Errorf("the screen shows %q:\n%s", unwanted, b.View())
	}
}

func paste(text string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}
}

// sessionsOf makes n sessions that expire one minute apart.
func (b *bench) sessionsOf(n int) []vault.Meta {
	list := make([]vault.Meta, n)
	for i := range list {
		list[i] = vault.Meta{
			ID: fmt.Sprintf("s%05d", i), Label: fmt.Sprintf("label-%d", i), Profile: "acme",
			Issuer:     "https://login.acme.example",
			ReceivedAt: b.at.Add(-time.Minute), ExpiresAt: b.at.Add(time.Duration(i+1) * time.Minute),
		}
	}
	return list
}

var errVault = errors.New("no Secret Service answers\nstart one")
