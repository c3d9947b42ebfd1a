package ui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/explain/doctor"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
)

// faulty is a fake pane that shows an error.
type faulty struct {
	*fakePane
	fault pane.ErrorMsg
}

func (f faulty) ShownError() (pane.ErrorMsg, bool) { return f.fault, f.fault.Err != nil }

// broken is an error whose first advice is to wait a minute.
func broken(again tea.Cmd) pane.ErrorMsg {
	return pane.ErrorMsg{What: "refreshing alice", Err: errors.New("maintenance"), Retry: again,
		Diagnosis: &doctor.Diagnosis{Title: "Maintenance.",
			Next: []doctor.Action{{Text: "Look at its page."}, {Text: "Try again.",
				Do: map[string]string{doctor.DoWait: "60"}}}}}
}

func TestRemedyKeyWaitsAndRetries(t *testing.T) {
	for _, c := range []struct {
		key   string
		after time.Duration
		runs  int
	}{{"", 61 * time.Second, 1}, {"", 59 * time.Second, 0}, {"enter", 0, 1}, {"esc", 61 * time.Second, 0}} {
		b := newBench(t, Config{})
		runs := 0
		b.send(broken(func() tea.Msg { runs++; return nil }))
		b.at = b.at.Add(time.Second)
		b.press("1")
		b.shows(t, "refreshing alice is retried in 1m0s")
		if c.key != "" {
			b.press(c.key)
		}
		b.at = b.at.Add(c.after)
		b.send(tickMsg{b.ticks.pending})
		if runs != c.runs {
			t.Errorf("%q, then %s: it was done %d times, want %d", c.key, c.after, runs, c.runs)
		}
		if over := c.after < time.Minute && c.key == ""; over != (b.notices.countdown() != nil) {
			t.Errorf("%q, then %s: got a countdown %v, want %v", c.key, c.after, !over, over)
		}
	}
}

func TestDiagnosisOfAnErrorInAPane(t *testing.T) {
	b := newBench(t, Config{})
	b.press("5", "!")
	b.shows(t, "nothing has failed here")
	for i, p := range b.panes.all {
		if p.Scope() == keys.Provider {
			b.panes.all[i] = faulty{p.(*fakePane), broken(nil)}
		}
	}
	b.press("!")
	b.shows(t, "Maintenance.")
	b.shows(t, "→  Try again.")
	b.press("esc")
	b.showsNot(t, "Maintenance.")
	for i, p := range b.panes.all {
		if f, ok := p.(faulty); ok {
			f.fault = pane.ErrorMsg{What: "Device", Err: fmt.Errorf("waiting: %w", context.Canceled)}
			b.panes.all[i] = f
		}
	}
	b.press("!")
	b.shows(t, "Device was cancelled. Nothing was stored.")
	b.showsNot(t, "context canceled")
}

func TestAnotherSessionIsChosen(t *testing.T) {
	b := newBench(t, Config{})
	b.svc.list = b.sessionsOf(3)
	b.send(pane.SessionsMsg{Sessions: b.svc.list})
	b.send(pane.ChooseSessionMsg{Why: "send it again"})
	b.showsNot(t, "> label-0")
	b.press("down", "enter")
	if got := b.list.selected; got.ID != b.svc.list[2].ID {
		t.Errorf("got %s, want the second of the others", got.ID)
	}
	b.shows(t, "send it again")
	b.send(pane.SessionsMsg{Sessions: []vault.Meta{b.svc.list[2]}}, pane.ChooseSessionMsg{})
	b.shows(t, "there is no other session")
}
