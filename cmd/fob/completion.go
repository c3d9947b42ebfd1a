package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"fob/tokens"
	"fob/tokens/vault"
)

const completionLong = `Print a completion script for a shell. Sessions and profiles complete by name;
completion uses neither the keyring nor the network.`

const completionExample = `  source <(fob completion bash)                              this bash
  fob completion zsh > "${fpath[1]}/_fob"                    every zsh
  fob completion fish > ~/.config/fish/completions/fob.fish  every fish
  fob completion powershell | Out-String | Invoke-Expression this PowerShell`

func (a *app) completionCmd() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print a completion script for bash, zsh, fish or powershell",
		Long:      completionLong,
		Example:   completionExample,
		ValidArgs: shells,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
	}
	cmd.RunE = a.verb(func(_ context.Context, args []string) error {
		return writeCompletion(cmd.Root(), args[0], a.stdout)
	})
	return cmd
}

func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	}
	return usagef("shell %q is unsupported: use bash, zsh, fish or powershell", shell)
}

// completer returns the values of an argument or a flag.
type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// completionTime is how long a user waits at most after pressing tab.
const completionTime = 2 * time.Second

// completeSession completes sessions for the first argument.
func (a *app) completeSession(
	cmd *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.sessionNames(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
}

// completeSessionOrProfile completes sessions and profiles for the first argument.
func (a *app) completeSessionOrProfile(
	cmd *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return append(a.sessionNames(cmd.Context()), a.profileNames(cmd.Context())...), cobra.ShellCompDirectiveNoFileComp
}

// completeProfile completes profiles for the first argument.
func (a *app) completeProfile(
	cmd *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.profileNames(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
}

// completeWords completes fixed words.
func completeWords(words ...string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeKind completes the kinds of token.
func completeKind() completer {
	return completeWords(string(tokens.Access), string(tokens.ID), string(tokens.Refresh))
}

// sessionNames lists the sessions for completion. The list is in the state folder alone: it is read by a store with an
// in-memory backend, so that completion never unlocks the keyring.
func (a *app) sessionNames(ctx context.Context) []cobra.Completion {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	dir, err := vault.DefaultDir(a.getenv)
	if err != nil {
		return nil
	}
	store, err := vault.Open(vault.Config{Dir: dir, Backend: vault.NewMemory(), Now: a.now})
	if err != nil {
		return nil
	}
	metas, _ := store.List(ctx) // fob doctor reports unreadable sessions
	var names []cobra.Completion
	for _, m := range metas {
		about := fmt.Sprintf("%s, %s", m.Label, tokens.Countdown(m.ExpiresAt, a.now()))
		names = append(names, cobra.CompletionWithDesc(m.ID, tokens.VisibleLine(about)))
		if m.Label != "" && m.Label == tokens.VisibleLine(m.Label) {
			names = append(names, cobra.CompletionWithDesc(m.Label, "session "+m.ID))
		}
	}
	return names
}

func (a *app) profileNames(ctx context.Context) []cobra.Completion {
	file, err := a.profiles(ctx)
	if err != nil {
		return nil
	}
	var names []cobra.Completion
	for _, p := range file.List() {
		names = append(names, cobra.CompletionWithDesc(p.Name, tokens.VisibleLine(p.Issuer)))
	}
	return names
}
