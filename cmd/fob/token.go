package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/shell"
	"fob/tokens/vault"
)

const tokenLong = `Print a valid token and a newline. It is renewed first if it expires in less than
--min-ttl. The argument may be omitted if there is only one session.

Formats:
  raw              the token
  json             an object with the token, its type, expiry, scope and session
  header           Authorization: TYPE TOKEN
  env              export FOB_ACCESS_TOKEN=... lines, for eval in a shell; the name
                   depends on --kind
  powershell       $env:FOB_ACCESS_TOKEN = '...' lines, for Invoke-Expression
  exec-credential  the response of a Kubernetes credential plugin
                   (client.authentication.k8s.io/v1)`

const tokenExample = `  curl -H "$(fob token acme --format header)" https://api.example.com/me
  eval "$(fob token acme --format env)"
  fob token acme --kind id
  fob token --min-ttl 10m`

var tokenFormats = []string{"raw", "json", "header", "env", "powershell", "exec-credential"}

type tokenFlags struct {
	format string
	kind   string
	minTTL time.Duration
	renew  renewFlags
}

func (a *app) tokenCmd() *cobra.Command {
	var t tokenFlags
	cmd := &cobra.Command{
		Use:               "token [SESSION|PROFILE]",
		Short:             "Print a valid access token, renewed first if necessary",
		Long:              tokenLong,
		Example:           tokenExample,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeSessionOrProfile,
		RunE:              a.verb(func(ctx context.Context, args []string) error { return a.token(ctx, args, t) }),
	}
	f := cmd.Flags()
	f.StringVar(&t.format, "format", "raw", "`FORMAT`: "+strings.Join(tokenFormats, ", "))
	f.StringVar(&t.kind, "kind", string(tokens.Access), "which token: access, id or refresh")
	f.DurationVar(&t.minTTL, "min-ttl", session.DefaultMinTTL, "renew first if the token expires in less than this")
	t.renew.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("format", completeWords(tokenFormats...))
	_ = cmd.RegisterFlagCompletionFunc("kind", completeKind())
	return cmd
}

func (a *app) token(ctx context.Context, args []string, t tokenFlags) error {
	kind, err := tokens.ParseKind(t.kind)
	if err != nil {
		return usagef("--kind: %w", err)
	}
	if !slices.Contains(tokenFormats, t.format) {
		return usagef("--format %q is unsupported: use %s", tokens.VisibleLine(t.format),
			strings.Join(tokenFormats, ", "))
	}
	name, err := a.sessionArg(ctx, args)
	if err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	token, meta, err := a.validToken(ctx, svc, name, session.TokenRequest{Kind: kind, MinTTL: requestMinTTL(t.minTTL)},
		t.renew)
	if err != nil {
		return err
	}
	return a.printToken(token, kind, meta, t.format)
}

// sessionArg returns the session in the arguments, or the ID of the only session.
func (a *app) sessionArg(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	svc, err := a.service(ctx)
	if err != nil {
		return "", err
	}
	metas, err := svc.Sessions(ctx)
	switch {
	case len(metas) == 1:
		return metas[0].ID, nil
	case len(metas) > 1:
		return "", usagef("which session? There are %d, listed by fob list: name one", len(metas))
	case err != nil:
		return "", err
	}
	return "", session.ErrNoSession
}

// tokenJSON is what token --format json prints.
type tokenJSON struct {
	Session   string      `json:"session"`
	Kind      tokens.Kind `json:"kind"`
	Token     string      `json:"token"`
	TokenType string      `json:"token_type"`
	Scope     string      `json:"scope"`
	ExpiresAt *string     `json:"expires_at"`
}

// printToken prints a stored token. No other code prints one on standard output.
func (a *app) printToken(token tokens.Secret, kind tokens.Kind, m vault.Meta, format string) error {
	expires := expiryOf(token, kind, m)
	if i := strings.IndexFunc(token.Reveal(), unicode.IsControl); i >= 0 && format != "json" &&
		format != "exec-credential" {
		return &exitError{code: exitChecks,
			err: fmt.Errorf("printing the %s token of %s as %s: the token contains a line break or another control "+
				"character, which could be read as a second line; the server must be fixed (RFC 6749 A.12)\n"+
				"  --format json prints it escaped", kind, tokens.VisibleLine(m.Label), format)}
	}
	switch format {
	case "json":
		return a.printJSON(tokenJSON{Session: m.ID, Kind: kind, Token: token.Reveal(), TokenType: m.TokenType,
			Scope: grantedScope(m), ExpiresAt: rfc3339(expires)})
	case "exec-credential":
		return a.printExecCredential(token, expires)
	case "header":
		_, err := fmt.Fprintf(a.stdout, "Authorization: %s %s\n", authScheme(m), token.Reveal())
		return err
	case "env", "powershell":
		for _, v := range tokenEnv(token, kind, m) {
			name, value, _ := strings.Cut(v, "=")
			line := "export " + name + "=" + shell.Quote(value)
			if format == "powershell" {
				line = "$env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
			}
			if _, err := fmt.Fprintln(a.stdout, line); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := fmt.Fprintln(a.stdout, token.Reveal())
	return err
}

// authScheme returns the scheme of the Authorization header: servers spell token_type in any case, the header has one
// spelling.
func authScheme(m vault.Meta) string {
	if m.TokenType == "" || strings.EqualFold(m.TokenType, "bearer") {
		return "Bearer"
	}
	return m.TokenType
}

// tokenEnv returns the variables that pass a token to another program. The name of the first depends on the kind of
// token; FOB_TOKEN_TYPE says how an access token is sent, and other tokens have none.
func tokenEnv(token tokens.Secret, kind tokens.Kind, m vault.Meta) []string {
	env := []string{"FOB_" + strings.ToUpper(string(kind)) + "_TOKEN=" + token.Reveal()}
	if kind == tokens.Access {
		env = append(env, "FOB_TOKEN_TYPE="+authScheme(m))
	}
	env = append(env, "FOB_SESSION="+m.ID, "FOB_ISSUER="+m.Issuer)
	if t := rfc3339(expiryOf(token, kind, m)); t != nil {
		env = append(env, "FOB_EXPIRES_AT="+*t)
	}
	return env
}

// expiryOf returns when the token expires: the access and refresh token as the server said, the id_token by its exp.
func expiryOf(token tokens.Secret, kind tokens.Kind, m vault.Meta) time.Time {
	switch kind {
	case tokens.Access:
		return m.ExpiresAt
	case tokens.Refresh:
		return m.RefreshExpires
	}
	if decoded := inspect.Decode(token.Reveal()); decoded.Payload != nil {
		if t, ok := decoded.Payload.Time("exp"); ok {
			return t
		}
	}
	return time.Time{}
}

// execCredential is the response of a Kubernetes credential plugin.
type execCredential struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	Status     execCredentialStatus `json:"status"`
}

type execCredentialStatus struct {
	Token               string  `json:"token"`
	ExpirationTimestamp *string `json:"expirationTimestamp,omitempty"`
}

const execCredentialV1 = "client.authentication.k8s.io/v1"

// printExecCredential prints the version that kubectl requests in KUBERNETES_EXEC_INFO, by default v1.
func (a *app) printExecCredential(token tokens.Secret, expires time.Time) error {
	version := execCredentialV1
	if info := a.getenv("KUBERNETES_EXEC_INFO"); info != "" {
		var requested execCredential
		if err := json.Unmarshal([]byte(info), &requested); err != nil {
			return fmt.Errorf("reading KUBERNETES_EXEC_INFO: %w", err)
		}
		switch requested.APIVersion {
		case execCredentialV1, execCredentialV1 + "beta1":
			version = requested.APIVersion
		default:
			return fmt.Errorf("KUBERNETES_EXEC_INFO requests apiVersion %q: fob supports %s and %[2]sbeta1",
				requested.APIVersion, execCredentialV1)
		}
	}
	return a.printJSON(execCredential{
		APIVersion: version, Kind: "ExecCredential",
		Status: execCredentialStatus{Token: token.Reveal(), ExpirationTimestamp: rfc3339(expires)},
	})
}
