package pane

import (
	"fob/flows/explain"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/theme"
	"fob/ui/widget"
)

// explained is the table of what stands in an exchange: each parameter, header field and member of the answer, what it
// is, and whether its value is well-formed.
type explained struct {
	rows  []explain.Row
	table *widget.Table
}

func newExplained(st *theme.Styles, x wire.Exchange) *explained {
	e := &explained{rows: explain.Exchange(x), table: widget.NewTable(st,
		widget.Column{Title: "in", Min: 8, Drop: 2}, widget.Column{Title: "name", Min: 18, Flex: 1},
		widget.Column{Title: "value", Min: 20, Flex: 2}, widget.Column{Title: "form", Min: 4},
		widget.Column{Title: "meaning", Min: 24, Flex: 3, Drop: 1})}
	e.table.SetRows(len(e.rows), e.row, nil)
	return e
}

// place is where a row stands: in what went out, or in what came back.
func place(where string) string {
	switch where {
	case explain.InResponse:
		return "← answer"
	case explain.InResponseHeader:
		return "← header"
	}
	return "→ " + where
}

// wellFormed is the verdict on a value's form, in one word; "" where there is no rule for it.
func wellFormed(v tokens.Verdict) string {
	switch v {
	case tokens.Good:
		return "ok"
	case tokens.Bad:
		return "bad"
	}
	return ""
}

func (e *explained) row(i int) []widget.Cell {
	st, r := e.table.Styles, e.rows[i]
	form := st.Good
	if r.Verdict == tokens.Bad {
		form = st.Bad
	}
	return []widget.Cell{{Text: place(r.Where), Style: st.Dim}, {Text: r.Name, Style: st.Accent}, {Text: r.Value, Style: st.Text},
		{Text: wellFormed(r.Verdict), Style: form}, {Text: r.Meaning, Style: st.Dim}}
}

// about is everything that is known of the row under the cursor.
func (e *explained) about(width int) []string {
	st, i := e.table.Styles, e.table.Cursor()
	if i < 0 {
		return nil
	}
	r := e.rows[i]
	facts := []Fact{{"stands in", map[string]string{explain.InQuery: "the query of the request", explain.InHeader: "the header of the request", explain.InBody: "the body of the request",
		explain.InResponse: "the answer", explain.InResponseHeader: "the header of the answer"}[r.Where]}}
	form := ""
	switch r.Verdict {
	case tokens.Good:
		form = st.Good.Render("well-formed")
	case tokens.Bad:
		form = st.Bad.Render("not well-formed")
	}
	for _, f := range []Fact{{"value", r.Value}, {"form", form}, {"meaning", r.Meaning}, {"note", r.Note}, {"spec", r.Spec}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return append([]string{st.Strong.Render(r.Name)}, FactLines(st, facts, width)...)
}

func (e *explained) view(st *theme.Styles, width, height int) string {
	e.table.Styles = st
	if len(e.rows) == 0 {
		return Fit([]string{st.Dim.Render("Nothing in this exchange belongs to a spec that fob knows.")}, width, height)
	}
	list := func(w, h int) string { return e.table.View(w, h, true) }
	return Split(st, width, height, len(e.rows)+2, list, e.about)
}
