package main

import (
	"context"
	"sync"

	"github.com/spf13/cobra"

	"fob/flows/wire"
	"fob/tokens"
)

const (
	certHelp = "`FILE` of the client certificate: PEM, DER or PKCS#12"
	keyHelp  = "`FILE` of its private key, unless it is in the same file"
)

// tlsFlags are the flags of TLS and proxy settings.
type tlsFlags struct {
	wire.Options
	passphrase *secretFlags
}

// addTLSFlags adds the flags of TLS and proxy settings to cmd.
func addTLSFlags(cmd *cobra.Command, t *tlsFlags) {
	f := cmd.Flags()
	f.StringVar(&t.CAFile, "ca", "", "PEM `FILE` of additional certificate authorities to trust")
	f.StringVar(&t.ClientCertFile, "cert", "", certHelp)
	f.StringVar(&t.ClientKeyFile, "key", "", keyHelp)
	t.passphrase = addSecretFlags(cmd, "cert-passphrase", "passphrase of the client certificate")
	f.StringVar(&t.Proxy, "proxy", "", "proxy `URL`, or none (default: from the environment)")
	f.BoolVar(&t.Insecure, "insecure", false, "accept any certificate: only for tests")
	addHTTPFlag(cmd, &t.InsecureHTTP)
}

// addHTTPFlag adds the flag that allows secrets over plain http to cmd.
func addHTTPFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "insecure-http", false, "send secrets over plain http to other machines: only for tests")
}

// check rejects incomplete settings, makes file names absolute, and sets the source of the passphrase: that of the
// flags, else a prompt if --cert is given.
func (t *tlsFlags) check(ctx context.Context, a *app) error {
	if t.ClientCertFile == "" && t.ClientKeyFile != "" {
		return usagef("--key needs a certificate: use --cert")
	}
	if err := t.passphrase.check(); err != nil {
		return err
	}
	switch {
	case t.passphrase.isSet():
		t.ClientCertPassphrase = sync.OnceValues(func() (tokens.Secret, error) { return t.passphrase.read(ctx, a) })
	case t.ClientCertFile != "":
		t.ask(ctx, a)
	}
	return absolute(&t.CAFile, &t.ClientCertFile, &t.ClientKeyFile)
}

// ask makes the passphrase come from a prompt, if one is required.
func (t *tlsFlags) ask(ctx context.Context, a *app) {
	t.ClientCertPassphrase = sync.OnceValues(func() (tokens.Secret, error) { return t.passphrase.prompt(ctx, a) })
}
