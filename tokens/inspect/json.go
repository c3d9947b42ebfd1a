package inspect

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"fob/tokens"
)

// MarshalJSON writes the report as one JSON object; docs/inspect-json.md describes it. Header and payload keep their
// order, their doubles and their numbers as written; what could harm a terminal is escaped, and bytes that are not
// UTF-8 are shown as \xNN.
func (r *Report) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes to b, on one line without an end. It is what a batch calls: by itself
// it allocates nothing but room.
func (r *Report) AppendJSON(b []byte) ([]byte, error) {
	w := &writer{b: b}
	w.report(r)
	return w.b, w.err
}

// writer writes JSON members; the comma before a member depends on whether it is the first.
type writer struct {
	b    []byte
	more bool
	err  error
}

func (w *writer) open(c byte) { w.b, w.more = append(w.b, c), false }
func (w *writer) shut(c byte) { w.b, w.more = append(w.b, c), true }

func (w *writer) comma() {
	if w.more {
		w.b = append(w.b, ',')
	}
	w.more = true
}

// name begins a member; names of the report itself need no escapes.
func (w *writer) name(name string) {
	w.comma()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

// text writes a member that is a string, unless it is empty.
func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.b = appendText(w.b, value)
	}
}

func (w *writer) number(name string, n int) {
	if n != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, int64(n), 10)
	}
}

func (w *writer) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.open('[')
	for _, s := range list {
		w.comma()
		w.b = appendText(w.b, s)
	}
	w.shut(']')
}

// any writes a member by reflection: for what is rare.
func (w *writer) any(name string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		w.err = fmt.Errorf("writing the report: %s: %w", name, err)
		return
	}
	w.name(name)
	w.b = appendSafe(w.b, text)
}

func (w *writer) report(r *Report) {
	w.open('{')
	w.text("kind", string(r.Kind))
	t := r.Token
	if t != nil {
		w.text("form", string(t.Form))
	}
	w.text("title", r.Title)
	outcome, reason := r.Verdict()
	w.text("verdict", string(outcome))
	w.text("reason", reason)
	w.texts("cleaned", r.Cleaned)
	w.parts(r)
	w.verdicts(r)
	if t != nil {
		w.shape(t)
	}
	w.times(r.Times)
	w.findings(r.Findings)
	if len(r.Others) > 0 {
		w.any("others", r.Others)
	}
	if e := r.Err; e != nil {
		w.name("error")
		w.open('{')
		w.text("message", e.Message)
		w.name("offset")
		w.b = strconv.AppendInt(w.b, int64(e.Offset), 10)
		w.shut('}')
	}
	w.shut('}')
}

// parts writes what the token holds.
func (w *writer) parts(r *Report) {
	w.object("header", r.Header)
	t := r.Token
	if t != nil && t.Unprotected != t.Header {
		w.object("unprotected_header", t.Unprotected)
	}
	if r.Payload == nil && t != nil && len(t.PayloadJSON) > 0 {
		w.text("payload", textOrHex(t.PayloadJSON))
	}
	w.object("payload", r.Payload)
}

func (w *writer) object(name string, o *Object) {
	if o == nil {
		return
	}
	w.name(name)
	w.open('{')
	for _, m := range o.Members {
		w.comma()
		w.b = append(appendText(w.b, m.Name), ':')
		w.b = appendSafe(w.b, m.Raw)
	}
	w.shut('}')
}

func (w *writer) verdicts(r *Report) {
	if s := r.Signature; s != nil {
		w.name("signature")
		w.open('{')
		w.text("verdict", string(s.Verdict))
		w.text("alg", s.Alg)
		w.text("kid", s.Kid)
		w.text("reason", s.Reason)
		w.texts("warnings", s.Warnings)
		if !s.KeysRead.IsZero() {
			w.text("keys_read_at", s.KeysRead.UTC().Format(time.RFC3339))
		}
		w.shut('}')
	}
	if d := r.Decryption; d != nil {
		w.name("decryption")
		w.open('{')
		w.text("verdict", string(d.Verdict))
		w.text("alg", d.Alg)
		w.text("enc", d.Enc)
		w.text("kid", d.Kid)
		w.text("reason", d.Reason)
		if d.Verdict == tokens.Good {
			w.name("plaintext")
			w.b = appendText(w.b, textOrHex(d.plain))
		}
		w.texts("warnings", d.Warnings)
		w.shut('}')
	}
	if r.Nested != nil {
		w.name("nested")
		w.more = false
		w.report(r.Nested)
	}
	if r.SD != nil {
		w.any("sd_jwt", r.SD)
	}
	if len(r.Certificates) > 0 {
		w.any("certificates", r.Certificates)
	}
}

// shape writes what stands beside the claims.
func (w *writer) shape(t *Token) {
	if t.SD != nil && len(t.SD.Disclosures) > 0 {
		w.any("disclosures", t.SD.Disclosures)
	}
	if t.SD != nil && t.SD.Binding != nil {
		w.any("key_binding", t.SD.Binding)
	}
	if t.Form == Text && t.Kind != KindNothing {
		w.any("opaque", t.Shape)
	}
	w.name("sizes")
	w.open('{')
	w.name("total")
	w.b = strconv.AppendInt(w.b, int64(t.Sizes.Total), 10)
	w.number("header", t.Sizes.Header)
	w.number("payload", t.Sizes.Payload)
	w.number("signature", t.Sizes.Signature)
	w.shut('}')
}

func (w *writer) times(list []Time) {
	if len(list) == 0 {
		return
	}
	w.name("times")
	w.open('{')
	for i, t := range list {
		if hasLater(list[i+1:], t.Claim) {
			continue // of doubles the last one counts, as everywhere
		}
		w.comma()
		w.b = append(appendText(w.b, t.Claim), ':')
		w.open('{')
		w.text("claim", t.Claim)
		w.text("at", t.UTC)
		w.text("local", t.Local)
		w.text("utc", t.UTC)
		w.text("relative", t.Relative)
		w.text("note", t.Note)
		w.shut('}')
	}
	w.shut('}')
}

func hasLater(list []Time, claim string) bool {
	for _, t := range list {
		if t.Claim == claim {
			return true
		}
	}
	return false
}

func (w *writer) findings(list []Finding) {
	w.name("findings")
	w.open('[')
	for _, f := range list {
		w.comma()
		w.open('{')
		w.text("id", f.ID)
		w.text("severity", string(f.Severity))
		w.text("claim", f.Claim)
		w.text("message", f.Message)
		w.text("spec", f.Spec)
		w.text("do", f.Do)
		w.shut('}')
	}
	w.shut(']')
}

const hexDigits = "0123456789abcdef"

// appendText writes a string in quotes. What a terminal could obey or hide becomes an escape; a byte that is not UTF-8
// is shown as \xNN.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		n := 1
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < utf8.RuneSelf:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			b = appendRune(b, r, s[i:i+n])
		}
		i += n
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// appendRune writes a rune beyond ASCII inside a JSON string.
func appendRune(b []byte, r rune, written string) []byte {
	switch {
	case r == utf8.RuneError && len(written) == 1:
		return append(b, '\\', '\\', 'x', hexDigits[written[0]>>4], hexDigits[written[0]&15])
	case r > math.MaxUint16:
		if tokens.Visible(written) != written { // tags, a whole hidden ASCII
			high, low := utf16.EncodeRune(r)
			return appendEscape(appendEscape(b, high), low)
		}
	case mayHide(r) && hidden()[r]:
		return appendEscape(b, r)
	}
	return append(b, written...)
}

func appendEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// mayHide is a first look: it lets the letters pass that text is made of.
func mayHide(r rune) bool {
	return r < 0xa1 || r == 0xad || r >= 0x600 && r < 0x700 || r >= 0x2000 && r < 0x2070 || r >= 0xfe00 && r <= math.MaxUint16
}

// hidden are the runes beyond ASCII that tokens.Visible does not let through.
var hidden = sync.OnceValue(func() *[math.MaxUint16 + 1]bool {
	var m [math.MaxUint16 + 1]bool
	for r := rune(0x80); r <= math.MaxUint16; r++ {
		if mayHide(r) && tokens.Visible(string(r)) != string(r) {
			m[r] = true
		}
	}
	return &m
})

// appendSafe writes JSON text as it stands, but for what must not reach a terminal. Such runes stand in strings alone,
// where \uXXXX means the same; white space between values becomes a blank, so that all stays on one line.
func appendSafe(b []byte, raw []byte) []byte {
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		b = append(b, raw[start:i]...)
		n := 1
		switch {
		case c < 0x20: // only white space: a control character in a string is refused when it is read
			b = append(b, ' ')
		case c == 0x7f:
			b = append(b, `\u007f`...)
		default:
			var r rune
			r, n = utf8.DecodeRune(raw[i:])
			b = appendRune(b, r, string(raw[i:i+n]))
		}
		i += n
		start = i
	}
	return append(b, raw[start:]...)
}
