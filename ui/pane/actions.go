package pane

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

// endedMsg ends the work with that number; what it brought travels in messages of its own.
type endedMsg struct{ n int64 }

// Act is Start for work whose outcome is for the root alone: notices, requests, broadcasts. They are sent even when the
// work has been superseded since.
func (w *Work) Act(what string, now time.Time, do func(ctx context.Context) []tea.Msg) tea.Cmd {
	return w.Start(what, now, func(ctx context.Context, n int64) tea.Msg {
		batch := tea.BatchMsg{Send(endedMsg{n})}
		for _, m := range do(ctx) {
			batch = append(batch, Send(m))
		}
		return batch
	})
}

// agreedMsg comes back when the person has confirmed.
type agreedMsg struct {
	work  *Work
	start func() tea.Cmd
}

// Confirm asks the person; start is called in Update once they have agreed.
func (w *Work) Confirm(ask ConfirmMsg, start func() tea.Cmd) tea.Cmd {
	ask.Do = Send(agreedMsg{w, start})
	return Send(ask)
}

// Send is the command that yields msg.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Failed is what a failed action says: a notice that stays, or a short one when the person cancelled it.
func Failed(what string, err error) tea.Msg { return FailedOn(what, err, session.Concern{}, nil) }

// FailedOn is Failed for what was about a session or a provider; again does it once more.
func FailedOn(what string, err error, about session.Concern, again tea.Cmd) tea.Msg {
	if errors.Is(err, context.Canceled) {
		return ToastMsg{Text: strings.TrimSpace(what + " was cancelled. " + consequence(err, context.Canceled))}
	}
	return ErrorMsg{What: what, Err: err, About: about, Again: again}
}

// Name is how a session is called on the screen: its label, else its subject, else its id.
func Name(m vault.Meta) string {
	for _, s := range []string{m.Label, m.Subject, m.ID} {
		if s != "" {
			return tokens.VisibleLine(s)
		}
	}
	return "?"
}

// RefreshSession renews a session's tokens. Where the last refresh was never answered, the person is asked whether the
// refresh token is sent once more.
func RefreshSession(w *Work, c *Context, m vault.Meta) tea.Cmd {
	return w.refresh(c, m, session.RefreshRequest{})
}

func (w *Work) refresh(c *Context, m vault.Meta, r session.RefreshRequest) tea.Cmd {
	svc, name := c.Service, Name(m)
	return w.Act("refreshing "+name, c.Now(), func(ctx context.Context) []tea.Msg {
		result, err := svc.RefreshWith(ctx, m.ID, r, nil)
		var unstored *session.NotStoredError
		if errors.As(err, &unstored) {
			result, err = unstored.Result, nil
		}
		var unanswered *session.UnansweredError
		if errors.As(err, &unanswered) && unanswered.CanRetry() && !r.Retry {
			retry := session.RefreshRequest{Retry: true}
			return []tea.Msg{w.Confirm(ConfirmMsg{
				Title:  "Send the refresh token of " + name + " once more?",
				Text:   sentence(unanswered.What()) + " If it does, the session ends and you sign in again.",
				Letter: "y",
			}, func() tea.Cmd { return w.refresh(c, m, retry) })()}
		}
		if err != nil {
			return []tea.Msg{FailedOn("Refreshing "+name, err, session.Concern{Session: m}, Send(RenewMsg{m})), ReloadMsg{}}
		}
		out := []tea.Msg{RefreshedMsg{Result: result}, ReloadMsg{}}
		if result.StoreErr != nil {
			return append(out, ErrorMsg{What: "Storing the new tokens of " + name + " (they are in memory only)", Err: result.StoreErr})
		}
		return append(out, ToastMsg{Text: name + " has new tokens"})
	})
}

// RefreshDisabled says why the session cannot be refreshed; "" when it can.
func RefreshDisabled(w *Work, m vault.Meta) string {
	switch {
	case m.ID == "":
		return "no session is selected"
	case w.Running():
		return w.Busy()
	case !m.Has(tokens.Refresh):
		return "this session has no refresh token"
	case m.RefreshInvalid != nil && needsUser(m):
		return "its refresh token is dead: sign in again"
	}
	return ""
}

// needsUser reports whether only a person can get a session new tokens without its refresh token.
func needsUser(m vault.Meta) bool {
	g, ok := flows.GrantByID(m.Grant)
	return !ok || g.NeedsUser
}

// sentence makes a sentence of words that begin in lower case.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// RevokeToken asks, then revokes a token of the session.
func RevokeToken(w *Work, c *Context, m vault.Meta, kind tokens.Kind) tea.Cmd {
	svc, name := c.Service, Name(m)
	what := string(kind) + " token of " + name
	return w.Confirm(ConfirmMsg{
		Title:  "Revoke the " + what + "?",
		Text:   "The provider is asked to end it at once (RFC 7009). It cannot be brought back.",
		Letter: "y",
	}, func() tea.Cmd {
		return w.Act("revoking the "+what, c.Now(), func(ctx context.Context) []tea.Msg {
			if _, err := svc.Revoke(ctx, m.ID, kind); err != nil {
				return []tea.Msg{FailedOn("Revoking the "+what, err, session.Concern{Session: m}, nil)}
			}
			return []tea.Msg{ToastMsg{Text: "the " + what + " is revoked"}, ReloadMsg{}}
		})
	})
}

// CopyToken reads a token from the vault and hands it to the clipboard without showing it.
func CopyToken(w *Work, c *Context, m vault.Meta, kind tokens.Kind) tea.Cmd {
	svc, name := c.Service, Name(m)
	return w.Act("reading the vault", c.Now(), func(ctx context.Context) []tea.Msg {
		record, err := svc.Load(ctx, m.ID)
		if err != nil {
			return []tea.Msg{Failed("Reading the tokens of "+name, err)}
		}
		secret := record.Secrets.Set.Token(kind)
		if secret.IsZero() {
			return []tea.Msg{ToastMsg{Text: name + " has no " + string(kind) + " token"}}
		}
		return []tea.Msg{CopyMsg{What: string(kind) + " token", Secret: secret}}
	})
}
