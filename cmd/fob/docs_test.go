package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/explain/doctor"
	"fob/tokens"
	"fob/ui/keys"
)

var update = flag.Bool("update", false, "write the parts of the docs that are derived from declarations")

// The lists of keys, verbs, grants, checks and faults in the docs are made from the declarations. `make docs` writes
// them.
func TestDocsSayWhatTheDeclarationsSay(t *testing.T) {
	for _, part := range []struct {
		file, name string
		text       string
	}{
		{"README.md", "keys", keys.Markdown()},
		{"README.md", "verbs", verbTable()},
		{"README.md", "exit codes", "```\n" + exitHelp + "\n```\n"},
		{"docs/grants.md", "grants", grantTables()},
		{"docs/grants.md", "extensions", extensionTable()},
		{"docs/grants.md", "authentication", authTable()},
		{"docs/checks.md", "checks", checkTable()},
		{"docs/protocol.md", "protocol", protocolTable()},
		{"docs/demo.md", "faults", faultTable()},
		{"docs/errors.md", "errors", errorTable(false)},
		{"docs/errors.md", "vendor errors", errorTable(true)},
	} {
		path := filepath.Join("..", "..", filepath.FromSlash(part.file))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := "<!-- derived: "+part.name+" -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(string(data), begin)
		old, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Errorf("%s has no part %q", part.file, part.name)
			continue
		}
		if old == part.text {
			continue
		}
		if !*update {
			t.Errorf("%s: the part %q is not what the declarations say; run `make docs`", part.file, part.name)
			continue
		}
		if err := os.WriteFile(path, []byte(before+begin+part.text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }

func verbTable() string {
	var b strings.Builder
	b.WriteString("| verb | |\n|---|---|\n")
	var walk func(c *cobra.Command, prefix string)
	walk = func(c *cobra.Command, prefix string) {
		for _, sub := range c.Commands() {
			if sub.Hidden || sub.Name() == "help" {
				continue
			}
			if takesArguments := strings.Contains(sub.Use, " "); takesArguments || !sub.HasSubCommands() {
				fmt.Fprintf(&b, "| `fob %s` | %s |\n", cell(prefix+sub.Use), cell(sub.Short))
			}
			walk(sub, prefix+sub.Name()+" ")
		}
	}
	walk((&app{}).root(), "")
	return b.String()
}

func grantTables() string {
	var b strings.Builder
	for _, g := range flows.Grants() {
		fmt.Fprintf(&b, "### %s\n\n%s (%s). `--grant %s`\n\n", g.Name, g.Summary, g.Spec, g.ID)
		if g.Deprecated != "" {
			fmt.Fprintf(&b, "Deprecated: %s\n\n", g.Deprecated)
		}
		b.WriteString("| input | flag, key | kind | default | what it does |\n|---|---|---|---|---|\n")
		for _, in := range g.Inputs {
			kind := string(in.Kind)
			if len(in.Choices) > 0 {
				kind = strings.Join(in.Choices, ", ")
			}
			if in.Required {
				kind += ", required"
			}
			help := in.Help
			if in.Spec != "" {
				help += " (" + in.Spec + ")"
			}
			fmt.Fprintf(&b, "| %s | `--%s`, `%s` | %s | %s | %s |\n", cell(in.Label),
				strings.ReplaceAll(in.Name, "_", "-"), in.Name, cell(kind), cell(in.Default), cell(help))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func extensionTable() string {
	var b strings.Builder
	b.WriteString("| extension | what it is for | spec | flags | grants |\n|---|---|---|---|---|\n")
	for _, e := range flows.Extensions() {
		var inputs, grants []string
		for _, in := range e.Inputs {
			inputs = append(inputs, "`--"+flagName(in.Name)+"`")
		}
		for _, g := range offeredGrants() {
			if g.Takes(e) {
				grants = append(grants, "`"+g.ID+"`")
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(e.Name), cell(e.Summary), cell(e.Spec),
			strings.Join(inputs, " "), strings.Join(grants, ", "))
	}
	return b.String()
}

func authTable() string {
	var b strings.Builder
	b.WriteString("| method | name | spec |\n|---|---|---|\n")
	for _, m := range flows.AuthMethods() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.ID, cell(m.Name), cell(m.Spec))
	}
	return b.String()
}

func checkTable() string {
	var b strings.Builder
	b.WriteString("| check | what holds when it passes | spec | MUST |\n|---|---|---|---|\n")
	for _, k := range tokens.Checks() {
		must := "no: a warning"
		if k.Must {
			must = "yes: nothing is stored, exit 6"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.ID, cell(k.Title), cell(k.Spec), must)
	}
	return b.String()
}

func errorTable(vendors bool) string {
	var b strings.Builder
	b.WriteString(map[bool]string{false: "| code | what it means | about | spec |\n|---|---|---|---|\n",
		true: "| vendor | says | what it means | about |\n|---|---|---|---|\n"}[vendors])
	for _, k := range doctor.KnownErrors() {
		about := ""
		if k.About != "" {
			about = "`" + strings.Join(strings.Fields(k.About), "`, `") + "`"
		}
		switch {
		case vendors && k.Vendor != "":
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(k.Vendor), cell(k.Code), cell(k.Title), about)
		case !vendors && k.Vendor == "":
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", cell(k.Code), cell(k.Title), about, cell(k.Spec))
		}
	}
	return b.String()
}

func faultTable() string {
	var b strings.Builder
	b.WriteString("| fault | what the provider does | what a correct client sees | when it uses " +
		"|\n|---|---|---|---|\n")
	for _, f := range demo.Catalogue() {
		var reports []string
		if f.Check != "" {
			reports = append(reports, "check `"+string(f.Check)+"`")
		}
		if f.Error != "" {
			reports = append(reports, cell(f.Error))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, cell(f.What), strings.Join(reports, "; "), cell(f.Needs))
	}
	return b.String()
}
