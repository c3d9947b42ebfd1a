package pane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/session"
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
	// Details are what is needed to look further: the request that failed, what was sent, the library's own words.
	Details []Fact
	// Diagnosis is what is known of the error besides; nil when nothing is. Remedies are what the workbench can do of its
	// Next, in their order; see Context.Explain.
	Diagnosis *doctor.Diagnosis
	Remedies  []Remedy
	mild      bool // nothing is wrong: the person cancelled
	unheard   bool // no answer came, so that nobody's words come before the diagnosis
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
		p.Facts = []Fact{{"the API says", tokens.VisibleLine(strings.Join(m.Known.Messages, " · "))}}
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
		kept    *session.PartlyKeptError
	)
	switch {
	case errors.Is(err, context.Canceled):
		p.Title, p.mild = what+" was cancelled by you", true
		p.Diagnosis = nil
		p.Do = cmp.Or(consequence(err, context.Canceled), "Nothing was stored.")
	case errors.As(err, &refused):
		p.refused(refused)
		p.so(consequence(err, refused))
	case errors.As(err, &answer):
		p.Facts = []Fact{{"asked", answer.URL}, {"answered", fmt.Sprintf("HTTP %d with %s", answer.Status, answer.What)}, {"begins", answer.Excerpt}}
		p.Do = "Open the exchange in Trace to see the whole answer."
		p.so(consequence(err, answer))
	case errors.As(err, &check):
		p.failedCheck(check.Check, consequence(err, check), errors.As(err, &kept))
	case errors.As(err, &network):
		p.unreachable(network)
		p.so(consequence(err, network))
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
	p.Facts = []Fact{{"server says", code}, {"", e.Description}}
	p.Details = []Fact{{"more", e.URI}, {"asked", e.URL}}
	for _, f := range e.Sent {
		p.Details = append(p.Details, Fact{"sent", f.Name + " = " + f.Value})
	}
}

// consequence is what an error says beside its cause, on lines after it: what became of a session and its tokens.
func consequence(err, cause error) string {
	var late *session.LateError
	if errors.As(err, &late) {
		return "The answer came all the same, and the new tokens are stored."
	}
	_, after, _ := strings.Cut(err.Error(), cause.Error())
	first, lines, _ := strings.Cut(after, "\n")
	if first != "" {
		return ""
	}
	return strings.Join(strings.Fields(lines), " ")
}

// so adds what follows from the error.
func (p *Problem) so(consequence string) { p.Facts = append(p.Facts, Fact{"so", consequence}) }

// failedCheck lays out a check that failed. kept: the consequence says what was stored all the same.
func (p *Problem) failedCheck(c tokens.Check, consequence string, kept bool) {
	p.Title = "A check failed: " + c.Title
	p.Facts = []Fact{{"check", c.ID + " · " + c.Spec}, {"expected", c.Expected}, {"received", c.Received}, {"because", c.Because}}
	if p.Do = consequence; !kept {
		p.Do = strings.TrimSpace("Nothing was stored: the spec forbids using what came with it. " + consequence)
	}
	if p.Diagnosis != nil {
		p.so(p.Do)
	}
}

func (p *Problem) unreachable(e *wire.Error) {
	p.Facts, p.unheard = []Fact{{"asked", e.Method + " " + e.URL}}, true
	p.Details = []Fact{{"for", e.Purpose}, {"failed at", string(e.Phase)}, {"error", Why(e.Err)}}
	p.Do = e.Hint
}

func (p *Problem) other(err error) {
	for _, line := range strings.Split(Why(err), "\n") {
		p.Facts = append(p.Facts, Fact{"", strings.TrimSpace(line)})
	}
}

// clean makes every text fit for a terminal and drops the facts that say nothing.
func (p Problem) clean() Problem {
	p.Facts, p.Details, p.Do = cleanFacts(p.Facts), cleanFacts(p.Details), tokens.VisibleLine(p.Do)
	return p
}

func cleanFacts(list []Fact) []Fact {
	var facts []Fact
	for _, f := range list {
		if f.Value = strings.TrimSpace(tokens.VisibleLine(f.Value)); f.Value != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// Lines draws the whole problem in lines of at most width cells.
func (p Problem) Lines(st *theme.Styles, width int) []string {
	lines := append(p.titleLines(st, width), p.body(st, width)...)
	if len(p.Details) > 0 {
		lines = append(append(lines, "", st.Label.Render("details")), FactLines(st, p.Details, width)...)
	}
	return lines
}

func (p Problem) titleLines(st *theme.Styles, width int) []string {
	if p.Title == "" {
		return nil
	}
	var lines []string
	look := st.Bad
	if p.mild {
		look = st.Warn
	}
	for _, l := range widget.Wrap(p.Title, width) {
		lines = append(lines, look.Render(l))
	}
	return lines
}

// body is what follows the title, without the details.
func (p Problem) body(st *theme.Styles, width int) []string {
	facts := FactLines(st, p.Facts, width)
	if p.Diagnosis != nil {
		said := p.diagnosisTitle(st, width)
		if p.unheard {
			return append(append(said, facts...), p.diagnosisLines(st, width)...)
		}
		return append(append(facts, said...), p.diagnosisLines(st, width)...)
	}
	lines := facts
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

// Brief draws what matters most in at most height lines: what failed, the likeliest cause, and what to do; other causes
// where there is room. Where not all fits, the facts are what is cut.
func (p Problem) Brief(st *theme.Styles, width, height int) []string {
	head, middle := p.titleLines(st, width), FactLines(st, p.Facts, width)
	tail := FactLines(st, cleanFacts([]Fact{{"next", p.Do}}), width)
	if d := p.Diagnosis; d != nil {
		if middle = append(middle, p.diagnosisTitle(st, width)...); p.unheard {
			middle = append(p.diagnosisTitle(st, width), FactLines(st, p.Facts, width)...)
		}
		tail = FactLines(st, whyAndNext(d, 1), width)
		for n := 2; n <= len(d.Causes); n++ {
			more := FactLines(st, whyAndNext(d, n), width)
			if len(head)+len(middle)+len(more) > height {
				break
			}
			tail = more
		}
	}
	room := height - len(head) - len(tail)
	return append(append(head, middle[:max(0, min(len(middle), room))]...), tail...)
}

// whyAndNext are the n likeliest causes, and what to do next.
func whyAndNext(d *doctor.Diagnosis, n int) []Fact {
	var list []Fact
	for i, c := range d.Causes[:min(n, len(d.Causes))] {
		name := "why"
		if i > 0 {
			name = "or"
		}
		list = append(list, Fact{name, c.Text})
	}
	if len(d.Next) > 0 {
		list = append(list, Fact{"next", d.Next[0].Text})
	}
	return cleanFacts(list)
}

// Inline draws the problem in short within a pane, and says which key shows the rest and does what can be done.
func (p Problem) Inline(st *theme.Styles, width int) []string {
	const most = 12
	does := "shows all that is known"
	if len(p.Remedies) > 0 {
		does += ", and does it, as far as fob can"
	}
	return append(p.Brief(st, width, most), "", KeyHint(st, keys.Advice, does))
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
