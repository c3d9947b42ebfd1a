package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"fob/cmd/fob/topics"
	"fob/flows"
	"fob/flows/demo"
)

var update = flag.Bool("update", false, "write the parts of the docs that are derived from declarations")

// The lists of keys, verbs, grants, checks and faults in the docs are made from the declarations. `make docs` writes
// them.
func TestDocsSayWhatTheDeclarationsSay(t *testing.T) {
	for _, part := range []struct {
		file, name string
		text       string
	}{
		{"README.md", "keys", keyTables()},
		{"README.md", "verbs", verbTable()},
		{"README.md", "exit codes", "```\n" + exitHelp + "\n```\n"},
		{"docs/grants.md", "grants", grantTables()},
		{"docs/grants.md", "extensions", topicTable("protocol", 1)},
		{"docs/grants.md", "authentication", topicTable("protocol", 2)},
		{"docs/checks.md", "checks", topicTable("checks", 0)},
		{"docs/protocol.md", "protocol", protocolTable()},
		{"docs/demo.md", "faults", faultTable()},
		{"docs/errors.md", "errors", topicTable("errors", 0)},
		{"docs/errors.md", "vendor errors", topicTable("errors", 1)},
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

func tablesOf(topic string) []topics.Table {
	all := topics.All()
	return all[slices.IndexFunc(all, func(t topics.Topic) bool { return t.Name == topic })].Tables()
}

func topicTable(topic string, i int) string { return tablesOf(topic)[i].Markdown() }

func keyTables() string {
	var list []string
	for _, t := range tablesOf("keys") {
		list = append(list, "**"+t.Title+"**\n\n"+t.Markdown())
	}
	return strings.Join(list, "\n")
}

func verbTable() string {
	var b strings.Builder
	b.WriteString("| verb | |\n|---|---|\n")
	var walk func(c *cobra.Command, prefix string)
	walk = func(c *cobra.Command, prefix string) {
		for _, sub := range c.Commands() {
			switch {
			case sub.Hidden, sub.IsAdditionalHelpTopicCommand():
				continue
			case sub.Name() == "help":
				var names []string
				for _, t := range topics.All() {
					names = append(names, t.Name)
				}
				fmt.Fprintf(&b, "| `fob help TOPIC` | Show what the program declares: %s |\n",
					strings.Join(names, ", "))
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
