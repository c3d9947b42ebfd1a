package pane_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

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
	b.shows(b.token, "has not been sent yet", "GET", "/userinfo", "sha256:")
	panetest.Sizes(t, "a request that waits", b.token)
	if got := len(b.ctx.Service.Exchanges()); got != before {
		t.Errorf("got %d exchanges, want the %d from before: nothing was agreed to", got, before)
	}
	if !b.token.Back() {
		t.Fatal("esc did not take the request back")
	}
	b.Until("nothing was sent", func() bool { return slices.Contains(b.Toasts, "nothing was sent") })
	b.do(b.token, keys.TokenUserinfo)
	b.shows(b.token, "has not been sent yet")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "[Userinfo]", "accepted", "sub")
	b.do(b.token, keys.TokenUserinfo)
	b.Until("the same is asked again without asking the person", func() bool { return len(userinfos(b)) == 2 })
}

func TestRejectedCallIsExplainedByItsResponse(t *testing.T) {
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
	b.shows(b.token, "[Why rejected]", "response 401", "/me", "the token has expired", "because", "made-here")
	panetest.Sizes(t, "why rejected", b.token)
	b.do(b.calls, keys.CallSend)
	b.shows(b.calls, "200 OK")
	if list, err := b.ctx.Service.Sessions(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("got %d sessions and %v, want one: what was made is not stored", len(list), err)
	}
}

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
	b.shows(b.token, "[Why rejected]", "from the token only")
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
	b.shows(b.token, "has not been sent yet", "openid-configuration")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "has not been sent yet", "/userinfo")
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

func TestRefreshClosesViewsOfTheOldTokens(t *testing.T) {
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

func TestFailedRequestShowsWhatCanBeDone(t *testing.T) {
	b := newBench(t)
	b.signIn()
	b.shows(b.token, "signature good")
	b.do(b.token, keys.TokenIntrospect)
	b.shows(b.token, "has not been sent yet")
	b.do(b.token, keys.TokenSend)
	b.shows(b.token, "[Introspection]", "shows the diagnosis and what fob can do")
	m, ok := b.token.ShownError()
	if p := b.ctx.Explain(m); !ok || m.About.Session.ID == "" || len(p.Remedies) == 0 {
		t.Errorf("got %+v, %t, want the error of the look-up with its session and a remedy", m, ok)
	}
	asked := len(b.ctx.Service.Exchanges())
	b.Run(m.Retry)
	b.Until("it is asked again, or the user is asked which client asks", func() bool {
		return len(b.Chooses) > 0 || len(b.ctx.Service.Exchanges()) > asked
	})
}
