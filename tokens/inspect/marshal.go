package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"fob/tokens"
)

// document is the JSON shape of a report; docs/inspect-json.md describes it.
type document struct {
	Kind        Kind            `json:"kind"`
	Form        Form            `json:"form,omitempty"`
	Title       string          `json:"title,omitempty"`
	Cleaned     []string        `json:"cleaned,omitempty"`
	Header      json.RawMessage `json:"header,omitempty"`
	Unprotected json.RawMessage `json:"unprotected_header,omitempty"`
	Payload     json.RawMessage `json:"payload,omitempty"`
	Signature   *Signature      `json:"signature,omitempty"`
	Decryption  *Decryption     `json:"decryption,omitempty"`
	Nested      *Report         `json:"nested,omitempty"`
	Disclosures any             `json:"disclosures,omitempty"`
	KeyBinding  any             `json:"key_binding,omitempty"`
	Opaque      *Shape          `json:"opaque,omitempty"`
	Sizes       *Sizes          `json:"sizes,omitempty"`
	Times       map[string]Time `json:"times,omitempty"`
	Findings    []Finding       `json:"findings"`
	Error       *DecodeError    `json:"error,omitempty"`
}

// MarshalJSON writes the report as one JSON object. Header and payload keep their order, their doubles and their
// numbers as written; what could harm a terminal is escaped, and bytes that are not UTF-8 are shown as \xNN.
func (r *Report) MarshalJSON() ([]byte, error) {
	d := document{Kind: r.Kind, Title: r.Title, Cleaned: r.Cleaned, Signature: r.Signature, Decryption: r.Decryption,
		Nested: r.Nested, Findings: r.Findings, Error: r.Err, Header: objectJSON(r.Header), Payload: objectJSON(r.Payload)}
	if d.Findings == nil {
		d.Findings = []Finding{}
	}
	if len(r.Times) > 0 {
		d.Times = map[string]Time{}
		for _, t := range r.Times {
			d.Times[t.Claim] = t
		}
	}
	if t := r.Token; t != nil {
		d.Form, d.Sizes = t.Form, &t.Sizes
		if t.Unprotected != t.Header {
			d.Unprotected = objectJSON(t.Unprotected)
		}
		if t.Form == Text && t.Kind != KindNothing {
			d.Opaque = &t.Shape
		}
		if d.Payload == nil && len(t.PayloadJSON) > 0 {
			d.Payload = textJSON(visibleBytes(t.PayloadJSON))
		}
		if t.SD != nil {
			d.Disclosures, d.KeyBinding = t.SD.Disclosures, t.SD.Binding
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func textJSON(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}

// objectJSON writes an object as the token has it, made safe.
func objectJSON(o *Object) json.RawMessage {
	if o == nil {
		return nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o.Members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(safeJSON(textJSON(m.Name)))
		b.WriteByte(':')
		b.Write(safeJSON(m.Raw))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// safeJSON escapes inside JSON text what tokens.Visible would not let through. Such runes stand in strings alone, where
// \uXXXX means the same.
func safeJSON(raw []byte) []byte {
	if tokens.Visible(string(raw)) == string(raw) {
		return raw
	}
	var b bytes.Buffer
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\\x%02x`, raw[i])
		case r == '\t' || r == '\r': // white space between values
			b.WriteByte(' ')
		case r > 0x7e && tokens.Visible(string(r)) != string(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.Write(raw[i : i+n])
		}
		i += n
	}
	return b.Bytes()
}
