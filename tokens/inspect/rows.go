package inspect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// maxValue bounds what a row shows of one value, in bytes. The raw view shows the whole value.
const maxValue = 2000

// rowsOf explains the members of the header or the payload, in their own order.
func (r *Report) rowsOf(o *Object, header bool) []Row {
	if o == nil {
		return nil
	}
	rows := make([]Row, 0, len(o.Members))
	for _, m := range o.Members {
		row := Row{Name: tokens.VisibleLine(tokens.Clip(m.Name, 200)), Value: displayValue(m.Raw)}
		name := m.Name
		if header {
			_, row.Meaning, _, _ = ExplainHeader(m.Name)
			name = "header." + m.Name
		} else {
			_, row.Meaning, _, _ = ExplainClaim(m.Name)
			row.setTime(m, r.o)
		}
		if m.Duplicate {
			row.add("is there more than once", "warning")
		}
		for _, f := range r.Findings {
			if f.Claim == name {
				row.add(f.Message, levelOf[f.Severity])
			}
		}
		rows = append(rows, row)
	}
	return rows
}

var levelOf = map[Severity]string{Error: "bad", Warning: "warning", Info: ""}

// add appends a note and keeps the worst level.
func (r *Row) add(note, level string) {
	if r.Note != "" {
		r.Note += "; "
	}
	r.Note += note
	rank := map[string]int{"": 0, "good": 1, "warning": 2, "bad": 3}
	if rank[level] > rank[r.Level] {
		r.Level = level
	}
}

// setTime shows a time as a date, with its distance from now and the number beside it.
func (r *Row) setTime(m Member, o Options) {
	if !timeClaims[m.Name] {
		return
	}
	read, ok := readTime(m.Raw)
	if !ok {
		r.add("not a time: a NumericDate is a number of seconds since 1970", "warning")
		return
	}
	r.Value = read.at.In(o.Location).Format(localLayout)
	r.Note = tokens.Relative(read.at, o.Now) + " · " + tokens.VisibleLine(tokens.Clip(string(m.Raw), 60))
}

// displayValue shows a value as written: strings without their quotes, everything else as JSON on one line.
func displayValue(raw json.RawMessage) string {
	if len(raw) > 32*maxValue { // parsing all of it to show its beginning takes long
		return tokens.VisibleLine(tokens.Clip(strings.TrimPrefix(string(raw[:maxValue+2]), `"`), maxValue))
	}
	if s, ok := ordered.Text(raw); ok && utf8.Valid(raw) {
		return tokens.VisibleLine(tokens.Clip(s, maxValue))
	}
	if elements, ok := ordered.Array(raw); ok && len(raw) <= maxValue {
		parts := make([]string, len(elements))
		for i, e := range elements {
			parts[i] = displayValue(e)
		}
		return strings.Join(parts, ", ")
	}
	var compact bytes.Buffer
	if len(raw) > maxValue || json.Compact(&compact, raw) != nil {
		return tokens.VisibleLine(tokens.Clip(string(raw), maxValue))
	}
	return tokens.VisibleLine(compact.String())
}

// visibleText shows bytes as text, or as hex if they are not text.
func visibleText(b []byte) string {
	return tokens.Visible(textOrHex(b))
}

// textOrHex returns bytes as text, or as hex if they are not UTF-8.
func textOrHex(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return "hex:" + hex.EncodeToString(b)
}

// parseObject parses bytes that are one JSON object; nil if they are not.
func parseObject(b []byte) *Object {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	o, err := ordered.Parse(b)
	if err != nil {
		return nil
	}
	return o
}

// isToken reports whether decrypted content is a token itself.
func isToken(s string) bool {
	if strings.HasPrefix(s, "{") {
		o := parseObject([]byte(s))
		return o != nil && (o.Has("ciphertext") || (o.Has("signature") || o.Has("signatures")) && o.Has("payload"))
	}
	return strings.Contains(s, ".") && isCompact(s)
}
