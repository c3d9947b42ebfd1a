package profile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The YAML library takes time and memory that grow faster than the number of keys of a map, and without bound with the
// depth of its levels. So the depth is counted on its tokens, before it parses them, and the profiles are cut out and
// parsed one by one, each when it is asked for.

// outline is a file with its profiles cut out.
type outline struct {
	rest  string // the text with the lines of the profiles left empty, so that the other lines keep their numbers
	parts []part
}

// part is one profile as the file has it, not parsed yet.
type part struct {
	name         string
	line, column int // of its name, from 1
	text         string
}

// tokenize splits the text into tokens, and returns a *fault where they nest deeper than maxNesting.
func tokenize(text string) (list token.Tokens, err error) {
	defer recoverAsFault(&err) // the library has panicked on malformed files before
	list = lexer.Tokenize(text)
	return list, checkNesting(list)
}

func recoverAsFault(err *error) {
	if r := recover(); r != nil {
		*err = &fault{line: 1, column: 1, message: "the file is not well-formed YAML"}
	}
}

// checkNesting counts the levels that are open at each token: brackets and braces, and the columns of block maps and
// lists. Tags and anchors in a row count as levels too: the library's parser recurses for each.
func checkNesting(list token.Tokens) error {
	brackets, properties := 0, 0
	var columns []int // of the block levels that are open, ascending
	for _, t := range list {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(brackets-1, 0)
		}
		if t.Type == token.TagType || t.Type == token.AnchorType {
			properties++
		} else if t.Type != token.StringType {
			properties = 0
		}
		opens := t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType ||
			t.Next != nil && t.Next.Type == token.MappingValueType
		if opens && brackets == 0 {
			for len(columns) > 0 && columns[len(columns)-1] >= t.Position.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, t.Position.Column)
		}
		if brackets > maxNesting || len(columns) > maxNesting || properties > maxNesting {
			return &fault{line: t.Position.Line, column: t.Position.Column, message: "this nests too deep",
				expected: fmt.Sprintf("at most %d levels", maxNesting)}
		}
	}
	return nil
}

// cut makes an outline. It returns false for a file whose profiles cannot be told apart without parsing it whole: with
// anchors and aliases, in braces, in several documents.
func cut(text string, list token.Tokens) (outline, bool) {
	at := -1
	brackets := 0
	for i, t := range list {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.MappingKeyType, token.InvalidType,
			token.DirectiveType, token.DocumentEndType:
			return outline{}, false
		case token.DocumentHeaderType:
			if i > 0 {
				return outline{}, false
			}
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		}
		if brackets == 0 && t.Value == "profiles" && t.Position.Column == 1 && isKey(t) {
			if at >= 0 {
				return outline{}, false
			}
			at = i
		}
	}
	if at < 0 || brackets != 0 {
		return outline{}, false
	}
	return cutAt(text, list[at+2:], list[at].Position.Line)
}

func isKey(t *token.Token) bool { return t.Next != nil && t.Next.Type == token.MappingValueType }

// cutAt cuts the profiles out of the text. The tokens are those behind the key profiles, which is on the line keyLine.
func cutAt(text string, list token.Tokens, keyLine int) (outline, bool) {
	lines := strings.SplitAfter(text, "\n")
	end := len(lines) + 1 // the line after the last profile
	column, brackets := 0, 0
	var parts []part
	for _, t := range list {
		p := t.Position
		if t.Type == token.CommentType {
			continue
		}
		if p.Column == 1 && brackets == 0 && p.Line > keyLine {
			end = p.Line
			break
		}
		if column == 0 {
			column = p.Column
		}
		switch {
		case p.Line == keyLine || p.Line >= end || p.Column < column:
			return outline{}, false // profiles: {…}, or a shape that only the parser knows
		case p.Column == column && brackets == 0:
			if !isKey(t) || !startsLine(lines, p.Line, column, t.Origin) {
				return outline{}, false
			}
			parts = append(parts, part{name: t.Value, line: p.Line, column: column})
		case p.Column == column:
			return outline{}, false
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		}
	}
	if len(parts) == 0 {
		return outline{}, false
	}
	for i := range parts {
		next := end
		if i+1 < len(parts) {
			next = parts[i+1].line
		}
		parts[i].text = strings.Join(lines[parts[i].line-1:next-1], "")
	}
	blank := strings.Repeat("\n", end-parts[0].line)
	rest := strings.Join(lines[:parts[0].line-1], "") + blank + strings.Join(lines[end-1:], "")
	return outline{rest: rest, parts: parts}, true
}

// startsLine reports whether the key is the first on its line and at the column that the library says.
func startsLine(lines []string, line, column int, key string) bool {
	if line < 1 || line > len(lines) {
		return false
	}
	text := lines[line-1]
	return indentOf(text) == column-1 && strings.HasPrefix(text[column-1:], strings.TrimSpace(key))
}

// checkNames refuses a profile that is in the file twice.
func (o outline) checkNames() error {
	first := make(map[string]int, len(o.parts))
	for _, p := range o.parts {
		if line, twice := first[p.name]; twice {
			return duplicateKey(p.name, p.line, p.column, line)
		}
		first[p.name] = p.line
	}
	return nil
}

// tree parses the file with all its profiles.
func (o outline) tree() (*node, error) {
	root, err := o.restTree()
	if err != nil {
		return nil, err
	}
	all := &node{kind: mapping, line: o.parts[0].line, column: o.parts[0].column}
	for _, p := range o.parts {
		e, err := p.parse()
		if err != nil {
			return nil, err
		}
		all.entries = append(all.entries, e)
	}
	for i := range root.entries {
		if root.entries[i].key == "profiles" {
			root.entries[i].value = all
		}
	}
	return root, nil
}

// restTree parses the file without its profiles.
func (o outline) restTree() (*node, error) {
	if err := o.checkNames(); err != nil {
		return nil, err
	}
	list, err := tokenize(o.rest)
	if err != nil {
		return nil, err
	}
	return parseTokens(list)
}

// parse returns the profile as an entry of the map of profiles. Errors are *fault.
func (p part) parse() (e entry, err error) {
	defer recoverAsFault(&err)
	file, err := parser.ParseBytes([]byte(p.text), 0)
	if err != nil {
		err = syntaxFault(err)
	} else {
		var root *node
		if root, err = documentTree(file); err == nil {
			if root == nil || root.kind != mapping || len(root.entries) != 1 || root.entries[0].key != p.name {
				message := "the profile " + quoted(p.name) + " is not well-formed YAML"
				return e, &fault{line: p.line, column: p.column, message: message}
			}
			e = root.entries[0]
			e.shift(p.line - 1)
			return e, nil
		}
	}
	var at *fault
	if errors.As(err, &at) {
		at.line += p.line - 1
	}
	return e, err
}

// shift moves an entry and what is below it down by a number of lines.
func (e *entry) shift(lines int) {
	e.line += lines
	e.value.shift(lines)
}

func (n *node) shift(lines int) {
	n.line += lines
	for _, item := range n.items {
		item.shift(lines)
	}
	for i := range n.entries {
		n.entries[i].shift(lines)
	}
}
