package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/provider"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/shell"
)

func (a *app) providerCmd() *cobra.Command {
	var asJSON bool
	var settings tlsFlags
	cmd := &cobra.Command{
		Use:   "provider ISSUER|PROFILE",
		Short: "Show and lint a provider's metadata and keys",
		Long: "Read a provider's metadata (OpenID Connect Discovery, RFC 8414), check that its issuer\n" +
			"matches, and show its endpoints, features and keys, with errors and warnings about them.",
		Example: "  fob provider https://login.example.com\n" +
			"  fob provider acme --json | jq .metadata.grant_types_supported\n" +
			"  fob provider https://login.test --ca test-ca.pem",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			if err := settings.check(ctx, a); err != nil {
				return err
			}
			svc, err := a.service(ctx)
			if err != nil {
				return err
			}
			a.errContext.Provider, a.errContext.Command = args[0], "fob provider "+shell.Word(args[0])
			view, err := svc.ProviderWith(ctx, args[0], settings.Options)
			if err != nil {
				return err
			}
			if asJSON {
				return a.providerJSON(view)
			}
			return a.printProvider(view)
		}),
	}
	addTLSFlags(cmd, &settings)
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(a.registerCmd(), a.registrationCmd(), a.unregisterCmd())
	return cmd
}

// providerJSON is what provider --json prints.
type providerJSON struct {
	Issuer   string                     `json:"issuer"`
	Source   string                     `json:"source"`
	Metadata map[string]json.RawMessage `json:"metadata"` // every member as received
	Features []provider.Feature         `json:"features"`
	Keys     []keyJSON                  `json:"keys"`
	KeysErr  string                     `json:"keys_error,omitempty"`
	Skipped  []string                   `json:"keys_skipped,omitempty"`
	Checks   tokens.Ledger              `json:"checks"`
	Findings []provider.Finding         `json:"findings"`
}

type keyJSON struct {
	Kid        string `json:"kid"`
	Kty        string `json:"kty"`
	Alg        string `json:"alg,omitempty"`
	Use        string `json:"use,omitempty"`
	Crv        string `json:"crv,omitempty"`
	Bits       int    `json:"bits,omitempty"`
	Thumbprint string `json:"thumbprint,omitempty"` // RFC 7638, SHA-256
}

func keysJSON(set jose.KeySet) []keyJSON {
	keys := []keyJSON{}
	for _, k := range set.Keys() {
		thumbprint, err := k.Thumbprint()
		if err != nil {
			thumbprint = "" // unsupported key type
		}
		keys = append(keys, keyJSON{Kid: k.Kid(), Kty: k.Type(), Alg: k.Alg(), Use: k.Use(), Crv: k.Curve(),
			Bits: k.Bits(), Thumbprint: thumbprint})
	}
	return keys
}

func (a *app) providerJSON(v *session.ProviderView) error {
	out := providerJSON{
		Issuer: v.Metadata.Issuer, Source: v.Metadata.Source, Metadata: v.Metadata.Raw,
		Features: provider.Features(v.Metadata), Keys: keysJSON(v.Keys), Skipped: v.Keys.Skipped(),
		Checks: v.Metadata.Checks, Findings: v.Findings(),
	}
	if v.KeysErr != nil {
		out.KeysErr = v.KeysErr.Error()
	}
	if out.Metadata == nil {
		out.Metadata = map[string]json.RawMessage{}
	}
	if out.Checks == nil {
		out.Checks = tokens.Ledger{}
	}
	if out.Findings == nil {
		out.Findings = []provider.Finding{}
	}
	return a.printJSON(out)
}

func (a *app) printProvider(v *session.ProviderView) error {
	m := v.Metadata
	rows := [][]string{{"issuer", m.Issuer}, {"metadata", m.Source}}
	for _, name := range flows.EndpointNames() {
		if address := m.Endpoint(name); address != "" {
			rows = append(rows, []string{name, address})
		}
	}
	if m.JWKSURI != "" {
		rows = append(rows, []string{"keys", m.JWKSURI})
	}
	if err := a.table(rows); err != nil {
		return err
	}
	features := [][]string{{"", ""}, {"SUPPORTS", ""}}
	for _, f := range provider.Features(m) {
		features = append(features, []string{f.Name, f.State, f.Detail, f.Spec})
	}
	if err := a.table(features); err != nil {
		return err
	}
	if err := a.printKeys(v); err != nil {
		return err
	}
	return a.printLint(v)
}

func (a *app) printKeys(v *session.ProviderView) error {
	if v.KeysErr != nil {
		a.note("the keys could not be read: %v", v.KeysErr)
	}
	rows := [][]string{{""}, {"KEY", "TYPE", "ALG", "USE", "SIZE"}}
	for _, k := range v.Keys.Keys() {
		size := k.Curve()
		if size == "" && k.Bits() > 0 {
			size = fmt.Sprintf("%d bits", k.Bits())
		}
		rows = append(rows, []string{k.Kid(), k.Type(), k.Alg(), k.Use(), size})
	}
	for _, why := range v.Keys.Skipped() {
		a.note("note: a key was skipped: %s", why)
	}
	if len(rows) == 2 {
		return nil
	}
	return a.table(rows)
}

func (a *app) printLint(v *session.ProviderView) error {
	var b strings.Builder
	for _, f := range v.Findings() {
		line := f.Severity + ": " + f.What
		if f.Spec != "" {
			line += " (" + f.Spec + ")"
		}
		b.WriteString(tokens.VisibleLine(line) + "\n")
	}
	for _, c := range v.Metadata.Checks {
		b.WriteString(tokens.VisibleLine(strings.TrimSpace(checkLine(c))) + "\n")
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s", b.String())
	return err
}
