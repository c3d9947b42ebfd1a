package pane

import (
	"fob/flows/explain"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/theme"
	"fob/ui/widget"
)

// explainedTable lists each parameter, header field and response member of an exchange: what it means, and whether its
// value is well-formed.
type explainedTable struct {
	rows  []explain.Row
	table *widget.Table
}

func newExplainedTable(st *theme.Styles, x wire.Exchange) *explainedTable {
	e := &explainedTable{rows: explain.Exchange(x), table: widget.NewTable(st,
		widget.Column{Title: "in", Min: 8, Drop: 2}, widget.Column{Title: "name", Min: 18, Flex: 1},
		widget.Column{Title: "value", Min: 20, Flex: 2}, widget.Column{Title: "form", Min: 4},
		widget.Column{Title: "meaning", Min: 24, Flex: 3, Drop: 1})}
	e.table.SetRows(len(e.rows), e.row, nil)
	return e
}

// locationLabel says where a value was: in the request, or in the response.
func locationLabel(where string) string {
	switch where {
	case explain.InResponse:
		return "← body"
	case explain.InResponseHeader:
		return "← header"
	}
	return "→ " + where
}

// verdictText is the verdict on a value's form; "" where there is no rule for it.
func verdictText(v tokens.Verdict) string {
	switch v {
	case tokens.Good:
		return "ok"
	case tokens.Bad:
		return "bad"
	}
	return ""
}

func (e *explainedTable) row(i int) []widget.Cell {
	st, r := e.table.Styles, e.rows[i]
	form := st.Good
	if r.Verdict == tokens.Bad {
		form = st.Bad
	}
	return []widget.Cell{{Text: locationLabel(r.Where), Style: st.Dim}, {Text: r.Name, Style: st.Accent},
		{Text: r.Value, Style: st.Text}, {Text: verdictText(r.Verdict), Style: form}, {Text: r.Meaning, Style: st.Dim}}
}

// locations name where a value was.
var locations = map[string]string{
	explain.InQuery: "the query of the request", explain.InHeader: "the header of the request",
	explain.InBody: "the body of the request", explain.InResponse: "the response",
	explain.InResponseHeader: "the header of the response",
}

// about describes the row under the cursor.
func (e *explainedTable) about(width int) []string {
	st, i := e.table.Styles, e.table.Cursor()
	if i < 0 {
		return nil
	}
	r := e.rows[i]
	facts := []Fact{{"location", locations[r.Where]}}
	form := ""
	switch r.Verdict {
	case tokens.Good:
		form = st.Good.Render("well-formed")
	case tokens.Bad:
		form = st.Bad.Render("not well-formed")
	}
	more := []Fact{{"value", r.Value}, {"form", form}, {"meaning", r.Meaning}, {"note", r.Note}, {"spec", r.Spec}}
	for _, f := range more {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return append([]string{st.Strong.Render(r.Name)}, FactLines(st, facts, width)...)
}

func (e *explainedTable) view(st *theme.Styles, width, height int) string {
	e.table.Styles = st
	if len(e.rows) == 0 {
		return Fit([]string{st.Dim.Render("This exchange has no parameter of a spec that fob knows.")}, width, height)
	}
	list := func(w, h int) string { return e.table.View(w, h, true) }
	return Split(st, width, height, len(e.rows)+2, list, e.about)
}
