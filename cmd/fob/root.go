package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/profile"
	"fob/tokens/vault"
	"fob/ui/theme"
)

const rootLong = `fob is a workbench for OAuth tokens.

It signs in to a provider by any grant, keeps the tokens in the keyring of the
operating system, renews them, shows what they say and whether they are good,
and calls APIs with them. Alone it opens the workbench; every verb also runs
without a terminal, with only the result on standard output.

A SESSION is what a login leaves behind. It is named by its id, by the
beginning of its id, by its label, by its profile or, after a login without
one, by its client ID (the newest one). A name that fits several kinds is
refused, and the sessions that it fits are listed.`

const rootExample = `  fob demo                        try it: a workbench on a provider of its own
  fob login --issuer https://login.example.com --client-id my-app
  fob token my-app                print a valid access token, renewed if need be
  fob call my-app GET https://api.example.com/me
  fob inspect @token.txt          what is this token, and is it good?`

// environmentHelp names the folders as this system has them, under whatever its home is.
func environmentHelp() string {
	getenv := func(name string) string {
		return map[string]string{"HOME": "~", "AppData": "%AppData%", "LocalAppData": "%LocalAppData%"}[name]
	}
	config, _ := profile.DefaultPath(getenv)
	state, _ := vault.DefaultDir(getenv)
	return `
Environment:
  FOB_CONFIG   the profile file; else ` + config + `
               (with XDG_CONFIG_HOME, fob/config.yaml there)
  FOB_STATE    the folder of the sessions; else ` + state + `
               (with XDG_STATE_HOME, fob there)
  FOB_VAULT    where tokens are kept: keyring (default) or memory
  BROWSER      what opens a sign-in page
  NO_COLOR     no colours

Exit codes:
` + exitHelp + "\n"
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	// Otherwise a double click on fob.exe shows cobra's advice to open a command prompt, and not the workbench.
	cobra.MousetrapHelpText = ""
	root := &cobra.Command{
		Use:               "fob",
		Short:             "A terminal workbench for OAuth tokens",
		Long:              rootLong,
		Example:           rootExample,
		Args:              onlySubcommands,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              a.longVerb(func(ctx context.Context, _ []string) error { return a.workbench(ctx) }),
	}
	f := root.PersistentFlags()
	f.BoolVar(&a.global.noInput, "no-input", false,
		"never ask on the terminal, and never wait for a person; a browser is opened only where BROWSER names it")
	f.BoolVar(&a.global.readOnly, "read-only", false,
		"make, change and end nothing that is kept: no session, token, registration or profile")
	f.DurationVar(&a.global.timeout, "timeout", 5*time.Minute, "give up after this `TIME`; 0 waits for ever")
	a.screenFlags(root)
	root.SetHelpCommandGroupID("set")
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Get a token:"},
		&cobra.Group{ID: "use", Title: "Use it:"},
		&cobra.Group{ID: "look", Title: "Look at it:"},
		&cobra.Group{ID: "end", Title: "Renew and end it:"},
		&cobra.Group{ID: "set", Title: "Set up:"},
	)
	group := func(id string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group("start", a.demoCmd(), a.loginCmd(), a.tokenCmd())
	group("use", a.execCmd(), a.callCmd())
	group("look", a.listCmd(), a.showCmd(), a.inspectCmd(), a.mintCmd(), a.introspectCmd(), a.userinfoCmd(),
		a.providerCmd())
	group("end", a.refreshCmd(), a.revokeCmd(), a.logoutCmd())
	group("set", a.profileCmd(), a.doctorCmd(), a.completionCmd(), a.versionCmd())
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		// Help for a verb that is not there would be that of all of them.
		if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 {
			if a.helpErr = cmd.ValidateArgs(words); a.helpErr != nil {
				return
			}
		}
		help(cmd, args)
	})
	return root
}

// onlySubcommands refuses words that are no verb, and names those that are near.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2 // letters
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("%w: did you mean %s?", err, strings.Join(near, " or "))
	}
	return err
}

// screenFlags gives a command the flags of the workbench.
func (a *app) screenFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.global.theme, "theme", "", "colours: `NAME` is auto, "+strings.Join(theme.Names(), ", "))
	f.BoolVar(&a.global.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	_ = cmd.RegisterFlagCompletionFunc("theme", completeWords(append([]string{"auto"}, theme.Names()...)...))
}

// usageTemplate is cobra's with flags that wrap, and with the environment and the exit codes at the end of the
// program's.
func usageTemplate(cobras string) string {
	const width = "100"
	wrapped := strings.ReplaceAll(cobras, "Flags.FlagUsages ", "Flags.FlagUsagesWrapped "+width+" ")
	return wrapped + `{{if not .HasParent}}` + environmentHelp() + `{{end}}`
}
