package main

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The limits of a package and of a type. Each that exceeds one is listed with its present number, which may only
// decrease.
const (
	maxMethods       = 40
	maxPackageFiles  = 45
	maxExportedNames = 70
	maxColumns       = 120
	tabColumns       = 4
)

var methodsOverLimit = map[string]int{
	"cmd/fob.app":           173,
	"flows.Run":             129,
	"flows/session.Service": 146,
}

var filesOverLimit = map[string]int{
	"cmd/fob": 47,
	"flows":   62,
}

var exportedOverLimit = map[string]int{}

// wideRooms are the packages that still have lines over maxColumns.
var wideRooms = []string{"flows/profile"}

func TestReceiversAndPackagesStayWithinLimits(t *testing.T) {
	for _, p := range house(t) {
		name := strings.TrimPrefix(p.ImportPath, "fob/")
		exported := 0
		methods := map[string]int{}
		for _, file := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil,
				parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv != nil {
						methods[receiverName(d)]++
					} else if d.Name.IsExported() {
						exported++
					}
				case *ast.GenDecl:
					exported += exportedNames(d)
				}
			}
		}
		for receiver, n := range methods {
			checkLimit(t, name+"."+receiver, "methods", n, maxMethods, methodsOverLimit)
		}
		checkLimit(t, name, "files", len(p.GoFiles), maxPackageFiles, filesOverLimit)
		checkLimit(t, name, "exported names", exported, maxExportedNames, exportedOverLimit)
	}
}

// checkLimit reports a number over its limit, unless it is listed, and a listed number that can be lowered.
func checkLimit(t *testing.T, name, what string, n, limit int, listed map[string]int) {
	t.Helper()
	allowed, isListed := listed[name]
	switch {
	case !isListed && n > limit:
		t.Errorf("%s has %d %s, want at most %d", name, n, what, limit)
	case isListed && n > allowed:
		t.Errorf("%s has %d %s, want at most the %d it has had: make it smaller, not larger", name, n, what, allowed)
	case isListed && n <= limit:
		t.Errorf("%s has %d %s, within the limit: remove it from the list", name, n, what)
	}
}

func receiverName(f *ast.FuncDecl) string {
	e := f.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if index, ok := e.(*ast.IndexExpr); ok {
		e = index.X
	}
	return e.(*ast.Ident).Name
}

// exportedNames counts the exported names of a declaration. A group of constants counts once for each type in it.
func exportedNames(d *ast.GenDecl) int {
	n := 0
	types := map[string]bool{}
	last := ""
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				n++
			}
		case *ast.ValueSpec:
			if id, ok := s.Type.(*ast.Ident); ok {
				last = id.Name
			}
			isExported := slices.ContainsFunc(s.Names, (*ast.Ident).IsExported)
			switch {
			case !isExported:
			case d.Tok == token.CONST && last != "":
				types[last] = true
			default:
				n += len(s.Names)
			}
		}
	}
	return n + len(types)
}

func TestLinesAreWithinColumns(t *testing.T) {
	for _, p := range house(t) {
		name := strings.TrimPrefix(p.ImportPath, "fob/")
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			for _, line := range wideLines(t, path) {
				if !slices.Contains(wideRooms, name) {
					t.Errorf("%s:%d has more than %d columns", path, line, maxColumns)
				}
			}
		}
	}
}

// wideLines returns the numbers of the lines of a file with more than maxColumns columns.
func wideLines(t *testing.T, path string) []int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wide []int
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for n := 1; scan.Scan(); n++ {
		if len([]rune(scan.Text()))+(tabColumns-1)*strings.Count(scan.Text(), "\t") > maxColumns {
			wide = append(wide, n)
		}
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return wide
}
