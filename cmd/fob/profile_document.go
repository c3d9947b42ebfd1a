package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/registration"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

const profileDocumentLong = `Make and check a client ID metadata document: JSON at an https URL that is itself the
client_id (draft-ietf-oauth-client-id-metadata-document). A provider that announces
client_id_metadata_document_supported reads the client's metadata there, so that the
client need not be registered.`

func (a *app) profileDocumentCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "document", Short: "Make and check client ID metadata documents", Long: profileDocumentLong,
		Args: onlySubcommands,
		Example: "  fob profile document make acme https://app.example.com/oauth/client.json > client.json\n" +
			"  fob profile document check https://app.example.com/oauth/client.json",
		RunE: func(*cobra.Command, []string) error {
			return usagef("profile document needs one of make, check")
		},
	}
	cmd.AddCommand(a.documentMakeCmd(), a.documentCheckCmd())
	return cmd
}

func (a *app) documentMakeCmd() *cobra.Command {
	var metadata []string
	cmd := &cobra.Command{
		Use: "make PROFILE [URL]", Short: "Print the metadata document of a profile's client, to be served at its URL",
		Long: profileDocumentLong + "\n\n" +
			"The document contains the profile's redirect URIs, grant and scope, and with\n" +
			"private_key_jwt its public keys. Without a URL it is for the profile's client_id.\n" +
			"--metadata changes it; NAME= removes a member.",
		Example: "  fob profile document make acme https://app.example.com/oauth/client.json > client.json\n" +
			"  fob profile document make acme https://app.example.com/oauth/client.json --metadata client_name='My " +
			"tool'",
		Args: cobra.RangeArgs(1, 2), ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.makeDocument(ctx, append(args, "")[:2], metadata)
		}),
	}
	cmd.Flags().StringArrayVar(&metadata, "metadata", nil, metadataHelp)
	_ = cmd.RegisterFlagCompletionFunc("metadata", completeMembers)
	return cmd
}

func (a *app) makeDocument(ctx context.Context, args, metadata []string) error {
	change, err := a.metadataChange(ctx, metadata)
	if err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	doc, err := svc.MakeDocument(ctx, session.DocumentRequest{Profile: args[0], URL: args[1], Change: change})
	if err != nil {
		return err
	}
	p, err := svc.Profile(args[0])
	if err != nil {
		return err
	}
	at := args[1]
	if at == "" {
		at = p.ClientID
	}
	for _, problem := range registration.CheckDocument(at, doc).Problems(false) {
		a.note("note: %s", problem)
	}
	check := shell.ForCurrentShell("fob profile document check " + shell.Word(at))
	a.note("Serve it at %s as application/json, then:\n  %s", at, check)
	login := []string{"fob", "login", shell.Word(p.Name)}
	if p.ClientID != at {
		login = append(login, "--client-id", shell.Word(at))
	}
	a.note("  %s", shell.ForCurrentShell(strings.Join(login, " ")))
	_, err = a.stdout.Write(doc)
	return err
}

func (a *app) documentCheckCmd() *cobra.Command {
	var file string
	var asJSON bool
	var settings tlsFlags
	cmd := &cobra.Command{
		Use: "check URL", Short: "Check a client ID metadata document and its URL",
		Long: profileDocumentLong + "\n\n" +
			"The document is fetched as a provider does it: without following redirects. With\n" +
			"--file it is read from a file, before it is served. Exit code 6 if a provider must reject it.",
		Example: "  fob profile document check https://app.example.com/oauth/client.json\n" +
			"  fob profile document check https://app.example.com/oauth/client.json --file client.json",
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			if err := settings.check(ctx, a); err != nil {
				return err
			}
			d, err := a.readDocument(ctx, args[0], file, settings.Options)
			if err != nil {
				return err
			}
			return a.printDocument(d, asJSON)
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "read the document from this `FILE` (- is standard input)")
	addTLSFlags(cmd, &settings)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) readDocument(ctx context.Context, at, file string, settings wire.Options) (*registration.Document,
	error) {
	if file != "" {
		data, err := a.readText(ctx, file, maxMetadata)
		if err != nil {
			return nil, usagef("--file: %w", err)
		}
		return registration.CheckDocument(at, data), nil
	}
	svc, err := a.service(ctx)
	if err != nil {
		return nil, err
	}
	return svc.CheckDocument(ctx, at, settings)
}

// documentJSON is what profile document check prints with --json.
type documentJSON struct {
	ClientID string        `json:"client_id"`
	Valid    bool          `json:"valid"` // no provider must reject it
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	Severity string `json:"severity"` // error: a provider must reject it; warning
	Member   string `json:"member,omitempty"`
	Problem  string `json:"problem"`
	Spec     string `json:"spec"`
}

func (a *app) printDocument(d *registration.Document, asJSON bool) error {
	out := documentJSON{ClientID: d.ClientID, Valid: d.Valid(), Findings: []findingJSON{}}
	var rows [][]string
	for _, f := range d.Findings {
		shown := findingJSON{"warning", tokens.VisibleLine(f.Member), tokens.VisibleLine(f.Problem), f.Spec}
		if f.Must {
			shown.Severity = "error"
		}
		out.Findings = append(out.Findings, shown)
		rows = append(rows, []string{shown.Severity, strings.TrimSpace(shown.Member + " " + shown.Problem), shown.Spec})
	}
	var err error
	switch {
	case asJSON:
		err = a.printJSON(out)
	case len(rows) == 0:
		_, err = fmt.Fprintf(a.stdout, "%s is valid.\n", tokens.VisibleLine(d.ClientID))
	default:
		err = a.table(rows)
	}
	if err == nil && !out.Valid {
		err = &exitError{code: exitChecks, err: fmt.Errorf("a provider must reject the client %s",
			tokens.VisibleLine(d.ClientID))}
	}
	return err
}
