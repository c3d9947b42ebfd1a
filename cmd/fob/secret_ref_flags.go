package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"fob/flows"
)

// secretRefFlags say where a machine-made secret is held, in the way in which every other secret is named: --NAME-env and
// --NAME-file. It is fetched from there at each run, and not kept.
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

// read is the value of the input: a place, or what standard input held; "" when the flags say nothing.
func (p *secretRefFlags) read(ctx context.Context, a *app) (string, error) {
	switch {
	case p.env != "":
		return flows.SecretFromEnv + ":" + p.env, nil
	case p.file == "-":
		secret, err := (&secretFlags{name: p.name, what: p.what, file: p.file}).fromFile(ctx, a)
		return secret.Reveal(), err // goes on to the run, which uses it
	case p.file != "":
		// The session remembers the place, and may be used from another folder.
		path, err := filepath.Abs(p.file)
		if err != nil {
			return "", usagef("the %s: %w", p.what, err)
		}
		return flows.SecretFromFile + ":" + path, nil
	}
	return "", nil
}
