package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
)

// maxResponse is the size limit of an API's response, in bytes.
const maxResponse = 4 << 20

// maxIntrospection is the size limit of an introspection response, in bytes.
const maxIntrospection = 1 << 20

// explainFlags give evidence about the rejection of a token.
type explainFlags struct {
	response, introspection, format, profile string
	scopes                                   []string
}

func (e *explainFlags) add(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.response, "explain-response", "",
		"explain why the API rejected the token; its response is in this `FILE`, - is standard input")
	f.StringVar(&e.introspection, "introspection", "",
		"with --explain-response, the introspection response for the token, in this `FILE`")
	f.StringSliceVar(&e.scopes, "expect-scope", nil, "with --explain-response, a `SCOPE` that the call requires")
	f.StringVar(&e.format, "expect-format", "",
		"with --explain-response, whether the API decodes the token (jwt) or introspects it (opaque)")
	f.StringVar(&e.profile, "profile", "",
		"with --explain-response, expect the issuer, client and audience of this `PROFILE`")
	_ = cmd.MarkFlagFilename("explain-response")
	_ = cmd.MarkFlagFilename("introspection")
	_ = cmd.RegisterFlagCompletionFunc("expect-format", completeWords(string(session.FormatJWT),
		string(session.FormatOpaque)))
	_ = cmd.RegisterFlagCompletionFunc("profile", a.completeProfile)
}

// check returns an error if a flag needs --explain-response and that is missing.
func (e *explainFlags) check() error {
	for name, isSet := range map[string]bool{"introspection": e.introspection != "", "expect-scope": len(e.scopes) > 0,
		"expect-format": e.format != "", "profile": e.profile != ""} {
		if isSet && e.response == "" {
			return usagef("--%s needs --explain-response", name)
		}
	}
	return nil
}

// fill sets the evidence that the flags give in r.
func (e *explainFlags) fill(ctx context.Context, a *app, r *session.Refusal) (err error) {
	if r.Format, err = session.ParseTokenFormat(e.format); err != nil {
		return usagef("--expect-format: %w", err)
	}
	for _, list := range e.scopes {
		r.Scopes = append(r.Scopes, strings.Fields(list)...)
	}
	if e.introspection != "" {
		if r.Introspection, err = a.readText(ctx, e.introspection, maxIntrospection); err != nil {
			return usagef("--introspection: %w", err)
		}
		if response := (struct{ Active *bool }{}); json.Unmarshal(r.Introspection, &response) != nil ||
			response.Active == nil {
			return usagef("--introspection %s: not an introspection response: active is missing (RFC 7662 2.2)",
				nameOfFile(e.introspection))
		}
	}
	if e.profile == "" {
		return nil
	}
	file, err := a.profiles(ctx)
	if err != nil {
		return err
	}
	r.Profile, err = file.Get(e.profile)
	return err
}

// explainJSON is what inspect --explain-response --json prints.
type explainJSON struct {
	Causes []inspect.Cause `json:"causes"` // the likeliest first
	Report *inspect.Report `json:"report"`
}

// explainResponse explains why an API rejected a token, from its response.
func (a *app) explainResponse(ctx context.Context, args []string, n *inspectFlags) error {
	if n.explain.response == "-" && n.session == "" && len(args) == 1 && args[0] == "-" {
		return usagef("--explain-response -: standard input is the response; give the token as @FILE")
	}
	data, err := a.readText(ctx, n.explain.response, maxResponse)
	if err != nil {
		return usagef("--explain-response: %w", err)
	}
	response, sent, err := session.ParseResponse(data)
	if err != nil {
		return usagef("--explain-response %s: %w", nameOfFile(n.explain.response), err)
	}
	if len(args) == 0 && n.session == "" && !sent.IsZero() {
		args = []string{sent.Reveal()} // curl -v and HAR contain the request too
	}
	if len(args) == 0 && n.session == "" && n.explain.response == "-" {
		return usagef("--explain-response -: the token is missing: give it as @FILE, or use --session")
	}
	report, err := a.inspectReport(ctx, args, n)
	if err != nil {
		return err
	}
	r := session.Refusal{Report: report, Sent: sent, Response: response,
		KeysFetched: n.issuer != "" || strings.Contains(n.jwks, "://"),
		Issuer:      n.issuer, Audience: n.audience, Kind: tokens.Kind(n.kind)}
	if err := n.explain.fill(ctx, a, &r); err != nil {
		return err
	}
	svc, err := a.onlineService()
	if n.session != "" && err == nil {
		svc, r.Session, err = a.find(ctx, n.session)
	}
	if err != nil {
		return err
	}
	if response.Status == 0 && len(response.Header) == 0 && len(response.Challenges) == 0 && !n.json {
		a.note("note: %s is no HTTP response with a status and a header: it is read as a body",
			nameOfFile(n.explain.response))
	}
	causes := svc.DiagnoseRefusal(r)
	if n.json {
		return a.printJSON(explainJSON{causes, report})
	}
	return a.printCauses(report, causes)
}

func (a *app) printCauses(r *inspect.Report, causes []inspect.Cause) error {
	var b strings.Builder
	fmt.Fprintln(&b, tokens.VisibleLine(r.Title))
	if len(causes) == 0 {
		b.WriteString("no cause found\n")
	}
	if len(causes) == 1 && causes[0].ID == "accepted" {
		c := causes[0]
		b.WriteString("\n" + a.hanging("This is no rejection: "+c.Title+".", 0) +
			a.hanging("evidence: "+c.Evidence, 10) + a.hanging("do:       "+c.Do, 10))
		causes = nil
	}
	for i, c := range causes {
		word := "perhaps"
		if c.Certain {
			word = "because"
		}
		b.WriteString("\n" + a.hanging(fmt.Sprintf("%d. %s %s", i+1, word, c.Title), 3))
		b.WriteString(a.hanging("   evidence: "+c.Evidence, 13) + a.hanging("   do:       "+c.Do, 13))
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// inspectDiff compares two tokens claim by claim.
func (a *app) inspectDiff(ctx context.Context, args []string, n *inspectFlags) error {
	before, err := a.inspectReport(ctx, args, n)
	if err != nil {
		return err
	}
	options, err := a.inspectOptions(ctx, n)
	if err != nil {
		return err
	}
	input, err := a.tokenInput(ctx, []string{n.diff})
	if err != nil {
		return usagef("--diff: %w", err)
	}
	changes := inspect.Diff(before, inspect.Inspect(input, options))
	if n.json {
		return a.printJSON(changes)
	}
	rows := [][]string{{"CLAIM", "", "BEFORE", "AFTER", ""}}
	for _, c := range changes {
		rows = append(rows, []string{c.Name, mark[c.Kind], c.Old, c.New, changeText(c)})
	}
	return a.tableWithin(rows, a.tableWidth())
}

// mark is the symbol of a kind of change, which does not depend on colours.
var mark = map[string]string{"added": "+", "removed": "-", "changed": "~", "same": "="}

// changeText describes a change.
func changeText(c inspect.Change) string {
	var parts []string
	if c.Shift != "" {
		parts = append(parts, c.Shift)
	}
	for _, s := range c.Added {
		parts = append(parts, "+"+s)
	}
	for _, s := range c.Removed {
		parts = append(parts, "-"+s)
	}
	if c.Note != "" {
		parts = append(parts, c.Note)
	}
	return strings.Join(parts, " ")
}
