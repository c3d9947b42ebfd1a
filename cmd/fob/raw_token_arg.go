package main

import (
	"context"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/shell"
)

// rawTokenHelp explains the token argument of verbs that send a token to a provider.
const rawTokenHelp = "\n\nA token without a session is read from standard input (-) or a file (@FILE, or file:FILE\n" +
	"in PowerShell); text around it is removed. --as names the provider or the client to use."

// rawTokenArg returns the token of an argument that is not the name of a session: - is standard input, @FILE a file. ok
// is false for the name of a session. Text around the token is removed, with a note.
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
		return tokens.Secret{}, true, usagef("%s does not contain a token that can be sent: %s shows what it is",
			nameOfFile(name), shell.ForCurrentShell("fob inspect "+shell.Word(arg)))
	}
	return tokens.NewSecret(read.Raw), true, nil
}
