package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/tokens"
)

const profileKeyLong = `Generate a private key for a profile's client and store it in the keyring, or show its
public keys.

The public keys are printed as a JWK set (RFC 7517), to be registered with the provider.
The key signs client assertions (private_key_jwt) and authorization requests. An earlier
key of the profile stays in the set until the profile names another.`

func (a *app) profileKeyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "key", Short: "Generate and show the keys of a profile's client", Long: profileKeyLong,
		Args:    onlySubcommands,
		Example: "  fob profile key new acme --alg PS256 > jwks.json\n  fob profile key show acme",
		RunE: func(*cobra.Command, []string) error {
			return usagef("profile key needs one of new, show")
		},
	}
	cmd.AddCommand(a.profileKeyNewCmd(), a.profileKeyShowCmd())
	return cmd
}

// keyAlgs are the signature algorithms of a new key.
var keyAlgs = []string{"ES256", "ES384", "ES512", "EdDSA", "PS256", "RS256"}

func (a *app) profileKeyNewCmd() *cobra.Command {
	var alg string
	cmd := &cobra.Command{
		Use: "new PROFILE", Short: "Generate a private key and print its public key", Long: profileKeyLong,
		Args:              cobra.ExactArgs(1),
		Example:           "  fob profile key new acme\n  fob profile key new acme --alg PS256 > jwks.json",
		ValidArgsFunction: a.completeProfile,
		Annotations:       changing("makes a key"),
		RunE: a.verb(func(ctx context.Context, args []string) error {
			if memoryVault(a) {
				return usagef("making a key for the profile %s: the vault is in memory (FOB_VAULT=memory), so the key "+
					"would be lost when fob ends", tokens.VisibleLine(args[0]))
			}
			svc, err := a.service(ctx)
			if err != nil {
				return err
			}
			jwks, err := svc.NewClientKey(ctx, args[0], alg)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s\n", jwks)
			return err
		}),
	}
	cmd.Flags().StringVar(&alg, "alg", keyAlgs[0], "the signature algorithm of the key")
	_ = cmd.RegisterFlagCompletionFunc("alg", completeWords(keyAlgs...))
	return cmd
}

func (a *app) profileKeyShowCmd() *cobra.Command {
	return &cobra.Command{
		Use: "show PROFILE", Short: "Print the public keys of a profile's client", Long: profileKeyLong,
		Args:    cobra.ExactArgs(1),
		Example: "  fob profile key show acme", ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			svc, err := a.service(ctx)
			if err != nil {
				return err
			}
			jwks, err := svc.ClientKeys(ctx, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s\n", jwks)
			return err
		}),
	}
}
