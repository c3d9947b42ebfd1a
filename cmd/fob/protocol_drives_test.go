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

// drive is a test that exercises rows of docs/protocol.md against a server.
type drive struct {
	folder, test string // TestX, or TestX/name of a subtest
	against      string
	rows         []string // "grant:ID", "extension:ID", "auth:ID", "input:NAME", "use:ID"; "grant:*" is every grant
}

const (
	demoProvider = "demo provider"
	oidcProvider = "oidc-provider"
	realParts    = "cmd/fob/e2e"
)

// notOffered are the rows that oidc-provider does not support, with the reason.
var notOffered = map[string]string{
	"grant:token_exchange":  "it has no such grant",
	"grant:jwt_bearer":      "it has no such grant",
	"grant:saml2_bearer":    "it has no such grant",
	"grant:password":        "it has no such grant",
	"input:audience":        "its parameter is resource",
	"use:step-up":           "it has no API that asks for one",
	"use:resource-metadata": "it has no API",
}

// drives are the tests without a table of rows, and what they exercise. A name after a slash must be in the test's
// source.
var drives = []drive{
	{"flows/session", "TestLoginWithEveryGrant", demoProvider, []string{"grant:*"}},
	{"flows/session", "TestPingAgainstTheDemo", demoProvider, []string{"grant:ciba"}},
	{"flows/session", "TestDelegationNamesBothSubjects", demoProvider,
		[]string{"grant:token_exchange", "input:audience"}},
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
	{realParts, "TestFromTheRejectionOfAPrivateAPIToACall/a registered client", demoProvider,
		[]string{"use:resource-metadata", "use:registration"}},
	{realParts, "TestFromTheRejectionOfAPrivateAPIToACall/an existing client", demoProvider,
		[]string{"use:resource-metadata"}},
	{realParts, "TestEveryResponseModeThroughChromium", demoProvider, []string{"input:response_mode"}},
	{realParts, "TestCodeFlowThroughChromiumIntoTheSecretService", oidcProvider, []string{"grant:authorization_code"}},
	{realParts, "TestPingAtOidcProvider", oidcProvider, []string{"grant:ciba"}},
	{realParts, "TestTheCodeIsBoundToTheDPoPKeyAtOidcProvider", oidcProvider, []string{"extension:dpop"}},
	{realParts, "TestRegistrationAtOidcProvider", oidcProvider, []string{"use:registration"}},
	{realParts, "TestAClientByItsMetadataDocumentAtOidcProvider", oidcProvider, []string{"use:client-document"}},
	{realParts, "TestLogoutAtOidcProvider", oidcProvider, []string{"use:logout"}},
	{realParts, "TestTheMetadataOfOidcProvider", oidcProvider, []string{"use:metadata"}},
}

// tables are the tests with a table of rows; what each row exercises is derived from its flags and commands.
var tables = []drive{
	{realParts, "TestEveryRowAgainstOidcProvider", oidcProvider, nil},
	{realParts, "TestEveryRowAgainstTheDemo", demoProvider, nil},
}

type driven []drive

// everyDrive returns drives and the rows of tables, and the problems: names that do not exist.
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

// of returns the tests that exercise a row against a server.
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

// maxNamed is how many subtests of a test the docs list; the others are counted.
const maxNamed = 3

// cell returns a cell of the docs: the tests by folder, each with its subtests.
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

// source is the parsed tests of a folder.
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

// testRow is a row of a table of the e2e tests, as parsed.
type testRow struct {
	name     string
	client   string
	args     []string // flags of login
	commands []string // run after the login
}

// rowsOf returns the rows of the tables that a test uses.
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

// commands returns the commands in an expression, and in the variables that it uses.
func (s source) commands(e ast.Expr) []string {
	var list []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if n.Type == nil && len(n.Elts) > 0 {
				list = append(list, literals(n.Elts[0])...)
			}
		case *ast.Ident:
			if table, ok := s.values[n.Name].(*ast.CompositeLit); ok && isListOf(table, "use") {
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

// literals returns the strings in a piece of source, concatenations as one.
func literals(n ast.Node) []string {
	var list []string
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			list = append(list, strings.Join(append(literals(n.X), literals(n.Y)...), ""))
			return false
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}

// drives returns the rows of docs/protocol.md that a test row exercises, by its flags and commands.
func (r testRow) drives() []string {
	ids := idsOfFlags(r.args)
	if strings.Contains(r.client, "/") { // its ID is a URL
		ids = append(ids, "use:client-document")
	}
	for _, command := range r.commands {
		words := strings.Fields(command)
		if words[0] == "login" {
			ids = append(ids, idsOfFlags(words[1:])...)
		}
		for _, u := range flows.UseCases() {
			// A step-up and a login from an API are more than one command: they have their own tests.
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

// The docs must list only what runs: what a row exercises is derived from its flags and commands.
func TestWhatARowExercisesIsDerivedFromItsCommands(t *testing.T) {
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
