package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fob/flows"
)

// drive is a test that drives rows of docs/protocol.md against a server.
type drive struct {
	folder, test string // the test may be one within another: TestX/its_name
	against      string
	rows         []string // "grant:ID", "extension:ID", "auth:ID", "input:NAME", "use:ID"; "grant:*" is every grant
}

const (
	demoProvider = "demo provider"
	oidcProvider = "oidc-provider"
	realParts    = "cmd/fob/e2e"
)

// notOffered are the rows that oidc-provider has nothing for, and why.
var notOffered = map[string]string{
	"grant:token_exchange":  "it has no such grant",
	"grant:jwt_bearer":      "it has no such grant",
	"grant:saml2_bearer":    "it has no such grant",
	"grant:password":        "it has no such grant",
	"input:audience":        "its parameter is resource",
	"use:step-up":           "it has no API that asks for one",
	"use:resource-metadata": "it has no API",
}

// drives are the tests that are no table of rows, and what they drive. A name after a slash must stand in the test's
// text.
var drives = []drive{
	{"flows/session", "TestLoginWithEveryGrant", demoProvider, []string{"grant:*"}},
	{"flows/session", "TestPingAgainstTheDemo", demoProvider, []string{"grant:ciba"}},
	{"flows/session", "TestDelegationNamesBothSubjects", demoProvider, []string{"grant:token_exchange", "input:audience"}},
	{"flows/session", "TestExtensionsOfTheAuthorizationRequest", demoProvider,
		[]string{"extension:jarm", "input:response_mode"}},
	{"flows/session", "TestExtensionsOfTheAuthorizationRequest/pushed", demoProvider, []string{"extension:par"}},
	{"flows/session", "TestExtensionsOfTheAuthorizationRequest/encrypted and pushed", demoProvider,
		[]string{"extension:jar"}},
	{"flows/session", "TestTokensBoundToAKeyAreUsedAndRenewedWithIt", demoProvider,
		[]string{"extension:dpop", "use:call"}},
	{"flows/session", "TestEveryMethodOfClientAuthentication", demoProvider,
		[]string{"auth:*", "extension:client_authentication"}},
	{"flows/session", "TestAnIntrospectionResponseCanBeSigned", demoProvider, []string{"extension:introspection_jwt"}},
	{"flows/session", "TestTokensEncryptedForTheClientAreDecrypted", demoProvider, []string{"use:userinfo"}},
	{"flows/session", "TestAuthorizationDetailsAndClaimsAgainstTheDemo", demoProvider,
		[]string{"extension:rar", "extension:claims"}},
	{"flows/session", "TestStepUpToAStrongerSignIn", demoProvider,
		[]string{"use:step-up", "input:acr_values", "input:max_age"}},
	{"flows/session", "TestRefreshWithANarrowerScopeOrAnotherResource", demoProvider,
		[]string{"use:refresh", "input:resource", "input:scope"}},
	{"flows/session", "TestIntrospectUserinfoCall", demoProvider,
		[]string{"use:introspection", "use:userinfo", "use:call"}},
	{"flows/session", "TestRevokeDropsWhatWasRevoked", demoProvider, []string{"use:revocation"}},
	{"flows/session", "TestLogout", demoProvider, []string{"use:logout"}},
	{"flows/session", "TestProviderView", demoProvider, []string{"use:metadata"}},
	{"flows/session", "TestAClientIsRegisteredUsedChangedAndDeleted", demoProvider, []string{"use:registration"}},
	{"flows/session", "TestAClientThatIsADocumentLogsIn", demoProvider, []string{"use:client-document"}},
	{"flows/session", "TestFromAnAPIsAddressToACall", demoProvider,
		[]string{"use:resource-metadata", "input:resource"}},
	{realParts, "TestFromAPrivateAPIsRefusalToACall/a registered client", demoProvider,
		[]string{"use:resource-metadata", "use:registration"}},
	{realParts, "TestFromAPrivateAPIsRefusalToACall/a client of before", demoProvider,
		[]string{"use:resource-metadata"}},
	{realParts, "TestEveryResponseModeThroughChromium", demoProvider, []string{"input:response_mode"}},
	{realParts, "TestCodeFlowThroughChromiumIntoTheSecretService", oidcProvider, []string{"grant:authorization_code"}},
	{realParts, "TestPingAtOidcProvider", oidcProvider, []string{"grant:ciba"}},
	{realParts, "TestTheCodeIsBoundToTheDPoPKeyAtOidcProvider", oidcProvider, []string{"extension:dpop"}},
	{realParts, "TestAClientsLifeAtOidcProvider", oidcProvider, []string{"use:registration"}},
	{realParts, "TestAClientByItsMetadataDocumentAtOidcProvider", oidcProvider, []string{"use:client-document"}},
	{realParts, "TestLogoutAtOidcProvider", oidcProvider, []string{"use:logout"}},
	{realParts, "TestTheMetadataOfOidcProvider", oidcProvider, []string{"use:metadata"}},
}

// tables are the tests that run rows; what each row drives is read off the flags and verbs in it.
var tables = []drive{
	{realParts, "TestEveryRowAgainstOidcProvider", oidcProvider, nil},
	{realParts, "TestEveryRowAgainstTheDemo", demoProvider, nil},
}

type driven []drive

// everyDrive is drives and the rows of tables. The problems say what is named and not there.
func everyDrive() (all driven, problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	sources := map[string]source{}
	in := func(folder string) source {
		if sources[folder].tests == nil {
			var err error
			if sources[folder], err = readTests(folder); err != nil {
				problem("the tests in %s: %v", folder, err)
			}
		}
		return sources[folder]
	}
	for _, d := range drives {
		test, within, _ := strings.Cut(d.test, "/")
		body := in(d.folder).tests[test]
		switch {
		case body == nil:
			problem("there is no %s in %s", test, d.folder)
		case within != "" && !slices.Contains(literals(body), within):
			problem("%s in %s has no test %q within", test, d.folder, within)
		}
		all = append(all, d)
	}
	for _, d := range tables {
		rows := in(d.folder).rowsOf(d.test)
		if len(rows) == 0 {
			problem("%s in %s runs no rows", d.test, d.folder)
		}
		for _, r := range rows {
			all = append(all, drive{d.folder, d.test + "/" + r.name, d.against, r.drives()})
		}
	}
	return all, problems
}

// of are the tests that drive a row against a server.
func (all driven) of(id, against string) []drive {
	kind, _, _ := strings.Cut(id, ":")
	var list []drive
	for _, d := range all {
		if d.against == against && (slices.Contains(d.rows, id) || slices.Contains(d.rows, kind+":*")) {
			list = append(list, d)
		}
	}
	return list
}

// maxNamed is how many tests within one test the docs name; the others are counted.
const maxNamed = 3

// cell is a row's cell of the docs: the tests by folder, those within a test after its name.
func (all driven) cell(id, against string) string {
	if why := notOffered[id]; why != "" && against == oidcProvider {
		return "– " + why
	}
	var order []string
	within := map[string][]string{}
	for _, d := range all.of(id, against) {
		test, name, _ := strings.Cut(d.test, "/")
		if test = fmt.Sprintf("`%s` in %s", test, d.folder); !slices.Contains(order, test) {
			order = append(order, test)
		}
		if name != "" {
			within[test] = append(within[test], name)
		}
	}
	for i, test := range order {
		names := within[test]
		if more := len(names) - maxNamed; more > 0 {
			names = append(slices.Clone(names[:maxNamed]), fmt.Sprintf("%d more", more))
		}
		if len(names) > 0 {
			order[i] += ": " + strings.Join(names, " · ")
		}
	}
	return strings.Join(order, "; ")
}

// source is what stands in the tests of a folder.
type source struct {
	tests  map[string]*ast.FuncDecl
	values map[string]ast.Expr // of the package's variables
}

func readTests(folder string) (source, error) {
	s := source{map[string]*ast.FuncDecl{}, map[string]ast.Expr{}}
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		return s, err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return s, err
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test") {
					s.tests[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && len(v.Names) == 1 && len(v.Values) == 1 {
						s.values[v.Names[0].Name] = v.Values[0]
					}
				}
			}
		}
	}
	return s, nil
}

// testRow is a row of a table of the tests against real parts, as its text says it.
type testRow struct {
	name     string
	client   string
	args     []string // flags of login
	commands []string // what is run afterwards
}

// rowsOf are the rows of the tables that a test names.
func (s source) rowsOf(test string) []testRow {
	body := s.tests[test]
	if body == nil {
		return nil
	}
	var rows []testRow
	ast.Inspect(body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		table, ok := s.values[id.Name].(*ast.CompositeLit)
		if !ok || !isListOf(table, "row") {
			return true
		}
		for _, e := range table.Elts {
			var r testRow
			for _, member := range e.(*ast.CompositeLit).Elts {
				pair := member.(*ast.KeyValueExpr)
				switch pair.Key.(*ast.Ident).Name {
				case "name":
					r.name = literals(pair.Value)[0]
				case "client":
					r.client = literals(pair.Value)[0]
				case "args":
					r.args = literals(pair.Value)
				case "then":
					r.commands = s.commands(pair.Value)
				}
			}
			rows = append(rows, r)
		}
		return true
	})
	return rows
}

// commands are those of an expression, and of the variables that it names.
func (s source) commands(e ast.Expr) []string {
	var list []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if n.Type == nil && len(n.Elts) > 0 {
				list = append(list, literals(n.Elts[0])...)
			}
		case *ast.Ident:
			if table, ok := s.values[n.Name].(*ast.CompositeLit); ok && isListOf(table, "do") {
				list = append(list, s.commands(table)...)
			}
		}
		return true
	})
	return list
}

func isListOf(c *ast.CompositeLit, name string) bool {
	list, ok := c.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	of, ok := list.Elt.(*ast.Ident)
	return ok && of.Name == name
}

// literals are the texts that stand in a piece of source.
func literals(n ast.Node) []string {
	var list []string
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}

// drives are the rows of docs/protocol.md that a row of a test drives, by its flags and verbs.
func (r testRow) drives() []string {
	ids := idsOfFlags(r.args)
	if strings.Contains(r.client, "/") { // its ID is an address
		ids = append(ids, "use:client-document")
	}
	for _, command := range r.commands {
		words := strings.Fields(command)
		if words[0] == "login" {
			ids = append(ids, idsOfFlags(words[1:])...)
		}
		for _, u := range flows.UseCases() {
			// Calls for a step-up and logins from an API are more than their verb: tests of their own drive them.
			if u.Verb == words[0] && u.ID != "step-up" {
				ids = append(ids, "use:"+u.ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func idsOfFlags(args []string) []string {
	byFlag := map[string]string{}
	for _, in := range flows.AuthorizationCode.Inputs {
		byFlag["--"+flagName(in.Name)] = "input:" + in.Name
	}
	for _, e := range flows.Extensions() {
		for _, in := range e.Inputs {
			byFlag["--"+flagName(in.Name)] = "extension:" + e.ID
		}
	}
	var ids []string
	for i, arg := range args {
		flag, _, _ := strings.Cut(arg, "=")
		if id := byFlag[flag]; id != "" {
			ids = append(ids, id)
		}
		if kind := map[string]string{"--grant": "grant:", "--auth-method": "auth:"}[flag]; kind != "" &&
			i+1 < len(args) {
			ids = append(ids, kind+args[i+1])
		}
	}
	return ids
}

// A table that could claim what does not run would be worth nothing: what is read off a row is what its flags say.
func TestWhatARowDrivesIsReadOffItsFlagsAndVerbs(t *testing.T) {
	r := testRow{client: "ISSUER/client.json", args: []string{"--grant", "device_code", "--auth-method", "none",
		"--par=always", "--scope", "openid"}, commands: []string{
		"userinfo SESSION", "call SESSION GET API/me",
		"login --grant token_exchange --dpop --subject-token session:SESSION"}}
	want := []string{"auth:none", "extension:dpop", "extension:par", "grant:device_code", "grant:token_exchange",
		"input:scope", "use:call", "use:client-document", "use:userinfo"}
	if got := r.drives(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
