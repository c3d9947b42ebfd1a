package token

import (
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

func disclosureCells(st *theme.Styles, d inspect.Disclosure) []widget.Cell {
	style, state := st.Good, "disclosed"
	switch {
	case d.Error != "":
		style, state = st.Bad, "broken"
	case d.Path == "":
		style, state = st.Warn, "unused"
	}
	name := d.Name
	if name == "" {
		name = "(array element)"
	}
	return []widget.Cell{{Text: state, Style: style}, {Text: visiblePrefix(name), Style: st.Accent},
		{Text: valuePrefix(d), Style: st.Text}, {Text: visiblePrefix(d.Path), Style: st.Dim}}
}

func disclosureDetail(d inspect.Disclosure) detail {
	name := d.Name
	if name == "" {
		name = "array element"
	}
	level := ""
	if d.Error != "" {
		level = "bad"
	}
	location := d.Path
	if location == "" {
		location = "nowhere: the token has no digest of it"
	}
	out := newDetail(name, level, "location", location, "digest", d.Digest, "salt", d.Salt, "error", d.Error,
		"spec", "RFC 9901 4.2")
	out.facts = append([]pane.Fact{{Name: "value", Value: valuePrefix(d)}}, out.facts...)
	return out.withLongValue(d.Value)
}

func valuePrefix(d inspect.Disclosure) string {
	return visiblePrefix(string(d.Value[:min(len(d.Value), maxShown+1)]))
}
