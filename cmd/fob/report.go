package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
)

// report tells the person on standard error what went wrong. The errors say themselves what was being done, to what,
// and what came back; what a person can do next at the command line is added here.
func (a *app) report(err error) {
	var silent *exitError
	if errors.As(err, &silent) && silent.err == nil {
		return
	}
	var b strings.Builder
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = strings.ReplaceAll(text, context.Canceled.Error(), "interrupted")
	}
	b.WriteString("fob: " + text)
	diagnosis := a.diagnosis(err)
	if line := sentParameters(err); line != "" {
		b.WriteString("\n  " + line)
	}
	if diagnosis != "" {
		b.WriteString("\n" + strings.TrimRight(diagnosis, "\n"))
	}
	if next := nextStep(err); next != "" {
		b.WriteString("\n  " + next)
	}
	_, _ = fmt.Fprintln(a.stderr, tokens.Visible(strings.TrimRight(b.String(), "\n")))
}

// sentParameters is what was sent to an endpoint that refused it: half of such errors are seen at a glance beside it.
func sentParameters(err error) string {
	var refused *flows.OAuthError
	if !errors.As(err, &refused) || len(refused.Sent) == 0 {
		return ""
	}
	parts := make([]string, len(refused.Sent))
	for i, f := range refused.Sent {
		parts[i] = f.Name + "=" + f.Value
	}
	return "sent: " + strings.Join(parts, " ")
}

func nextStep(err error) string {
	var (
		usage *usageError
		check *tokens.CheckError
		parse *profile.ParseError
		open  *session.UnansweredError
		kept  *session.PartlyStoredError
	)
	switch {
	case errors.As(err, &open) && open.CanRetry():
		return "or send the refresh token once more with --retry-refresh: " +
			"a provider that takes that for theft ends the session"
	case errors.As(err, &kept):
		return "" // it says itself what is kept
	case errors.As(err, &check):
		return "nothing was stored"
	case errors.As(err, &parse):
		return "mend the file, for example with: fob profile edit"
	case errors.Is(err, session.ErrNoSession), errors.Is(err, session.ErrAmbiguous):
		return "fob list shows the sessions; fob login makes one"
	case errors.Is(err, profile.ErrNotFound):
		return "fob profile list shows the profiles; fob profile add makes one"
	case isVaultError(err):
		return "fob doctor says what is wrong with the vault"
	case errors.As(err, &usage) && usage.use != "" && usage.use != "fob [flags]":
		return "usage: " + usage.use + "; --help says more"
	case errors.As(err, &usage):
		return "fob help, or --help after a verb, says how it is used"
	}
	return ""
}
