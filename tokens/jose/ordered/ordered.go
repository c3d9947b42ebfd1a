// Package ordered parses a JSON object without loss: members keep their order, duplicates stay and are marked, values
// stay as they were written (RFC 8259, and RFC 7515 4 for why duplicates matter).
//
// It never rewrites a number, never replaces bytes that are not UTF-8, and limits depth and number of members. It does
// not interpret members.
package ordered

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The limits of an object. A token that needs more is hostile or broken.
const (
	MaxDepth   = 64      // objects and arrays inside each other
	MaxMembers = 10_000  // members of one object, at any depth
	MaxItems   = 100_000 // elements of one array, at any depth
)

// Member is one member of an object. Raw is the value as written, without the white space around it.
type Member struct {
	Name      string
	Raw       json.RawMessage
	Duplicate bool // the name occurs more than once in this object: every occurrence is marked
}

// Object is a JSON object in its original order.
type Object struct {
	Members []Member
	// NestedDuplicates are the paths of duplicate names below the first level ("address.street"), at most 20.
	NestedDuplicates []string
}

// SyntaxError reports where the text is not valid JSON.
type SyntaxError struct {
	Offset  int // in bytes, from the start of the text
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Message, e.Offset) }

// Parse parses one JSON object that fills the whole text. With an error it also returns what was parsed before it.
func Parse(text []byte) (*Object, *SyntaxError) {
	s := scanner{text: text}
	s.space()
	if s.at >= len(text) {
		return nil, s.fail("it is empty, not a JSON object")
	}
	if text[s.at] != '{' {
		return nil, s.fail("not a JSON object")
	}
	o := &Object{}
	if err := s.object(1, "", o); err != nil {
		o.markDuplicates()
		return o, err
	}
	o.markDuplicates()
	o.NestedDuplicates = s.nested
	s.space()
	if s.at < len(text) {
		return o, s.fail("something follows the JSON object")
	}
	return o, nil
}

// Array splits a JSON array into its elements as written. ok is false for anything else.
func Array(raw json.RawMessage) (elements []json.RawMessage, ok bool) {
	s := scanner{text: raw}
	s.space()
	if s.at >= len(raw) || raw[s.at] != '[' {
		return nil, false
	}
	err := s.array(1, "", func(e json.RawMessage) { elements = append(elements, e) })
	s.space()
	return elements, err == nil && s.at == len(raw)
}

func (o *Object) markDuplicates() {
	if len(o.Members) <= 16 { // the usual size: comparing beats a map
		for i := range o.Members {
			for j := 0; j < i; j++ {
				if o.Members[i].Name == o.Members[j].Name {
					o.Members[i].Duplicate, o.Members[j].Duplicate = true, true
				}
			}
		}
		return
	}
	first := make(map[string]int, len(o.Members))
	for i := range o.Members {
		if j, seen := first[o.Members[i].Name]; seen {
			o.Members[i].Duplicate, o.Members[j].Duplicate = true, true
		} else {
			first[o.Members[i].Name] = i
		}
	}
}

// Duplicates returns the names that occur more than once, at the first level and below.
func (o *Object) Duplicates() []string {
	if o == nil {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	for _, m := range o.Members {
		if m.Duplicate && !seen[m.Name] {
			seen[m.Name] = true
			names = append(names, m.Name)
		}
	}
	return append(names, o.NestedDuplicates...)
}

// Raw returns the value of a member as written; of duplicates the last one, as most parsers do.
func (o *Object) Raw(name string) (json.RawMessage, bool) {
	if o == nil {
		return nil, false
	}
	for i := len(o.Members) - 1; i >= 0; i-- {
		if o.Members[i].Name == name {
			return o.Members[i].Raw, true
		}
	}
	return nil, false
}

// Has reports whether there is a member of that name.
func (o *Object) Has(name string) bool {
	_, ok := o.Raw(name)
	return ok
}

// String returns the value of a string member; ok is false if it is missing or of another type.
func (o *Object) String(name string) (string, bool) {
	raw, ok := o.Raw(name)
	if !ok {
		return "", false
	}
	return Text(raw)
}

// Strings returns the value of a member that is a string or an array of strings, as aud is (RFC 7519 4.1.3).
func (o *Object) Strings(name string) ([]string, bool) {
	raw, ok := o.Raw(name)
	if !ok {
		return nil, false
	}
	if s, ok := Text(raw); ok {
		return []string{s}, true
	}
	elements, ok := Array(raw)
	if !ok {
		return nil, false
	}
	list := make([]string, 0, len(elements))
	for _, e := range elements {
		s, ok := Text(e)
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// Object returns the value of an object member.
func (o *Object) Object(name string) (*Object, bool) {
	raw, ok := o.Raw(name)
	if !ok {
		return nil, false
	}
	child, err := Parse(raw)
	return child, err == nil
}

// maxNumericDate is the end of the year 9999: a larger number cannot be meant as a time.
const maxNumericDate = 253402300799

// Time returns the value of a NumericDate member (RFC 7519 2): seconds since 1970, fractions allowed. ok is false if it
// is missing, not a number, or after the year 9999.
func (o *Object) Time(name string) (time.Time, bool) {
	raw, ok := o.Raw(name)
	if !ok {
		return time.Time{}, false
	}
	return NumericDate(string(raw))
}

// NumericDate parses a NumericDate as written in JSON.
func NumericDate(number string) (time.Time, bool) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n < -maxNumericDate || n > maxNumericDate {
			return time.Time{}, false
		}
		return time.Unix(n, 0).UTC(), true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f != f || f < -maxNumericDate || f > maxNumericDate {
		return time.Time{}, false
	}
	whole := int64(f)
	return time.Unix(whole, int64((f-float64(whole))*1e9)).UTC(), true
}

// Text decodes a JSON string. ok is false for anything else.
func Text(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	plain := true
	for _, c := range inner {
		if c == '\\' || c < 0x20 || c == '"' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain && raw[len(raw)-1] == '"' {
		return string(inner), true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}
