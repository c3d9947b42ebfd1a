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
	"fob/tokens/shell"
)

// report prints an error on standard error. The error says what was being done, to what, and what came back; report
// adds what to do next on the command line.
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

// sentParameters returns the parameters of a rejected request: the cause of many such errors is obvious from them.
func sentParameters(err error) string {
	var rejected *flows.OAuthError
	if !errors.As(err, &rejected) || len(rejected.Sent) == 0 {
		return ""
	}
	parts := make([]string, len(rejected.Sent))
	for i, f := range rejected.Sent {
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
		none  *session.NoSessionError
	)
	switch {
	case errors.As(err, &open) && open.CanRetry():
		return "or send the refresh token again with --retry-refresh: " +
			"a provider that treats that as theft ends the session"
	case errors.As(err, &kept):
		return "" // the error says what was stored
	case errors.As(err, &check):
		return "nothing was stored"
	case errors.As(err, &parse):
		return "correct the file, for example with: fob profile edit"
	case errors.As(err, &none):
		return "sign in: fob login " + shell.Word(none.Profile)
	case errors.Is(err, session.ErrNoSession), errors.Is(err, session.ErrAmbiguous):
		return "fob list shows the sessions; fob login creates one"
	case errors.Is(err, profile.ErrNotFound):
		return "fob profile list shows the profiles; fob profile add adds one"
	case isVaultError(err):
		return "fob doctor shows what is wrong with the vault"
	case errors.As(err, &usage) && usage.use != "" && usage.use != "fob [flags]":
		return "usage: " + usage.use + "; --help shows details"
	case errors.As(err, &usage):
		return "fob help, or --help after a command, shows the usage"
	}
	return ""
}
