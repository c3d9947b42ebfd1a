package pane

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

// workEndedMsg ends the work with that number; its result is sent in separate messages.
type workEndedMsg struct{ n int64 }

// Run is Start for work whose result is for the root: notices, requests, broadcasts, or the failure of what. They are
// sent even when the work has been superseded meanwhile.
func (w *Work) Run(c *Context, what string, do func(ctx context.Context) ([]tea.Msg, error)) tea.Cmd {
	return w.Start(c, what, func(ctx context.Context, n int64) tea.Msg {
		messages, err := do(ctx)
		if err != nil {
			messages = append(messages, Failed(capitalized(what), err))
		}
		batch := tea.BatchMsg{Send(workEndedMsg{n})}
		for _, m := range messages {
			batch = append(batch, Send(m))
		}
		return batch
	})
}

// confirmedMsg reports that the user has confirmed.
type confirmedMsg struct {
	work  *Work
	start func() tea.Cmd
}

// Confirm asks the user; start is called in Update after they confirm.
func (w *Work) Confirm(title, text string, start func() tea.Cmd) tea.Cmd {
	return Send(ConfirmMsg{Title: title, Text: text, Letter: "y", Do: Send(confirmedMsg{w, start})})
}

// Send is the command that returns msg.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Failed is the message of a failed action: a notice that stays, or a short one when the user cancelled the action.
func Failed(what string, err error) tea.Msg { return FailedOn(what, err, session.ErrorContext{}, nil) }

// FailedOn is Failed for an action on a session or a provider; retry repeats it.
func FailedOn(what string, err error, about session.ErrorContext, retry tea.Cmd) tea.Msg {
	if errors.Is(err, context.Canceled) {
		return ToastMsg{Text: strings.TrimSpace(what + " was cancelled. " + consequence(err, context.Canceled))}
	}
	return ErrorMsg{What: what, Err: err, About: about, Retry: retry}
}

// SessionName is the name of a session on the screen: its label, else its subject, else its id.
func SessionName(m vault.Meta) string {
	for _, s := range []string{m.Label, m.Subject, m.ID} {
		if s != "" {
			return tokens.VisibleLine(s)
		}
	}
	return "?"
}

// RefreshSession refreshes a session's tokens. When the last refresh got no response, it asks the user before it sends
// the refresh token again.
func RefreshSession(w *Work, c *Context, m vault.Meta) tea.Cmd {
	return w.refresh(c, m, session.RefreshRequest{})
}

func (w *Work) refresh(c *Context, m vault.Meta, r session.RefreshRequest) tea.Cmd {
	svc, name := c.Service, SessionName(m)
	return w.Run(c, "refreshing "+name, func(ctx context.Context) ([]tea.Msg, error) {
		result, err := svc.RefreshWith(ctx, m.ID, r, nil)
		var unstored *session.NotStoredError
		if errors.As(err, &unstored) {
			result, err = unstored.Result, nil
		}
		var unanswered *session.UnansweredError
		if errors.As(err, &unanswered) && unanswered.CanRetry() && !r.Retry {
			retry := session.RefreshRequest{Retry: true}
			return []tea.Msg{w.Confirm("Send the refresh token of "+name+" once more?",
				capitalized(unanswered.Reason())+". If it does, the session ends and you sign in again.",
				func() tea.Cmd { return w.refresh(c, m, retry) })()}, nil
		}
		if err != nil {
			about := session.ErrorContext{Session: m}
			return []tea.Msg{FailedOn("Refreshing "+name, err, about, Send(RefreshMsg{m})), ReloadMsg{}}, nil
		}
		if err := result.StoreErr; err != nil {
			what := "Storing the new tokens of " + name + " (they are in memory only)"
			return []tea.Msg{ReloadMsg{}, ErrorMsg{What: what, Err: err}}, nil
		}
		return []tea.Msg{ReloadMsg{}, ToastMsg{Text: name + " has new tokens"}}, nil
	})
}

// RefreshDisabled is the reason why the session cannot be refreshed; "" when it can.
func RefreshDisabled(w *Work, m vault.Meta) string {
	switch {
	case m.ID == "":
		return "no session is selected"
	case w.Running():
		return w.Busy()
	case !m.Has(tokens.Refresh):
		return "this session has no refresh token"
	case m.RefreshInvalid != nil && needsUser(m):
		return "its refresh token is invalid: sign in again"
	}
	return ""
}

// needsUser reports whether a session can get new tokens only by a sign-in, once its refresh token is invalid.
func needsUser(m vault.Meta) bool {
	g, ok := flows.GrantByID(m.Grant)
	return !ok || g.NeedsUser
}

func capitalized(words string) string {
	n := min(1, len(words))
	return strings.ToUpper(words[:n]) + words[n:]
}

// RevokeToken asks the user, then revokes a token of the session.
func RevokeToken(w *Work, c *Context, m vault.Meta, kind tokens.Kind) tea.Cmd {
	svc, name := c.Service, SessionName(m)
	what := string(kind) + " token of " + name
	const text = "The provider is asked to revoke it now (RFC 7009). This cannot be undone."
	return w.Confirm("Revoke the "+what+"?", text, func() tea.Cmd {
		return w.Run(c, "revoking the "+what, func(ctx context.Context) ([]tea.Msg, error) {
			if _, err := svc.Revoke(ctx, m.ID, kind); err != nil {
				return []tea.Msg{FailedOn("Revoking the "+what, err, session.ErrorContext{Session: m}, nil)}, nil
			}
			return []tea.Msg{ToastMsg{Text: "the " + what + " is revoked"}, ReloadMsg{}}, nil
		})
	})
}

// CopyToken copies a token from the vault to the clipboard without showing it.
func CopyToken(w *Work, c *Context, m vault.Meta, kind tokens.Kind) tea.Cmd {
	svc, name := c.Service, SessionName(m)
	return w.Run(c, "reading the tokens of "+name, func(ctx context.Context) ([]tea.Msg, error) {
		record, err := svc.Load(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		secret := record.Secrets.Set.Token(kind)
		if secret.IsZero() {
			return []tea.Msg{ToastMsg{Text: name + " has no " + string(kind) + " token"}}, nil
		}
		return []tea.Msg{CopyMsg{What: string(kind) + " token", Secret: secret}}, nil
	})
}
