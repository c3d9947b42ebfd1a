package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fob/flows"
)

// drive is a test that drives rows of docs/protocol.md against a server.
type drive struct {
	folder, test string
	against      string
	rows         []string // "grant:ID", "extension:ID", "auth:ID", "input:NAME", "use:ID"; "grant:*" is every grant
}

const (
	demoProvider = "demo provider"
	ownServer    = "a server made for the test"
	oidcProvider = "oidc-provider"
)

// drives say which test drives which rows. A row without one fails the test below.
var drives = []drive{
	{"flows/session", "TestLoginWithEveryGrant", demoProvider, []string{"grant:*"}},
	{"flows/session", "TestPingAgainstTheDemo", demoProvider, []string{"grant:ciba"}},
	{"flows/session", "TestDelegationNamesBoth", demoProvider, []string{"grant:token_exchange", "input:audience"}},
	{"flows/session", "TestExtensionsOfTheAuthorizationRequest", demoProvider, []string{"extension:par", "extension:jar", "extension:jarm", "input:response_mode"}},
	{"flows/session", "TestTokensBoundToAKeyAreUsedAndRenewedWithIt", demoProvider, []string{"extension:dpop", "use:call"}},
	{"flows/session", "TestEveryMethodOfClientAuthentication", demoProvider, []string{"auth:*", "extension:client_authentication"}},
	{"flows/session", "TestAnIntrospectionAnswerCanBeSigned", demoProvider, []string{"extension:introspection_jwt"}},
	{"flows/session", "TestWhatIsEncryptedForTheClientIsOpened", demoProvider, []string{"use:userinfo"}},
	{"flows/session", "TestAuthorizationDetailsAndClaimsAgainstTheDemo", demoProvider, []string{"extension:rar", "extension:claims"}},
	{"flows/session", "TestAnAPIThatWantsAStrongerSignInGetsOne", demoProvider, []string{"use:step-up", "input:acr_values", "input:max_age"}},
	{"flows/session", "TestRefreshWithANarrowerScopeOrAnotherResource", demoProvider, []string{"use:refresh", "input:resource", "input:scope"}},
	{"flows/session", "TestIntrospectUserinfoCall", demoProvider, []string{"use:introspection", "use:userinfo", "use:call"}},
	{"flows/session", "TestRevokeDropsWhatWasRevoked", demoProvider, []string{"use:revocation"}},
	{"flows/session", "TestLogout", demoProvider, []string{"use:logout"}},
	{"flows/session", "TestProviderView", demoProvider, []string{"use:metadata"}},
	{"flows/session", "TestAClientIsRegisteredUsedChangedAndDeleted", demoProvider, []string{"use:registration"}},
	{"flows/session", "TestFromAnAPIsAddressToACall", demoProvider, []string{"use:resource-metadata", "input:resource"}},
	{"flows", "TestExactlyTheCheckThatIsBrokenFails", ownServer, []string{"input:pkce", "input:max_age", "input:acr_values"}},
	{"flows", "TestTheAuthorizationRequestCarriesWhatWasAsked", ownServer, []string{"input:prompt", "input:login_hint", "input:max_age", "input:acr_values", "input:ui_locales", "input:audience", "input:resource"}},
	{"flows", "TestJSONInputsGoWithTheAuthorizationRequestWithoutTheirSpace", ownServer, []string{"extension:rar", "extension:claims", "input:id_token_hint"}},
	{"flows", "TestClientAuthentication", ownServer, []string{"auth:client_secret_basic_raw"}},
	{"cmd/fob/e2e", "TestCodeFlowThroughChromiumIntoTheSecretService", oidcProvider, []string{"grant:authorization_code", "input:pkce"}},
	{"cmd/fob/e2e", "TestClientCredentialsAgainstOidcProvider", oidcProvider, []string{"grant:client_credentials"}},
	{"cmd/fob/e2e", "TestGrantsAndExtensionsAgainstOidcProvider", oidcProvider, []string{
		"grant:authorization_code", "grant:device_code", "grant:client_credentials", "grant:ciba", "grant:hybrid", "extension:par", "extension:jar",
		"extension:jarm", "extension:dpop", "extension:client_authentication", "extension:rar", "extension:claims", "auth:client_secret_basic",
		"auth:client_secret_post", "auth:client_secret_jwt", "auth:private_key_jwt", "input:resource", "input:response_mode", "use:refresh", "use:userinfo",
	}},
	{"cmd/fob/e2e", "TestMutualTLSAgainstOidcProvider", oidcProvider, []string{"auth:tls_client_auth", "auth:self_signed_tls_client_auth"}},
	{"cmd/fob/e2e", "TestRegistrationAndSignedIntrospectionAgainstOidcProvider", oidcProvider, []string{"use:registration", "extension:introspection_jwt"}},
}

// protocolRow is a line of the table.
type protocolRow struct {
	id, name, spec             string
	screen, flags, profileKeys string
}

// protocolRows are made from what is declared: grants, extensions, client authentication, inputs that are no extension's,
// and use cases.
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
		rows = append(rows, protocolRow{"grant:" + g.ID, name, g.Spec, "Flow: " + g.Name, "`--grant " + g.ID + "`", "`grant: " + g.ID + "`"})
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
		rows = append(rows, protocolRow{"auth:" + m.ID, m.Name, m.Spec, "Flow: Client authentication", "`--auth-method " + m.ID + "`", "`auth_method: " + m.ID + "`"})
	}
	for _, in := range flows.AuthorizationCode.Inputs {
		if !ofExtension[in.Name] {
			row := protocolRow{id: "input:" + in.Name, name: in.Label, spec: in.Spec}
			row.take(in)
			rows = append(rows, row)
		}
	}
	for _, u := range flows.UseCases() {
		row := protocolRow{id: "use:" + u.ID, name: u.Name, spec: u.Spec}
		if u.Verb != "" {
			row.flags = "`fob " + u.Verb + "`"
		}
		rows = append(rows, row)
	}
	return rows
}

// take adds the ways of choosing an input.
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
	case flows.Held:
		name += " env:VAR"
	}
	add(&r.screen, in.Label)
	add(&r.flags, "`--"+name+"`")
	switch in.Kind {
	case flows.Password:
	case flows.Held:
		add(&r.profileKeys, "`"+in.Name+": env:VAR`")
	default:
		add(&r.profileKeys, "`"+in.Name+"`")
	}
}

// drivenBy lists the tests that drive a row.
func drivenBy(id string) []string {
	kind, _, _ := strings.Cut(id, ":")
	var list []string
	for _, d := range drives {
		if slices.Contains(d.rows, id) || slices.Contains(d.rows, kind+":*") {
			list = append(list, fmt.Sprintf("`%s` in %s: %s", d.test, d.folder, d.against))
		}
	}
	return list
}

func protocolTable() string {
	var b strings.Builder
	b.WriteString("| what | spec | in the workbench | on the command line | in a profile | driven by |\n|---|---|---|---|---|---|\n")
	for _, r := range protocolRows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", cell(r.name), cell(r.spec), cell(r.screen), cell(r.flags), cell(r.profileKeys), cell(strings.Join(drivenBy(r.id), "; ")))
	}
	return b.String()
}

func TestEveryRowOfTheProtocolIsDrivenByATestThatExists(t *testing.T) {
	ids := map[string]bool{"grant:*": true, "auth:*": true}
	for _, r := range protocolRows() {
		ids[r.id] = true
		if len(drivenBy(r.id)) == 0 {
			t.Errorf("no test drives %s (%s): name one in drives", r.id, r.name)
		}
	}
	tests := map[string]map[string]bool{}
	for _, d := range drives {
		if tests[d.folder] == nil {
			tests[d.folder] = testsIn(t, d.folder)
		}
		if !tests[d.folder][d.test] {
			t.Errorf("there is no %s in %s", d.test, d.folder)
		}
		for _, id := range d.rows {
			if !ids[id] {
				t.Errorf("%s drives %q, which is no row", d.test, id)
			}
		}
	}
	verbs := map[string]bool{}
	for _, c := range (&app{}).root().Commands() {
		verbs[c.Name()] = true
	}
	for _, u := range flows.UseCases() {
		if verb, _, _ := strings.Cut(u.Verb, " "); verb != "" && !verbs[verb] {
			t.Errorf("the use case %s names the verb %q, which is not there", u.ID, u.Verb)
		}
	}
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// testsIn are the tests of a folder of this repository.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunction.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}
