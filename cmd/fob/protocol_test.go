package main

import (
	"fmt"
	"strings"
	"testing"

	"fob/flows"
	"fob/ui/keys"
)

// protocolRow is a row of the table.
type protocolRow struct {
	id, name, spec             string
	screen, flags, profileKeys string
}

// protocolRows are made from the declarations: grants, extensions, client authentication methods, inputs without an
// extension, and use cases.
func protocolRows() []protocolRow {
	var rows []protocolRow
	for _, g := range flows.Grants() {
		if g.Hidden {
			continue
		}
		name := g.Name
		if g.Deprecated != "" {
			name += " (deprecated)"
		}
		rows = append(rows, protocolRow{"grant:" + g.ID, name, g.Spec, "Flow: " + g.Name, "`--grant " + g.ID +
			"`", "`grant: " + g.ID + "`"})
	}
	ofExtension := map[string]bool{}
	for _, e := range flows.Extensions() {
		row := protocolRow{id: "extension:" + e.ID, name: e.Name, spec: e.Spec}
		for _, in := range e.Inputs {
			ofExtension[in.Name] = true
			row.take(in)
		}
		rows = append(rows, row)
	}
	for _, m := range flows.AuthMethods() {
		rows = append(rows, protocolRow{"auth:" + m.ID, m.Name, m.Spec, "Flow: Client authentication",
			"`--auth-method " + m.ID + "`", "`auth_method: " + m.ID + "`"})
	}
	for _, in := range flows.AuthorizationCode.Inputs {
		if !ofExtension[in.Name] {
			row := protocolRow{id: "input:" + in.Name, name: in.Label, spec: in.Spec}
			row.take(in)
			rows = append(rows, row)
		}
	}
	for _, u := range flows.UseCases() {
		row := protocolRow{id: "use:" + u.ID, name: u.Name, spec: u.Spec, screen: "on the command line alone",
			profileKeys: "–"}
		if u.Verb != "" {
			row.flags = "`fob " + u.Verb + "`"
		}
		if of, known := ofUse[u.ID]; known {
			row.screen, row.profileKeys = of.place(), of.profile
		}
		rows = append(rows, row)
	}
	return rows
}

// take adds the flag, the label and the key of an input.
func (r *protocolRow) take(in flows.Input) {
	add := func(to *string, text string) {
		if *to != "" {
			*to += ", "
		}
		*to += text
	}
	name := flagName(in.Name)
	switch in.Kind {
	case flows.Password:
		name += "-env VAR"
	case flows.SecretRef:
		name += " env:VAR"
	}
	add(&r.screen, in.Label)
	add(&r.flags, "`--"+name+"`")
	switch in.Kind {
	case flows.Password:
	case flows.SecretRef:
		add(&r.profileKeys, "`"+in.Name+": env:VAR`")
	default:
		add(&r.profileKeys, "`"+in.Name+"`")
	}
}

// ofUse lists where in the workbench a use case is, and what it uses of a profile.
var ofUse = map[string]useOf{
	"refresh":           {keys.SessionRefresh, "", "–"},
	"introspection":     {keys.TokenIntrospect, "", "–"},
	"revocation":        {keys.SessionRevoke, "", "–"},
	"userinfo":          {keys.TokenUserinfo, "", "–"},
	"logout":            {keys.SessionLogout, "", "`params: end_session.post_logout_redirect_uri`"},
	"metadata":          {keys.ProviderView, "", "`issuer`"},
	"step-up":           {keys.CallStepUp, "", "–"},
	"call":              {keys.CallSend, "", "`api`"},
	"resource-metadata": {keys.FromAPI, "", "–"},
	"client-document":   {"", "Flow: Client ID", "`client_id: URL`"},
	"registration":      {keys.ProviderRegister, "", "it makes one"},
}

type useOf struct {
	action  keys.Action
	words   string // where no action is
	profile string
}

func (u useOf) place() string {
	b, known := keys.ByAction(u.action)
	if !known {
		return u.words
	}
	return fmt.Sprintf("%s: %s (`%s`)", b.Scope.Name(), b.Label, b.Key())
}

// protocolTable returns the table of docs/protocol.md.
func protocolTable() string {
	all, _ := everyDrive()
	var b strings.Builder
	b.WriteString("| what | spec | in the workbench | on the command line | in a profile | against the demo " +
		"provider | against oidc-provider |\n|---|---|---|---|---|---|---|\n")
	for _, r := range protocolRows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", cell(r.name), cell(r.spec), cell(r.screen),
			cell(r.flags), cell(r.profileKeys),
			cell(all.cell(r.id, demoProvider)), cell(all.cell(r.id, oidcProvider)))
	}
	return b.String()
}

func TestEveryRowOfTheProtocolIsExercised(t *testing.T) {
	all, problems := everyDrive()
	for _, problem := range problems {
		t.Error(problem)
	}
	ids := map[string]bool{"grant:*": true, "auth:*": true}
	for _, r := range protocolRows() {
		ids[r.id] = true
		if len(all.of(r.id, demoProvider)) == 0 {
			t.Errorf("no test drives %s (%s) against the demo provider", r.id, r.name)
		}
		why, lacks := notOffered[r.id]
		switch driven := len(all.of(r.id, oidcProvider)) > 0; {
		case !driven && !lacks:
			t.Errorf("no test drives %s (%s) against oidc-provider, and nothing says that it does not have it", r.id,
				r.name)
		case driven && lacks:
			t.Errorf("oidc-provider is listed as not supporting %s (%s), and a test uses it", r.id, why)
		}
	}
	for id := range notOffered {
		if !ids[id] {
			t.Errorf("oidc-provider is listed as not supporting %q, which is not a row", id)
		}
	}
	for _, d := range all {
		for _, id := range d.rows {
			if !ids[id] {
				t.Errorf("%s drives %q, which is no row", d.test, id)
			}
		}
	}
}

func TestEveryUseCaseNamesAVerbAndItsKey(t *testing.T) {
	verbs := map[string]bool{}
	for _, c := range (&app{}).root().Commands() {
		verbs[c.Name()] = true
	}
	ids := map[string]bool{}
	for _, u := range flows.UseCases() {
		ids[u.ID] = true
		if verb, _, _ := strings.Cut(u.Verb, " "); verb != "" && !verbs[verb] {
			t.Errorf("the use case %s names the verb %q, which is not there", u.ID, u.Verb)
		}
	}
	for id, of := range ofUse {
		if _, known := keys.ByAction(of.action); !ids[id] || !known && of.words == "" {
			t.Errorf("%s: got the action %q and the words %q, want a use case with one of them", id, of.action,
				of.words)
		}
	}
}
