package main

import (
	"bufio"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The arrows of the house (docs/architecture.md): who may import whom. A rule forbids every package under `from` to
// depend, directly or through others, on a package under one of `not`.
var arrows = []struct {
	from string
	not  []string
	why  string
}{
	{"fob/tokens", []string{"fob/flows", "fob/ui", "fob/cmd"}, "tokens is the foundation"},
	{"fob/flows", []string{"fob/ui", "fob/cmd", "github.com/charmbracelet"}, "flows has no screen"},
	{"fob/ui", []string{"fob/cmd"}, "ui is wired by cmd"},
	{"fob/ui/widget", []string{"fob/flows"}, "widgets know nothing of OAuth"},
	{"fob/ui/theme", []string{"fob/flows"}, "the theme knows nothing of OAuth"},
	{"fob/ui/terminal", []string{"fob/flows"}, "the terminal knows nothing of OAuth"},
	{"fob/flows/wire", []string{"fob/flows/provider", "fob/flows/session", "fob/flows/profile"},
		"wire is below the rest of flows"},
	{"fob/flows/provider", []string{"fob/flows/session", "fob/flows/profile"}, "provider is below session"},
	{"fob/flows/demo", []string{"fob/flows/session", "fob/flows/wire", "fob/flows/provider", "fob/tokens/inspect"},
		"the demo shares no protocol code with what it tests"},
}

// soleImporters are packages that only the listed packages may import directly.
var soleImporters = map[string][]string{
	"github.com/lestrrat-go/jwx/v2":      {"fob/tokens/jose"},
	"github.com/zalando/go-keyring":      {"fob/tokens/vault"},
	"github.com/goccy/go-yaml":           {"fob/flows/profile"},
	"github.com/spf13/cobra":             {"fob/cmd/fob"},
	"github.com/charmbracelet/bubbletea": {"fob/ui"},
	"github.com/charmbracelet/lipgloss":  {"fob/ui"},
	"github.com/charmbracelet/bubbles":   {"fob/ui"},
	"github.com/mattn/go-runewidth":      {},
	"fob/tokens/jose":                    {"fob/tokens", "fob/flows", "fob/ui", "fob/cmd"},
	"fob/tokens/vault":                   {"fob/tokens", "fob/flows/session", "fob/ui", "fob/cmd"},
	"fob/flows/wire":                     {"fob/flows", "fob/ui", "fob/cmd"},
}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// needGo skips a test that reads the source if Go is not installed, as under wine: the source is the same everywhere.
func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil && runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: the go command, which lists the source, is not here")
	}
}

func house(t *testing.T) []goPackage {
	t.Helper()
	needGo(t)
	cmd := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "fob/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for d := json.NewDecoder(bufio.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			break
		}
		list = append(list, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(list) < 10 {
		t.Fatalf("go list found %d packages; the house has more", len(list))
	}
	return list
}

func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func TestArrowsOfTheHouse(t *testing.T) {
	for _, p := range house(t) {
		for _, rule := range arrows {
			if !under(p.ImportPath, rule.from) {
				continue
			}
			for _, dep := range p.Deps {
				for _, not := range rule.not {
					if under(dep, not) {
						t.Errorf("%s depends on %s: %s", p.ImportPath, dep, rule.why)
					}
				}
			}
		}
		for _, imported := range p.Imports {
			for root, allowed := range soleImporters {
				if !under(imported, root) || under(p.ImportPath, root) {
					continue
				}
				ok := false
				for _, a := range allowed {
					ok = ok || under(p.ImportPath, a)
				}
				if !ok {
					t.Errorf("%s imports %s, which only %v may", p.ImportPath, imported, allowed)
				}
			}
		}
	}
}

const (
	maxFileLines     = 500
	maxFunctionLines = 100
)

// Generated-looking tables are data, not code to be read top to bottom.
var longTables = map[string]bool{}

func TestFilesAndFunctionsFitOnAScreen(t *testing.T) {
	for _, p := range house(t) {
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			files := token.NewFileSet()
			parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if n := files.File(parsed.Pos()).LineCount(); n > maxFileLines && !longTables[p.ImportPath+"/"+name] {
				t.Errorf("%s/%s has %d lines, more than %d: perhaps it is two rooms", p.ImportPath, name, n,
					maxFileLines)
			}
			for _, d := range parsed.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := files.Position(f.End()).Line - files.Position(f.Pos()).Line; n > maxFunctionLines {
					t.Errorf("%s/%s: %s has %d lines, more than %d", p.ImportPath, name, f.Name.Name, n,
						maxFunctionLines)
				}
			}
		}
	}
}

// A request is identified by its endpoint, which edits, presets and records refer to.
func TestEveryRequestNamesItsEndpoint(t *testing.T) {
	seen := 0
	for _, p := range house(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				made, ok := n.(*ast.CompositeLit)
				if !ok || !isRequest(made.Type) {
					return true
				}
				seen++
				for _, e := range made.Elts {
					if pair, ok := e.(*ast.KeyValueExpr); ok && pair.Key.(*ast.Ident).Name == "Endpoint" {
						return true
					}
				}
				t.Errorf("%s: a wire.Request without Endpoint, want one of wire.Endpoints", fset.Position(made.Pos()))
				return true
			})
		}
	}
	if seen < 5 {
		t.Errorf("got %d requests that are made, want all of them: the test looks for something else", seen)
	}
}

func isRequest(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Request" {
		return false
	}
	from, ok := s.X.(*ast.Ident)
	return ok && from.Name == "wire"
}

func TestTopLevelHasOnlyTheRooms(t *testing.T) {
	allowed := map[string]bool{
		"cmd": true, "ui": true, "tokens": true, "flows": true, "docs": true, ".ci": true, ".github": true,
		".git":   true,
		"go.mod": true, "go.sum": true, ".goreleaser.yaml": true, "README.md": true, "Makefile": true, "LICENSE": true,
		"CHANGELOG.md": true, "CONTRIBUTING.md": true, ".gitignore": true,
		"fob": true, "fob.exe": true, "dist": true, // what is built here, ignored by git
	}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !allowed[e.Name()] {
			t.Errorf("%s is at the top level, where only %s belong", e.Name(),
				"the rooms and the files that tools require")
		}
	}
}

// Every direct dependency has its reason.
func TestEveryDependencyHasItsReason(t *testing.T) {
	needGo(t)
	reasons, err := os.ReadFile(filepath.Join("..", "..", "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-m", "-f", "{{if and (not .Main) (not .Indirect)}}{{.Path}}{{end}}", "all")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	for _, module := range strings.Fields(string(out)) {
		if !strings.Contains(string(reasons), "`"+module+"`") {
			t.Errorf("%s has no line in docs/dependencies.md", module)
		}
	}
}

// The project speaks of itself alone: no path of a developer's machine, no address of a package registry.
func TestTheProjectSpeaksOfItselfAlone(t *testing.T) {
	forbidden := []string{"/wo" + "rk/", "/ro" + "ot/", "registry." + "npmjs", "proxy." + "golang", "deb." + "debian"}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == ".git" || n == "node_modules" || n == "dist" {
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".mjs", ".json", ".yaml", ".yml", ".sh", ".txt", ".txtar", ".html", "":
		default:
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) > 4<<20 {
			return err
		}
		for _, f := range forbidden {
			if strings.Contains(string(data), f) {
				t.Errorf("%s holds %q", path, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
