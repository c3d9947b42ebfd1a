package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/files"
)

// maxFile bounds the configuration file, in bytes.
const maxFile = 4 << 20

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

// Open reads the file; each profile is parsed when it is first asked for, so that a file of thousands costs a verb that
// names one no more than that one. Use Check where all are needed. A missing file is an empty one. What is wrong in
// the file is a *ParseError. It ends with ctx.
func Open(ctx context.Context, path string, s Schema) (*File, error) {
	f := &File{path: path, schema: s}
	if err := f.reload(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// reload reads the file anew and forgets what was changed in memory.
func (f *File) reload(ctx context.Context) error {
	content, err := readConfig(ctx, f.path)
	if err != nil {
		return err
	}
	text, err := normalize(content.text)
	if err != nil {
		return f.parseError(content.text, err)
	}
	list, err := tokenize(string(text))
	if err != nil {
		return f.parseError(text, err)
	}
	o, ok := cut(string(text), list)
	if !ok {
		doc, err := parse(f.path, text, f.schema)
		if err != nil {
			return err
		}
		f.take(doc)
	} else if err := f.takeOutline(o); err != nil {
		return f.parseError(text, err)
	}
	f.text, f.untrustedReason, f.changes = text, content.whyUntrusted, nil
	return nil
}

// take makes a document the content of the file.
func (f *File) take(doc document) {
	f.profiles, f.defaultName = make([]slot, len(doc.profiles)), doc.defaultName
	for i, p := range doc.profiles {
		f.profiles[i].Profile = p
	}
}

// takeOutline makes a file whose profiles are not parsed yet the content.
func (f *File) takeOutline(o outline) error {
	root, err := o.restTree()
	if err != nil {
		return err
	}
	names := make([]string, len(o.parts))
	slots := make([]slot, len(o.parts))
	for i, p := range o.parts {
		names[i] = p.name
		slots[i] = slot{Profile: Profile{Name: p.name, Line: p.line}, unread: &o.parts[i]}
	}
	doc, err := decodeDocument(root, f.schema, f.path, names)
	if err != nil {
		return err
	}
	f.profiles, f.defaultName = slots, doc.defaultName
	return nil
}

// read parses a profile that is not parsed yet. The caller holds f.mu.
func (f *File) read(i int) (Profile, error) {
	s := &f.profiles[i]
	if s.unread != nil {
		e, err := s.unread.parse()
		if err == nil {
			err = CheckName(e.key)
			if err != nil {
				err = &fault{e.line, e.column, err.Error(), ""}
			}
		}
		var p Profile
		if err == nil {
			p, err = newReader(f.schema, f.path).profile(e)
		}
		if err != nil {
			return Profile{}, f.parseError(f.text, err)
		}
		s.Profile, s.unread = p, nil
	}
	p := s.Profile.clone()
	for _, ref := range []*Ref{p.ClientSecret, p.TLS.Passphrase} {
		if f.untrustedReason != "" && ref != nil {
			ref.untrustedReason = f.untrustedReason
		}
	}
	return p, nil
}

// content is what is in a configuration file, and why nothing in it may name a command to run; "" when it may.
type content struct {
	text         []byte
	whyUntrusted string
}

// openTimeout is how long a configuration file may take to open and read: a pipe that nobody writes to never ends.
const openTimeout = 10 * time.Second

func readConfig(ctx context.Context, path string) (content, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, fmt.Errorf("it sent nothing within %s", openTimeout))
	defer cancel()
	text, info, err := files.Read(ctx, path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return content{}, nil
	case errors.Is(err, files.ErrTooLong):
		most := fmt.Sprintf("at most %d bytes", maxFile)
		return content{}, &ParseError{File: path, Message: "the file is too long", Expected: most}
	case err != nil:
		return content{}, fmt.Errorf("reading the configuration %s: %w", tokens.VisibleLine(path), err)
	}
	return content{files.Text(text), untrustedReason(path, info)}, nil
}

// document is what a file says.
type document struct {
	root        *node // nil: nothing but comments
	profiles    []Profile
	defaultName string
}

// parse reads the text of a file.
func parse(path string, text []byte, s Schema) (document, error) {
	root, err := parseTree(text)
	var doc document
	if err == nil {
		doc, err = decodeDocument(root, s, path, nil)
	}
	if err != nil {
		return document{}, (&File{path: path}).parseError(text, err)
	}
	return doc, nil
}

// parseError makes a *ParseError of a fault in the text; other errors stay as they are.
func (f *File) parseError(text []byte, err error) error {
	var at *fault
	if !errors.As(err, &at) {
		return err
	}
	return &ParseError{File: f.path, Line: at.line, Column: at.column, Message: at.message, Expected: at.expected,
		Excerpt: excerpt(string(text), at.line, at.column)}
}

// fault is a ParseError before the file is known.
type fault struct {
	line, column      int
	message, expected string
}

func (f *fault) Error() string { return f.message }
