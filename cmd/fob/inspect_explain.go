package main

import (
	"context"
	"fmt"
	"strings"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
)

// maxAnswer bounds what is read as an API's answer, in bytes.
const maxAnswer = 4 << 20

// refusedJSON is what inspect --explain-response --json prints.
type refusedJSON struct {
	Causes []inspect.Cause `json:"causes"` // the most telling first
	Report *inspect.Report `json:"report"`
}

// inspectRefused says why an API refused a token, by its answer.
func (a *app) inspectRefused(ctx context.Context, args []string, n *inspectFlags) error {
	if n.response == "-" && n.session == "" && len(args) == 1 && args[0] == "-" {
		return usagef("--explain-response -: standard input holds the answer; give the token as @FILE")
	}
	data, err := a.readFile(n.response, maxAnswer)
	if err != nil {
		return usagef("--explain-response: %w", err)
	}
	response, sent, err := session.ParseAnswer(data)
	if err != nil {
		return usagef("--explain-response %s: %w", nameOfFile(n.response), err)
	}
	if len(args) == 0 && n.session == "" && !sent.IsZero() {
		args = []string{sent.Reveal()} // curl -v and HAR hold the request too
	}
	if len(args) == 0 && n.session == "" && n.response == "-" {
		return usagef("--explain-response -: which token? give it as @FILE, or name its --session")
	}
	report, err := a.inspectReport(ctx, args, n)
	if err != nil {
		return err
	}
	r := session.Refusal{Report: report, Sent: sent, Answer: response, KeysFetched: n.issuer != "" || strings.Contains(n.jwks, "://"),
		Issuer: n.issuer, Audience: n.audience, Kind: tokens.Kind(n.kind)}
	svc, err := a.onlineService()
	if n.session != "" && err == nil {
		svc, r.Session, err = a.find(ctx, n.session)
	}
	if err != nil {
		return err
	}
	causes := svc.WhyRefused(r)
	if n.json {
		return a.printJSON(refusedJSON{causes, report})
	}
	return a.printCauses(report, causes)
}

func (a *app) printCauses(r *inspect.Report, causes []inspect.Cause) error {
	var b strings.Builder
	fmt.Fprintln(&b, tokens.VisibleLine(r.Title))
	if len(causes) == 0 {
		b.WriteString("nothing speaks against the token\n")
	}
	for i, c := range causes {
		word := "perhaps"
		if c.Certain {
			word = "because"
		}
		fmt.Fprintf(&b, "\n%d. %s %s\n   seen by: %s\n   do: %s\n", i+1, word, c.Title, c.Evidence, c.Do)
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
	input, err := a.tokenInput([]string{n.other})
	if err != nil {
		return usagef("--diff: %w", err)
	}
	changes := inspect.Diff(before, inspect.Inspect(input, options))
	if n.json {
		return a.printJSON(changes)
	}
	rows := [][]string{{"CLAIM", "", "BEFORE", "AFTER", ""}}
	for _, c := range changes {
		rows = append(rows, []string{c.Name, mark[c.Kind], c.Old, c.New, saysOf(c)})
	}
	return a.table(rows)
}

// mark is how a kind of change is drawn, for those who see no colours.
var mark = map[string]string{"added": "+", "removed": "-", "changed": "~", "same": "="}

// saysOf is a change in words.
func saysOf(c inspect.Change) string {
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
