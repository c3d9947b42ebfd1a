package token

import (
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// detail is everything known about one row: the claim, finding or check under the cursor.
type detail struct {
	title string
	level string // of the title
	facts []pane.Fact
	value []byte // where it is long: the facts contain only its beginning
}

// maxValue bounds what an open row shows of a value, in bytes.
const maxValue = 1 << 20

// lines draws the detail, wrapped; the beginning of a long value.
func (d detail) lines(st *theme.Styles, width int) []string {
	style := st.Strong
	if d.level != "" {
		style = st.Level(d.level)
	}
	var lines []string
	lines = append(lines, widget.WrapStyled(style, d.title, width)...)
	return append(lines, pane.FactLines(st, d.facts, width)...)
}

// rowDetail is the detail of the row under the cursor.
func (p *Pane) rowDetail() (detail, bool) {
	t, v := p.widgets.tables[p.view], p.shown.tokenView
	if t == nil || t.Cursor() < 0 || p.view == viewClaims && v.opaque() {
		return detail{}, false
	}
	i := t.Cursor()
	switch p.view {
	case viewClaims:
		return v.claimDetail(i, p.ctx.Now()), true
	case viewHeader:
		return v.headerDetail(i), true
	case viewFindings:
		f := v.findings()[i]
		return newDetail(f.Message, string(f.Severity), "severity", string(f.Severity), "claim", f.Claim, "do", f.Do,
			"spec", f.Spec, "id", f.ID), true
	case viewLedger:
		return checkDetail(p.shown.session.Ledger[i]), true
	case viewChanges:
		return changeDetail(p.comparison.changes[i]), true
	case viewDisclosures:
		return disclosureDetail(v.disclosures()[i]), true
	case viewWhy:
		return causeDetail(p.diagnosis.causes[i]), true
	}
	return detail{}, false
}

func checkDetail(c tokens.Check) detail {
	d := newDetail(string(c.Outcome)+": "+c.Title, string(c.Outcome))
	if c.Outcome == tokens.Passed || c.Outcome == tokens.Skipped {
		d.level = ""
	}
	d.facts = append(d.facts, pane.CheckFacts(c)...)
	return d
}

// claimDetail is the value of a claim, what it means and the section of the spec; a time in three ways.
func (v *tokenView) claimDetail(i int, now time.Time) detail {
	r, payload := v.rows[i], v.report.Payload
	value, note := []string{"value", r.Value}, r.Note
	if t, ok := v.timeOf(r); ok {
		number := ""
		if payload != nil {
			raw, _ := payload.Raw(r.Name)
			number = string(raw)
		}
		value = []string{"local", localTime(t) + "  " + tokens.Relative(t.At, now), "UTC", t.UTC, "number", number}
		note = timeNote(r, t)
	}
	return memberDetail(r, inspect.ExplainClaim, payload, i, note, value)
}

// headerDetail is the value of a parameter of the header, what it means and the section of the spec.
func (v *tokenView) headerDetail(i int) detail {
	r := v.header[i]
	return memberDetail(r, inspect.ExplainHeader, v.report.Header, i, r.Note, []string{"value", r.Value})
}

// memberDetail is the detail of a member of a header or payload.
func memberDetail(r inspect.Row, explain func(string) (title, meaning, spec string, ok bool), of *inspect.Object, i int,
	note string, value []string) detail {
	title, meaning, spec, ok := explain(r.Name)
	if !ok {
		title, meaning = r.Name, r.Meaning
	}
	if title != r.Name {
		title = r.Name + " · " + title
	}
	d := newDetail(title, r.Level, append(value, "meaning", meaning, "note", note, "spec", spec)...)
	if r.Level == "good" {
		d.level = ""
	}
	if of != nil && i < len(of.Members) {
		d = d.withLongValue(of.Members[i].Raw)
	}
	return d
}

// longFrom is the length in bytes from which a value is shown in a window of its own.
const longFrom = 400

// withLongValue keeps a value that is long, or has parts, for a window of its own.
func (d detail) withLongValue(raw []byte) detail {
	if len(raw) > longFrom || len(raw) > 2 && (raw[0] == '{' || raw[0] == '[') {
		d.value = raw
	}
	return d
}

// factsOf makes facts of pairs of name and value, without those that have no value.
func factsOf(pairs ...string) []pane.Fact {
	var facts []pane.Fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) != "" {
			facts = append(facts, pane.Fact{Name: pairs[i], Value: visiblePrefix(pairs[i+1])})
		}
	}
	return facts
}

func newDetail(title, level string, pairs ...string) detail {
	return detail{title: tokens.VisibleLine(title), level: level, facts: factsOf(pairs...)}
}

// maxShown bounds what is shown of a text in a line, in bytes.
const maxShown = 2000

// visiblePrefix is the beginning of a text, made safe for a line on the terminal.
func visiblePrefix(s string) string {
	if len(s) > maxShown {
		s = s[:maxShown] + "…"
	}
	return tokens.VisibleLine(s)
}
