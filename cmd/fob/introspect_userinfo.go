package main

import (
	"context"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
)

const maskedHelp = `
Tokens and other secrets that the answer repeats are masked; --raw masks nothing.`

const introspectLong = `Ask the provider's introspection endpoint about one of the session's tokens
(RFC 7662) and print its answer, taken out of the JWT when it is signed
(RFC 9701). "active": false may also mean that this client may not ask about the
token: --as asks as the client of another profile at the same provider, often
that of the API.`

const userinfoLong = `Ask the provider's userinfo endpoint with the access token (OpenID Connect Core
5.3) and print its answer, taken out of the JWT when it is signed or
encrypted. It must be about the id_token's subject.`

// responseFlags say how the answer of an endpoint is printed.
type responseFlags struct{ json, raw bool }

func (f *responseFlags) add(cmd *cobra.Command) {
	jsonFlag(cmd, &f.json)
	cmd.Flags().BoolVar(&f.raw, "raw", false, "print the body as received: a signed or encrypted answer as its JWT")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
}

func (a *app) introspectCmd() *cobra.Command {
	var print responseFlags
	var kindName, as string
	cmd := &cobra.Command{
		Use:   "introspect SESSION | - | @FILE",
		Short: "Ask the provider whether a token is active",
		Long:  introspectLong + maskedHelp + rawTokenHelp,
		Example: "  fob introspect acme\n  fob introspect acme --kind refresh --json | jq .active\n  fob " +
			"introspect acme --as acme-api\n" +
			"  fob introspect @token.txt --as acme-api",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			kind, err := tokens.ParseKind(kindName)
			if err != nil {
				return usagef("--kind: %w", err)
			}
			answer, err := a.introspect(ctx, args[0], kind, as)
			if err != nil {
				return err
			}
			return a.printResponse(answer, print)
		}),
	}
	cmd.Flags().StringVar(&kindName, "kind", string(tokens.Access), "which token: access, id or refresh")
	cmd.Flags().StringVar(&as, "as", "", "ask as the client of this `PROFILE` at the same provider")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeKind())
	_ = cmd.RegisterFlagCompletionFunc("as", a.completeProfile)
	print.add(cmd)
	return cmd
}

// introspect asks about a session's token, or about one in hand.
func (a *app) introspect(
	ctx context.Context, arg string, kind tokens.Kind, as string,
) (session.EndpointResponse, error) {
	token, inHand, err := a.rawTokenArg(ctx, arg)
	switch {
	case err != nil:
		return session.EndpointResponse{}, err
	case inHand && as == "":
		return session.EndpointResponse{}, usagef("introspect %s: as whom? --as names the profile whose client asks",
			arg)
	case inHand:
		svc, err := a.service(ctx)
		if err != nil {
			return session.EndpointResponse{}, err
		}
		return svc.IntrospectToken(ctx, token, as)
	}
	svc, m, err := a.find(ctx, arg)
	if err != nil {
		return session.EndpointResponse{}, err
	}
	return svc.Introspect(ctx, m.ID, kind, as)
}

func (a *app) userinfoCmd() *cobra.Command {
	var print responseFlags
	var as string
	cmd := &cobra.Command{
		Use:   "userinfo SESSION | - | @FILE",
		Short: "Ask the provider whose token it is",
		Long:  userinfoLong + maskedHelp + rawTokenHelp,
		Example: "  fob userinfo acme\n  fob userinfo acme --json | jq -r .email\n  fob userinfo " +
			"@token.txt --as https://login.example.com",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			answer, err := a.userinfo(ctx, args[0], as)
			if err != nil {
				return err
			}
			return a.printResponse(answer, print)
		}),
	}
	cmd.Flags().StringVar(&as, "as", "", "of a token in hand: ask the server of this `PROFILE|ISSUER`")
	_ = cmd.RegisterFlagCompletionFunc("as", a.completeProfile)
	print.add(cmd)
	return cmd
}

// userinfo asks with a session's access token, or with one in hand.
func (a *app) userinfo(ctx context.Context, arg, as string) (session.EndpointResponse, error) {
	token, inHand, err := a.rawTokenArg(ctx, arg)
	switch {
	case err != nil:
		return session.EndpointResponse{}, err
	case inHand && as == "":
		return session.EndpointResponse{}, usagef("userinfo %s: whom to ask? --as names a profile or an issuer", arg)
	case !inHand && as != "":
		return session.EndpointResponse{}, usagef("userinfo: --as goes with a token in hand " +
			"(- or @FILE); a session's is asked about at its own provider")
	case inHand:
		svc, err := a.service(ctx)
		if err != nil {
			return session.EndpointResponse{}, err
		}
		return svc.UserinfoForToken(ctx, token, as)
	}
	svc, m, err := a.find(ctx, arg)
	if err != nil {
		return session.EndpointResponse{}, err
	}
	return svc.Userinfo(ctx, m.ID)
}

// printResponse prints what an endpoint said: on one line for machines, laid out for people, in its own words and order.
func (a *app) printResponse(answer session.EndpointResponse, how responseFlags) error {
	for _, c := range answer.Ledger {
		if c.Outcome == tokens.Warned || c.Outcome == tokens.Failed {
			a.note("%s", checkLine(c))
		}
	}
	for _, n := range answer.Notes {
		a.note("note: %s", n)
	}
	switch {
	case how.raw:
		_, err := a.stdout.Write(answer.Body)
		return err
	case how.json:
		return a.printJSON(compacted(answer.RedactedJSON))
	}
	return a.printText(indented(answer.RedactedJSON))
}
