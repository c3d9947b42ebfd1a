package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

const mintLong = `Make a token for tests: a new one, or a changed copy of another. It is marked as made
by fob, is never stored, and is valid only where its key is trusted.

The issuer's JWT of an SD-JWT is signed again, with the digests of changed
disclosures; with --signature kept it stays, and so does not match the changes. In a
JSON serialisation every signature is altered, or only the one of --only.

Without --key-file or a secret a key is generated; --public-out writes its public key
as a key set, for the API under test.`

const mintExample = `  fob mint --claim sub=alice --claim 'roles:=["admin"]' --audience api --public-out keys.json
  fob mint @token.txt --expire --key-file mine.pem
  fob mint @token.txt --signature none
  fob mint @token.txt --claim sub=bob --signature kept
  fob mint @two-signatures.json --signature broken --only 2
  fob mint @credential.txt --signature kept --withhold address --holder-key holder.jwk`

type mintFlags struct {
	claims, without, header                    []string
	expire, json                               bool
	lifetime                                   time.Duration
	audience, alg, keyFile, encrypt, publicOut string
	signature, openWith                        string
	only                                       int
	presentation                               presentationFlags
	secret                                     *secretFlags
}

func (a *app) mintCmd() *cobra.Command {
	n := &mintFlags{}
	cmd := &cobra.Command{
		Use:               "mint [TOKEN | - | @FILE]",
		Short:             "Make or alter a token, for tests",
		Long:              mintLong,
		Example:           mintExample,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              a.verb(func(ctx context.Context, args []string) error { return a.mint(ctx, args, n) }),
	}
	f := cmd.Flags()
	f.StringArrayVar(&n.claims, "claim", nil, "set a claim: `NAME=VALUE`, a string unless it reads as JSON; NAME:=JSON")
	f.StringSliceVar(&n.without, "without", nil, "remove this claim `NAME`")
	f.StringArrayVar(&n.header, "header", nil, "set a header parameter: `NAME=VALUE`; null removes it")
	f.BoolVar(&n.expire, "expire", false, "expired an hour ago")
	f.DurationVar(&n.lifetime, "lifetime", 0, "valid from now for this `DURATION`")
	f.StringVar(&n.audience, "audience", "", "for this audience")
	f.StringVar(&n.alg, "alg", "", "sign with this `ALGORITHM` (default: the token's, or ES256)")
	f.StringVar(&n.keyFile, "key-file", "", "sign with the private key in this `FILE`: PEM or JWK")
	n.secret = addSecretFlags(cmd, "secret", "shared secret to sign with")
	f.StringVar(&n.encrypt, "encrypt-to", "", "encrypt for the key in this `FILE`")
	f.StringVar(&n.signature, "signature", "", "make the signature invalid: kept, stripped, broken or none (alg none)")
	f.IntVar(&n.only, "only", 0, "of several signatures alter only this one, by its `NUMBER`")
	f.StringVar(&n.openWith, "open-with", "",
		"decrypt the token first, with the private key or secret in this `FILE`")
	n.presentation.add(cmd)
	f.StringVar(&n.publicOut, "public-out", "", "write the public key to this `FILE`, as a key set")
	jsonFlag(cmd, &n.json)
	cmd.MarkFlagsMutuallyExclusive("expire", "lifetime")
	for _, name := range []string{"key-file", "encrypt-to", "open-with", "public-out"} {
		_ = cmd.MarkFlagFilename(name)
	}
	_ = cmd.RegisterFlagCompletionFunc("signature", completeWords("kept", "stripped", "broken", "none"))
	return cmd
}

// mintJSON is what mint --json prints.
type mintJSON struct {
	MadeHere bool     `json:"made_here"` // always true
	Token    string   `json:"token"`
	Alg      string   `json:"alg,omitempty"`
	Kid      string   `json:"kid,omitempty"`
	KeyMade  bool     `json:"key_made"`
	Notes    []string `json:"notes"`
}

func (a *app) mint(ctx context.Context, args []string, n *mintFlags) error {
	alteration, err := a.alteration(ctx, n)
	if err != nil {
		return err
	}
	var from *inspect.Report
	if len(args) > 0 {
		input, err := a.tokenInput(ctx, args)
		if err != nil {
			return err
		}
		o := inspect.Options{Now: a.now()}
		if n.openWith != "" {
			data, err := a.readText(ctx, n.openWith, maxKeyFile)
			if err == nil {
				o.Keys, err = jose.ParseKeys(data)
			}
			if err != nil {
				return usagef("--open-with: %w", err)
			}
		}
		from = inspect.Inspect(input, o)
	}
	made, err := session.Mint(from, n.alg, alteration)
	switch {
	case errors.Is(err, session.ErrNoSecret):
		return usagef("%w: --secret-file, --secret-env or --secret-ask", err)
	case err != nil:
		return usagef("%w", err)
	}
	if err := a.writePublicKey(n.publicOut, made); err != nil {
		return err
	}
	a.note("made by fob, for tests: %s", strings.Join(made.Notes, "; "))
	if n.json {
		return a.printJSON(mintJSON{true, made.Token.Reveal(), made.Alg, made.Kid, made.KeyGenerated, made.Notes})
	}
	_, err = fmt.Fprintln(a.stdout, made.Token.Reveal())
	return err
}

// alteration returns the changes that the flags describe.
func (a *app) alteration(ctx context.Context, n *mintFlags) (inspect.Alteration, error) {
	t := inspect.Alteration{Delete: n.without, Expire: n.expire, Lifetime: n.lifetime, Audience: n.audience,
		Signature: inspect.SignatureFault(n.signature), Only: n.only, Now: a.now()}
	for _, list := range []struct {
		flag string
		from []string
		to   *[]inspect.Claim
	}{{"claim", n.claims, &t.Set}, {"header", n.header, &t.Header}} {
		for _, text := range list.from {
			c, err := inspect.ParseClaim(text)
			if err != nil {
				return t, usagef("--%s: %w", list.flag, err)
			}
			*list.to = append(*list.to, c)
		}
	}
	if n.alg != "" {
		c, err := inspect.ParseClaim("alg=" + n.alg)
		if err != nil {
			return t, usagef("--alg: %w", err)
		}
		t.Header = append(t.Header, c)
	}
	var err error
	if t.Key, err = a.readKey(ctx, "key-file", n.keyFile); err != nil {
		return t, err
	}
	if t.EncryptTo, err = a.readKey(ctx, "encrypt-to", n.encrypt); err != nil {
		return t, err
	}
	if t.Presentation, err = n.presentation.read(ctx, a); err != nil {
		return t, err
	}
	secret, err := n.secret.read(ctx, a)
	if err == nil && !secret.IsZero() {
		t.Key = jose.SecretKey([]byte(secret.Reveal()))
	}
	return t, err
}

// presentationFlags change the disclosures and the key binding of an SD-JWT.
type presentationFlags struct {
	withhold, disclose, bindingClaims []string
	binding, holderKey                string
}

func (p *presentationFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&p.withhold, "withhold", nil, "of an SD-JWT, remove the disclosure of this `NAME` or path")
	f.StringArrayVar(&p.disclose, "disclose", nil, "of an SD-JWT, change or add a disclosure: `NAME=VALUE`, as --claim")
	f.StringVar(&p.binding, "binding", "", "of an SD-JWT, the key binding: kept, stripped or broken")
	f.StringVar(&p.holderKey, "holder-key", "",
		"of an SD-JWT, sign the key binding with the private key in this `FILE`")
	f.StringArrayVar(&p.bindingClaims, "binding-claim", nil, "set a claim of the key binding: `NAME=VALUE`, as --claim")
	_ = cmd.MarkFlagFilename("holder-key")
	_ = cmd.RegisterFlagCompletionFunc("binding", completeWords("kept", "stripped", "broken"))
}

func (p *presentationFlags) read(ctx context.Context, a *app) (inspect.Presentation, error) {
	out := inspect.Presentation{Withhold: p.withhold, Binding: inspect.SignatureFault(p.binding)}
	for _, text := range p.disclose {
		c, err := inspect.ParseDisclosure(text)
		if err != nil {
			return out, usagef("--disclose: %w", err)
		}
		out.Disclose = append(out.Disclose, c)
	}
	for _, text := range p.bindingClaims {
		c, err := inspect.ParseClaim(text)
		if err != nil {
			return out, usagef("--binding-claim: %w", err)
		}
		out.BindingClaims = append(out.BindingClaims, c)
	}
	var err error
	out.HolderKey, err = a.readKey(ctx, "holder-key", p.holderKey)
	return out, err
}

// readKey reads the first key of a file; without a file it returns the zero key.
func (a *app) readKey(ctx context.Context, flag, file string) (jose.Key, error) {
	if file == "" {
		return jose.Key{}, nil
	}
	data, err := a.readText(ctx, file, maxKeyFile)
	if err != nil {
		return jose.Key{}, usagef("--%s: %w", flag, err)
	}
	key, err := session.ParseFirstKey(data, "--"+flag+" "+file)
	if err != nil {
		return key, usagef("%w", err)
	}
	return key, nil
}

// writePublicKey writes the public part of the signing key, for an API that should accept the token.
func (a *app) writePublicKey(file string, made inspect.MintedToken) error {
	if file == "" {
		return nil
	}
	data, ok := session.PublicJWKS(made)
	if !ok {
		return usagef("--public-out: the token is not signed with an asymmetric key")
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil { //nolint:gosec // a public key
		return fmt.Errorf("writing the public key: %w", err)
	}
	return nil
}
