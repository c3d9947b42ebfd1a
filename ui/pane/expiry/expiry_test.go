package expiry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

func init() { time.Local = time.UTC } // times are shown in the local zone

var now = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func board(t testing.TB, list []vault.Meta) *Pane {
	p := New(panetest.Context(t, func() time.Time { return now }))
	p.Update(pane.SessionsMsg{Sessions: list})
	return p
}

func some() []vault.Meta {
	received := now.Add(-2 * time.Minute)
	both := []tokens.Kind{tokens.Access, tokens.Refresh}
	return []vault.Meta{
		{ID: "d", Label: "forever", Profile: "old", ReceivedAt: received, Kinds: both},
		{ID: "a", Label: "alice", Profile: "acme-dev", ReceivedAt: received, ExpiresAt: now.Add(252 * time.Second),
			RefreshExpires: now.Add(29 * 24 * time.Hour), Kinds: both, Refreshes: 7},
		{ID: "c", Label: "bob", Profile: "keycloak", ReceivedAt: received, ExpiresAt: now.Add(-2 * time.Minute),
			RefreshExpires: now.Add(-time.Minute), Kinds: both},
		{ID: "b", Label: "ci-bot", Profile: "acme-dev", ReceivedAt: received, ExpiresAt: now.Add(48 * time.Second),
			Kinds: both[:1]},
	}
}

func TestTheBoard(t *testing.T) {
	p := board(t, some())
	panetest.Golden(t, "board", p)
	panetest.Sizes(t, "board", p)
	panetest.Sizes(t, "empty", board(t, nil))
}

func TestSessionWithoutAccessTokenHasNoCountdown(t *testing.T) {
	view := board(t, []vault.Meta{{ID: "a", Label: "revoked", ReceivedAt: now,
		Kinds: []tokens.Kind{tokens.Refresh}}}).View(120, 10)
	if !strings.Contains(view, "1 no access token") || !strings.Contains(view, "none") ||
		strings.Contains(view, "no expiry") {
		t.Errorf("got\n%s\nwant none", view)
	}
}

func TestInvalidRefreshTokenIsShownAndNotUsed(t *testing.T) {
	m := vault.Meta{ID: "a", Label: "alice", Grant: "authorization_code", ReceivedAt: now,
		RefreshExpires: now.Add(time.Hour), RefreshInvalid: &vault.InvalidRefresh{At: now},
		Kinds: []tokens.Kind{tokens.Access, tokens.Refresh}}
	p := board(t, []vault.Meta{m})
	if view := p.View(120, 10); !strings.Contains(view, "invalid") {
		t.Errorf("got\n%s\nwant invalid", view)
	}
	if why := p.Disabled(keys.ExpiryRefresh); !strings.Contains(why, "sign in again") {
		t.Errorf("refresh is disabled with %q", why)
	}
	m.Grant = "client_credentials" // which needs no user
	if why := board(t, []vault.Meta{m}).Disabled(keys.ExpiryRefresh); why != "" {
		t.Errorf("with a grant that needs no user, refresh is disabled with %q", why)
	}
}

func TestOrders(t *testing.T) {
	p := board(t, some())
	for _, want := range []string{"c b a d", "a c b d", "a b c d"} {
		var got []string
		for _, s := range p.sessions {
			got = append(got, s.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %s: got %v, want %s", orders[p.order].name, got, want)
		}
		p.Do(keys.ExpirySort)
	}
}

func TestSortingKeepsTheCursorOnItsSession(t *testing.T) {
	p := board(t, some())
	p.Update(pane.SelectedMsg{Meta: vault.Meta{ID: "a"}})
	p.Do(keys.ExpirySort)
	if got := p.current().ID; got != "a" {
		t.Errorf("got %q, want a", got)
	}
}

func BenchmarkTickWithTenThousandSessions(b *testing.B) {
	var list []vault.Meta
	for i := range 10_000 {
		list = append(list, vault.Meta{ID: fmt.Sprint(i), Label: fmt.Sprint("session ", i), ReceivedAt: now,
			ExpiresAt: now.Add(time.Duration(i) * time.Second), Kinds: []tokens.Kind{tokens.Access}})
	}
	p := board(b, list)
	for b.Loop() {
		p.Update(pane.TickMsg{Now: now})
		p.View(120, 40)
	}
}
