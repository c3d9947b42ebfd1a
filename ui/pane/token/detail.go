package token

import (
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// detail is all that is known of one row: the claim, finding or check under the cursor.
type detail struct {
	title string
	level  string // a level: how the title is drawn
	facts []pane.Fact
	value []byte // the value as it is written, where the facts hold its beginning alone
}

// detailLines draws the detail, wrapped; of a long value the beginning.
func (p *Pane) detailLines(width int) []string {
	st := p.ctx.Styles
	d, ok := p.rowDetail()
	if !ok {
		return nil
	}
	look := st.Strong
	if d.level != "" {
		look = st.Level(d.level)
	}
	var lines []string
	for _, l := range widget.Wrap(d.title, width) {
		lines = append(lines, look.Render(l))
	}
	return append(lines, pane.FactLines(st, d.facts, width)...)
}

// openRow gives the row under the cursor the whole pane, or takes it back.
func (p *Pane) openRow() {
	if p.open {
		p.open = false
		return
	}
	d, ok := p.rowDetail()
	if !ok {
		return
	}
	p.open = true
	p.scroll.Home()
	whole := ""
	if len(d.value) > 0 {
		whole = readable(d.value[:min(len(d.value), maxWhole)])
		if len(d.value) > maxWhole {
			whole += "\n… " + pane.Size(len(d.value)-maxWhole) + " more: the JSON view has all of it"
		}
	}
	p.valueWindow.SetText(whole, widget.JSON)
}

// maxWhole bounds what an open row shows of a value, in bytes.
const maxWhole = 1 << 20

// openBody is the open row: what is known of it, and a long value whole.
func (p *Pane) openBody(width, height int) string {
	if p.valueWindow.Text() == "" {
		return p.scroll.View(p.ctx.Styles, p.detailLines(width), width, height)
	}
	d, _ := p.rowDetail()
	kept := d.facts[:0:0]
	for _, f := range d.facts {
		if f.Name != "value" {
			kept = append(kept, f)
		}
	}
	var lines []string
	for _, l := range widget.Wrap(d.title, width) {
		lines = append(lines, p.ctx.Styles.Strong.Render(l))
	}
	lines = append(lines, pane.FactLines(p.ctx.Styles, kept, width)...)
	if most := max(1, height/2-1); len(lines) > most {
		lines = lines[:most]
	}
	lines = append(lines, "")
	return pane.Fit(append(lines, p.textView(p.valueWindow, width, height-len(lines))), width, height)
}

// rowDetail is what is known of the row under the cursor.
func (p *Pane) rowDetail() (detail, bool) {
	t := p.tables[p.view]
	if t == nil || t.Cursor() < 0 || p.view == viewClaims && p.opaque() {
		return detail{}, false
	}
	i := t.Cursor()
	switch p.view {
	case viewClaims:
		return p.claimDetail(p.rows[i], p.report.Payload, i), true
	case viewHeader:
		return p.claimDetail(p.header[i], p.report.Header, i), true
	case viewFindings:
		f := p.report.Findings[i]
		return newDetail(f.Message, string(f.Severity), "severity", string(f.Severity), "claim", f.Claim, "do", f.Do, "spec", f.Spec, "id", f.ID), true
	case viewLedger:
		return checkDetail(p.meta.Ledger[i]), true
	case viewChanges:
		return changeDetail(p.changes[i]), true
	case viewDisclosures:
		return disclosureDetail(p.disclosures()[i]), true
	case viewWhy:
		return causeDetail(p.causes[i]), true
	}
	return detail{}, false
}

func checkDetail(c tokens.Check) detail {
	d := newDetail(string(c.Outcome)+": "+c.Title, string(c.Outcome))
	if c.Outcome == tokens.Passed || c.Outcome == tokens.Skipped {
		d.level = ""
	}
	for _, f := range pane.CheckFacts(c) {
		d.facts = append(d.facts, pane.Fact{Name: f.Name, Value: tokens.VisibleLine(f.Value)})
	}
	return d
}

// claimDetail is the value of a claim or parameter, what it means and where that is written; a time in three ways.
func (p *Pane) claimDetail(r inspect.Row, of *inspect.Object, i int) detail {
	explain := inspect.ExplainClaim
	if p.view == viewHeader {
		explain = inspect.ExplainHeader
	}
	title, meaning, spec, ok := explain(r.Name)
	if !ok {
		title, meaning = r.Name, r.Meaning
	}
	if title != r.Name {
		title = r.Name + " · " + title
	}
	list := []string{"value", r.Value}
	note := r.Note
	if t, ok := p.timeOf(r); ok && p.view == viewClaims {
		list = []string{"local", local(t) + "  " + tokens.Relative(t.At, p.ctx.Now()), "UTC", t.UTC, "number", rawNumber(p.report, r.Name)}
		note = noteOf(r, t)
	}
	d := newDetail(title, r.Level, append(list, "meaning", meaning, "note", note, "spec", spec)...)
	if r.Level == "good" {
		d.level = ""
	}
	if of != nil && i < len(of.Members) {
		d = d.longValue(of.Members[i].Raw)
	}
	return d
}

// rawNumber is a time as it stands in the token.
func rawNumber(r *inspect.Report, claim string) string {
	if r == nil || r.Payload == nil {
		return ""
	}
	raw, _ := r.Payload.Raw(claim)
	return string(raw)
}

// longFrom is the length in bytes from which a value is shown in a window of its own.
const longFrom = 400

// longValue keeps a value that is long, or has parts, for a window of its own.
func (d detail) longValue(raw []byte) detail {
	if len(raw) > longFrom || len(raw) > 2 && (raw[0] == '{' || raw[0] == '[') {
		d.value = raw
	}
	return d
}

// withValue puts a value in front of the facts.
func (d detail) withValue(raw []byte) detail {
	d.facts = append([]pane.Fact{{Name: "value", Value: visiblePrefix(string(raw[:min(len(raw), maxShown+1)]))}}, d.facts...)
	return d.longValue(raw)
}

// facts makes a detail of a title and pairs of name and value, leaving out what says nothing.
func newDetail(title, look string, pairs ...string) detail {
	d := detail{title: tokens.VisibleLine(title), level: look}
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) != "" {
			d.facts = append(d.facts, pane.Fact{Name: pairs[i], Value: visiblePrefix(pairs[i+1])})
		}
	}
	return d
}
