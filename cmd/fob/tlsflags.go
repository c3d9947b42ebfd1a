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
	keyHelp  = "`FILE` of its key, where that is not in the same file"
)

// tlsFlags are the flags of TLS and proxy settings.
type tlsFlags struct {
	wire.Options
	passphrase *secretFlags
}

// addTLSFlags gives cmd the flags of TLS and proxy settings.
func addTLSFlags(cmd *cobra.Command, t *tlsFlags) {
	f := cmd.Flags()
	f.StringVar(&t.CAFile, "ca", "", "PEM `FILE` of certificate authorities to trust as well")
	f.StringVar(&t.ClientCertFile, "cert", "", certHelp)
	f.StringVar(&t.ClientKeyFile, "key", "", keyHelp)
	t.passphrase = addSecretFlags(cmd, "cert-passphrase", "passphrase of the client certificate")
	f.StringVar(&t.Proxy, "proxy", "", "proxy `URL`, or none (default: from the environment)")
	f.BoolVar(&t.Insecure, "insecure", false, "accept any certificate: for tests alone")
	addHTTPFlag(cmd, &t.InsecureHTTP)
}

// addHTTPFlag gives cmd the flag that lets secrets go over plain http.
func addHTTPFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "insecure-http", false, "send secrets over plain http beyond this machine: for tests alone")
}

// check refuses settings that are only half there, makes the names of files whole, and says where the passphrase is:
// where the flags say, else a person is asked for that of a certificate that they name.
func (t *tlsFlags) check(ctx context.Context, a *app) error {
	if t.ClientCertFile == "" && t.ClientKeyFile != "" {
		return usagef("--key belongs to a certificate: name it with --cert")
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

// ask lets a person be asked for the passphrase, where it turns out that one is needed.
func (t *tlsFlags) ask(ctx context.Context, a *app) {
	t.ClientCertPassphrase = sync.OnceValues(func() (tokens.Secret, error) { return t.passphrase.prompt(ctx, a) })
}

// tlsWords are the flags that make have of base. A proxy's password is left out of what is suggested.
func tlsWords(base, have wire.Options) []string {
	var words []string
	for _, f := range []struct{ flag, base, have string }{
		{"--ca", base.CAFile, have.CAFile}, {"--cert", base.ClientCertFile, have.ClientCertFile},
		{"--key", base.ClientKeyFile, have.ClientKeyFile},
		{"--proxy", wire.WithoutPassword(base.Proxy), wire.WithoutPassword(have.Proxy)},
	} {
		if f.have != "" && f.have != f.base {
			words = append(words, f.flag, f.have)
		}
	}
	if have.Insecure && !base.Insecure {
		words = append(words, "--insecure")
	}
	if have.InsecureHTTP && !base.InsecureHTTP {
		words = append(words, "--insecure-http")
	}
	return words
}
