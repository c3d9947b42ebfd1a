package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Only the printer of this package and the workbench's renderer write to the terminal: no package uses the standard
// streams, prints with the builtins, or makes a server that logs to the standard logger.
func TestNoPackageWritesToTheTerminalByItself(t *testing.T) {
	streams := map[string]bool{"fob/cmd/fob": true, "fob/ui": true, "fob/ui/terminal": true} // they own the terminal
	servers := 0
	for _, p := range house(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if s := selector(n); (s == "os.Stderr" || s == "os.Stdout") && !streams[p.ImportPath] {
						t.Errorf("%s: %s: only the printer of cmd/fob and the workbench write to the terminal",
							fset.Position(n.Pos()), s)
					}
				case *ast.CallExpr:
					if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") && f.Obj == nil {
						t.Errorf("%s: %s writes to standard error", fset.Position(n.Pos()), f.Name)
					}
				case *ast.CompositeLit:
					s, ok := n.Type.(*ast.SelectorExpr)
					if !ok || selector(s) != "http.Server" && selector(s) != "httputil.ReverseProxy" {
						break
					}
					servers++
					if !names(n, "ErrorLog") {
						t.Errorf("%s: a %s without ErrorLog logs what clients send", fset.Position(n.Pos()),
							selector(s))
					}
				}
				return true
			})
		}
	}
	if servers == 0 {
		t.Error("no http.Server was found: the test looks for something else")
	}
}

func selector(e *ast.SelectorExpr) string {
	if x, ok := e.X.(*ast.Ident); ok {
		return x.Name + "." + e.Sel.Name
	}
	return ""
}

func names(lit *ast.CompositeLit, field string) bool {
	for _, e := range lit.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field {
				return true
			}
		}
	}
	return false
}
