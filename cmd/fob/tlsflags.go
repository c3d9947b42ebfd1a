package main

import (
	"github.com/spf13/cobra"

	"fob/flows/wire"
)

// addTLSFlags gives cmd the flags of TLS and proxy settings.
func addTLSFlags(cmd *cobra.Command, o *wire.Options) {
	f := cmd.Flags()
	f.StringVar(&o.CAFile, "ca", "", "PEM `FILE` of certificate authorities to trust as well")
	f.StringVar(&o.ClientCertFile, "cert", "", "PEM `FILE` of the client certificate")
	f.StringVar(&o.ClientKeyFile, "key", "", "PEM `FILE` of the client certificate's key")
	f.StringVar(&o.Proxy, "proxy", "", "proxy `URL`, or none (default: from the environment)")
	f.BoolVar(&o.Insecure, "insecure", false, "accept any certificate: for tests alone")
}

// checkTLS refuses settings that are only half there, and makes the names of files whole.
func checkTLS(o *wire.Options) error {
	if (o.ClientCertFile == "") != (o.ClientKeyFile == "") {
		return usagef("--cert and --key go together")
	}
	return absolute(&o.CAFile, &o.ClientCertFile, &o.ClientKeyFile)
}

// tlsWords are the flags that make have of base. A proxy's password is left out of what is suggested.
func tlsWords(base, have wire.Options) []string {
	var words []string
	for _, f := range []struct{ flag, base, have string }{
		{"--ca", base.CAFile, have.CAFile}, {"--cert", base.ClientCertFile, have.ClientCertFile}, {"--key", base.ClientKeyFile, have.ClientKeyFile},
		{"--proxy", wire.WithoutPassword(base.Proxy), wire.WithoutPassword(have.Proxy)},
	} {
		if f.have != "" && f.have != f.base {
			words = append(words, f.flag, f.have)
		}
	}
	if have.Insecure && !base.Insecure {
		words = append(words, "--insecure")
	}
	return words
}
