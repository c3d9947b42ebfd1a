package profile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxFile bounds the configuration file.
const maxFile = 1 << 20

// ParseError says where the file is wrong and what was expected there. No field holds a secret: a value under a key
// that looks like one is left out of the excerpt.
type ParseError struct {
	File     string
	Line     int // from 1; 0 when it is about the file as a whole
	Column   int // from 1, in characters
	Message  string
	Expected string
	Excerpt  string // the line, and a caret under the column
}

func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": " + e.Message)
	if e.Expected != "" {
		b.WriteString("\n  expected: " + e.Expected)
	}
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	return b.String()
}

// Load reads the file. A missing file is an empty one. What is wrong in it is a *ParseError.
func Load(path string, s Schema) (*File, error) {
	text, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	d, err := parse(path, text, s)
	if err != nil {
		return nil, err
	}
	return &File{path: path, schema: s, profiles: d.profiles, standard: d.standard}, nil
}

func readConfig(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %s: %w", path, err)
	}
	if len(text) > maxFile {
		return nil, &ParseError{File: path, Message: "the file is too long", Expected: fmt.Sprintf("at most %d bytes", maxFile)}
	}
	return text, nil
}

// document is what a file says.
type document struct {
	root     *node // nil: nothing but comments
	profiles []Profile
	standard string
}

// parse reads the text of a file.
func parse(path string, text []byte, s Schema) (document, error) {
	root, err := parseTree(text)
	var doc document
	if err == nil {
		doc, err = decodeDocument(root, s, path)
	}
	var at *fault
	if errors.As(err, &at) {
		return document{}, &ParseError{File: path, Line: at.line, Column: at.column, Message: at.message,
			Expected: at.expected, Excerpt: excerpt(string(text), at.line, at.column)}
	}
	return doc, err
}

// fault is a ParseError before the file is known.
type fault struct {
	line, column      int
	message, expected string
}

func (f *fault) Error() string { return f.message }
