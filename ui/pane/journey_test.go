package pane_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/wire"
	"fob/tokens"
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
	b := &bench{t: t, ctx: ctx, sessions: sessions.New(ctx), token: token.New(ctx), expiry: expiry.New(ctx), calls: calls.New(ctx),
		flow: flow.New(ctx), provider: provider.New(ctx), trace: trace.New(ctx)}
	b.all = []pane.Pane{b.sessions, b.token, b.expiry, b.calls, b.flow, b.provider, b.trace}
	b.Driver = panetest.NewDriver(t, ctx, b.all...)
	b.Reload()
	return b
}

// do carries out an action as the root does: only when nothing speaks against it.
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

func TestAPersonSignsInCallsAndRenews(t *testing.T) {
	b := newBench(t)
	b.shows(b.sessions, "No sessions yet.", "n")
	b.signIn()
	b.shows(b.flow, "Tokens received, checked and stored", "passed")
	b.shows(b.sessions, "alice", "demo")
	b.do(b.flow, keys.Open)
	b.Until("the root is asked to open the session", func() bool { return len(b.Selects) > 0 && b.Selects[len(b.Selects)-1].Open })
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
		b.Until("the session is asked for", func() bool { return len(b.Selects) > 0 && b.Selects[len(b.Selects)-1].ID == b.newest() })
		b.do(b.flow, keys.FlowAgain)
	}
}

// newest is the ID of the session that was made last.
func (b *bench) newest() string {
	list, err := b.ctx.Service.Sessions(context.Background())
	if err != nil || len(list) == 0 {
		return ""
	}
	return slices.MaxFunc(list, func(x, y vault.Meta) int { return x.CreatedAt.Compare(y.CreatedAt) }).ID
}

func TestTheOtherTokensOfASession(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "access token", "signature good")
	b.do(b.token, keys.TokenNextKind)
	b.shows(b.token, "ID token", "signature good", "nonce")
	b.turnTo(b.token, "[JSON]")
	b.shows(b.token, `"nonce"`)
	b.turnTo(b.token, "[Header]")
	b.shows(b.token, "alg")
	b.turnTo(b.token, "[Signature]")
	b.shows(b.token, "Signature: good", "ES256", "Sizes")
	for !strings.Contains(b.token.View(140, 50), "[Ledger]") {
		b.do(b.token, keys.TokenView)
	}
	b.shows(b.token, "passed", "the state came back as it was sent")
}

func TestIntrospectionAndUserinfoAreAskedOnRequest(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	before := len(b.ctx.Service.Exchanges())
	b.do(b.token, keys.TokenUserinfo)
	b.shows(b.token, "has not left yet", "GET", "/userinfo", "sha256:")
	panetest.Sizes(t, "a request that waits", b.token)
	if got := len(b.ctx.Service.Exchanges()); got != before {
		t.Errorf("got %d exchanges, want the %d from before: nothing was agreed to", got, before)
	}
	if !b.token.Back() {
		t.Fatal("esc did not take the request back")
	}
	b.Until("it is said that nothing was sent", func() bool { return slices.Contains(b.Toasts, "nothing was sent") })
	b.do(b.token, keys.TokenUserinfo)
	b.shows(b.token, "has not left yet")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "[Userinfo]", "accepted", "sub")
	b.do(b.token, keys.TokenUserinfo)
	b.Until("the same is asked again without asking the person", func() bool { return len(userinfos(b)) == 2 })
}

// userinfos are the questions that were answered by the userinfo endpoint.
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

func TestARefusedCallIsExplainedByItsAnswer(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.alter(keys.TokenAlter, fieldExpired)
	b.shows(b.token, "token made here", "not stored", "expired an hour ago", "by the key made here", "expired 1h")
	b.do(b.token, keys.TokenCall)
	b.shows(b.calls, "token made here", "for one call")
	b.do(b.calls, keys.CallEdit)
	b.Type("/me")
	b.submit(b.calls)
	b.shows(b.calls, "401", "it was called with the token made here")
	b.do(b.calls, keys.CallWhy)
	b.shows(b.token, "[Why refused]", "answered 401", "/me", "the token has expired", "because", "made-here")
	panetest.Sizes(t, "why refused", b.token)
	b.do(b.calls, keys.CallSend)
	b.shows(b.calls, "200 OK")
	if list, err := b.ctx.Service.Sessions(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("got %d sessions and %v, want one: what was made is not stored", len(list), err)
	}
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

func TestAMadeTokenIsComparedWithItsOriginal(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.alter(keys.TokenAlter, fieldExpired)
	b.shows(b.token, "token made here", "expired an hour ago")
	b.do(b.token, keys.TokenCompare)
	b.shows(b.token, "[Changes]", "from the original", "exp", "changed", "header.kid", "same")
	b.do(b.token, keys.TokenCopyKey)
	b.Until("the public key is copied", func() bool { return len(b.Copies) == 1 })
	if got := b.Copies[0].Text; !strings.Contains(got, `"made-here"`) || strings.Contains(got, `"d"`) {
		t.Errorf("got %s, want the public half alone", got)
	}
	b.token.Back() // the changes
	b.token.Back()
	b.shows(b.token, "access token", "signature good")
}

func TestAStoredTokenIsReadWithoutAsking(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	before := len(b.ctx.Service.Exchanges())
	for range 3 {
		b.do(b.token, keys.TokenNextKind)
		b.Until("it is read", func() bool {
			return strings.Contains(b.token.View(140, 50), "B ") || strings.Contains(b.token.View(140, 50), "opaque")
		})
	}
	b.do(b.token, keys.TokenWhy)
	b.shows(b.token, "[Why refused]", "by the token alone")
	if got := len(b.ctx.Service.Exchanges()); got != before {
		t.Errorf("got %d exchanges, want the %d of the sign-in", got, before)
	}
}

func TestAPastedOpaqueTokenIsAskedAbout(t *testing.T) {
	b := newBench(t)
	b.Send(pane.InspectMsg{Raw: tokens.NewSecret("2YotnFZFEjr1zCsicMWpAA-2YotnFZFEjr1zCsicMWpAA")})
	b.shows(b.token, "pasted token", "opaque")
	b.do(b.token, keys.TokenUserinfo)
	b.Until("a profile is chosen", func() bool { return len(b.Chooses) == 1 })
	if items := b.Chooses[0].Items; len(items) != 1 || items[0].Label != "demo" {
		t.Fatalf("got %+v, want the profile", items)
	}
	b.Run(b.Chooses[0].Choose(0))
	b.shows(b.token, "has not left yet", "openid-configuration")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "has not left yet", "/userinfo")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "[Userinfo]", "invalid_token")
}

func TestARawTokenIsMaskedUntilRevealed(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	for !strings.Contains(b.token.View(140, 50), "[Raw]") {
		b.do(b.token, keys.TokenView)
	}
	b.shows(b.token, "payload", "characters")
	if strings.Contains(b.token.View(140, 50), "eyJ") {
		t.Fatalf("the masked view shows the token:\n%s", b.token.View(140, 50))
	}
	b.do(b.token, keys.TokenReveal)
	b.shows(b.token, "masked again in", "eyJ")
	b.do(b.token, keys.TokenReveal)
	if strings.Contains(b.token.View(140, 50), "eyJ") {
		t.Errorf("the token is still shown after it was masked:\n%s", b.token.View(140, 50))
	}
	b.do(b.token, keys.TokenCopy)
	b.Until("the token is handed to the clipboard", func() bool { return len(b.Copies) == 1 })
	if c := b.Copies[0]; c.Text != "" || c.Secret.IsZero() {
		t.Errorf("got %+v, want the token as a secret", c)
	}
}

func TestAFailedCheckIsShownWithBothSides(t *testing.T) {
	b := newBench(t, "wrong-nonce")
	b.signIn()
	b.shows(b.flow, "A check failed", "expected", "received", "Nothing was stored")
	b.shows(b.sessions, "No sessions yet.")
	b.do(b.flow, keys.FlowAgain)
	if !b.flow.Editing() || !strings.Contains(b.flow.View(100, 30), "Scope") {
		t.Errorf("the form is not back:\n%s", b.flow.View(100, 30))
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

func TestAPastedTokenIsShownAboveTheSession(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.do(b.token, keys.TokenCopy)
	b.Until("copied", func() bool { return len(b.Copies) == 1 })
	b.Send(pane.InspectMsg{Raw: b.Copies[0].Secret})
	b.shows(b.token, "pasted token", "not stored", "signature good", ", keys of ") // the sign-in has read them
	b.do(b.token, keys.TokenKeys)
	b.Until("they are of now", func() bool {
		v := b.token.View(120, 40)
		return strings.Contains(v, "signature good") && !strings.Contains(v, ", keys of ")
	})
	if !b.token.Back() {
		t.Fatal("esc did not leave the pasted token")
	}
	b.shows(b.token, "access token", "signature good")
	panetest.Sizes(t, "token", b.token)
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

func TestARequestIsEditedBeforeItLeaves(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not left yet", "GET")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "The browser was not sent there yet", "code_challenge=")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "has not left yet", "code_verifier=")
	panetest.Sizes(t, "a request that waits", b.flow)
	b.do(b.flow, keys.FlowEdit)
	b.shows(b.flow, "Edit the request")
	panetest.Sizes(t, "a request that is edited", b.flow)
	// The cursor is on the first line; the code and the code_verifier stand below it.
	for _, k := range []tea.KeyType{tea.KeyDown, tea.KeyDown, tea.KeyCtrlU} {
		b.flow.Update(tea.KeyMsg{Type: k})
	}
	if view := b.flow.View(140, 50); strings.Contains(view, "code_verifier=") {
		t.Fatalf("got\n%s\nwant the code_verifier gone", view)
	}
	b.submit(b.flow)
	b.shows(b.flow, "did not work", "code_verifier", "edited")
}

// The address that the browser is sent to is a request as well: what is typed there is what the server is asked.
func TestTheBrowsersRequestIsEditedBeforeItLeaves(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not left yet", "GET")
	b.do(b.flow, keys.FlowSend)
	b.shows(b.flow, "The browser was not sent there yet", "scope=")
	panetest.Sizes(t, "a browser's request that waits", b.flow)
	b.do(b.flow, keys.FlowEdit)
	b.shows(b.flow, "Query", "scope=")
	if view := b.flow.View(140, 50); strings.Contains(view, "Headers") {
		t.Errorf("got\n%s\nwant no header fields: the browser makes them", view)
	}
	b.Type("\nlogin_hint=alice")
	b.submit(b.flow)
	b.shows(b.flow, "has not left yet", "code_verifier=")
	b.do(b.flow, keys.FlowSendAll)
	b.shows(b.flow, "Tokens received, checked and stored", "edited", "authorization.login_hint=alice")
	b.do(b.flow, keys.Home)
	for n := 0; n < 20 && !strings.Contains(b.flow.View(140, 50), "edited before it left:"); n++ {
		b.do(b.flow, keys.Down)
	}
	b.shows(b.flow, "edited before it left:")
}

func TestAWaitingRequestIsAborted(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not left yet")
	b.do(b.flow, keys.FlowCancel)
	b.shows(b.flow, "aborted")
	b.shows(b.sessions, "No sessions yet.")
}

func TestTheRestIsSentWithoutAsking(t *testing.T) {
	b := newBench(t)
	b.stepped()
	b.shows(b.flow, "has not left yet")
	b.do(b.flow, keys.FlowSendAll)
	b.shows(b.flow, "Tokens received, checked and stored")
}

func TestARunIsCancelledByEsc(t *testing.T) {
	b := newBench(t, "slow-answer")
	b.Send(pane.FocusMsg{Scope: keys.Flow})
	b.do(b.flow, keys.Open)
	b.submit(b.flow)
	b.Until("the run is going on", b.flow.Counting)
	if !b.flow.Back() {
		t.Fatal("esc was not taken")
	}
	b.shows(b.flow, "was cancelled")
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

func TestARefreshIsComparedInOneKeyPress(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.do(b.token, keys.TokenRenewed)
	b.shows(b.token, "[Changes]", "from before the refresh", "exp", "changed", "jti")
	panetest.Sizes(t, "changes", b.token)
	b.do(b.token, keys.TokenNextKind)
	b.shows(b.token, "[Claims]", "ID token")
	b.do(b.token, keys.TokenCompare)
	b.Until("the token is marked", func() bool { return strings.Contains(strings.Join(b.Toasts, " "), "marked") })
	b.do(b.token, keys.TokenNextKind)
	b.do(b.token, keys.TokenNextKind)
	b.shows(b.token, "access token", "iss")
	b.do(b.token, keys.TokenCompare)
	b.shows(b.token, "[Changes]", "ID token", "at_hash", "removed", "scope", "added")
}

func TestARenewalPutsAwayWhatBelongedToTheOldTokens(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.do(b.token, keys.TokenReveal)
	b.shows(b.token, "masked again in", "eyJ")
	b.do(b.token, keys.TokenRefresh)
	b.Until("the tokens were renewed", func() bool { return len(b.Toasts) > 0 })
	b.Until("the old token is put away", func() bool { return !strings.Contains(b.token.View(140, 50), "eyJ") })
	b.shows(b.token, "[Claims]", "signature good")
}

// What an API's challenge says is told in Calls, and what can be done about it is done from there.
func TestARefusedCallIsMendedFromWhereItShows(t *testing.T) {
	b := newBench(t, "expired-access-token")
	b.signIn()
	b.shows(b.token, "access token")
	if _, failed := b.calls.Fault(); failed {
		t.Error("there is an error before anything was called")
	}
	b.do(b.calls, keys.CallEdit)
	b.Type("/me")
	b.submit(b.calls)
	b.shows(b.calls, "401", "likely: The token has expired", "why, and what to do")
	m, _ := b.calls.Fault()
	p := b.ctx.Explain(m)
	var does []string
	for _, r := range p.Remedies {
		does = append(does, r.Does)
	}
	if len(does) < 2 || does[0] != "refreshes the session" || !strings.HasPrefix(does[len(does)-1], "chooses another session") {
		t.Fatalf("got %q, want the refresh first and another session last", does)
	}
	if text := p.Text(80); !strings.Contains(text, m.About.Session.ID) && strings.Contains(text, "SESSION") {
		t.Errorf("got\n%s\nwant no placeholder left", text)
	}
	b.Run(p.Remedies[0].Do)
	b.Until("the session is refreshed", func() bool { return strings.Contains(strings.Join(b.Toasts, "\n"), "has new tokens") })
}

func TestARefusalOfARefreshSaysWhatCanBeDone(t *testing.T) {
	b := newBench(t, "refresh-family-revoked")
	b.signIn()
	b.shows(b.sessions, "alice")
	b.do(b.sessions, keys.SessionRefresh)
	b.Until("the refusal is told", func() bool { return len(b.Errors) == 1 })
	p := b.ctx.Explain(b.Errors[0])
	if p.Diagnosis == nil || p.Diagnosis.Code != "invalid_grant" || len(p.Remedies) == 0 || p.Remedies[0].Does != "goes to the form" {
		t.Fatalf("got %+v, want a diagnosis whose first remedy is to sign in again", p)
	}
	b.Run(p.Remedies[0].Do)
	b.shows(b.flow, "Authorization code", "ctrl+x")
}

func TestALookUpThatFailsSaysWhatCanBeDone(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.do(b.token, keys.TokenIntrospect)
	b.shows(b.token, "has not left yet")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "[Introspection]", "does it, as far as fob can")
	m, ok := b.token.Fault()
	if p := b.ctx.Explain(m); !ok || m.About.Session.ID == "" || len(p.Remedies) == 0 {
		t.Errorf("got %+v, %t, want the error of the look-up with its session and a remedy", m, ok)
	}
	asked := len(b.ctx.Service.Exchanges())
	b.Run(m.Again)
	b.Until("it is asked again, or the person is asked whose client asks", func() bool { return len(b.Chooses) > 0 || len(b.ctx.Service.Exchanges()) > asked })
}
