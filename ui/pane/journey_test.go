package pane_test

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
	"fob/ui/theme"
)

func TestAPersonSignsInCallsAndRenews(t *testing.T) {
	b := newBench(t)
	b.shows(b.sessions, "No sessions yet.", "n")
	b.signIn()
	b.shows(b.flow, "Tokens received, checked and stored", "passed")
	b.shows(b.sessions, "alice", "demo")
	b.do(b.flow, keys.Open)
	b.Until("the root is asked to open the session", func() bool {
		return len(b.Selects) > 0 && b.Selects[len(b.Selects)-1].Open
	})
	b.shows(b.token, "access token", "signature good", "expires in", "iss")
	b.shows(b.expiry, "alice", "valid")

	b.do(b.calls, keys.CallEdit)
	b.Type("/me")
	b.submit(b.calls)
	b.shows(b.calls, "200 OK", "alice")

	before := b.sessions.View(40, 10)
	b.do(b.sessions, keys.SessionRefresh)
	b.Until("the tokens were renewed", func() bool { return len(b.Toasts) > 0 })
	if !strings.Contains(strings.Join(b.Toasts, "\n"), "has new tokens") {
		t.Errorf("got toasts %q (list before: %s)", b.Toasts, before)
	}
	b.shows(b.trace, "exchanges", "/me", "200")
	b.Send(pane.FocusMsg{Scope: keys.Provider})
	b.shows(b.provider, "Supports", "yes")
	if len(b.Errors) > 0 {
		t.Errorf("got errors %v, want none", b.Errors)
	}
	for _, p := range b.all {
		panetest.Sizes(t, p.Title(), p)
	}
}

// What was signed in to last is what the other panes are about, also beside an older session.
func TestASecondSignInIsSelected(t *testing.T) {
	b := newBench(t)
	for n := 1; n <= 2; n++ {
		b.signIn()
		b.shows(b.flow, "Tokens received, checked and stored")
		b.Until("the session is asked for", func() bool {
			return len(b.Selects) > 0 && b.Selects[len(b.Selects)-1].ID == b.newest()
		})
		b.do(b.flow, keys.FlowAgain)
	}
}

func TestAFailedCheckIsShownWithBothSides(t *testing.T) {
	b := newBench(t, "wrong-nonce")
	b.signIn()
	b.shows(b.flow, "Failed check", "expected", "received", "Nothing was stored")
	b.shows(b.sessions, "No sessions yet.")
	b.do(b.flow, keys.FlowAgain)
	if !b.flow.Editing() || !strings.Contains(b.flow.View(100, 30), "Scope") {
		t.Errorf("the form is not back:\n%s", b.flow.View(100, 30))
	}
}

// An answer to a refresh that failed a check has used the old refresh token. What is stored of it is said, and what
// becomes of the session.
func TestAFailedCheckOfARefreshSaysWhatWasStored(t *testing.T) {
	for fault, c := range map[string]struct {
		says, not string
	}{
		"changed-auth-time": {"only the new refresh token of the response is stored", "Nothing was stored"},
		"changed-subject":   {"is used up by this: sign in again", ""},
	} {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			b.signIn()
			b.shows(b.sessions, "alice")
			b.do(b.sessions, keys.SessionRefresh)
			b.Until("the refresh failed", func() bool { return len(b.Errors) > 0 })
			p := b.ctx.Explain(b.Errors[0])
			for where, text := range map[string]string{
				"whole": p.Text(200), "brief": strings.Join(p.Brief(&theme.Styles{}, 200, 20), "\n"),
			} {
				if !strings.Contains(text, c.says) || c.not != "" && strings.Contains(text, c.not) {
					t.Errorf("%s: got\n%s\nwant %q in it and not %q", where, text, c.says, c.not)
				}
			}
		})
	}
}

func TestRemovingAsksFirst(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.sessions, "alice")
	b.do(b.sessions, keys.SessionRemove)
	b.Until("the person is asked", func() bool { return len(b.Confirms) == 1 })
	binding, _ := keys.ByAction(keys.SessionRemove)
	if letter := b.Confirms[0].Letter; letter == binding.Keys[0] || letter == "enter" {
		t.Errorf("got %q as the letter that confirms, want one that did not ask", letter)
	}
	b.shows(b.sessions, "alice")
	b.Run(b.Confirms[0].Do)
	b.shows(b.sessions, "No sessions yet.")
}

// stepped begins a sign-in of which every request waits.
func (b *bench) stepped() {
	b.t.Helper()
	b.Send(pane.FocusMsg{Scope: keys.Flow})
	b.shows(b.flow, "supported")
	b.do(b.flow, keys.Open)
	b.shows(b.flow, "Step through")
	for _, k := range []tea.KeyType{tea.KeyTab, tea.KeySpace} {
		b.Run(b.flow.Update(tea.KeyMsg{Type: k}))
	}
	b.submit(b.flow)
}

func TestRequestIsEditedBeforeItIsSent(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not been sent yet", "GET")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "The browser has not been opened yet", "code_challenge=")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "has not been sent yet", "code_verifier=")
	panetest.Sizes(t, "a request that waits", b.flow)
	b.do(b.flow, keys.FlowEdit)
	b.shows(b.flow, "Edit the request")
	panetest.Sizes(t, "a request that is edited", b.flow)
	// The cursor is on the first line; the code and the code_verifier are below it.
	for _, k := range []tea.KeyType{tea.KeyDown, tea.KeyDown, tea.KeyCtrlU} {
		b.flow.Update(tea.KeyMsg{Type: k})
	}
	if view := b.flow.View(140, 50); strings.Contains(view, "code_verifier=") {
		t.Fatalf("got\n%s\nwant the code_verifier gone", view)
	}
	b.submit(b.flow)
	b.shows(b.flow, "did not work", "code_verifier", "edited")
}

// The URL that the browser opens is a request too: the server receives what is typed there.
func TestBrowserRequestIsEditedBeforeItIsSent(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not been sent yet", "GET")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "The browser has not been opened yet", "scope=")
	panetest.Sizes(t, "a browser's request that waits", b.flow)
	b.do(b.flow, keys.FlowEdit)
	b.shows(b.flow, "Query", "scope=")
	if view := b.flow.View(140, 50); strings.Contains(view, "Headers") {
		t.Errorf("got\n%s\nwant no header fields: the browser makes them", view)
	}
	b.Type("\nlogin_hint=alice")
	b.submit(b.flow)
	b.shows(b.flow, "has not been sent yet", "code_verifier=")
	b.do(b.flow, keys.FlowSendAll)
	b.shows(b.flow, "Tokens received, checked and stored", "edited", "authorization.login_hint=alice")
	b.do(b.flow, keys.Home)
	for n := 0; n < 20 && !strings.Contains(b.flow.View(140, 50), "edited before it was sent:"); n++ {
		b.do(b.flow, keys.Down)
	}
	b.shows(b.flow, "edited before it was sent:")
}

func TestAWaitingRequestIsAborted(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not been sent yet")
	b.do(b.flow, keys.FlowCancel)
	b.shows(b.flow, "aborted")
	b.shows(b.sessions, "No sessions yet.")
}

func TestTheRestIsSentWithoutAsking(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not been sent yet")
	b.do(b.flow, keys.FlowSendAll)
	b.shows(b.flow, "Tokens received, checked and stored")
}

func TestEscLeavesARunGoingOnAndCtrlCEndsIt(t *testing.T) {
	b := newBench(t, "slow-answer")
	b.Send(pane.FocusMsg{Scope: keys.Flow})
	b.do(b.flow, keys.Open)
	b.submit(b.flow)
	b.Until("the run is going on", b.flow.NeedsTick)
	if b.flow.Back() || !b.flow.NeedsTick() {
		t.Fatal("esc has ended the run, or stays in the pane")
	}
	if what, _ := b.flow.Running(); what == "" {
		t.Error("nothing says that the run goes on")
	}
	if view := b.flow.View(100, 20); !strings.Contains(view, "ctrl+c cancels") {
		t.Errorf("got\n%s\nwant the key that cancels", view)
	}
	if !b.flow.Cancel() {
		t.Fatal("ctrl+c was not taken")
	}
	b.shows(b.flow, "was cancelled")
	if what, _ := b.flow.Running(); what != "" {
		t.Errorf("got %q after the end", what)
	}
}

func TestTimesGoOnWithoutReadingAgain(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "expires in 0")
	exchanges := len(b.ctx.Service.Exchanges())
	b.ctx.Now = func() time.Time { return time.Now().Add(3 * time.Minute) }
	b.Send(pane.TickMsg{Now: b.ctx.Now()})
	for _, p := range []pane.Pane{b.token, b.sessions, b.expiry} {
		if view := p.View(140, 50); !strings.Contains(view, "expired") {
			t.Errorf("%s: got\n%s\nwant it to say that the token has expired", p.Title(), view)
		}
	}
	if got := len(b.ctx.Service.Exchanges()); got != exchanges {
		t.Errorf("got %d exchanges after the tick, want the %d from before", got, exchanges)
	}
}

// Calls explains an API's challenge, and offers what can be done about it.
func TestRejectedCallIsFixedFromItsPane(t *testing.T) {
	b := newBench(t, "expired-access-token")
	b.signIn()
	b.shows(b.token, "access token")
	if _, failed := b.calls.ShownError(); failed {
		t.Error("there is an error before anything was called")
	}
	b.do(b.calls, keys.CallEdit)
	b.Type("/me")
	b.submit(b.calls)
	b.shows(b.calls, "401", "likely: The token has expired", "why, and what to do")
	m, _ := b.calls.ShownError()
	p := b.ctx.Explain(m)
	var does []string
	for _, r := range p.Remedies {
		does = append(does, r.Does)
	}
	if len(does) < 2 || does[0] != "refreshes the session" ||
		!strings.HasPrefix(does[len(does)-1], "chooses another session") {
		t.Fatalf("got %q, want the refresh first and another session last", does)
	}
	if text := p.Text(80); !strings.Contains(text, m.About.Session.ID) && strings.Contains(text, "SESSION") {
		t.Errorf("got\n%s\nwant no placeholder left", text)
	}
	b.Run(p.Remedies[0].Do)
	b.Until("the session is refreshed", func() bool {
		return strings.Contains(strings.Join(b.Toasts, "\n"), "has new tokens")
	})
}

func TestRejectedRefreshShowsWhatCanBeDone(t *testing.T) {
	b := newBench(t, "refresh-family-revoked")
	b.signIn()
	b.shows(b.sessions, "alice")
	b.do(b.sessions, keys.SessionRefresh)
	b.Until("the rejection is reported", func() bool { return len(b.Errors) == 1 })
	p := b.ctx.Explain(b.Errors[0])
	if p.Diagnosis == nil || p.Diagnosis.Code != "invalid_grant" || len(p.Remedies) == 0 ||
		p.Remedies[0].Does != "goes to the form" {
		t.Fatalf("got %+v, want a diagnosis whose first remedy is to sign in again", p)
	}
	b.Run(p.Remedies[0].Do)
	b.shows(b.flow, "Authorization code", "ctrl+x")
}

// The user is asked about a token endpoint that has left the issuer's site, and accepts it from where the error shows.
func TestATokenEndpointThatHasMovedAwayIsAcceptedByAKey(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.sessions, "alice")
	list, err := b.ctx.Service.Sessions(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d sessions, %v", len(list), err)
	}
	m := list[0]
	moved := &session.EndpointMovedError{Session: m, Old: m.TokenEndpoint, New: "https://elsewhere.example/token"}
	failed := pane.FailedOn("Refreshing", moved, session.ErrorContext{Session: m}, nil).(pane.ErrorMsg)
	p := b.ctx.Explain(failed)
	if len(p.Remedies) == 0 || !strings.Contains(p.Remedies[0].Does, "accepts that address") {
		t.Fatalf("got %+v, want a key that accepts it", p.Remedies)
	}
	if text := p.Text(100); !strings.Contains(text, moved.New) || !strings.Contains(text, moved.Old) {
		t.Errorf("both addresses are not shown:\n%s", text)
	}
	// It is bound to the new one, so the real one has moved away from that.
	b.Run(p.Remedies[0].Do)
	b.Until("the session is bound to it", func() bool {
		list, err := b.ctx.Service.Sessions(t.Context())
		return err == nil && len(list) == 1 && list[0].Refreshes == 1
	})
	b.ctx.ReadOnly = true
	for _, r := range b.ctx.Explain(failed).Remedies {
		if !strings.HasPrefix(r.Does, "copies") {
			t.Errorf("read-only: a key %s", r.Does)
		}
	}
}
