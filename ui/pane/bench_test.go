package pane_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/wire"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/calls"
	"fob/ui/pane/expiry"
	"fob/ui/pane/flow"
	"fob/ui/pane/internal/panetest"
	"fob/ui/pane/provider"
	"fob/ui/pane/sessions"
	"fob/ui/pane/token"
	"fob/ui/pane/trace"
)

// bench is every pane on one demo provider.
type bench struct {
	*panetest.Driver
	ctx      *pane.Context
	t        *testing.T
	sessions *sessions.Pane
	token    *token.Pane
	expiry   *expiry.Pane
	calls    *calls.Pane
	flow     *flow.Pane
	provider *provider.Pane
	trace    *trace.Pane
	all      []pane.Pane
}

func newBench(t *testing.T, faults ...string) *bench {
	ctx := panetest.Demo(t, faults...)
	b := &bench{t: t, ctx: ctx, sessions: sessions.New(ctx), token: token.New(ctx), expiry: expiry.New(ctx),
		calls: calls.New(ctx),
		flow:  flow.New(ctx), provider: provider.New(ctx), trace: trace.New(ctx)}
	b.all = []pane.Pane{b.sessions, b.token, b.expiry, b.calls, b.flow, b.provider, b.trace}
	b.Driver = panetest.NewDriver(t, ctx, b.all...)
	b.Reload()
	return b
}

// do performs an action as the root does: only when it is not disabled.
func (b *bench) do(p pane.Pane, a keys.Action) {
	b.t.Helper()
	if why := p.Disabled(a); why != "" {
		b.t.Fatalf("%s cannot be carried out: %s\n%s", a, why, p.View(110, 30))
	}
	b.Run(p.Do(a))
}

// shows waits until a pane shows every text.
func (b *bench) shows(p pane.Pane, texts ...string) {
	b.t.Helper()
	b.Until(p.Title()+" shows "+strings.Join(texts, ", "), func() bool {
		view := p.View(140, 50)
		for _, text := range texts {
			if !strings.Contains(view, text) {
				return false
			}
		}
		return true
	})
}

// submit presses the form's button from wherever the cursor is.
func (b *bench) submit(p pane.Pane) { b.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX})) }

// signIn runs the grant under the cursor of the Flow pane, the first one at the beginning.
func (b *bench) signIn() {
	b.t.Helper()
	b.Send(pane.FocusMsg{Scope: keys.Flow})
	b.shows(b.flow, "supported")
	b.do(b.flow, keys.Open)
	b.shows(b.flow, "Scope")
	b.submit(b.flow)
}

// newest is the ID of the session that was made last.
func (b *bench) newest() string {
	list, err := b.ctx.Service.Sessions(context.Background())
	if err != nil || len(list) == 0 {
		return ""
	}
	return slices.MaxFunc(list, func(x, y vault.Meta) int { return x.CreatedAt.Compare(y.CreatedAt) }).ID
}

// userinfos are the responses of the userinfo endpoint.
func userinfos(b *bench) (list []wire.Exchange) {
	for _, x := range b.ctx.Service.Exchanges() {
		if strings.Contains(x.Request.URL, "/userinfo") && x.Response != nil {
			list = append(list, x)
		}
	}
	return list
}

// turnTo goes through the views until a text is seen.
func (b *bench) turnTo(p pane.Pane, text string) {
	b.t.Helper()
	for range 20 {
		if strings.Contains(p.View(140, 50), text) {
			return
		}
		b.do(p, keys.TokenView)
	}
	b.t.Fatalf("no view shows %s\n%s", text, p.View(140, 50))
}

// alter opens the form of a token for tests, goes to the switch of that label, sets it and makes the token.
func (b *bench) alter(a keys.Action, label string) {
	b.t.Helper()
	b.do(b.token, a)
	b.shows(b.token, "Claims", "Signature", label)
	for range 12 {
		for _, line := range strings.Split(b.token.View(140, 50), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "> "+label) {
				b.Run(b.token.Update(tea.KeyMsg{Type: tea.KeySpace}))
				b.submit(b.token)
				return
			}
		}
		b.Run(b.token.Update(tea.KeyMsg{Type: tea.KeyTab}))
	}
	b.t.Fatalf("there is no %s\n%s", label, b.token.View(140, 50))
}

const fieldExpired = "Expired"
