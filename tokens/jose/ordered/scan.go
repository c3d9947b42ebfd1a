package ordered

import (
	"bytes"
	"encoding/json"
)

// scanner scans JSON text by RFC 8259. It copies nothing and allocates only what it returns.
type scanner struct {
	text   []byte
	at     int
	nested []string
}

func (s *scanner) fail(message string) *SyntaxError {
	return &SyntaxError{Offset: s.at, Message: message}
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// usualMembers is the initial capacity for members, enough for most payloads.
const usualMembers = 8

// object scans an object; into is nil for objects below the first level, which are only checked.
func (s *scanner) object(depth int, path string, into *Object) *SyntaxError {
	if depth > MaxDepth {
		return s.fail("nested too deep")
	}
	s.at++ // {
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	var seen names
	for count := 0; ; count++ {
		if count >= MaxMembers {
			return s.fail("too many members")
		}
		s.space()
		if s.peek() != '"' {
			return s.fail("expected a member name in quotes")
		}
		rawName, err := s.string()
		if err != nil {
			return err
		}
		name, ok := Text(rawName)
		if !ok {
			return s.fail("the member name cannot be read")
		}
		s.space()
		if s.peek() != ':' {
			return s.fail("expected a colon after the member name")
		}
		s.at++
		s.space()
		if into == nil && seen.add(name) && len(s.nested) < 20 {
			s.nested = append(s.nested, path+name)
		}
		start := s.at
		if err := s.value(depth, path+name+"."); err != nil {
			return err
		}
		if into != nil {
			if into.Members == nil {
				into.Members = make([]Member, 0, usualMembers)
			}
			into.Members = append(into.Members, Member{Name: name, Raw: json.RawMessage(s.text[start:s.at:s.at])})
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail("expected a comma or the end of the object")
		}
	}
}

// names is a set of the member names of one object: a slice for a few, a map for more.
type names struct {
	few  []string
	many map[string]bool
}

// add adds a name and reports whether it was there already.
func (n *names) add(name string) bool {
	if n.many != nil {
		seen := n.many[name]
		n.many[name] = true
		return seen
	}
	for _, f := range n.few {
		if f == name {
			return true
		}
	}
	n.few = append(n.few, name)
	if len(n.few) > 16 {
		n.many = make(map[string]bool, 64)
		for _, f := range n.few {
			n.many[f] = true
		}
	}
	return false
}

func (s *scanner) array(depth int, path string, each func(json.RawMessage)) *SyntaxError {
	if depth > MaxDepth {
		return s.fail("nested too deep")
	}
	s.at++ // [
	s.space()
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for count := 0; ; count++ {
		if count >= MaxItems {
			return s.fail("too many elements in an array")
		}
		s.space()
		start := s.at
		if err := s.value(depth, path); err != nil {
			return err
		}
		if each != nil {
			each(json.RawMessage(s.text[start:s.at:s.at]))
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail("expected a comma or the end of the array")
		}
	}
}

func (s *scanner) value(depth int, path string) *SyntaxError {
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth+1, path, nil)
	case c == '[':
		return s.array(depth+1, path, nil)
	case c == '"':
		_, err := s.string()
		return err
	case c == '-' || (c >= '0' && c <= '9'):
		return s.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(s.text[s.at:], []byte(word)) {
			s.at += len(word)
			return nil
		}
	}
	if s.at >= len(s.text) {
		return s.fail("it ends where a value should be")
	}
	return s.fail("expected a value")
}

// peek returns the next byte; 0 at the end, which starts no JSON value.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) string() (json.RawMessage, *SyntaxError) {
	start := s.at
	s.at++
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return json.RawMessage(s.text[start:s.at:s.at]), nil
		case c < 0x20:
			return nil, s.fail("control character in a string")
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		default:
			s.at++
		}
	}
	return nil, s.fail("it ends inside a string")
}

func (s *scanner) escape() *SyntaxError {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
		for range 4 {
			c := s.peek() | 0x20
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') || s.peek() < '0' {
				return s.fail("expected four hexadecimal digits")
			}
			s.at++
		}
		return nil
	}
	return s.fail("invalid escape sequence")
}

func (s *scanner) number() *SyntaxError {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail("expected a digit")
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.fail("expected a digit after the point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fail("expected a digit in the exponent")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}
