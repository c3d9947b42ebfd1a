//go:build ignore

// Command mutate changes the program in one random place at a time, and runs the tests against each change: a mutant
// that no test detects survives, and shows what is not tested. `make mutate` runs it.
//
//	go run cmd/fob/e2e/mutate.go -seed 7 -n 30 'flows/wire/*.go' 'flows/session/*.go' 'flows/id_*.go'
//
// It changes no file of the tree: the go command reads the mutated file from its -overlay flag.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mutant replaces the bytes from start to end of a file.
type mutant struct {
	file       string
	line       int
	start, end int
	text       string // the replacement
	old        string
}

var swaps = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+",
}

func main() {
	seed := flag.Uint64("seed", 1, "seed of the random choice")
	n := flag.Int("n", 30, "number of mutants")
	jobs := flag.Int("j", 2, "number of mutants at a time")
	limit := flag.Duration("timeout", 2*time.Minute,
		"of the tests of one package; a mutant that hangs counts as killed")
	flag.Parse()
	all := sites(flag.Args())
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	fmt.Printf("seed %d: %d of %d places\n", *seed, *n, len(all))
	var (
		mu                      sync.Mutex
		wg                      sync.WaitGroup
		next, tried, hung, left int
	)
	draw := func() (mutant, bool) {
		mu.Lock()
		defer mu.Unlock()
		if tried >= *n || next >= len(all) {
			return mutant{}, false
		}
		next++
		tried++
		return all[next-1], true
	}
	for range *jobs {
		wg.Go(func() {
			for m, ok := draw(); ok; m, ok = draw() {
				verdict, why := m.try(*limit)
				mu.Lock()
				switch verdict {
				case "unbuilt":
					tried-- // try another instead
				case "hung":
					hung++
				case "SURVIVED":
					left++
				}
				if verdict != "unbuilt" {
					fmt.Printf("%-8s %s:%d: %q -> %q  %s\n", verdict, m.file, m.line, m.old, m.text, why)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	fmt.Printf("seed %d: %d mutants, %d survived, %d were killed by a time-out\n", *seed, tried, left, hung)
}

// sites returns every place that can be mutated, in order.
func sites(patterns []string) []mutant {
	var list []mutant
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		check(err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_windows.go") {
				continue
			}
			source, err := os.ReadFile(name)
			check(err)
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, source, 0)
			check(err)
			put := func(from, to token.Pos, text string) {
				start, end := fset.Position(from), fset.Position(to)
				old := string(source[start.Offset:end.Offset])
				list = append(list, mutant{name, start.Line, start.Offset, end.Offset, text, old})
			}
			ast.Inspect(file, func(node ast.Node) bool { visit(node, put); return true })
		}
	}
	return list
}

func visit(node ast.Node, put func(from, to token.Pos, text string)) {
	switch x := node.(type) {
	case *ast.BinaryExpr:
		if text, ok := swaps[x.Op]; ok {
			put(x.OpPos, x.OpPos+token.Pos(len(x.Op.String())), text)
		}
	case *ast.UnaryExpr:
		if x.Op == token.NOT {
			put(x.OpPos, x.OpPos+1, "")
		}
	case *ast.ExprStmt: // a call whose result is unused
		put(x.Pos(), x.End(), "")
	case *ast.BasicLit:
		if n, err := strconv.Atoi(x.Value); x.Kind == token.INT && err == nil {
			put(x.Pos(), x.End(), strconv.Itoa(n+1))
		}
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true"}[x.Name]; other != "" {
			put(x.Pos(), x.End(), other)
		}
	}
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// try runs the tests of the mutant's package and, where they pass, those of flows/session.
func (m mutant) try(limit time.Duration) (verdict, why string) {
	dir, err := os.MkdirTemp("", "mutate")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	source, err := os.ReadFile(m.file)
	check(err)
	mutated := append(append(bytes.Clone(source[:m.start]), m.text...), source[m.end:]...)
	changed, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
	check(os.WriteFile(changed, mutated, 0o600))
	path, err := filepath.Abs(m.file)
	check(err)
	text, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	check(err)
	check(os.WriteFile(overlay, text, 0o600))
	own := "./" + filepath.Dir(m.file)
	if exec.Command("go", "build", "-overlay", overlay, own).Run() != nil {
		return "unbuilt", ""
	}
	for _, tests := range []string{own, "./flows/session"} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
		args := []string{"test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout", limit.String(), tests}
		out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
		cancel()
		switch found := failed.FindSubmatch(out); {
		case err == nil:
		case found != nil:
			return "killed", string(found[1])
		case bytes.Contains(out, []byte("test timed out")):
			return "hung", tests
		default:
			return "killed", "by a crash in " + tests
		}
		if own == "./flows/session" {
			break
		}
	}
	return "SURVIVED", ""
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
