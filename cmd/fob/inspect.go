package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

const inspectLong = `Decode any token, explain it, and verify whether it is good. Text around the token is
removed: quotes, Bearer, a header, JSON, a URL, a log line, base64, a hex dump, a
split cookie. Further tokens are listed. A key, a client's configuration, a password
in a sentence, the request or the response of a sign-in are recognised as such, and
their secrets are not shown.
For an access token it prints the consequences: how long it stays valid after a
revocation, its size on each request, and who can read it.

Nothing is sent over the network unless --issuer or --jwks names a URL to fetch keys
from. With a key, --issuer adds the issuer's keys, which a signed token inside an
encrypted one needs. Without keys the verdict on the signature is "cannot tell"; if
you have signed in to the token's issuer, the keys stored since then are used, and
their age is printed. --check does not use stored keys, since an exit code cannot
show their age.

Arguments are visible in the process list and the shell's history: give a token that
is still valid on standard input (-) or in a file (@FILE, or file:FILE in PowerShell,
where @ has another meaning).

--explain-response explains why the API rejected the token, from the API's response:
the output of curl -i or -v, a HAR entry, or the body alone; --session or --profile,
--issuer, --audience, --expect-scope, --expect-format and --introspection give more
evidence.
--diff compares two tokens claim by claim.
--check sets the exit code: 0 good, 6 bad or expired, 3 cannot tell.
--batch reads a token or an object such as {"token":"...","key":{...}} from each line
of standard input, and prints one JSON object a line, in order.`

const inspectExample = `  pbpaste | fob inspect
  fob inspect @token.txt --issuer https://login.example.com --audience api
  fob inspect --session acme --kind id
  fob inspect - --jwks keys.json --check --json < token.txt
  curl -si https://api.example.com/me -H @header.txt | fob inspect @token.txt --explain-response -
  fob introspect acme > introspection.json
  fob inspect --session acme --explain-response response.txt --introspection introspection.json
  fob inspect @before.txt --diff @after.txt
  fob inspect --batch --jwks keys.json < tokens.txt > reports.jsonl`

// Size limits of what inspect reads, in bytes.
const (
	maxTokenInput = 64 << 20
	maxKeyFile    = 1 << 20
)

type inspectFlags struct {
	jwks, issuer, keyFile, audience, nonce string
	session, kind                          string
	diff, detached                         string
	explain                                explainFlags
	algs                                   []string
	secret, password                       *secretFlags
	json, check, batch                     bool
}

func (a *app) inspectCmd() *cobra.Command {
	n := &inspectFlags{}
	cmd := &cobra.Command{
		Use:               "inspect [TOKEN | - | @FILE]",
		Short:             "Decode, verify and explain any token",
		Long:              inspectLong,
		Example:           inspectExample,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	bounded := a.verb(func(ctx context.Context, args []string) error { return a.inspect(ctx, args, n) })
	unbounded := a.longVerb(func(ctx context.Context, args []string) error { return a.inspectBatch(ctx, args, n) })
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if n.batch {
			return unbounded(cmd, args)
		}
		return bounded(cmd, args)
	}
	f := cmd.Flags()
	f.StringVar(&n.issuer, "issuer", "", "expect this issuer `URL` and fetch its keys by discovery")
	f.StringVar(&n.jwks, "jwks", "", "verify with the key set in this `FILE|URL`")
	f.StringVar(&n.keyFile, "key-file", "", "verify with the key in this `FILE`: PEM, certificate, JWK or key set")
	n.secret = addSecretFlags(cmd, "secret", "shared secret of an HMAC signature")
	n.password = addSecretFlags(cmd, "password", "password of an encrypted token (PBES2)")
	f.StringSliceVar(&n.algs, "alg", nil, "allow only this `ALGORITHM`")
	f.StringVar(&n.detached, "detached", "", "`FILE` with the payload of a token with detached payload")
	f.StringVar(&n.audience, "audience", "", "expect this audience")
	f.StringVar(&n.nonce, "nonce", "", "expect this nonce")
	f.StringVar(&n.session, "session", "", "inspect a stored token of this `SESSION`, with its issuer's keys")
	f.StringVar(&n.kind, "kind", string(tokens.Access), "with --session, which token: access, id or refresh")
	n.explain.add(a, cmd)
	f.StringVar(&n.diff, "diff", "", "compare with this other `TOKEN`: the text, or @FILE")
	f.BoolVar(&n.check, "check", false, "exit code 0 good, 6 bad or expired, 3 cannot tell")
	f.BoolVar(&n.batch, "batch", false, "read one token a line from standard input, print one JSON object a line")
	jsonFlag(cmd, &n.json)
	cmd.MarkFlagsMutuallyExclusive("session", "batch")
	cmd.MarkFlagsMutuallyExclusive("batch", "check", "explain-response", "diff")
	_ = cmd.MarkFlagFilename("detached")
	_ = cmd.MarkFlagFilename("jwks")
	_ = cmd.MarkFlagFilename("key-file")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeKind())
	_ = cmd.RegisterFlagCompletionFunc("session", func(c *cobra.Command, _ []string, s string) ([]cobra.Completion,
		cobra.ShellCompDirective) {
		return a.completeSession(c, nil, s)
	})
	return cmd
}

func (a *app) inspect(ctx context.Context, args []string, n *inspectFlags) error {
	if err := n.explain.check(); err != nil {
		return err
	}
	switch {
	case n.explain.response != "":
		return a.explainResponse(ctx, args, n)
	case n.diff != "":
		return a.inspectDiff(ctx, args, n)
	}
	report, err := a.inspectReport(ctx, args, n)
	if err != nil {
		return err
	}
	if n.json {
		err = a.printJSON(report)
	} else {
		err = a.printReport(report)
		stored := n.session != "" && n.kind != string(tokens.Access)
		if use := inspect.UseOf(report); err == nil && use != nil && !stored {
			err = a.printUse(use)
		}
	}
	if err != nil || !n.check {
		return err
	}
	return a.checkReport(report)
}

func (a *app) inspectReport(ctx context.Context, args []string, n *inspectFlags) (*inspect.Report, error) {
	if n.session != "" {
		return a.inspectSession(ctx, args, n)
	}
	options, err := a.inspectOptions(ctx, n)
	if err != nil {
		return nil, err
	}
	input, err := a.tokenInput(ctx, args)
	if err != nil {
		return nil, err
	}
	switch {
	case len(options.Keys.Keys()) > 0 && n.issuer == "":
		return inspect.Inspect(input, options), nil
	case n.issuer == "":
		return a.inspectOffline(ctx, input, options, n)
	}
	svc, err := a.onlineService()
	if err != nil {
		return nil, err
	}
	return svc.InspectRaw(ctx, input, options, n.issuer), nil
}

// inspectOffline inspects a token for which no keys were given, with the stored keys of its issuer if the user has
// signed in there. --check does not use them, since an exit code cannot show their age; --diff does not need them.
func (a *app) inspectOffline(ctx context.Context, input string, o inspect.Options, n *inspectFlags) (*inspect.Report,
	error) {
	if n.jwks != "" || n.keyFile != "" || n.check || n.diff != "" {
		return inspect.Inspect(input, o), nil
	}
	store, err := a.vault()
	if err != nil { // without stored keys the token can still be decoded
		return inspect.Inspect(input, o), nil
	}
	svc, err := session.New(session.Options{Store: store, Profiles: profile.NewMemory(), Now: a.now, Getenv: a.getenv})
	if err != nil {
		return nil, err
	}
	const newer = "--issuer fetches the current ones"
	report := svc.InspectSessionIssuer(ctx, input, o, newer)
	if s := report.Signature; s != nil && !s.KeysRead.IsZero() {
		a.note("note: verified with the issuer's keys stored on %s; %s", tokens.Moment(s.KeysRead, a.now()),
			newer)
	}
	return report, nil
}

func (a *app) inspectSession(ctx context.Context, args []string, n *inspectFlags) (*inspect.Report, error) {
	if len(args) > 0 {
		return nil, usagef("--session selects the token: do not give it as an argument too")
	}
	kind, err := tokens.ParseKind(n.kind)
	if err != nil {
		return nil, usagef("--kind: %w", err)
	}
	svc, m, err := a.find(ctx, n.session)
	if err != nil {
		return nil, err
	}
	return svc.Inspect(ctx, m.ID, kind)
}

// onlineService returns a service that can fetch keys and uses neither the keyring nor the profile file.
func (a *app) onlineService() (*session.Service, error) { return a.memoryService(nil) }

// inspectOptions returns the options of inspect. It uses the network only if --jwks is a URL.
func (a *app) inspectOptions(ctx context.Context, n *inspectFlags) (inspect.Options, error) {
	o := inspect.Options{Now: a.now(), Location: time.Local, Issuer: n.issuer, Audience: n.audience, Nonce: n.nonce,
		Algs: n.algs}
	if err := a.readDetachedAndPassword(ctx, n, &o); err != nil {
		return o, err
	}
	var sets []jose.KeySet
	if n.jwks != "" {
		set, err := a.keySet(ctx, n.jwks)
		if err != nil {
			return o, err
		}
		for _, why := range set.Skipped() {
			a.note("note: a key of %s was skipped: %s", n.jwks, why)
		}
		sets = append(sets, set)
	}
	if n.keyFile != "" {
		data, err := a.readText(ctx, n.keyFile, maxKeyFile)
		if err != nil {
			return o, usagef("--key-file: %w", err)
		}
		set, err := jose.ParseKeys(data)
		if err != nil {
			return o, usagef("--key-file %s: %w", n.keyFile, err)
		}
		sets = append(sets, set)
	}
	secret, err := n.secret.read(ctx, a)
	if err != nil {
		return o, err
	}
	if !secret.IsZero() {
		set, err := jose.ParseKeys([]byte(secret.Reveal()))
		if err != nil {
			return o, usagef("the shared secret: %w", err)
		}
		sets = append(sets, set)
	}
	o.Keys = jose.Join(sets...)
	if len(o.Keys.Keys()) == 0 {
		o.NoKeys = "none was given; use --issuer, --jwks or --key-file"
	}
	return o, nil
}

// readDetachedAndPassword reads what is not part of the token: a detached payload, a password.
func (a *app) readDetachedAndPassword(ctx context.Context, n *inspectFlags, o *inspect.Options) error {
	if n.detached != "" {
		data, err := a.readFile(ctx, n.detached, maxTokenInput)
		if err != nil {
			return usagef("--detached: %w", err)
		}
		o.Detached = data
	}
	password, err := n.password.read(ctx, a)
	if err != nil || password.IsZero() {
		return err
	}
	o.Password = []byte(password.Reveal())
	return nil
}

// keySet reads a key set from a file or fetches it from a URL.
func (a *app) keySet(ctx context.Context, where string) (jose.KeySet, error) {
	if u, err := url.Parse(where); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		client, err := wire.New(ctx, wire.Options{Now: a.now})
		if err != nil {
			return jose.KeySet{}, err
		}
		return provider.NewKeys(client, where, a.now).Keys(ctx, "")
	}
	data, err := a.readText(ctx, where, maxKeyFile)
	if err != nil {
		return jose.KeySet{}, usagef("--jwks: %w", err)
	}
	set, err := jose.ParseKeySet(data)
	if err != nil {
		return set, usagef("--jwks %s: %w", where, err)
	}
	return set, nil
}

// tokenInput returns the text of the argument, of the file that it names, or of standard input.
func (a *app) tokenInput(ctx context.Context, args []string) (string, error) {
	source := "-"
	if len(args) == 1 {
		source = args[0]
	}
	file, isFile := fileArg(source)
	switch {
	case source == "-":
		file = "-"
		if a.tty.in {
			if len(args) == 0 && a.global.noInput {
				return "", usagef("the token is missing: give it on standard input, as @FILE, or as an argument")
			}
			a.note("Paste a token, then press enter and ctrl+d:")
		}
	case !isFile:
		return source, nil
	}
	data, err := a.readText(ctx, file, maxTokenInput)
	if err != nil {
		return "", usagef("the token: %w", err)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return "", usagef("the token: %s is empty", nameOfFile(file))
	}
	return string(data), nil
}

// checkReport returns the error with the exit code of --check, or nil if the token is good.
func (a *app) checkReport(r *inspect.Report) error {
	switch outcome, why := r.Verdict(); outcome {
	case inspect.OutcomeGood:
		return nil
	case inspect.OutcomeCannotTell:
		return &exitError{exitPerson, fmt.Errorf("cannot tell whether the token is good: %s", why)}
	default:
		return &exitError{exitChecks, fmt.Errorf("the token is %s: %s", outcome, why)}
	}
}
