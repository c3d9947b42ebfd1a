package main

import (
	"context"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
)

func (a *app) introspectCmd() *cobra.Command {
	var asJSON bool
	var kindName string
	cmd := &cobra.Command{
		Use:               "introspect SESSION",
		Short:             "Ask the provider whether a token is active",
		Long:              "Ask the provider's introspection endpoint about one of the session's tokens\n(RFC 7662) and print its answer, taken out of the JWT when it is signed\n(RFC 9701). \"active\": false may also mean that this client\nmay not ask about the token.",
		Example:           "  fob introspect acme\n  fob introspect acme --kind refresh --json | jq .active",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			kind, err := tokens.ParseKind(kindName)
			if err != nil {
				return usagef("--kind: %w", err)
			}
			svc, m, err := a.find(ctx, args[0])
			if err != nil {
				return err
			}
			answer, err := svc.Introspect(ctx, m.ID, kind)
			if err != nil {
				return err
			}
			return a.printAnswer(answer, asJSON)
		}),
	}
	cmd.Flags().StringVar(&kindName, "kind", string(tokens.Access), "which token: access, id or refresh")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeKind())
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) userinfoCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "userinfo SESSION",
		Short:             "Ask the provider whose token it is",
		Long:              "Ask the provider's userinfo endpoint with the access token (OpenID Connect Core\n5.3) and print its answer, taken out of the JWT when it is signed or\nencrypted. It must be about the id_token's subject.",
		Example:           "  fob userinfo acme\n  fob userinfo acme --json | jq -r .email",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			svc, m, err := a.find(ctx, args[0])
			if err != nil {
				return err
			}
			answer, err := svc.Userinfo(ctx, m.ID)
			if err != nil {
				return err
			}
			return a.printAnswer(answer, asJSON)
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printAnswer prints what an endpoint said: on one line for machines, laid out for people, in its own words and order.
func (a *app) printAnswer(answer session.Answer, asJSON bool) error {
	for _, c := range answer.Ledger {
		if c.Outcome == tokens.Warned || c.Outcome == tokens.Failed {
			a.note("%s", checkLine(c))
		}
	}
	if asJSON {
		return a.printJSON(compacted(answer.Says))
	}
	return a.printText(indented(answer.Says))
}
