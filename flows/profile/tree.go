package profile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"fob/tokens"
)

// kind is what a node of the file is.
type kind int

const (
	null kind = iota
	scalar
	list
	mapping
)

func (k kind) String() string { return [...]string{"nothing", "text", "a list", "a map"}[k] }

// node is the file's content as this package needs it: scalars are the text that was written, aliases are the node they
// stand for, merge keys are merged.
type node struct {
	kind         kind
	text         string
	items        []*node
	entries      []entry
	flow         bool // written with brackets or braces
	line, column int
}

// entry is one key of a mapping.
type entry struct {
	key          string
	value        *node
	line, column int
	merged       bool // it comes from a merge key and does not stand here
}

func (n *node) get(key string) (entry, bool) {
	if n != nil {
		for _, e := range n.entries {
			if e.key == key {
				return e, true
			}
		}
	}
	return entry{}, false
}

const (
	// maxNesting bounds how deep brackets and lines may nest; the file needs five.
	maxNesting = 64
	// maxNodes bounds what merge keys and aliases can make of a file.
	maxNodes = 100_000
)

// parseTree reads YAML. Errors are *fault.
func parseTree(text []byte) (root *node, err error) {
	if text, err = normalize(text); err != nil {
		return nil, err
	}
	list, err := tokenize(string(text))
	if err != nil {
		return nil, err
	}
	if o, ok := cut(string(text), list); ok {
		return o.tree()
	}
	return parseTokens(list)
}

// parseTokens parses a whole file at once.
func parseTokens(list token.Tokens) (root *node, err error) {
	defer recoverAsFault(&err)
	file, err := parser.Parse(list, parser.ParseComments)
	if err != nil {
		return nil, syntaxFault(err)
	}
	return documentTree(file)
}

// documentTree converts the only document of a file; nil when there is nothing but comments.
func documentTree(file *ast.File) (root *node, err error) {
	t := &treeMaker{anchors: map[string]*node{}}
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			line, column := position(doc.Body)
			return nil, &fault{line, column, "a second document begins here", "one document"}
		}
		if root, err = t.convert(doc.Body); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// normalize checks that the text is UTF-8 and gives it line feeds alone: the library counts Windows' line breaks twice.
func normalize(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, &fault{line: 1, column: 1, message: "the file is not text in UTF-8"}
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		return nil, &fault{line: 1 + bytes.Count(text[:i], []byte("\n")), column: 1,
			message: "a carriage return is inside this line", expected: "lines that end with a line feed"}
	}
	return text, nil
}

func syntaxFault(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		return &fault{line: 1, column: 1, message: "the file is not well-formed YAML"}
	}
	p := at.GetToken().Position
	return &fault{line: p.Line, column: p.Column, message: "this is not well-formed YAML: " + tokens.VisibleLine(at.GetMessage())}
}

func position(n ast.Node) (line, column int) {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 1, 1
}

// treeMaker turns the library's tree into ours.
type treeMaker struct {
	anchors map[string]*node
	nodes   int
}

func (t *treeMaker) convert(n ast.Node) (*node, error) {
	line, column := position(n)
	if t.nodes++; t.nodes > maxNodes {
		return nil, &fault{line, column, "the file has too many values, aliases counted as often as they are used", fmt.Sprintf("at most %d", maxNodes)}
	}
	made := &node{line: line, column: column}
	switch n := n.(type) {
	case *ast.NullNode:
		return made, nil
	case *ast.MappingNode:
		made.kind, made.flow = mapping, n.IsFlowStyle
		// The token of a block mapping is its first colon.
		return made, t.addEntries(made, n.Values)
	case *ast.MappingValueNode:
		made.kind, made.flow = mapping, n.IsFlowStyle
		return made, t.addEntries(made, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		made.kind, made.flow = list, n.IsFlowStyle
		for _, v := range n.Values {
			item, err := t.convert(v)
			if err != nil {
				return nil, err
			}
			made.items = append(made.items, item)
		}
		return made, nil
	case *ast.AnchorNode:
		value, err := t.convert(n.Value)
		if err == nil {
			t.anchors[nameOf(n.Name)] = value
		}
		return value, err
	case *ast.AliasNode:
		if value, ok := t.anchors[nameOf(n.Value)]; ok {
			return value, nil
		}
		return nil, &fault{line, column, "this alias refers to nothing that is defined before it", ""}
	case *ast.TagNode:
		return nil, &fault{line, column, "tags are not used in this file", "a value without a !tag"}
	case *ast.LiteralNode:
		made.kind = scalar
		if n.Value != nil {
			made.text = n.Value.Value
		}
		return made, nil
	case ast.ScalarNode:
		made.kind = scalar
		made.text = n.GetToken().Value // as written: 0123 stays 0123
		return made, nil
	}
	return nil, &fault{line, column, "this is not used in this file", "text, a list or a map"}
}

func nameOf(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func (t *treeMaker) addEntries(made *node, values []*ast.MappingValueNode) error {
	var inherited []*node
	seen := make(map[string]int, len(values)) // line of each key
	for _, v := range values {
		line, column := position(v.Key)
		if v.Key.IsMergeKey() {
			bases, err := t.bases(v.Value)
			if err != nil {
				return err
			}
			inherited = append(inherited, bases...)
			continue
		}
		if _, isScalar := v.Key.(ast.ScalarNode); !isScalar {
			return &fault{line, column, "this key is not a plain word", "a key followed by a colon"}
		}
		key := v.Key.GetToken().Value
		if first, twice := seen[key]; twice {
			return duplicateKey(key, line, column, first)
		}
		seen[key] = line
		value, err := t.convert(v.Value)
		if err != nil {
			return err
		}
		made.entries = append(made.entries, entry{key: key, value: value, line: line, column: column})
	}
	for _, base := range inherited {
		for _, e := range base.entries {
			if t.nodes++; t.nodes > maxNodes {
				return &fault{e.line, e.column, "merge keys make too much of this file", fmt.Sprintf("at most %d values", maxNodes)}
			}
			if _, own := seen[e.key]; !own {
				seen[e.key] = e.line
				e.merged = true
				made.entries = append(made.entries, e)
			}
		}
	}
	if len(made.entries) > 0 && !made.flow && !made.entries[0].merged {
		made.line, made.column = made.entries[0].line, made.entries[0].column
	}
	return nil
}

func duplicateKey(key string, line, column, first int) error {
	return &fault{line, column, fmt.Sprintf("the key %s is here a second time", quoted(key)),
		fmt.Sprintf("each key once (it is on line %d already)", first)}
}

// bases are the mappings that a merge key names.
func (t *treeMaker) bases(n ast.Node) ([]*node, error) {
	value, err := t.convert(n)
	if err != nil {
		return nil, err
	}
	candidates := []*node{value}
	if value.kind == list {
		candidates = value.items
	}
	for _, c := range candidates {
		if c.kind != mapping {
			line, column := position(n)
			return nil, &fault{line, column, "a merge key takes maps", "an alias of a map, or a list of such"}
		}
	}
	return candidates, nil
}

// quoted shows a key.
func quoted(key string) string {
	const most = 60
	if len(key) > most {
		key = key[:most] + "…"
	}
	return `"` + tokens.VisibleLine(key) + `"`
}
