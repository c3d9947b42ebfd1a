package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

const loginLong = `Run a grant, check the response, store the tokens and print the session.

What is not given comes from the PROFILE, then from the grant's defaults. A
profile is not required: --issuer and --client-id are enough. A failed check of
a MUST in the specifications ends the login with exit code 6, and nothing is
stored.

Grants:
`

const loginExample = `  fob login acme
  fob login --issuer https://login.example.com --client-id cli --scope 'openid email'
  fob login --issuer https://login.example.com --client-id ci \
      --grant client_credentials --client-secret-env SECRET --json
  fob login acme --no-browser          on a machine without a browser
  fob login acme --param authorization.access_type=offline
  fob login --api https://mcp.example.com/mcp   the API names its provider
  fob login acme --export run.md       the run as a report, secrets as fingerprints
  fob login acme --edit token.code_verifier=  does the server require it?`

// loginFlags are the flags of login, including those that the grants declare.
type loginFlags struct {
	issuer, clientID, grant, method, label string
	api                                    string
	secret                                 *secretFlags
	inputs                                 *inputFlags
	params                                 []string
	redirectURI                            string
	ports                                  []int
	tls                                    tlsFlags
	noBrowser, paste, steps, json          bool
	edit                                   editFlags
	export                                 exportFlags
}

func (a *app) loginCmd() *cobra.Command {
	l := &loginFlags{}
	cmd := &cobra.Command{
		Use:               "login [PROFILE]",
		Short:             "Run a flow, store the tokens, print the session",
		Long:              loginLong + grantHelp(),
		Example:           loginExample,
		Args:              cobra.MaximumNArgs(1),
		Annotations:       changing("makes a session"),
		ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return a.login(ctx, name, l)
		}),
	}
	l.add(cmd)
	return cmd
}

func (l *loginFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&l.issuer, "issuer", "", "the provider's issuer `URL`")
	f.StringVar(&l.api, "api", "",
		"start from an API's `URL`, whose metadata names provider, resource and scope (RFC 9728)")
	f.StringVar(&l.clientID, "client-id", "", "the client's `ID` at the provider")
	f.StringVar(&l.grant, "grant", "", "the `GRANT`: "+strings.Join(grantIDs(), ", "))
	f.StringVar(&l.method, "auth-method", "",
		"how the client authenticates: "+strings.Join(flows.AuthMethodIDs(), ", "))
	l.secret = addSecretFlags(cmd, "client-secret", "client secret")
	f.StringVar(&l.label, "label", "", "name of the session")
	l.inputs = addInputFlags(cmd)
	f.StringArrayVar(&l.params, "param", nil,
		"extra parameter `ENDPOINT.NAME=VALUE`, repeatable; without = the parameter is removed")
	f.StringVar(&l.redirectURI, "redirect-uri", "", "the complete redirect `URI`, if the provider requires a fixed one")
	f.IntSliceVar(&l.ports, "port", nil, "`PORT`s to listen on for the redirect, tried in order (default: a free one)")
	addTLSFlags(cmd, &l.tls)
	f.BoolVar(&l.noBrowser, "no-browser", false, "print the URL and open no browser")
	f.BoolVar(&l.paste, "paste", false, "read the redirect URL from standard input")
	f.BoolVarP(&l.steps, "steps", "v", false, "print every step, its meaning and its checks on standard error")
	l.edit.add(cmd)
	l.export.add(cmd)
	jsonFlag(cmd, &l.json)
	cmd.MarkFlagsMutuallyExclusive("redirect-uri", "port")
	_ = cmd.RegisterFlagCompletionFunc("grant", completeWords(grantIDs()...))
	_ = cmd.RegisterFlagCompletionFunc("auth-method", completeWords(flows.AuthMethodIDs()...))
}

func grantIDs() []string {
	var ids []string
	for _, g := range offeredGrants() {
		ids = append(ids, g.ID)
	}
	return ids
}

func (a *app) login(ctx context.Context, name string, l *loginFlags) error {
	if err := l.check(ctx, a); err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	var from apiStart
	if l.api != "" {
		if from, err = a.startFromAPI(ctx, svc, name, l); err != nil {
			return err
		}
		name = from.profile
	}
	req, err := a.loginRequest(ctx, svc, name, l)
	if err != nil {
		return err
	}
	req.API, req.PriorChecks = from.api, from.checks
	for input, value := range from.values {
		if _, given := req.Values[input]; !given {
			req.Values[input] = value
		}
	}
	a.errContext.Command = l.command(req)
	printer := a.newStepPrinter(ctx, l.steps)
	if l.paste || (a.tty.in && !a.global.noInput) {
		a.paste = newPaster()
		printer.paste, printer.always = a.paste, l.paste
		req.Paste = a.paste.lines
	}
	if req.Before, req.Edits, err = l.edit.read(ctx, a, printer); err != nil {
		return err
	}
	file, err := l.export.open()
	if err != nil {
		return err
	}
	result, err := svc.Login(ctx, req, printer.observe)
	if errors.Is(err, flows.ErrUnattended) {
		err = unattendedError(err, plannedGrant(svc, req))
	}
	if errors.Is(err, redirect.ErrPasteOnly) {
		err = fmt.Errorf("%w\n  run it again with --paste, and write that URL to standard input", err)
	}
	if err = errors.Join(err, file.write(a, svc)); err != nil {
		return err
	}
	if l.tls.Insecure {
		a.note("warning: certificates were not verified (--insecure): the tokens could have been intercepted")
	}
	if l.tls.InsecureHTTP {
		a.note("warning: plain http was allowed (--insecure-http): the tokens could have been intercepted")
	}
	if result.StoreErr != nil {
		if err := a.retryStore(ctx, svc, result, "The sign-in worked"); err != nil {
			return err
		}
	}
	if memoryVault(a) {
		a.note("note: the session is lost now: the vault is in memory (FOB_VAULT=memory)")
	}
	return a.printLogin(result, l.json)
}

// plannedGrant returns the ID of the grant that a login runs, if it is named.
func plannedGrant(svc *session.Service, req session.LoginRequest) string {
	if p, err := svc.Profile(req.Profile); err == nil {
		return cmp.Or(req.Grant, p.Grant)
	}
	return req.Grant
}

// unattendedError adds to the error of a login that needs a user what a login by the grant needs.
func unattendedError(err error, grant string) error {
	required := "a program that signs in (in BROWSER), a user who opens the URL," +
		"\n  or the redirect URL of the browser (--paste)"
	if grant == flows.CIBA.ID {
		required = "a user who approves the request on their device: run it without --no-input"
	}
	return fmt.Errorf("%w\n  required: %s;\n  without a user, use --grant client_credentials", err, required)
}

// command returns the command line of the login, for suggestions. It contains the sources of secrets, no secrets.
func (l *loginFlags) command(req session.LoginRequest) string {
	words := []string{"fob", "login"}
	put := func(flag, value string) {
		if value != "" {
			words = append(words, "--"+flag, shell.Word(value))
		}
	}
	if req.Profile != "" {
		words = append(words, shell.Word(req.Profile))
	}
	put("issuer", req.Issuer)
	put("client-id", req.ClientID)
	put("client-secret-env", l.secret.env)
	put("client-secret-file", l.secret.file)
	put("grant", req.Grant)
	for _, w := range session.ConnectionFlags(wire.Options{}, l.tls.Options) {
		words = append(words, shell.Word(w))
	}
	return strings.Join(append(words, l.otherFlags(words)...), " ")
}

// outputFlags change what a login prints or stops at, not what it requests.
var outputFlags = []string{"steps", "json", "export", "export-format", "edit", "step"}

// otherFlags returns the given flags that are not among the words, without parameters that are secrets.
func (l *loginFlags) otherFlags(words []string) (more []string) {
	l.inputs.cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Changed || slices.Contains(words, "--"+f.Name) || slices.Contains(outputFlags, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if f.Name == "param" {
				if params, err := parseParams([]string{v}); err != nil || len(params.WithoutSecrets()) == 0 {
					continue
				}
			}
			more = append(more, shell.Word("--"+f.Name+"="+v))
		}
	})
	return more
}

// check validates the flags that do not depend on a profile.
func (l *loginFlags) check(ctx context.Context, a *app) error {
	if err := l.secret.check(); err != nil {
		return err
	}
	if l.grant != "" && !slices.Contains(grantIDs(), l.grant) {
		return usagef("--grant %q is unsupported: use %s", tokens.VisibleLine(l.grant), strings.Join(grantIDs(), ", "))
	}
	if l.method != "" && !slices.Contains(flows.AuthMethodIDs(), l.method) {
		return usagef("--auth-method %q is unsupported: use %s", tokens.VisibleLine(l.method),
			strings.Join(flows.AuthMethodIDs(), ", "))
	}
	if err := l.tls.check(ctx, a); err != nil {
		return err
	}
	if l.edit.step && l.secret.file == "-" {
		return usagef("--step and --client-secret-file - both read standard input")
	}
	if l.paste && l.secret.file == "-" {
		return usagef("--paste and --client-secret-file - both read standard input")
	}
	return nil
}

// loginRequest returns the request of the flags; the service adds what the profile sets.
func (a *app) loginRequest(ctx context.Context, svc *session.Service, name string,
	l *loginFlags) (session.LoginRequest, error) {
	var none session.LoginRequest
	p := profile.Profile{}
	if name == "" && l.issuer == "" {
		file, err := a.profiles(ctx)
		if err != nil {
			return none, err
		}
		name = file.Default()
	}
	if name != "" {
		var err error
		if p, err = svc.Profile(name); err != nil {
			return none, err
		}
	}
	if l.issuer == "" && p.Issuer == "" && len(p.Endpoints) == 0 {
		return none, usagef("the provider is missing: name a profile, or use --issuer URL")
	}
	if l.clientID == "" && p.ClientID == "" {
		return none, usagef("the client is missing: use --client-id ID")
	}
	grant := l.grant
	if grant == "" {
		grant = p.Grant
	}
	values, err := l.inputs.read(ctx, a, grant)
	if err != nil {
		return none, err
	}
	if g, ok := flows.GrantByID(grant); ok {
		if err := l.inputs.ask(ctx, a, g, p.Values, values); err != nil {
			return none, err
		}
	}
	params, err := parseParams(l.params)
	if err != nil {
		return none, err
	}
	secret, err := l.clientSecret(ctx, a, p)
	if err != nil {
		return none, err
	}
	if l.tls.ClientCertPassphrase == nil && p.TLS.Passphrase == nil && p.TLS.Cert != "" {
		l.tls.ask(ctx, a)
	}
	return session.LoginRequest{
		Profile: name, Issuer: l.issuer, ClientID: l.clientID, ClientSecret: secret, AuthMethod: l.method,
		Grant: l.grant, Values: values, Params: params,
		Redirect: redirect.Options{URI: l.redirectURI, Ports: l.ports},
		TLS:      l.tls.Options, NoBrowser: l.noBrowser || a.needsPersonInBrowser(), Unattended: a.global.noInput,
		Label: l.label,
	}, nil
}

// absolute makes file names absolute: sessions and profiles are used from other folders too.
func absolute(names ...*string) error {
	for _, name := range names {
		if *name == "" {
			continue
		}
		path, err := filepath.Abs(*name)
		if err != nil {
			return fmt.Errorf("making the path %s absolute: %w", tokens.VisibleLine(*name), err)
		}
		*name = path
	}
	return nil
}

// clientSecret reads the secret. If the given method needs one and neither flags nor profile name one, it prompts.
func (l *loginFlags) clientSecret(ctx context.Context, a *app, p profile.Profile) (tokens.Secret, error) {
	if l.secret.isSet() || p.ClientSecret != nil {
		return l.secret.read(ctx, a)
	}
	for _, m := range flows.AuthMethods() {
		if m.ID == l.method && m.NeedsSecret {
			return l.secret.prompt(ctx, a)
		}
	}
	return tokens.Secret{}, nil
}

// retryStore handles tokens that could not be stored, and so are only in the memory of this process: the user may try
// again. done says how they were obtained.
func (a *app) retryStore(ctx context.Context, svc *session.Service, result session.Result, done string) error {
	cause := result.StoreErr
	for {
		a.note("%s, but the tokens could not be stored: %v", done, cause)
		answer, err := a.askLine(ctx, "Unlock the keyring, then type y to try again, or q to discard the tokens: ")
		if err != nil || !strings.HasPrefix(strings.ToLower(answer), "y") {
			if errors.Is(err, errCannotAsk) {
				err = nil
			}
			lost := fmt.Errorf("the tokens were obtained and are lost, because they could not be stored: %w", cause)
			return &exitError{code: exitVault, err: errors.Join(lost, err)}
		}
		if cause = svc.RetryStore(ctx, result); cause == nil {
			return nil
		}
	}
}

// loginJSON is what login --json prints.
type loginJSON struct {
	Session         string        `json:"session"`
	Profile         string        `json:"profile"`
	TokenType       string        `json:"token_type"`
	Scope           string        `json:"scope"`
	ExpiresAt       *string       `json:"expires_at"` // RFC 3339; null if unknown
	HasRefreshToken bool          `json:"has_refresh_token"`
	Ledger          tokens.Ledger `json:"ledger"`
}

func (a *app) printLogin(r session.Result, asJSON bool) error {
	m := r.Meta
	if asJSON {
		return a.printJSON(loginJSON{
			Session: m.ID, Profile: m.Profile, TokenType: m.TokenType, Scope: grantedScope(m),
			ExpiresAt: rfc3339(m.ExpiresAt), HasRefreshToken: m.Has(tokens.Refresh), Ledger: ledgerOf(m),
		})
	}
	return a.printSession(m)
}

// needsPersonInBrowser reports whether opening the default browser would wait for a user although --no-input is set. A
// program in BROWSER may sign in without one.
func (a *app) needsPersonInBrowser() bool { return a.global.noInput && a.getenv("BROWSER") == "" }
