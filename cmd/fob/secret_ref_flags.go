package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"fob/flows"
)

// secretRefFlags set the reference to a machine-made secret, with the same flags as for other secrets: --NAME-env and
// --NAME-file. The secret is read again at each run, and is not stored.
type secretRefFlags struct {
	name, what string
	env, file  string
}

func addSecretRefFlags(cmd *cobra.Command, name, what string) *secretRefFlags {
	p := &secretRefFlags{name: name, what: what}
	f := cmd.Flags()
	f.StringVar(&p.env, name+"-env", "", "the same as --"+name+" "+flows.SecretFromEnv+":`VAR`")
	f.StringVar(&p.file, name+"-file", "",
		"the same as --"+name+" "+flows.SecretFromFile+":`FILE`; - is standard input, read once")
	cmd.MarkFlagsMutuallyExclusive(name, name+"-env", name+"-file")
	_ = cmd.MarkFlagFilename(name + "-file")
	return p
}

// read returns the value of the input: a reference, or the content of standard input; "" without flags.
func (p *secretRefFlags) read(ctx context.Context, a *app) (string, error) {
	switch {
	case p.env != "":
		return flows.SecretFromEnv + ":" + p.env, nil
	case p.file == "-":
		secret, err := (&secretFlags{name: p.name, what: p.what, file: p.file}).fromFile(ctx, a)
		return secret.Reveal(), err // the run uses it
	case p.file != "":
		// The session stores the path, and may be used from another folder.
		path, err := filepath.Abs(p.file)
		if err != nil {
			return "", usagef("the %s: %w", p.what, err)
		}
		return flows.SecretFromFile + ":" + path, nil
	}
	return "", nil
}
