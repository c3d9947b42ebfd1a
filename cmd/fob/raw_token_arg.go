package main

import (
	"context"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/shell"
)

// rawTokenHelp says how a token that is no session's is given to a verb that asks a provider about it.
const rawTokenHelp = "\n\nA token that is no session's is given on standard input (-) or in a file (@FILE, or\n" +
	"file:FILE in PowerShell), with whatever stands around it; --as says whom to ask."

// rawTokenArg is the token of an argument that names one in place of a session: - is standard input, @FILE a file. ok is
// false for the name of a session. What stands around the token is taken away, and told.
func (a *app) rawTokenArg(ctx context.Context, arg string) (token tokens.Secret, ok bool, err error) {
	name, isFile := fileArg(arg)
	if arg != "-" && !isFile {
		return tokens.Secret{}, false, nil
	}
	text, err := a.tokenInput(ctx, []string{arg})
	if err != nil {
		return tokens.Secret{}, true, err
	}
	read := inspect.Decode(text)
	if len(read.Cleaned) > 0 {
		a.note("removed before it is sent: %s", tokens.VisibleLine(strings.Join(read.Cleaned, ", ")))
	}
	if read.Kind == inspect.KindNothing || strings.ContainsAny(read.Raw, " \t\r\n") {
		if !isFile {
			name = "-"
		}
		return tokens.Secret{}, true, usagef("%s holds no token that could be sent: %s says what it is",
			nameOfFile(name), shell.ForCurrentShell("fob inspect "+shell.Word(arg)))
	}
	return tokens.NewSecret(read.Raw), true, nil
}
