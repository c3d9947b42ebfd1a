package wire

import (
	"bytes"
	"encoding/json"
	"mime"
	"strings"

	"fob/flows/wire/redact"
)

func isJSONBody(r *Request) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media == "application/json" || strings.HasSuffix(media, "+json") ||
		media == "" && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{"))
}

type jsonMember struct {
	name string
	raw  json.RawMessage
}

// json edits a member of a JSON object. The other members keep their order and their bytes. A body that is no object
// stays as it is.
func (e Edit) json(body []byte, name string) ([]byte, bool) {
	list, ok := jsonMembers(body)
	if !ok {
		return body, false
	}
	var out []jsonMember
	found := false
	for _, m := range list {
		switch {
		case m.name != name:
			out = append(out, m)
		case e.Op == Drop || found:
		case e.Op == Add:
			out, found = append(out, jsonMember{name, appended(m.raw, e.jsonValue(nil))}), true
		default:
			out, found = append(out, jsonMember{name, e.jsonValue(m.raw)}), true
		}
	}
	if e.Op != Drop && !found {
		out = append(out, jsonMember{name, e.jsonValue(nil)})
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range out {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(redact.QuoteJSON(m.name) + ":")
		b.Write(m.raw)
	}
	b.WriteByte('}')
	var compact bytes.Buffer
	if json.Compact(&compact, body) == nil && bytes.Equal(compact.Bytes(), b.Bytes()) {
		return body, false
	}
	return b.Bytes(), true
}

// jsonValue is the edit's value as JSON: as it is where it is an array or an object, or takes the place of something
// that is no string; else as a string.
func (e Edit) jsonValue(old json.RawMessage) json.RawMessage {
	text := strings.TrimSpace(e.Value)
	if text != "" && json.Valid([]byte(text)) && (text[0] == '[' || text[0] == '{' || len(old) > 0 && old[0] != '"') {
		return json.RawMessage(text)
	}
	return json.RawMessage(redact.QuoteJSON(e.Value))
}

// appended puts a value behind others: into an array, which it makes of a single value.
func appended(old, value json.RawMessage) json.RawMessage {
	inner := strings.TrimSpace(string(old))
	if strings.HasPrefix(inner, "[") {
		inner = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(inner, "["), "]"))
	}
	if inner != "" {
		inner += ","
	}
	return json.RawMessage("[" + inner + string(value) + "]")
}

// jsonMembers reads the members of an object in their order.
func jsonMembers(body []byte) ([]jsonMember, bool) {
	if !json.Valid(body) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var list []jsonMember
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		var raw json.RawMessage
		if err != nil || !ok || dec.Decode(&raw) != nil {
			return nil, false
		}
		var compact bytes.Buffer
		if json.Compact(&compact, raw) == nil {
			raw = compact.Bytes()
		}
		list = append(list, jsonMember{name, raw})
	}
	return list, true
}
