package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

var now = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func some() []vault.Meta {
	received := now.Add(-2 * time.Minute)
	return []vault.Meta{
		{ID: "a", Label: "alice", Profile: "acme-dev", ReceivedAt: received, ExpiresAt: now.Add(252 * time.Second),
			Kinds: []tokens.Kind{tokens.Access, tokens.Refresh}},
		{ID: "b", Label: "ci-bot", Profile: "acme-dev", ReceivedAt: received, ExpiresAt: now.Add(48 * time.Second),
			Kinds: []tokens.Kind{tokens.Access}},
		{ID: "c", Label: "bob\x1b[2J", Issuer: "https://login.example/realms/x", ReceivedAt: received,
			ExpiresAt: now.Add(-2 * time.Minute), Kinds: []tokens.Kind{tokens.Access, tokens.Refresh}},
		{ID: "d", Label: "forever", Profile: "old", ReceivedAt: received, Kinds: []tokens.Kind{tokens.Access}},
	}
}

func shown(t *testing.T, list []vault.Meta, err error) *Pane {
	p := New(panetest.Context(t, func() time.Time { return now }))
	p.Update(pane.SessionsMsg{Sessions: list, Err: err})
	return p
}

func TestTheList(t *testing.T) {
	p := shown(t, some(), nil)
	panetest.Golden(t, "list", p)
	panetest.Sizes(t, "list", p)
	if view := p.View(30, 20); strings.Contains(view, "\x1b") {
		t.Errorf("a sequence from a label reaches the terminal: %q", view)
	}
}

func TestSessionWithoutAccessTokenHasNoCountdown(t *testing.T) {
	view := shown(t, []vault.Meta{{ID: "a", Label: "revoked", ReceivedAt: now, Kinds: []tokens.Kind{tokens.Refresh}}},
		nil).View(40, 10)
	if !strings.Contains(view, "no access token") || strings.Contains(view, "no expiry") {
		t.Errorf("got\n%s\nwant no access token", view)
	}
}

func TestInvalidRefreshTokenIsShownAndNotUsed(t *testing.T) {
	list := some()[:1]
	list[0].Grant, list[0].RefreshInvalid = "authorization_code", &vault.InvalidRefresh{At: now}
	p := shown(t, list, nil)
	if view := p.View(40, 10); !strings.Contains(view, "RT invalid") {
		t.Errorf("got\n%s\nwant RT invalid", view)
	}
	if why := p.Disabled(keys.SessionRefresh); !strings.Contains(why, "sign in again") {
		t.Errorf("refresh is disabled with %q", why)
	}
	panetest.Sizes(t, "invalid", p)
}

func TestEmptyListNamesKeys(t *testing.T) {
	p := shown(t, nil, nil)
	panetest.Golden(t, "empty", p)
	panetest.Sizes(t, "empty", p)
	if why := p.Disabled(keys.SessionRefresh); why == "" {
		t.Error("refreshing is offered without a session")
	}
}

func TestDamagedRecordsAreShown(t *testing.T) {
	p := shown(t, some(), errors.New("the record x9 is damaged: unexpected end of file"))
	panetest.Sizes(t, "damaged", p)
	view := p.View(60, 20)
	for _, want := range []string{"alice", "the record x9 is damaged"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
}

func TestMovingRequestsTheSelection(t *testing.T) {
	p := shown(t, some(), nil)
	for p.ctx.NextRequest() != nil { // the selection
	}
	p.Do(keys.Down)
	if got, want := p.ctx.NextRequest(), (pane.SelectMsg{ID: "b"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	p.Update(pane.SelectedMsg{Meta: some()[2]})
	if m, _ := p.current(); m.ID != "c" {
		t.Errorf("got the cursor on %q, want it to follow the selection to c", m.ID)
	}
}

func TestSessionsWithOneLabelHaveUniqueNames(t *testing.T) {
	got := uniqueNames([]vault.Meta{
		{ID: "a1234567", Label: "alice", Profile: "demo", ClientID: "desk"},
		{ID: "b1234567", Label: "alice", Profile: "demo", ClientID: "ci"},
		{ID: "c1234567", Label: "alice", Profile: "acme"},
		{ID: "d1234567", Label: "bob · demo", Profile: "demo", ClientID: "desk"},
		{ID: "e1234567", Label: "bob · demo", Profile: "demo", ClientID: "desk"},
		{ID: "f1234567", Label: "demonstration", Profile: "demo"},
	})
	want := map[string]string{"a1234567": "alice · demo · desk", "b1234567": "alice · demo · ci",
		"c1234567": "alice · acme",
		"d1234567": "bob · demo · desk · d12345", "e1234567": "bob · demo · desk · e12345",
		"f1234567": "demonstration"}
	for id, name := range want {
		if got[id] != name {
			t.Errorf("%s: got %q, want %q", id, got[id], name)
		}
	}
}

func TestTheSelectionStaysOnItsSession(t *testing.T) {
	p := shown(t, some(), nil)
	p.Do(keys.End)
	p.Update(pane.SessionsMsg{Sessions: some()[1:]})
	if m, _ := p.current(); m.ID != "d" {
		t.Errorf("got the cursor on %q, want it still on d", m.ID)
	}
}

func TestFilterSearchesAllFields(t *testing.T) {
	p := shown(t, some(), nil)
	p.Do(keys.Filter)
	if !p.Editing() {
		t.Fatal("the filter does not take keys")
	}
	for _, r := range "realms" {
		p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	if m, _ := p.current(); m.ID != "c" {
		t.Errorf("got %q, want the session whose issuer matches", m.ID)
	}
	panetest.Sizes(t, "filtered", p)
}

func TestDisabledRefreshHasAReason(t *testing.T) {
	p := shown(t, some(), nil)
	if why := p.Disabled(keys.SessionRefresh); why != "" {
		t.Errorf("alice: got %q, want it to be possible", why)
	}
	p.Do(keys.Down)
	if why := p.Disabled(keys.SessionRefresh); why != "this session has no refresh token" {
		t.Errorf("ci-bot: got %q", why)
	}
}

func TestFailedRefreshNamesTheSession(t *testing.T) {
	ctx := panetest.Context(t, func() time.Time { return now })
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	p.Update(pane.SessionsMsg{Sessions: some()})
	d.Run(p.Do(keys.SessionRefresh)) // no such record in the vault
	if why := p.Disabled(keys.SessionRename); why != "fob is still refreshing alice: wait, or cancel it with esc" {
		t.Errorf("got %q, want what is running and what to do", why)
	}
	d.Until("the error is shown", func() bool { return len(d.Errors) == 1 })
	if !strings.Contains(d.Errors[0].What, "alice") {
		t.Errorf("got %+v, want it to name the session", d.Errors[0])
	}
	if why := p.Disabled(keys.SessionRename); strings.Contains(why, "still") {
		t.Error("the pane is still busy after the work has ended")
	}
}

// A rejected label stays in its field, with the reason below it; a text that looks like a secret is never put there.
func TestRejectedLabelStays(t *testing.T) {
	ctx := panetest.Context(t, func() time.Time { return now })
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	p.Update(pane.SessionsMsg{Sessions: some()})
	p.Do(keys.SessionRename)
	const secret = "tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe"
	d.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(secret), Paste: true})
	if view := p.View(60, 20); strings.Contains(view, secret[:8]) || !strings.Contains(view, "looks like a token") {
		t.Errorf("got\n%s\nwant the secret rejected and not shown", view)
	}
	d.Type(" two\n") // no such record in the vault
	d.Until("it has failed", func() bool { return p.problem != "" && !p.work.Running() })
	kept := p.renaming != "" && p.label.Value() == "alice two" && len(d.Errors) == 0
	if view := p.View(60, 20); !kept || !strings.Contains(view, "! ") {
		t.Errorf("got %q, errors %v and\n%s\nwant the label kept, and why below it", p.label.Value(), d.Errors, view)
	}
}
