package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/cmd/fob/topics"
	"fob/flows/profile"
	"fob/tokens/vault"
	"fob/ui/theme"
)

const rootLong = `fob is a workbench for OAuth tokens.

It signs in to a provider with any grant, stores the tokens in the keyring of the
operating system, renews them, decodes and verifies them, and calls APIs with
them. Without arguments it opens the workbench; every command also runs without a
terminal, and prints only its result on standard output.

A SESSION is the result of a login. Name it by its ID, by the beginning of its
ID, by its label, by its profile or, after a login without one, by its client ID
(the newest one). An ambiguous name is an error that lists the matching sessions.`

const rootExample = `  fob demo                        try fob with an embedded provider
  fob login --issuer https://login.example.com --client-id my-app
  fob token my-app                print a valid access token, renewed if necessary
  fob call my-app GET https://api.example.com/me
  fob inspect @token.txt          decode and verify a token`

// environmentHelp lists the environment variables, with the folders of this operating system relative to the home
// folder.
func environmentHelp() string {
	getenv := func(name string) string {
		return map[string]string{"HOME": "~", "AppData": "%AppData%", "LocalAppData": "%LocalAppData%"}[name]
	}
	config, _ := profile.DefaultPath(getenv)
	state, _ := vault.DefaultDir(getenv)
	return `
Environment:
  FOB_CONFIG   the profile file; default ` + config + `
               (with XDG_CONFIG_HOME, fob/config.yaml there)
  FOB_STATE    the folder of the sessions; default ` + state + `
               (with XDG_STATE_HOME, fob there)
  FOB_VAULT    where tokens are kept: keyring (default) or memory
  BROWSER      the program that opens a sign-in page
  NO_COLOR     no colours

Exit codes:
` + exitHelp + "\n"
}

// root returns the tree of commands.
func (a *app) root() *cobra.Command {
	// Otherwise a double click on fob.exe would show cobra's advice to open a command prompt, not the workbench.
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
		"never prompt, and never wait for a user; a browser is opened only if BROWSER is set")
	f.BoolVar(&a.global.readOnly, "read-only", false,
		"do not make, change or end any session, token, registration or profile")
	f.DurationVar(&a.global.timeout, "timeout", 5*time.Minute, "stop after this `DURATION`; 0 is unlimited")
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
	root.AddCommand(helpTopics(a.textWidth)...)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, words []string) error {
			cmd, rest, err := root.Find(words)
			if err != nil || !cmd.HasSubCommands() {
				return err
			}
			return onlySubcommands(cmd, rest)
		}
	}
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		// Otherwise cobra would show the help of the parent command for an unknown command.
		if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 {
			if a.helpErr = cmd.ValidateArgs(words); a.helpErr != nil {
				return
			}
		}
		help(cmd, args)
	})
	return root
}

// helpTopics returns the commands that are only topics of the help. Their tables are made when they are printed.
func helpTopics(width func() int) []*cobra.Command {
	var list []*cobra.Command
	for _, topic := range topics.All() {
		c := &cobra.Command{Use: topic.Name, Short: topic.Short}
		c.SetHelpFunc(func(c *cobra.Command, _ []string) {
			out, columns := c.OutOrStdout(), width()
			for i, t := range topic.Tables() {
				if i > 0 {
					_, _ = fmt.Fprintln(out)
				}
				if t.Title != "" {
					_, _ = fmt.Fprintf(out, "%s:\n", t.Title)
				}
				for _, row := range t.Rows {
					_, _ = fmt.Fprintln(out, topicRow(row, columns))
				}
			}
		})
		list = append(list, c)
	}
	return list
}

// topicRow returns a row of a topic for a terminal: the first cell, and beside it the others.
func topicRow(row []string, width int) string {
	const column = 28
	row = slices.DeleteFunc(slices.Clone(row), func(cell string) bool { return cell == "" })
	head, rest, _ := strings.Cut(strings.ReplaceAll(strings.Join(row, " · "), "`", ""), " · ")
	head, rest = "  "+head, wrapped(rest, strings.Repeat(" ", column), width)
	if n := len([]rune(head)); n < column-1 {
		return head + rest[n:]
	}
	return head + "\n" + rest
}

// onlySubcommands is a cobra.PositionalArgs that rejects arguments, since they are unknown subcommands, and suggests
// similar ones.
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

// screenFlags adds the flags of the workbench to a command.
func (a *app) screenFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.global.theme, "theme", "", "colours: `NAME` is auto, "+strings.Join(theme.Names(), ", "))
	f.BoolVar(&a.global.noMouse, "no-mouse", false, "do not use the mouse")
	_ = cmd.RegisterFlagCompletionFunc("theme", completeWords(append([]string{"auto"}, theme.Names()...)...))
}

// usageTemplate returns cobra's template with wrapped flags, and with environment and exit codes at the end of the root
// command's.
func usageTemplate(cobras string) string {
	const width = "100"
	ours := strings.NewReplacer("Flags.FlagUsages ", "Flags.FlagUsagesWrapped "+width+" ",
		"{{rpad .CommandPath .CommandPathPadding}} {{.Short}}", "fob help {{rpad .Name 11}} {{.Short}}").Replace(cobras)
	return ours + `{{if not .HasParent}}` + environmentHelp() + `{{end}}`
}
