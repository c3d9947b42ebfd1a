package pane

import (
	"fmt"
	"strings"

	"fob/ui/theme"
	"fob/ui/widget"
)

// diagnosisTitle draws what the error means; nil where the problem's own title says it.
func (p Problem) diagnosisTitle(st *theme.Styles, width int) []string {
	var lines []string
	if strings.TrimSuffix(p.Diagnosis.Title, ".") != p.Title {
		lines = append(lines, widget.WrapStyled(st.Strong, p.Diagnosis.Title, width)...)
	}
	return lines
}

// diagnosisLines draws the rest of a diagnosis: the parameter that the error is about, the causes with the likeliest
// first and how to distinguish them, and what to do next, with the key that does it.
func (p Problem) diagnosisLines(st *theme.Styles, width int) []string {
	d, lines := p.Diagnosis, []string(nil)
	add := func(first, rest, text string, style theme.Style) {
		for i, l := range widget.Wrap(text, max(1, width-widget.Width(rest))) {
			if i > 0 {
				first = rest
			}
			lines = append(lines, first+style.Render(l))
		}
	}
	if a := d.About; a != nil {
		text := a.Name + " = " + a.Value
		if a.Missing {
			text = a.Name + ", which was not sent"
		}
		add(st.Label.Render("about  "), "       ", text, st.Text)
	}
	if len(d.Causes) > 0 {
		lines = append(lines, "", st.Label.Render("why, the likeliest first"))
	}
	for i, c := range d.Causes {
		mark := fmt.Sprintf("%2d  ", i+1)
		if len(p.Remedies) > 0 {
			mark = " ·  " // the numbers are keys
		}
		add(st.Dim.Render(mark), "    ", c.Text, st.Text)
		if c.HowToTell != "" {
			add("    ", "    ", c.HowToTell, st.Dim)
		}
	}
	if len(d.Next) > 0 {
		lines = append(lines, "", st.Label.Render("what to do next"))
	}
	for i, a := range d.Next {
		r := p.remedy(i)
		mark := st.Accent.Render(" →  ")
		if r.Key != "" {
			mark = " " + st.Key.Render(r.Key) + "  "
		}
		add(mark, "    ", a.Text, st.Text)
		if r.Does != "" {
			add("    ", "    ", r.Does, st.Dim)
		}
	}
	for _, r := range p.Remedies {
		if r.action < 0 {
			add(" "+st.Key.Render(r.Key)+"  ", "    ", r.Does, st.Text)
		}
	}
	if d.Spec != "" {
		add("", "", "see "+d.Spec, st.Faint)
	}
	return lines
}

// Text is a problem without styles and title, for a notice and the clipboard.
func (p Problem) Text(width int) string {
	st := &theme.Styles{}
	lines := p.body(st, width)
	if len(p.Details) > 0 {
		lines = append(append(lines, "", "details"), FactLines(st, p.Details, width)...)
	}
	return strings.Join(lines, "\n")
}
