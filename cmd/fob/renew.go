package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

const refreshLong = `Renew the session's tokens now, even if they are not about to expire, and store the
response before it is used. Other processes that renew the session wait: a rotating
refresh token is never used twice.

With a narrower scope or another resource the session gets a token that is allowed
less, or is for another API. The granted scope stays the same.`

// refreshFlags are the flags of refresh.
type refreshFlags struct {
	inputs      *inputFlags
	params      []string
	accept      string
	edit        editFlags
	export      exportFlags
	renew       renewFlags
	steps, json bool
}

func (a *app) refreshCmd() *cobra.Command {
	r := &refreshFlags{}
	cmd := &cobra.Command{
		Use:               "refresh SESSION",
		Short:             "Renew the tokens now",
		Long:              refreshLong,
		Example:           "  fob refresh acme\n  fob refresh acme --scope api:read --resource https://api.example.com",
		Args:              cobra.ExactArgs(1),
		Annotations:       changing("renews a session"),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.refresh(ctx, args[0], r)
		}),
	}
	r.inputs = addInputFlagsOf(cmd, []flows.Grant{flows.Refresh})
	cmd.Flags().StringArrayVar(&r.params, "param", nil,
		"extra parameter `ENDPOINT.NAME=VALUE`, repeatable; without = the parameter is removed")
	cmd.Flags().BoolVarP(&r.steps, "steps", "v", false,
		"print every step, its meaning and its checks on standard error")
	r.edit.add(cmd)
	r.export.add(cmd)
	r.renew.add(cmd)
	addAcceptEndpointFlag(cmd, &r.accept)
	jsonFlag(cmd, &r.json)
	return cmd
}

func (a *app) refresh(ctx context.Context, name string, r *refreshFlags) error {
	values, err := r.inputs.read(ctx, a, flows.Refresh.ID)
	if err != nil {
		return err
	}
	params, err := parseParams(r.params)
	if err != nil {
		return err
	}
	svc, m, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	printer := a.newStepPrinter(ctx, r.steps)
	before, edits, err := r.edit.read(ctx, a, printer)
	if err != nil {
		return err
	}
	if r.accept != "" {
		if err := svc.AcceptEndpoint(ctx, m.ID, r.accept); err != nil {
			return err
		}
	}
	file, err := r.export.open()
	if err != nil {
		return err
	}
	req := session.RefreshRequest{Values: values, Params: params, Before: before, Edits: edits, Retry: r.renew.retry}
	result, err := svc.RefreshWith(ctx, m.ID, req, printer.observe)
	if err = errors.Join(err, file.write(a, svc)); err != nil {
		return err
	}
	if result.StoreErr != nil {
		if err := a.retryRenewedStore(ctx, svc, result, r.renew); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return &session.LateError{Result: result, Err: err}
	}
	return a.printLogin(result, r.json)
}

func (a *app) revokeCmd() *cobra.Command {
	var kindName string
	cmd := &cobra.Command{
		Use:   "revoke SESSION",
		Short: "Revoke a token at the provider",
		Long: "Revoke one of the session's tokens at the provider (RFC 7009). Most providers end\n" +
			"the grant when its refresh token is revoked. The session is kept; fob logout\nrevokes and removes it.",
		Example:           "  fob revoke acme\n  fob revoke acme --kind access",
		Args:              cobra.ExactArgs(1),
		Annotations:       changing("ends tokens"),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.revoke(ctx, args[0], kindName)
		}),
	}
	cmd.Flags().StringVar(&kindName, "kind", "",
		"which token: refresh (default, if there is a valid one) or access")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeWords(string(tokens.Refresh), string(tokens.Access)))
	return cmd
}

func (a *app) revoke(ctx context.Context, name, kindName string) error {
	var kind tokens.Kind
	if kindName != "" {
		var err error
		if kind, err = tokens.ParseKind(kindName); err != nil {
			return usagef("--kind: %w", err)
		}
		if kind == tokens.ID {
			return usagef("--kind id: an id_token cannot be revoked: use access or refresh")
		}
	}
	svc, m, err := a.find(ctx, name)
	if err != nil {
		return err
	}
	kind, err = svc.Revoke(ctx, m.ID, kind)
	if err != nil {
		return err
	}
	a.note("The %s token of session %s was revoked.", kind, m.ID)
	return nil
}

const logoutLong = `Revoke the session's tokens at the provider and remove them from the keyring. With
--browser the user is signed out at the provider too (RP-initiated logout). If the
provider does not support that, a note says so, and the session is removed. If the
provider cannot be reached, nothing is removed; --local removes the session without
contacting it. A session of a newer fob, or in another vault (FOB_VAULT), is kept.`

func (a *app) logoutCmd() *cobra.Command {
	var how logoutFlags
	cmd := &cobra.Command{
		Use:   "logout SESSION",
		Short: "Revoke the tokens and remove the session",
		Long:  logoutLong,
		Example: "  fob logout acme --browser\n" +
			"  fob logout acme --local      without the provider: the tokens are valid until they expire",
		Args:              cobra.ExactArgs(1),
		Annotations:       changing("ends a session"),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.logout(ctx, args[0], how)
		}),
	}
	cmd.Flags().BoolVar(&how.browser, "browser", false, "open a browser to sign out at the provider too")
	cmd.Flags().BoolVar(&how.local, "local", false, "remove the session without contacting the provider")
	cmd.MarkFlagsMutuallyExclusive("browser", "local")
	jsonFlag(cmd, &how.json)
	return cmd
}

type logoutFlags struct{ browser, local, json bool }

// logoutJSON is what logout --json prints.
type logoutJSON struct {
	Session       string        `json:"session"`
	Revoked       []tokens.Kind `json:"revoked"`
	Notes         []string      `json:"notes"`
	EndSessionURL string        `json:"end_session_url"`
	Opened        bool          `json:"opened"`
}

func (a *app) logout(ctx context.Context, name string, how logoutFlags) error {
	svc, m, err := a.find(ctx, name)
	if err != nil && !errors.Is(err, vault.ErrDamaged) { // an unreadable session can be removed
		return err
	}
	var result session.LogoutResult
	if how.local {
		result, err = svc.Forget(ctx, m.ID)
	} else {
		result, err = svc.Logout(ctx, m.ID, how.browser)
	}
	if err != nil {
		if !how.local && (!isVaultError(err) || errors.Is(err, vault.ErrChanged)) { // otherwise --local would fail too
			err = fmt.Errorf("%w\n  Session %s was not removed; to remove it without the provider: "+
				"fob logout --local %[2]s", err, m.ID)
		}
		return err
	}
	for _, n := range result.Notes {
		a.note("note: %s", n)
	}
	if how.browser && !result.Opened {
		a.noteEndSession(result)
	}
	if how.json {
		return a.printLogout(m.ID, result)
	}
	for _, k := range result.Revoked {
		a.note("The %s token was revoked.", k)
	}
	a.note("Session %s was removed.", m.ID)
	return nil
}

func (a *app) printLogout(id string, result session.LogoutResult) error {
	out := logoutJSON{Session: id, Revoked: result.Revoked, Notes: result.Notes, EndSessionURL: result.EndSessionURL,
		Opened: result.Opened}
	if out.Revoked == nil {
		out.Revoked = []tokens.Kind{}
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	return a.printJSON(out)
}

func (a *app) noteEndSession(r session.LogoutResult) {
	if r.EndSessionURL == "" {
		a.note("note: the provider has no end_session_endpoint: sign out on its site")
		return
	}
	if r.OpenErr != "" {
		a.note("No browser was opened: %s", r.OpenErr)
	}
	a.note("Open this URL to sign out at the provider:")
	_, _ = fmt.Fprintf(a.stderr, "\n%s\n\n", tokens.VisibleLine(r.EndSessionURL))
}
