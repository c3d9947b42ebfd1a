package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// Object is an answer read as a JSON object (RFC 8259 4), with what in its form breaks a spec.
type Object struct {
	Members map[string]json.RawMessage // the last value of a repeated member, as most parsers read it
	Names   []string                   // of the members, in the order of the answer
	JSON    []byte                     // the object as JSON, without a byte order mark; also made from a form
	Odd     []string                   // what breaks a spec and was read nevertheless, one clause each
	// Doubled are the members that occur more than once with different values: it is undefined which one counts.
	Doubled []string
}

// ErrNotObject means that a text is JSON but not an object.
var ErrNotObject = errors.New("JSON that is not an object")

// Object reads the body as a JSON object. A byte order mark before it is skipped, and a form is
// read in place of JSON: Odd reports both. The error says what came instead.
func (r *Response) Object() (*Object, error) {
	o, err := ReadObject(r.Body)
	if err == nil {
		return o, nil
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if form := readForm(r.Body, media); form != nil {
		return form, nil
	}
	return nil, err
}

// ReadObject reads a text as a JSON object. A byte order mark before it is skipped and reported in Odd.
func ReadObject(text []byte) (*Object, error) {
	o := &Object{Members: map[string]json.RawMessage{}}
	if o.JSON = withoutByteOrderMark(text); len(o.JSON) != len(text) {
		o.Odd = append(o.Odd, "a byte order mark precedes the JSON (RFC 8259 8.1)")
	}
	parsed, syntax := ordered.Parse(o.JSON)
	if syntax != nil {
		if c := bytes.TrimLeft(o.JSON, " \t\r\n"); len(c) > 0 && c[0] != '{' && json.Valid(c) {
			return nil, ErrNotObject
		}
		return nil, syntax
	}
	for _, m := range parsed.Members {
		if _, seen := o.Members[m.Name]; !seen {
			o.Names = append(o.Names, m.Name)
		}
		o.Members[m.Name] = m.Raw
	}
	o.Doubled = repeated(parsed, "")
	for _, name := range parsed.Duplicates() {
		if !slices.Contains(o.Doubled, name) {
			o.Odd = append(o.Odd, "the member "+tokens.VisibleLine(tokens.Clip(name, 80))+
				" occurs more than once, each time with the same value (RFC 8259 4)")
		}
	}
	return o, nil
}

// withoutByteOrderMark returns a text without its byte order mark. UTF-16, which only the mark identifies, becomes
// UTF-8.
func withoutByteOrderMark(text []byte) []byte {
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		return rest
	}
	big := bytes.HasPrefix(text, []byte("\xfe\xff"))
	if !big && !bytes.HasPrefix(text, []byte("\xff\xfe")) {
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for i := 2; i+1 < len(text); i += 2 {
		unit := uint16(text[i+1])<<8 | uint16(text[i])
		if big {
			unit = uint16(text[i])<<8 | uint16(text[i+1])
		}
		units = append(units, unit)
	}
	return []byte(string(utf16.Decode(units)))
}

// doubled returns the members of an object, at any depth, that occur more than once with different values.
func repeated(o *ordered.Object, path string) (names []string) {
	first := map[string]json.RawMessage{}
	for _, m := range o.Members {
		was, seen := first[m.Name]
		switch {
		case !seen:
			first[m.Name] = m.Raw
		case !sameValue(was, m.Raw) && !slices.Contains(names, path+m.Name):
			names = append(names, path+m.Name)
		}
		if len(o.NestedDuplicates) > 0 {
			names = append(names, repeatedInside(m.Raw, path+m.Name)...)
		}
	}
	return names
}

func repeatedInside(raw json.RawMessage, path string) []string {
	if child, err := ordered.Parse(raw); err == nil {
		return repeated(child, path+".")
	}
	var names []string
	list, _ := ordered.Array(raw)
	for _, item := range list {
		names = append(names, repeatedInside(item, path)...)
	}
	return names
}

func sameValue(a, b json.RawMessage) bool {
	if x, ok := ordered.Text(a); ok {
		y, ok := ordered.Text(b)
		return ok && x == y
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// formMembers are the members that identify a form where the media type does not.
var formMembers = []string{"access_token", "error", "device_code", "request_uri", "auth_req_id", "active", "client_id"}

// numbersInForms and booleansInForms are members that JSON writes without quotes. A form has no types.
var (
	numbersInForms = strings.Fields(`expires_in interval refresh_expires_in refresh_token_expires_in exp iat nbf
		client_id_issued_at client_secret_expires_at`)
	booleansInForms = []string{"active"}
)

// readForm reads a form as an object; nil where the text is not a form.
func readForm(body []byte, media string) *Object {
	text := strings.TrimSpace(string(withoutByteOrderMark(body)))
	if text == "" || !strings.Contains(text, "=") || strings.ContainsAny(text, " \t\r\n<>{}\"") {
		return nil
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil
	}
	if media != "application/x-www-form-urlencoded" && !slices.ContainsFunc(formMembers, values.Has) {
		return nil
	}
	o := &Object{Members: map[string]json.RawMessage{}, Odd: []string{"the answer is a form, expected JSON"}}
	for pair := range strings.SplitSeq(text, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		if _, seen := o.Members[name]; seen || !values.Has(name) {
			continue
		}
		list := values[name]
		if slices.ContainsFunc(list, func(v string) bool { return v != list[0] }) {
			o.Doubled = append(o.Doubled, name)
		}
		o.Names = append(o.Names, name)
		o.Members[name] = formValue(name, list[len(list)-1])
	}
	o.JSON, _ = json.Marshal(o.Members)
	return o
}

func formValue(name, value string) json.RawMessage {
	digits := value != "" && strings.Trim(value, "0123456789") == "" && (value == "0" || value[0] != '0')
	if digits && slices.Contains(numbersInForms, name) || (value == "true" || value == "false") &&
		slices.Contains(booleansInForms, name) {
		return json.RawMessage(value)
	}
	raw, _ := json.Marshal(value) // a string never fails
	return raw
}
