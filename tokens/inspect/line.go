package inspect

import (
	"encoding/json"
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// parseLine reads a line of a batch: a token, or an object with a token and what to verify it with. It returns the
// token, and o with the members of the object:
//
//	token     the token: a string, or a JSON serialisation as an object
//	key       a JWK, a key set or its list, or a string that holds one of these, PEM, or a shared secret
//	alg       the allowed algorithm, or a list of them
//	detached  the detached payload, as text
//	password  of a JWE that was encrypted with one
//
// null and "" count as missing, other members are ignored. The token of such an object is not cleaned, and must be one
// JWS or JWE. An invalid key is not an error: the token is inspected without it, and Options.NoKeys says why. The error
// is about a member of the wrong type.
func parseLine(line []byte, o Options, parseKeys func([]byte) (jose.KeySet, error)) (token string, with Options,
	err error) {
	if len(line) == 0 || line[0] != '{' {
		return string(line), o, nil
	}
	doc, syntax := ordered.Parse(line)
	switch {
	case !doc.Has("token"):
		return string(line), o, nil // a JWS or a JWE in JSON, a token response, or something broken
	case syntax != nil:
		return "", o, fmt.Errorf("the line's JSON: %w (lists of at most %d elements are read)", syntax,
			ordered.MaxItems)
	}
	raw, _ := doc.Raw("token")
	token, isText := ordered.Text(raw)
	switch {
	case isText:
	case raw[0] == '{':
		token = string(raw)
	case !isNull(raw):
		return "", o, lineError("token", "a string or an object", raw)
	}
	o.Exact, o.oneJOSE = true, true
	if err := o.setKey(doc, parseKeys); err != nil {
		return "", o, err
	}
	if raw, has := member(doc, "alg"); has {
		algs, ok := doc.Strings("alg")
		if !ok {
			return "", o, lineError("alg", "a string or a list of strings", raw)
		}
		o.Algs = algs
	}
	for name, to := range map[string]*[]byte{"detached": &o.Detached, "password": &o.Password} {
		if raw, has := member(doc, name); has {
			text, ok := ordered.Text(raw)
			if !ok {
				return "", o, lineError(name, "a string", raw)
			}
			*to = []byte(text)
		}
	}
	return token, o, nil
}

// setKey reads the key of the line. Without one the keys of the batch remain.
func (o *Options) setKey(doc *Object, parseKeys func([]byte) (jose.KeySet, error)) error {
	raw, has := member(doc, "key")
	if !has {
		return nil
	}
	text := []byte(raw)
	if raw[0] == '"' {
		s, ok := ordered.Text(raw)
		if !ok {
			return lineError("key", "readable", raw)
		}
		text = []byte(s)
	} else if raw[0] != '{' && raw[0] != '[' {
		return lineError("key", "an object, a list or a string", raw)
	}
	keys, err := parseKeys(text)
	o.Keys, o.NoKeys = keys, ""
	if err != nil {
		o.Keys, o.NoKeys = jose.KeySet{}, "the line's key cannot be used: "+err.Error()
	}
	return nil
}

// member returns a member with a value: null and the empty string do not count.
func member(doc *Object, name string) (json.RawMessage, bool) {
	raw, ok := doc.Raw(name)
	return raw, ok && !isNull(raw) && string(raw) != `""`
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

func lineError(name, want string, raw json.RawMessage) error {
	return fmt.Errorf("the line's %s is not %s but %s", name, want,
		tokens.Clip(tokens.VisibleLine(strings.TrimSpace(string(raw))), 60))
}
