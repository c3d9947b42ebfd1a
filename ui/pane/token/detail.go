package token

import (
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// detail is all that is known of one row: the claim, finding or check under the cursor.
type detail struct {
	title string
	look  string // a level: how the title is drawn
	facts []pane.Fact
}

// lines draws the detail whole, wrapped.
func (p *Pane) detailLines(width int) []string {
	st := p.ctx.Styles
	d, ok := p.rowDetail()
	if !ok {
		return nil
	}
	look := st.Strong
	if d.look != "" {
		look = st.Level(d.look)
	}
	var lines []string
	for _, l := range widget.Wrap(d.title, width) {
		lines = append(lines, look.Render(l))
	}
	return append(lines, pane.FactLines(st, d.facts, width)...)
}

// rowDetail is what is known of the row under the cursor.
func (p *Pane) rowDetail() (detail, bool) {
	t := p.table()
	if t == nil || t.Cursor() < 0 {
		return detail{}, false
	}
	i := t.Cursor()
	switch p.view {
	case viewClaims:
		return p.claimDetail(p.rows[i]), true
	case viewHeader:
		return p.claimDetail(p.report.HeaderRows()[i]), true
	case viewFindings:
		f := p.report.Findings[i]
		return facts(f.Message, string(f.Severity), "severity", string(f.Severity), "claim", f.Claim, "spec", f.Spec, "id", f.ID), true
	case viewLedger:
		c := p.meta.Ledger[i]
		d := facts(string(c.Outcome)+": "+c.Title, string(c.Outcome))
		if c.Outcome == tokens.Passed || c.Outcome == tokens.Skipped {
			d.look = ""
		}
		for _, f := range pane.CheckFacts(c) {
			d.facts = append(d.facts, pane.Fact{Name: f.Name, Value: tokens.VisibleLine(f.Value)})
		}
		return d, true
	}
	switch {
	case p.view == viewChanges && i < len(p.changed):
		return changeDetail(p.changed[i]), true
	case p.view == viewDisclosures:
		return disclosureDetail(p.disclosures()[i]), true
	}
	return detail{}, false
}

// claimDetail is the whole value of a claim or parameter, what it means and where that is written; a time in three ways.
func (p *Pane) claimDetail(r inspect.Row) detail {
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
	if t, ok := p.times[r.Name]; ok && p.view == viewClaims {
		list = []string{"local", local(t) + "  " + tokens.Relative(t.At, p.ctx.Now()), "UTC", t.UTC, "number", rawNumber(p.report, r.Name)}
		note = noteOf(r, t)
	}
	d := facts(title, r.Level, append(list, "meaning", meaning, "note", note, "spec", spec)...)
	if r.Level == "good" {
		d.look = ""
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

// facts makes a detail of a title and pairs of name and value, leaving out what says nothing.
func facts(title, look string, pairs ...string) detail {
	d := detail{title: tokens.VisibleLine(title), look: look}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			d.facts = append(d.facts, pane.Fact{Name: pairs[i], Value: tokens.VisibleLine(pairs[i+1])})
		}
	}
	return d
}
