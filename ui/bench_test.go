package ui

import (
	"io"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/expiry"
	"fob/ui/pane/sessions"
	"fob/ui/theme"
)

// stage is a root with the panes that show lists, on a screen of 120x40 in full colour.
func stage(tb testing.TB, n int) *root {
	tb.Helper()
	b := newBench(tb, Config{})
	r := newRoot(Config{}, b.svc, func() (*pane.Context, []pane.Pane) {
		ctx := &pane.Context{Styles: theme.NewFor("dark", true, false, termenv.TrueColor),
			Now: func() time.Time { return b.at }}
		panes := []pane.Pane{sessions.New(ctx), expiry.New(ctx)}
		for _, s := range keys.Panes() {
			if s != keys.Expiry {
				panes = append(panes, &fakePane{ctx: ctx, scope: s})
			}
		}
		return ctx, panes
	}, b.clip)
	r.resize(120, 40)
	list := b.sessionsOf(n)
	for i := range list {
		list[i].Kinds = []tokens.Kind{tokens.Access, tokens.Refresh}
	}
	r.Update(pane.SessionsMsg{Sessions: list})
	return r
}

// BenchmarkFirstFrame is the work up to the first frame: the root, its panes and one drawing.
func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		_, _ = io.WriteString(io.Discard, stage(b, 0).View())
	}
}

// BenchmarkKeyWith10000Sessions is one key press and the frame after it.
func BenchmarkKeyWith10000Sessions(b *testing.B) {
	r := stage(b, 10_000)
	k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("j")}
	for b.Loop() {
		r.Update(k)
		_ = r.View()
	}
}

// BenchmarkTick is one second's work with 100 countdowns on the screen.
func BenchmarkTick(b *testing.B) {
	r := stage(b, 100)
	r.panes.focusOn(keys.Expiry)
	for b.Loop() {
		r.Update(tickMsg{r.ticks.pending})
		_ = r.View()
	}
}
