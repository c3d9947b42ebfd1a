// Package topics makes the tables of `fob help TOPIC` from the declarations of the program. The docs contain the same
// tables.
package topics

import (
	"cmp"
	"strings"

	"fob/flows"
	"fob/flows/explain"
	"fob/flows/explain/doctor"
	"fob/flows/provider"
	"fob/tokens"
	"fob/ui/keys"
)

// Topic is a topic of the help.
type Topic struct {
	Name, Short string
	Tables      func() []Table
}

// Table is a table of a topic. Names and values in its cells are in backquotes.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// All returns the topics in alphabetical order.
func All() []Topic {
	return []Topic{
		{"checks", "What fob checks in a run", checks},
		{"errors", "The errors of servers that fob explains", errors},
		{"keys", "The keys of the workbench", bindings},
		{"parameters", "The parameters, members and header fields that fob explains", parameters},
		{"presets", "The providers that fob knows", presets},
		{"protocol", "The grants, extensions and authentication methods that fob has", protocol},
	}
}

// Markdown returns the table in Markdown, without its title.
func (t Table) Markdown() string {
	var b strings.Builder
	escape := strings.NewReplacer("|", `\|`, "\n", " ")
	line := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + escape.Replace(c) + " ")
		}
		b.WriteString("|\n")
	}
	line(t.Head)
	b.WriteString(strings.Repeat("|---", len(t.Head)) + "|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return strings.ReplaceAll(b.String(), "|  |\n|---", "| |\n|---")
}

// code returns names in backquotes.
func code(names ...string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

func checks() []Table {
	t := Table{Head: []string{"check", "what holds when it passes", "spec", "MUST"}}
	for _, k := range tokens.Checks() {
		must := "no: a warning"
		if k.Must {
			must = "yes: nothing is stored, exit 6"
		}
		t.Rows = append(t.Rows, []string{code(string(k.ID)), k.Title, k.Spec, must})
	}
	return []Table{t}
}

func errors() []Table {
	specs := Table{Title: "Codes of the specs", Head: []string{"code", "what it means", "about", "spec"}}
	vendors := Table{Title: "Vendors' codes", Head: []string{"vendor", "says", "what it means", "about"}}
	for _, k := range doctor.KnownErrors() {
		about := code(strings.Fields(k.About)...)
		if k.Vendor == "" {
			specs.Rows = append(specs.Rows, []string{code(k.Code), k.Title, about, k.Spec})
		} else {
			vendors.Rows = append(vendors.Rows, []string{k.Vendor, k.Code, k.Title, about})
		}
	}
	return []Table{specs, vendors}
}

func bindings() []Table {
	var list []Table
	for _, s := range append([]keys.Scope{keys.Global, keys.Sessions}, keys.Panes()...) {
		t := Table{Title: s.Name(), Head: []string{"key", "action", ""}}
		for _, b := range keys.In(s) {
			var shown []string
			for _, k := range b.Keys {
				shown = append(shown, code(keys.Show(k)))
			}
			tip := b.Tooltip
			if b.Dangerous {
				tip += " Asks first."
			}
			t.Rows = append(t.Rows, []string{strings.Join(shown, " "), b.Label, tip})
		}
		list = append(list, t)
	}
	return list
}

func parameters() []Table {
	var list []Table
	for _, e := range explain.Params() {
		if len(list) == 0 || list[len(list)-1].Title != e.In {
			list = append(list, Table{Title: e.In, Head: []string{"name", "what it means", "spec", "expected"}})
		}
		t := &list[len(list)-1]
		t.Rows = append(t.Rows, []string{code(e.Name), e.Meaning, e.Spec, e.Expects()})
	}
	return list
}

func presets() []Table {
	t := Table{Head: []string{"provider", "issuer", "for example", "notes"}}
	for _, p := range provider.Presets() {
		var examples, notes []string
		for _, f := range p.Fields {
			examples = append(examples, "{"+f.Name+"} is "+cmp.Or(f.Example, f.Default))
		}
		for _, n := range p.Notes {
			notes = append(notes, n.Text)
		}
		t.Rows = append(t.Rows, []string{p.Name, p.Issuer, strings.Join(examples, ", "), strings.Join(notes, " ")})
	}
	return []Table{t}
}

func protocol() []Table {
	grants := Table{Title: "Grants", Head: []string{"grant", "name", "what it is for", "spec"}}
	extensions := Table{Title: "Extensions", Head: []string{"extension", "what it is for", "spec", "flags", "grants"}}
	auth := Table{Title: "Client authentication", Head: []string{"method", "name", "spec"}}
	uses := Table{Title: "Besides logging in", Head: []string{"verb", "what it does", "spec"}}
	var offered []flows.Grant
	for _, g := range flows.Grants() {
		if !g.Hidden {
			offered = append(offered, g)
			grants.Rows = append(grants.Rows, []string{code(g.ID), g.Name, g.Summary, g.Spec})
		}
	}
	for _, e := range flows.Extensions() {
		var flags []string
		for _, in := range e.Inputs {
			flags = append(flags, code("--"+strings.ReplaceAll(in.Name, "_", "-")))
		}
		var takers []string
		for _, g := range offered {
			if g.Takes(e) {
				takers = append(takers, g.ID)
			}
		}
		extensions.Rows = append(extensions.Rows, []string{e.Name, e.Summary, e.Spec, strings.Join(flags, " "),
			code(takers...)})
	}
	for _, m := range flows.AuthMethods() {
		auth.Rows = append(auth.Rows, []string{code(m.ID), m.Name, m.Spec})
	}
	for _, u := range flows.UseCases() {
		uses.Rows = append(uses.Rows, []string{code("fob " + u.Verb), u.Name, u.Spec})
	}
	return []Table{grants, extensions, auth, uses}
}
