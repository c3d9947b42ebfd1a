package redact

import (
	"encoding/json"
	"strings"

	"fob/tokens/secretname"
)

// json redacts the secret values in JSON and copies every other byte. It is lenient, since a recorded body may be cut,
// invalid or several documents: it copies what it cannot parse, and the Index still applies to that.
func (s *Redactor) json(text string, depth int) string {
	j := jsonRedactor{s: s, text: text, depth: depth}
	if strings.Contains(text, `"kty"`) || strings.Contains(text, `"code"`) || strings.Contains(text, `"signature"`) {
		j.objects = surveyObjects(text)
	}
	return j.run()
}

// traits is what the names of an object's members say about it.
type traits struct {
	jwk   bool // it has kty
	fault bool // it describes an error: its code is an error code
	jws   bool // it is a signed object in JSON
}

type frame struct {
	object  bool
	inherit secretname.Class
	traits  traits
}

type jsonRedactor struct {
	s       *Redactor
	text    string
	depth   int
	objects []traits // by the order in which they open
	opened  int

	out   strings.Builder
	stack []frame
	name  string // of the member whose value comes next
	class secretname.Class
}

func (j *jsonRedactor) run() string {
	for i := 0; i < len(j.text); {
		switch c := j.text[i]; {
		case c == '"':
			i = j.str(i)
			continue
		case c == '{' || c == '[':
			j.push(c == '{')
		case c == '}' || c == ']':
			if n := len(j.stack); n > 0 {
				j.stack = j.stack[:n-1]
			}
			j.class = j.inherited()
		case c == ',':
			j.class = j.inherited()
		case c == '-' || c >= '0' && c <= '9':
			i = j.number(i)
			continue
		}
		j.out.WriteByte(j.text[i])
		i++
	}
	return j.out.String()
}

func (j *jsonRedactor) push(object bool) {
	f := frame{object: object}
	// The parts of a secret value are secret. An ambiguous name says nothing about an object's members.
	if j.class == secretname.Secret || j.class == secretname.Guessable {
		f.inherit = j.class
	}
	if object {
		if j.opened < len(j.objects) {
			f.traits = j.objects[j.opened]
		}
		j.opened++
	} else if f.inherit == secretname.Open {
		f.inherit = j.class // ["…", "…"] under an ambiguous name
	}
	j.stack = append(j.stack, f)
	j.class = f.inherit
}

func (j *jsonRedactor) inherited() secretname.Class {
	if n := len(j.stack); n > 0 {
		return j.stack[n-1].inherit
	}
	return secretname.Open
}

// str handles the string that begins at i, a member's name or a value, and returns where it ends.
func (j *jsonRedactor) str(i int) int {
	end := stringEnd(j.text, i)
	raw := j.text[i:end]
	plain := UnquoteJSON(raw)
	if isName(j.text, end) {
		j.setName(plain)
		if clean := j.s.Index.Replace(plain); clean != plain {
			raw = QuoteJSON(clean)
		}
		j.out.WriteString(raw)
		return end
	}
	switch {
	case plain == "":
	case j.class == secretname.Credentials:
		raw = QuoteJSON(j.s.credentials(j.name, plain))
	case j.class == secretname.Secret, j.class == secretname.Guessable,
		j.class == secretname.Ambiguous && secretname.LooksGenerated(plain):
		raw = QuoteJSON(j.s.mask(plain, j.class))
	default:
		if clean := j.s.text(plain, j.depth+1); clean != plain {
			raw = QuoteJSON(clean)
		}
	}
	j.out.WriteString(raw)
	return end
}

func (j *jsonRedactor) setName(name string) {
	j.name = name
	j.class = secretname.Of(name)
	var f frame
	if n := len(j.stack); n > 0 {
		f = j.stack[n-1]
	}
	switch {
	case f.traits.jwk && secretname.InKey(name):
		j.class = secretname.Secret
	case f.traits.jws && name == "signature":
		j.class = secretname.Secret
	case f.traits.fault && j.class == secretname.Ambiguous:
		j.class = secretname.Open
	}
	if j.class == secretname.Open && f.inherit != secretname.Open {
		j.class = f.inherit
	}
}

// number copies a number, or hides it where the member is a secret: a PIN may be a number.
func (j *jsonRedactor) number(i int) int {
	end := i
	for end < len(j.text) && strings.IndexByte("+-.0123456789eE", j.text[end]) >= 0 {
		end++
	}
	text := j.text[i:end]
	if j.class == secretname.Secret || j.class == secretname.Guessable {
		text = QuoteJSON(j.s.mask(text, secretname.Guessable))
	}
	j.out.WriteString(text)
	return end
}

// surveyObjects reads the member names of every object, in the order in which the objects open.
func surveyObjects(text string) []traits {
	var all []traits
	var stack []int
	for i := 0; i < len(text); {
		switch text[i] {
		case '"':
			end := stringEnd(text, i)
			if n := len(stack); n > 0 && stack[n-1] >= 0 && isName(text, end) {
				t := &all[stack[n-1]]
				switch name := UnquoteJSON(text[i:end]); name {
				case "kty":
					t.jwk = true
				case "protected", "payload":
					t.jws = true
				default:
					t.fault = t.fault || secretname.InErrorObject(name)
				}
			}
			i = end
			continue
		case '{':
			stack = append(stack, len(all))
			all = append(all, traits{})
		case '[':
			stack = append(stack, -1)
		case '}', ']':
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		}
		i++
	}
	return all
}

// stringEnd is the index behind the string that begins at i; an unterminated one ends with the text.
func stringEnd(text string, i int) int {
	for k := i + 1; k < len(text); k++ {
		switch text[k] {
		case '\\':
			k++
		case '"':
			return k + 1
		}
	}
	return len(text)
}

// isName reports whether a colon follows.
func isName(text string, i int) bool {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i < len(text) && text[i] == ':'
}

// UnquoteJSON decodes a JSON string. An invalid one is returned without its quotes.
func UnquoteJSON(raw string) string {
	inner := strings.TrimPrefix(raw, `"`)
	if len(raw) > 1 {
		inner = strings.TrimSuffix(inner, `"`)
	}
	if !strings.Contains(inner, `\`) {
		return inner
	}
	var plain string
	if json.Unmarshal([]byte(`"`+inner+`"`), &plain) == nil {
		return plain
	}
	return inner
}

// QuoteJSON encodes a JSON string without escaping HTML.
func QuoteJSON(s string) string { return `"` + jsonInner(s, false) + `"` }
