package main

import (
	"context"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
)

const maskedHelp = `
Tokens and other secrets in the response are masked, except with --raw.`

const introspectLong = `Send one of the session's tokens to the provider's introspection endpoint
(RFC 7662) and print the response; a signed response (RFC 9701) is decoded from
its JWT. "active": false may also mean that this client is not allowed to
introspect the token: --as uses the client of another profile at the same
provider, often that of the API.`

const userinfoLong = `Call the provider's userinfo endpoint with the access token (OpenID Connect Core
5.3) and print the response; a signed or encrypted response is decoded from its
JWT. Its sub must match the id_token's.`

// responseFlags set how the response of an endpoint is printed.
type responseFlags struct{ json, raw bool }

func (f *responseFlags) add(cmd *cobra.Command) {
	jsonFlag(cmd, &f.json)
	cmd.Flags().BoolVar(&f.raw, "raw", false, "print the body as received: a signed or encrypted response as its JWT")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
}

func (a *app) introspectCmd() *cobra.Command {
	var print responseFlags
	var kindName, as string
	cmd := &cobra.Command{
		Use:   "introspect SESSION | - | @FILE",
		Short: "Ask the provider whether a token is active",
		Long:  introspectLong + maskedHelp + rawTokenHelp,
		Example: "  fob introspect acme\n  fob introspect acme --kind refresh --json | jq .active\n" +
			"  fob introspect acme --as acme-api\n  fob introspect @token.txt --as acme-api",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			kind, err := tokens.ParseKind(kindName)
			if err != nil {
				return usagef("--kind: %w", err)
			}
			response, err := a.introspect(ctx, args[0], kind, as)
			if err != nil {
				return err
			}
			return a.printResponse(response, print)
		}),
	}
	cmd.Flags().StringVar(&kindName, "kind", string(tokens.Access), "which token: access, id or refresh")
	cmd.Flags().StringVar(&as, "as", "", "use the client of this `PROFILE` at the same provider")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeKind())
	_ = cmd.RegisterFlagCompletionFunc("as", a.completeProfile)
	print.add(cmd)
	return cmd
}

// introspect introspects a token of a session, or a token given as an argument.
func (a *app) introspect(
	ctx context.Context, arg string, kind tokens.Kind, as string,
) (session.EndpointResponse, error) {
	token, isRaw, err := a.rawTokenArg(ctx, arg)
	switch {
	case err != nil:
		return session.EndpointResponse{}, err
	case isRaw && as == "":
		return session.EndpointResponse{}, usagef(
			"introspect %s: which client? --as names a profile whose client introspects it", arg)
	case isRaw:
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
		Short: "Print the claims of the provider's userinfo endpoint",
		Long:  userinfoLong + maskedHelp + rawTokenHelp,
		Example: "  fob userinfo acme\n  fob userinfo acme --json | jq -r .email\n" +
			"  fob userinfo @token.txt --as https://login.example.com",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSession,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			response, err := a.userinfo(ctx, args[0], as)
			if err != nil {
				return err
			}
			return a.printResponse(response, print)
		}),
	}
	cmd.Flags().StringVar(&as, "as", "", "with a token given as - or @FILE: the provider, as `PROFILE|ISSUER`")
	_ = cmd.RegisterFlagCompletionFunc("as", a.completeProfile)
	print.add(cmd)
	return cmd
}

// userinfo calls the userinfo endpoint with the access token of a session, or with a token given as an argument.
func (a *app) userinfo(ctx context.Context, arg, as string) (session.EndpointResponse, error) {
	token, isRaw, err := a.rawTokenArg(ctx, arg)
	switch {
	case err != nil:
		return session.EndpointResponse{}, err
	case isRaw && as == "":
		return session.EndpointResponse{}, usagef("userinfo %s: which provider? --as names a profile or an issuer", arg)
	case !isRaw && as != "":
		return session.EndpointResponse{}, usagef("userinfo: --as needs a token given as - or @FILE; " +
			"the token of a session is sent to its own provider")
	case isRaw:
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

// printResponse prints the response of an endpoint: on one line with --json, else indented, with its members in their
// own order.
func (a *app) printResponse(response session.EndpointResponse, how responseFlags) error {
	for _, c := range response.Ledger {
		if c.Outcome == tokens.Warned || c.Outcome == tokens.Failed {
			a.note("%s", checkLine(c))
		}
	}
	for _, n := range response.Notes {
		a.note("note: %s", n)
	}
	switch {
	case how.raw:
		_, err := a.stdout.Write(response.Body)
		return err
	case how.json:
		return a.printJSON(compacted(response.RedactedJSON))
	}
	return a.printText(indented(response.RedactedJSON))
}
