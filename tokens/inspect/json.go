package inspect

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"fob/tokens"
)

// MarshalJSON writes the report as one JSON object, which docs/inspect-json.md describes. Header and payload keep their
// order, their duplicates and their numbers as written. Control characters are escaped, and bytes that are not UTF-8
// are shown as \xNN.
func (r *Report) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// AppendJSON appends the output of MarshalJSON to b, on one line without a line end. A batch calls it, since it
// allocates only the space for the output.
func (r *Report) AppendJSON(b []byte) ([]byte, error) {
	w := &writer{b: b}
	w.report(r)
	return w.b, w.err
}

// writer writes JSON members. more says that the next member needs a comma.
type writer struct {
	b    []byte
	more bool
	err  error
}

func (w *writer) open(c byte)  { w.b, w.more = append(w.b, c), false }
func (w *writer) close(c byte) { w.b, w.more = append(w.b, c), true }

func (w *writer) comma() {
	if w.more {
		w.b = append(w.b, ',')
	}
	w.more = true
}

// name begins a member. Names of the report itself need no escapes.
func (w *writer) name(name string) {
	w.comma()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

// text writes a string member unless it is empty.
func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.b = tokens.AppendJSONText(w.b, value)
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
		w.b = tokens.AppendJSONText(w.b, s)
	}
	w.close(']')
}

// any writes a member by reflection, for what is rare.
func (w *writer) any(name string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		w.err = fmt.Errorf("writing the report: %s: %w", name, err)
		return
	}
	w.name(name)
	w.b = tokens.AppendVisibleJSON(w.b, text)
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
		w.details(t)
	}
	w.times(r.Times)
	if r.depth == 0 {
		w.use(UseOf(r), r.o.Now)
	}
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
		w.close('}')
	}
	w.close('}')
}

// parts writes the content of the token.
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
		w.b = append(tokens.AppendJSONText(w.b, m.Name), ':')
		w.b = tokens.AppendVisibleJSON(w.b, m.Raw)
	}
	w.close('}')
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
		w.close('}')
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
			w.b = tokens.AppendJSONText(w.b, textOrHex(d.plain))
		}
		w.texts("warnings", d.Warnings)
		w.close('}')
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

// details writes what a token has besides claims.
func (w *writer) details(t *Token) {
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
	w.close('}')
}

func (w *writer) use(u *Use, now time.Time) {
	if u == nil {
		return
	}
	w.name("use")
	w.open('{')
	w.text("form", u.Form)
	w.number("bytes_per_request", u.PerRequest())
	if left, ok := u.Outlives(now); ok {
		w.name("outlives_revocation_s")
		w.b = strconv.AppendInt(w.b, int64(left/time.Second), 10)
	}
	w.texts("personal_claims", u.Personal)
	w.close('}')
}

func (w *writer) times(list []Time) {
	if len(list) == 0 {
		return
	}
	w.name("times")
	w.open('{')
	for i, t := range list {
		if hasLater(list[i+1:], t.Claim) {
			continue // of duplicates the last one counts, as everywhere
		}
		w.comma()
		w.b = append(tokens.AppendJSONText(w.b, t.Claim), ':')
		w.open('{')
		w.text("claim", t.Claim)
		w.text("at", t.UTC)
		w.text("local", t.Local)
		w.text("utc", t.UTC)
		w.text("relative", t.Relative)
		w.text("note", t.Note)
		w.close('}')
	}
	w.close('}')
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
		w.close('}')
	}
	w.close(']')
}
