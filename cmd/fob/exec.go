package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
)

const execLong = `Run a command with a valid access token in its environment. The token is renewed
first if it expires in less than --min-ttl; it is not renewed while the command
runs. The command receives signals, and its exit code is fob's; 127 means that
it was not found, 126 that it could not be started.

Variables:
  FOB_ACCESS_TOKEN  the token          FOB_TOKEN_TYPE  Bearer or DPoP
  FOB_ID_TOKEN      instead, with --kind id
  FOB_EXPIRES_AT    its expiry         FOB_SESSION     the session's ID
  FOB_ISSUER        its issuer         FOB_API         the profile's API, if any`

const execExample = `  fob exec acme -- sh -c 'curl -H "Authorization: Bearer $FOB_ACCESS_TOKEN" "$FOB_API/me"'
  fob exec acme --var GITHUB_TOKEN -- gh repo list`

// child is the command to run.
type child struct {
	path string   // of the executable
	args []string // starting with the command's name
	env  []string
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

type execFlags struct {
	tokenFlags
	vars []string
}

func (a *app) execCmd() *cobra.Command {
	var e execFlags
	cmd := &cobra.Command{
		Use:               "exec SESSION|PROFILE -- COMMAND...",
		Short:             "Run a command with the token in its environment",
		Long:              execLong,
		Example:           execExample,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: a.completeSessionOrProfile,
		RunE: a.longVerb(func(ctx context.Context, args []string) error {
			return a.exec(ctx, args[0], args[1:], e)
		}),
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fmt.Errorf("%w (is -- missing before the command?)", err)
	})
	f := cmd.Flags()
	f.DurationVar(&e.minTTL, "min-ttl", session.DefaultMinTTL, "renew first if the token expires in less than this")
	f.StringVar(&e.kind, "kind", string(tokens.Access), "which token: access or id")
	f.StringArrayVar(&e.vars, "var", nil, "put the token in the variable `NAME` as well, repeatable")
	e.renew.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("kind", completeWords(string(tokens.Access), string(tokens.ID)))
	return cmd
}

func (a *app) exec(ctx context.Context, name string, command []string, e execFlags) error {
	kind, err := tokens.ParseKind(e.kind)
	if err != nil {
		return usagef("--kind: %w", err)
	}
	for _, v := range e.vars {
		if !envName.MatchString(v) {
			return usagef("--var %q is not a valid name of an environment variable", tokens.VisibleLine(v))
		}
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return notStarted(command[0], err)
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	bounded, cancel := a.withTimeout(ctx)
	defer cancel()
	want := session.TokenRequest{Kind: kind, MinTTL: requestMinTTL(e.minTTL)}
	token, meta, err := a.validToken(bounded, svc, name, want, e.renew)
	if err != nil {
		return err
	}
	vars := tokenEnv(token, kind, meta)
	if api := svc.APIBaseURL(meta); api != "" {
		vars = append(vars, "FOB_API="+api)
	}
	for _, v := range e.vars {
		vars = append(vars, v+"="+token.Reveal())
	}
	if err := a.execReplace(ctx, child{path: path, args: command, env: withEnv(a.environ(), vars)}); err != nil {
		return notStarted(command[0], err)
	}
	return nil
}

// withEnv returns an environment with variables replaced or added.
func withEnv(env, vars []string) []string {
	replaced := map[string]bool{}
	for _, v := range vars {
		name, _, _ := strings.Cut(v, "=")
		replaced[name] = true
	}
	var out []string
	for _, v := range env {
		if name, _, _ := strings.Cut(v, "="); !replaced[name] {
			out = append(out, v)
		}
	}
	return append(out, vars...)
}

// Exit codes of a command that did not run, as in shells.
const (
	exitCannotRun = 126
	exitNotFound  = 127
)

func notStarted(name string, err error) error {
	var chosen *exitError
	if errors.As(err, &chosen) {
		return err
	}
	code := exitCannotRun
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		code = exitNotFound
	}
	return &exitError{code, fmt.Errorf("starting %s: %w", tokens.VisibleLine(name), err)}
}
