package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/session"
	"fob/tokens"
)

// toyGrant is a grant made of a declaration and a function.
var toyGrant = flows.Grant{
	ID: "toy", Name: "Toy grant", Summary: "shows that a grant is a declaration", Spec: "RFC 0", GrantType: "urn:toy",
	Inputs: []flows.Input{
		{Name: "toy_colour", Label: "Toy colour", Help: "The colour of the toy.", Kind: flows.Choice,
			Choices: []string{"red", "blue"}, Default: "red"},
		{Name: "toy_key", Label: "Toy key", Help: "The key of the toy.", Kind: flows.SecretRef},
		{Name: "toy_plan", Label: "Toy plan", Help: "The plan of the toy.", Kind: flows.JSON},
	},
	Run: func(_ context.Context, r *flows.Run) (tokens.Set, error) {
		return tokens.Set{AccessToken: tokens.NewSecret(r.Values["toy_key"] + "/" + r.Values["toy_colour"] + "/" +
			r.Values["toy_plan"]), TokenType: "Bearer"}, nil
	},
}

// Adding a grant takes only a declaration: flags, help, profile keys, docs and the run follow. ui/pane/flow has the
// same test for the form.
func TestAnAddedGrantAppearsEverywhere(t *testing.T) {
	t.Cleanup(flows.Add(toyGrant))
	w := newWorld(t)
	s := w.startDemo()
	help := w.must("login", "--help").out
	for _, want := range []string{"shows that a grant is a declaration", "--toy-colour", "--toy-key ", "--toy-plan"} {
		if !strings.Contains(help, want) {
			t.Errorf("login --help has no %q", want)
		}
	}
	for name, text := range map[string]string{"docs/grants.md": grantTables(), "docs/protocol.md": protocolTable()} {
		if !strings.Contains(text, "toy_colour") && !strings.Contains(text, "--grant toy") {
			t.Errorf("%s has no word of the toy", name)
		}
	}
	if schema := session.Schema(); !slices.Contains(schema.Grants, "toy") ||
		!slices.Contains(schema.Inputs, "toy_colour") {
		t.Errorf("the profile file knows %v and %v, want the toy among them", schema.Grants, schema.Inputs)
	}
	w.env["TOY"] = "wooden"
	w.must("profile", "add", "play", "--issuer", s.Issuer(), "--client-id", "demo-public", "--grant", "toy",
		"--toy-colour", "blue", "--toy-key", "env:TOY")
	login := parse[loginJSON](t, w.must("login", "play", "--toy-plan", "@"+w.file("plan.json", `{"a":1}`),
		"--json").out)
	if got, want := strings.TrimSpace(w.must("token", login.Session).out), `wooden/blue/{"a":1}`; got != want {
		t.Errorf("the toy's token: got %q, want %q", got, want)
	}
}

func TestSecretRefsToASessionAFileAVariableOrStandardInput(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["DEMO_SECRET"] = secretOf(s, "demo-service")
	source := parse[loginJSON](t, w.must(aliceArgs(s)...).out)
	token := strings.TrimSpace(w.must("token", source.Session).out)
	w.env["SUBJECT"] = token
	base := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--client-secret-env",
		"DEMO_SECRET", "--grant", "token_exchange", "--scope", "api:read", "--json"}
	for name, flags := range map[string][]string{
		"session": {"--subject-token", "session:" + source.Session},
		"another token of a session": {"--subject-token", "session:" + source.Session +
			"/id", "--subject-token-type", "id_token"},
		"variable": {"--subject-token", "env:SUBJECT"},
		"file":     {"--subject-token", "file:" + w.file("token", token+"\n")},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse[loginJSON](t, w.must(append(base, flags...)...).out)
			if got.Scope != "api:read" {
				t.Errorf("scope: got %q, want api:read", got.Scope)
			}
		})
	}
	if r := w.run(append(base, "--subject-token", token)...); r.code != exitUsage || strings.Contains(r.stderr, token) {
		t.Errorf("a token in the arguments: exit %d, %s", r.code, r.stderr)
	}
	if r := w.run(append(base, "--subject-token", "session:nobody")...); r.code == 0 ||
		!strings.Contains(r.stderr, "no such session") {
		t.Errorf("a session that is not there: exit %d, %s", r.code, r.stderr)
	}
	if r := w.run("login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--client-secret-env",
		"DEMO_SECRET", "--grant", "password", "--username", "alice"); r.code != exitUsage ||
		!strings.Contains(r.stderr, "password is missing") {
		t.Errorf("a password that nobody gave: exit %d, %s", r.code, r.stderr)
	}
	if r := w.run(append(base, "--subject-token", "env:SUBJECT", "--authorization-details",
		"{")...); r.code != exitUsage || !strings.Contains(r.stderr, "expected JSON") {
		t.Errorf("broken JSON: exit %d, %s", r.code, r.stderr)
	}
}
