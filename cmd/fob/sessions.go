package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
)

// sessionJSON is a session as list and show print it with --json: what is known without the keyring, and no secrets.
type sessionJSON struct {
	Session          string        `json:"session"`
	Label            string        `json:"label"`
	Profile          string        `json:"profile"`
	Issuer           string        `json:"issuer"`
	ClientID         string        `json:"client_id"`
	AuthMethod       string        `json:"auth_method,omitempty"`
	Grant            string        `json:"grant"`
	Subject          string        `json:"subject"`
	TokenType        string        `json:"token_type"`
	TokenFormat      string        `json:"token_format,omitempty"`
	AskedScope       string        `json:"asked_scope"`
	Scope            string        `json:"scope"`
	Kinds            []tokens.Kind `json:"kinds"`
	State            tokens.State  `json:"state"`
	CreatedAt        *string       `json:"created_at"`
	ReceivedAt       *string       `json:"received_at"`
	ExpiresAt        *string       `json:"expires_at"`
	RefreshExpiresAt *string       `json:"refresh_expires_at"`
	Refreshes        int           `json:"refreshes"`
	RefreshInvalid   bool          `json:"refresh_dead,omitempty"` // the refresh token is not sent any more
	RefreshInDoubt   bool          `json:"refresh_in_doubt,omitempty"`
	Insecure         bool          `json:"insecure,omitempty"` // certificates are not verified
	Ledger           tokens.Ledger `json:"ledger,omitempty"`
}

func (a *app) sessionJSON(m vault.Meta) sessionJSON {
	kinds := m.Kinds
	if kinds == nil {
		kinds = []tokens.Kind{}
	}
	return sessionJSON{
		Session: m.ID, Label: m.Label, Profile: m.Profile, Issuer: m.Issuer, ClientID: m.ClientID,
		AuthMethod: m.AuthMethod, Grant: m.Grant, Subject: m.Subject,
		TokenType: m.TokenType, TokenFormat: m.TokenFormat, AskedScope: m.AskedScope,
		Scope: grantedScope(m), Kinds: kinds, State: tokens.Expiry(m.ExpiresAt, a.now()),
		CreatedAt: rfc3339(m.CreatedAt), ReceivedAt: rfc3339(m.ReceivedAt), ExpiresAt: rfc3339(m.ExpiresAt),
		RefreshExpiresAt: rfc3339(m.RefreshExpires), Refreshes: m.Refreshes, Insecure: session.Insecure(m),
		RefreshInvalid: a.refreshStatus(m) == "invalid", RefreshInDoubt: a.refreshStatus(m) == "in doubt",
	}
}

// grantedScope returns the scope of the session: a response without scope means the requested one (RFC 6749 5.1).
func grantedScope(m vault.Meta) string {
	if m.Scope != "" || len(m.Kinds) == 0 {
		return m.Scope // no token, so nothing was granted
	}
	return m.AskedScope
}

// ledgerOf returns the session's ledger, never nil.
func ledgerOf(m vault.Meta) tokens.Ledger {
	if m.Ledger == nil {
		return tokens.Ledger{}
	}
	return m.Ledger
}

// printSession prints a session as text.
func (a *app) printSession(m vault.Meta) error {
	granted := grantedScope(m)
	var notGranted []string
	if len(m.Kinds) > 0 {
		notGranted = notGrantedScopes(m.AskedScope, granted)
	}
	return a.pairs(
		[2]string{"session", m.ID},
		[2]string{"label", m.Label},
		[2]string{"profile", m.Profile},
		[2]string{"issuer", m.Issuer},
		[2]string{"client", m.ClientID},
		[2]string{"subject", m.Subject},
		[2]string{"grant", m.Grant},
		[2]string{"tokens", kindsLine(m)},
		[2]string{"scope", granted},
		[2]string{"not granted", strings.Join(notGranted, " ")},
		[2]string{"expires", a.moment(m.ExpiresAt)},
		[2]string{"refresh ends", a.moment(m.RefreshExpires)},
		[2]string{"refresh token", a.refreshProblem(m)},
		[2]string{"checks", m.Ledger.Summary()},
	)
}

// refreshProblem returns why the refresh token is not sent any more; "" if it is.
func (a *app) refreshProblem(m vault.Meta) string {
	if a.svc == nil {
		return ""
	}
	err := a.svc.CheckRefreshable(m)
	var unanswered *session.UnansweredError
	switch {
	case err == nil:
		return ""
	case m.RefreshInvalid != nil:
		return "invalid since " + dateTime(m.RefreshInvalid.At) + ": " + m.RefreshInvalid.Reason
	case errors.As(err, &unanswered):
		return unanswered.Reason()
	}
	return err.Error()
}

// refreshStatus returns whether a session has a usable refresh token: no, yes, invalid, or in doubt if the response to
// its last use never arrived.
func (a *app) refreshStatus(m vault.Meta) string {
	var unanswered *session.UnansweredError
	switch {
	case !m.Has(tokens.Refresh):
		return "no"
	case m.RefreshInvalid != nil:
		return "invalid"
	case a.svc == nil || !errors.As(a.svc.CheckRefreshable(m), &unanswered):
		return "yes"
	case unanswered.CanRetry():
		return "in doubt"
	}
	return "invalid"
}

// expiresIn returns the time until the access token expires.
func (a *app) expiresIn(m vault.Meta) string {
	if !m.Has(tokens.Access) {
		return "no token" // it was revoked
	}
	return tokens.Countdown(m.ExpiresAt, a.now())
}

func kindsLine(m vault.Meta) string {
	words := make([]string, 0, len(m.Kinds))
	for _, k := range m.Kinds {
		word := string(k)
		if k == tokens.Access && m.TokenFormat != "" {
			word += " (" + m.TokenFormat + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// notGrantedScopes returns the scopes that were requested and not granted.
func notGrantedScopes(requested, granted string) []string {
	have := tokens.SplitScope(granted)
	var list []string
	for _, s := range tokens.SplitScope(requested) {
		if !slices.Contains(have, s) {
			list = append(list, s)
		}
	}
	return list
}

func (a *app) listCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the sessions and when they expire",
		Long: "List the sessions and when they expire. The list is stored outside the keyring and\n" +
			"contains no secrets: listing never unlocks the keyring.",
		Example: "  fob list\n  fob list --json | jq -r '.[] | select(.state == \"expired\") | .session'",
		Args:    cobra.NoArgs,
		RunE:    a.verb(func(ctx context.Context, _ []string) error { return a.list(ctx, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array, for machines")
	return cmd
}

// list prints the sessions. Damaged ones are reported on standard error.
func (a *app) list(ctx context.Context, asJSON bool) error {
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	metas, damage := svc.Sessions(ctx)
	if damage != nil && len(metas) == 0 {
		return damage
	}
	if asJSON {
		out := make([]sessionJSON, 0, len(metas))
		for _, m := range metas {
			out = append(out, a.sessionJSON(m))
		}
		if err := a.printJSON(out); err != nil {
			return err
		}
		return damage
	}
	if len(metas) == 0 {
		a.note("There are no sessions yet. fob login creates one; fob demo is a place to try it.")
		return nil
	}
	rows := [][]string{{"SESSION", "LABEL", "GRANT", "EXPIRES", "REFRESH", "SCOPE"}}
	for _, m := range metas {
		rows = append(rows, []string{m.ID, m.Label, m.Grant, a.expiresIn(m), a.refreshStatus(m), grantedScope(m)})
	}
	if err := a.tableWithin(rows, a.tableWidth()); err != nil {
		return err
	}
	return damage
}

func (a *app) showCmd() *cobra.Command {
	var asJSON, ledger bool
	cmd := &cobra.Command{
		Use:   "show SESSION",
		Short: "Show the details of a session",
		Long: "Show the details of a session without unlocking the keyring: its user, its scope,\n" +
			"when it expires, what follows from its access token; --ledger adds every check\n" +
			"that was made, with the expected and the received value.",
		Example:           "  fob show acme --ledger\n  fob show acme --json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.show(ctx, args[0], ledger, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&ledger, "ledger", false, "print the checks that were made (--json always does)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) show(ctx context.Context, name string, ledger, asJSON bool) error {
	_, m, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	if asJSON {
		out := a.sessionJSON(m)
		out.Ledger = ledgerOf(m)
		return a.printJSON(out)
	}
	if err := a.printSession(m); err != nil {
		return err
	}
	if err := a.printStoredUse(m); err != nil || !ledger {
		return err
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.printLedger(m.Ledger)
}

// printStoredUse prints what follows from a session's access token for its users, as far as it is known without the
// keyring.
func (a *app) printStoredUse(m vault.Meta) error {
	if !m.Has(tokens.Access) || m.TokenFormat == "" {
		return nil
	}
	dpop := strings.EqualFold(m.TokenType, "DPoP")
	return a.printUse(&inspect.Use{Form: m.TokenFormat, Bytes: m.TokenBytes, DPoP: dpop, Bound: dpop,
		Expires: m.ExpiresAt})
}

// printLedger prints every check with the expected and the received value.
func (a *app) printLedger(l tokens.Ledger) error {
	width := a.textWidth()
	var b strings.Builder
	for _, c := range l {
		fmt.Fprintf(&b, "%-7s  %s [%s] (%s)\n", c.Outcome, tokens.VisibleLine(c.Title), c.ID, c.Spec)
		var detail []string
		switch {
		case c.Expected == "" && c.Received == "":
		case c.Expected == "" && c.Outcome == tokens.Skipped:
			detail = append(detail, "received "+c.Received)
		default:
			detail = append(detail,
				"expected "+cmp.Or(c.Expected, "nothing")+", received "+cmp.Or(c.Received, "nothing"))
		}
		if c.Because != "" {
			detail = append(detail, c.Because)
		}
		if len(detail) > 0 {
			b.WriteString(wrapped(tokens.VisibleLine(strings.Join(detail, "; ")), "         ", width) + "\n")
		}
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// warnInsecure warns at each use of a session that was made with --insecure.
func (a *app) warnInsecure(m vault.Meta) {
	if session.Insecure(m) {
		a.note("warning: session %s was made with --insecure: certificates are not verified, so its tokens can be "+
			"intercepted", m.ID)
	}
}

// find opens the service and returns the session with the given name.
func (a *app) find(ctx context.Context, name string) (*session.Service, vault.Meta, error) {
	svc, err := a.service(ctx)
	if err != nil {
		return nil, vault.Meta{}, err
	}
	m, err := svc.Find(ctx, name)
	a.errContext.Session = m
	a.warnInsecure(m)
	return svc, m, err
}
