package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// unplain lists words that a reader of today's technical English stops at, each with what to write instead. They are
// looked for in identifiers, comments and screen text.
var unplain = []struct{ pattern, instead string }{
	{`held`, "stored, locked, saved, pending"},
	{`meet|meets|met`, "discover, satisfy, match"},
	{`told`, "reported, printed, configured"},
	{`stand|stands|stood`, "is, is in, represents"},
	{`nobody|somebody|anybody|everybody`, "no user, the user, no client, no one"},
	{`whoever`, "the caller, a process that"},
	{`(is|are|was) none`, "does not exist, is missing, there is no"},
	{`yields?`, "returns, produces"},
	{`dead`, "rejected, expired, revoked, invalid"},
	{`spoken of`, "mentioned"},
	{`(is|are) (said|told)`, "is reported, is printed"},
	{`goes by`, "depends on, uses"},
	{`in hand`, "available, given"},
	{`of ours`, "our own"},
	{`fit for`, "valid for, safe for"},
	{`nothing else`, "only"},
	{`tells? apart|tellapart`, "distinguish"},
	{`lineage`, "the field's own term"},
	{`shelf|shelves`, "store"},
	{`possession`, "proof, key binding (outside \"proof of possession\")"},
	{`innocent`, "unrelated"},
	{`forge|forges|forged`, "mint, make"},
	{`borrow|borrows|borrowed`, "use, apply"},
	{`lives`, "is valid, is in"},
	{`bury|buried`, "mark as rejected"},
	{`spoils?|spoiled`, "break, apply faults"},
	{`openly`, "in clear, without a mark"},
	{`news`, "event"},
	{`unfit|misfit`, "unsupported, rejected"},
	{`heard`, "received"},
	{`unsaid`, "not stated"},
	{`hence|thereby|lest|wholly|thereof|therein`, "so, so that"},
	{`oddity|oddities`, "warning"},
	{`another's`, "of another user"},
	{`traded? in`, "exchanged, rotated"},
	{`given by hand`, "entered"},
	{`hand(s|ed)? out`, "return"},
	{`anyhow|all the same`, "anyway"},
	{`anew|afresh`, "again, new"},
	{`mends?|mended|mending`, "fix"},
	{`slips? in|slipped in`, "inject"},
	{`in the open`, "in clear"},
	{`(takes?|taken) apart`, "decode, split"},
	{`judges?|judged|judging`, "validate, check"},
}

// plainExceptions are texts in which a word of unplain is the term of a spec, a product or a file format.
var plainExceptions = []string{
	"proof of possession", "proof-of-possession", "Proof-of-Possession", "Proof of Possession", "Proof-of-possession",
}

// plainRooms are the packages that use plain words throughout.
var plainRooms = map[string]bool{
	"cmd/fob":                   true,
	"cmd/fob/topics":            true,
	"cmd/fob/e2e":               true,
	"flows":                     true,
	"flows/calls":               true,
	"flows/demo":                true,
	"flows/dpop":                true,
	"flows/explain":             true,
	"flows/explain/doctor":      true,
	"flows/export":              true,
	"flows/provider":            true,
	"flows/redirect":            true,
	"flows/registration":        true,
	"flows/session":             true,
	"flows/wire/redact":         true,
	"tokens":                    true,
	"tokens/files":              true,
	"tokens/inspect":            true,
	"tokens/secretname":         true,
	"tokens/jose":               true,
	"tokens/jose/ordered":       true,
	"tokens/shell":              true,
	"tokens/spelling":           true,
	"tokens/vault":              true,
	"tokens/wwwauth":            true,
	"ui":                        true,
	"ui/keys":                   true,
	"ui/pane":                   true,
	"ui/pane/calls":             true,
	"ui/pane/expiry":            true,
	"ui/pane/flow":              true,
	"ui/pane/internal/panetest": true,
	"ui/pane/provider":          true,
	"ui/pane/sessions":          true,
	"ui/pane/token":             true,
	"ui/pane/trace":             true,
	"ui/terminal":               true,
	"ui/terminal/background":    true,
	"ui/theme":                  true,
	"ui/widget":                 true,
}

func TestWordsArePlain(t *testing.T) {
	if len(unplain) < 25 {
		t.Errorf("got %d words, want at least 25", len(unplain))
	}
	var words []*regexp.Regexp
	for _, w := range unplain {
		words = append(words, regexp.MustCompile(`(?i)\b(`+w.pattern+`)\b`))
	}
	for _, p := range house(t) {
		if !plainRooms[strings.TrimPrefix(p.ImportPath, "fob/")] {
			continue
		}
		for _, name := range p.GoFiles {
			for _, text := range textsOf(t, filepath.Join(p.Dir, name)) {
				for i, w := range words {
					if found := w.FindString(withoutExceptions(text.text)); found != "" {
						t.Errorf("%s: %q in %q: say %s", text.at, found, text.text, unplain[i].instead)
					}
				}
			}
		}
	}
}

func withoutExceptions(text string) string {
	for _, e := range plainExceptions {
		text = strings.ReplaceAll(text, e, "")
	}
	return text
}

type locatedText struct{ at, text string }

// textsOf returns the identifiers of a file as separate words, its comments, and its string literals that are prose.
func textsOf(t *testing.T, path string) []locatedText {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var texts []locatedText
	add := func(at token.Pos, text string) {
		p := files.Position(at)
		texts = append(texts, locatedText{fmt.Sprintf("%s:%d", p.Filename, p.Line), text})
	}
	for _, group := range file.Comments {
		add(group.Pos(), strings.Join(strings.Fields(group.Text()), " "))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			add(n.Pos(), splitIdentifier(n.Name))
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING &&
				strings.Contains(text, " ") {
				add(n.Pos(), strings.Join(strings.Fields(text), " "))
			}
		}
		return true
	})
	return texts
}

// splitIdentifier puts a space before each capital that begins a word: "heldValues" becomes "held Values".
func splitIdentifier(name string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}
