package pane

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// Fact is a name and its value.
type Fact struct{ Name, Value string }

// Problem is an error laid out for a person: what failed, the facts in the provider's own words, and what to do.
type Problem struct {
	Title string
	Facts []Fact
	Do    string
	// Diagnosis is what is known of the error besides; nil when nothing is. Remedies are what the workbench can do of its
	// Next, in their order; see Context.Explain.
	Diagnosis *doctor.Diagnosis
	Remedies  []Remedy
	mild      bool // nothing is wrong: the person cancelled
}

// Explain lays an error out with what is known of it and what can be done about it.
func (c *Context) Explain(m ErrorMsg) Problem {
	d := m.Known
	if d == nil && c.Service != nil {
		if found, ok := c.Service.Diagnose(m.Err, m.About); ok {
			d = &found
		}
	}
	p := layOut(m.What, m.Err, d)
	if m.Known != nil {
		p.Facts = []Fact{{"the API says", tokens.VisibleLine(strings.Join(m.Known.Said, " · "))}}
	}
	if d != nil {
		p.Remedies = c.remedies(m, *d)
	}
	return p
}

// Explain lays out an error that has nothing to do with a provider. what says what was being done: "Reading the token".
func Explain(what string, err error) Problem { return layOut(what, err, nil) }

func layOut(what string, err error, d *doctor.Diagnosis) Problem {
	p := Problem{Title: what + " did not work", Diagnosis: d}
	var (
		refused *flows.OAuthError
		answer  *flows.ResponseError
		check   *tokens.CheckError
		network *wire.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		p.Title, p.mild = what+" was cancelled", true
		p.Do = "Nothing was stored."
	case errors.As(err, &refused):
		p.refused(refused)
	case errors.As(err, &answer):
		p.Facts = []Fact{{"asked", answer.URL}, {"answered", fmt.Sprintf("HTTP %d with %s", answer.Status, answer.What)}, {"begins", answer.Excerpt}}
		p.Do = "Open the exchange in Trace to see the whole answer."
	case errors.As(err, &check):
		p.failedCheck(check.Check)
	case errors.As(err, &network):
		p.unreachable(network)
	case err != nil:
		p.other(err)
	}
	return p.clean()
}

func (p *Problem) refused(e *flows.OAuthError) {
	code := e.Code
	if e.Status != 0 {
		code += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	p.Facts = []Fact{{"the provider says", code}, {"", e.Description}, {"more", e.URI}, {"asked", e.URL}}
	if p.Diagnosis == nil || p.Diagnosis.About == nil {
		for _, f := range e.Sent {
			p.Facts = append(p.Facts, Fact{"sent", f.Name + " = " + f.Value})
		}
	}
}

func (p *Problem) failedCheck(c tokens.Check) {
	p.Title = "A check failed: " + c.Title
	p.Facts = []Fact{{"check", c.ID + " · " + c.Spec}, {"expected", c.Expected}, {"received", c.Received}, {"because", c.Because}}
	p.Do = "Nothing was stored: the spec forbids using what came with it."
	if p.Diagnosis != nil {
		p.Facts = append(p.Facts, Fact{"so", p.Do})
	}
}

func (p *Problem) unreachable(e *wire.Error) {
	p.Facts = []Fact{{"asked", e.Method + " " + e.URL}, {"for", e.Purpose}, {"failed at", string(e.Phase)}}
	if e.Err != nil {
		p.Facts = append(p.Facts, Fact{"because", e.Err.Error()})
	}
	p.Do = e.Hint
}

func (p *Problem) other(err error) {
	for _, line := range strings.Split(err.Error(), "\n") {
		p.Facts = append(p.Facts, Fact{"", strings.TrimSpace(line)})
	}
}

// clean makes every text fit for a terminal and drops the facts that say nothing.
func (p Problem) clean() Problem {
	facts := p.Facts[:0]
	for _, f := range p.Facts {
		if f.Value = strings.TrimSpace(tokens.VisibleLine(f.Value)); f.Value != "" {
			facts = append(facts, f)
		}
	}
	p.Facts, p.Do = facts, tokens.VisibleLine(p.Do)
	return p
}

// Lines draws the problem in lines of at most width cells.
func (p Problem) Lines(st *theme.Styles, width int) []string {
	lines, look := []string{}, st.Bad
	if p.mild {
		look = st.Warn
	}
	for _, l := range widget.Wrap(p.Title, width) {
		lines = append(lines, look.Render(l))
	}
	lines = append(lines, FactLines(st, p.Facts, width)...)
	if p.Diagnosis != nil {
		return append(lines, p.diagnosisLines(st, width)...)
	}
	for i, l := range widget.Wrap(p.Do, max(1, width-2)) {
		if p.Do == "" {
			break
		}
		mark := "  "
		if i == 0 {
			mark = st.Accent.Render("→ ")
		}
		lines = append(lines, mark+l)
	}
	return lines
}

// Inline draws the problem within a pane: the keys of the remedies are those of the notice, so it says which opens that.
func (p Problem) Inline(st *theme.Styles, width int) []string {
	n := len(p.Remedies)
	p.Remedies = nil
	lines := p.Lines(st, width)
	if n > 0 {
		lines = append(lines, "", KeyHint(st, keys.Advice, "does it, as far as fob can"))
	}
	return lines
}

// FactLines draws names beside their values, the values aligned and wrapped.
func FactLines(st *theme.Styles, facts []Fact, width int) []string {
	name := 0
	for _, f := range facts {
		name = max(name, widget.Width(f.Name))
	}
	name = min(name, max(4, width/3))
	var lines []string
	for _, f := range facts {
		for i, l := range widget.Wrap(f.Value, max(1, width-name-2)) {
			label := f.Name
			if i > 0 {
				label = ""
			}
			lines = append(lines, st.Label.Render(widget.Pad(label, name))+"  "+l)
		}
	}
	return lines
}
