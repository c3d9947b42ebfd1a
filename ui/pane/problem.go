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

// Facts makes facts of pairs of name and value, safe for a terminal, without those that have no value.
func Facts(pairs ...string) []Fact {
	var facts []Fact
	for i := 0; i < len(pairs); i += 2 {
		if value := strings.TrimSpace(tokens.VisibleLine(pairs[i+1])); value != "" {
			facts = append(facts, Fact{tokens.VisibleLine(pairs[i]), value})
		}
	}
	return facts
}

// Problem is an error prepared for the user: what failed, the facts as the provider reported them, and what to do.
type Problem struct {
	Title    string
	Facts    []Fact
	NextStep string
	// Details are for further analysis: the request that failed, what was sent, the error of the library.
	Details []Fact
	// Diagnosis explains the error, if known. Remedies are those of its Next that the workbench can do,
	// in their order; see Context.Explain.
	Diagnosis  *doctor.Diagnosis
	Remedies   []Remedy
	cancelled  bool // by the user: nothing is wrong
	noResponse bool // the diagnosis comes first: the server reported nothing
}

// Explain prepares an error with its diagnosis and what can be done about it.
func (c *Context) Explain(m ErrorMsg) Problem {
	d := m.Diagnosis
	if d == nil && c.Service != nil {
		if found, ok := c.Service.Diagnose(m.Err, m.About); ok {
			d = &found
		}
	}
	p := newProblem(m.What, m.Err, d)
	if m.Diagnosis != nil {
		p.Facts = Facts("the API says", strings.Join(m.Diagnosis.Messages, " · "))
	}
	if d != nil {
		p.Remedies = c.remedies(m, *d)
	}
	return p
}

// Explain prepares an error that has nothing to do with a provider. what names the action: "Reading the token".
func Explain(what string, err error) Problem { return newProblem(what, err, nil) }

func newProblem(what string, err error, d *doctor.Diagnosis) Problem {
	p := Problem{Title: what + " did not work", Diagnosis: d}
	var (
		oauth       *flows.OAuthError
		response    *flows.ResponseError
		check       *tokens.CheckError
		network     *wire.Error
		partlySaved *session.PartlyStoredError
	)
	switch {
	case errors.Is(err, context.Canceled):
		p.Title, p.cancelled = what+" was cancelled", true
		p.Diagnosis = nil
		p.NextStep = cmp.Or(consequence(err, context.Canceled), "Nothing was stored.")
	case errors.As(err, &oauth):
		p.setOAuthError(oauth)
		p.addConsequence(consequence(err, oauth))
	case errors.As(err, &response):
		status := fmt.Sprintf("HTTP %d with %s", response.Status, response.What)
		p.Facts = Facts("asked", response.URL, "answered", status, "begins", response.Excerpt)
		p.NextStep = "Open the exchange in Trace to see the whole response."
		p.addConsequence(consequence(err, response))
	case errors.As(err, &check):
		p.setCheckError(check.Check, consequence(err, check), errors.As(err, &partlySaved))
	case errors.As(err, &network):
		p.setNetworkError(network)
		p.addConsequence(consequence(err, network))
	case err != nil:
		p.setOtherError(err)
	}
	p.NextStep = tokens.VisibleLine(p.NextStep)
	return p
}

func (p *Problem) setOAuthError(e *flows.OAuthError) {
	code := e.Code
	if e.Status != 0 {
		code += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	p.Facts = Facts("server says", code, "", e.Description)
	details := []string{"more", e.URI, "asked", e.URL}
	for _, f := range e.Sent {
		details = append(details, "sent", f.Name+" = "+f.Value)
	}
	p.Details = Facts(details...)
}

// consequence is what an error says after its cause, on separate lines: the effect on a session and its tokens.
func consequence(err, cause error) string {
	var late *session.LateError
	if errors.As(err, &late) {
		return "The response arrived anyway, and the new tokens are stored."
	}
	_, after, _ := strings.Cut(err.Error(), cause.Error())
	first, lines, _ := strings.Cut(after, "\n")
	if first != "" {
		return ""
	}
	return strings.Join(strings.Fields(lines), " ")
}

func (p *Problem) addConsequence(text string) { p.Facts = append(p.Facts, Facts("so", text)...) }

// setCheckError describes a check that failed. When partlySaved is true, the consequence says what was stored.
func (p *Problem) setCheckError(c tokens.Check, consequence string, partlySaved bool) {
	p.Title = "Failed check: " + c.Title
	p.Facts = Facts("check", string(c.ID)+" · "+c.Spec, "expected", c.Expected, "received", c.Received,
		"because", c.Because)
	if p.NextStep = consequence; !partlySaved {
		text := "Nothing was stored: the spec forbids using what was received. " + consequence
		p.NextStep = strings.TrimSpace(text)
	}
	if p.Diagnosis != nil {
		p.addConsequence(p.NextStep)
	}
}

func (p *Problem) setNetworkError(e *wire.Error) {
	p.Facts, p.noResponse = Facts("asked", e.Method+" "+e.URL), true
	p.Details = Facts("for", e.Purpose, "failed at", string(e.Phase), "error", ErrorText(e.Err))
	p.NextStep = e.Hint
}

func (p *Problem) setOtherError(err error) {
	for _, line := range strings.Split(ErrorText(err), "\n") {
		p.Facts = append(p.Facts, Facts("", line)...)
	}
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
	style := st.Bad
	if p.cancelled {
		style = st.Warn
	}
	lines = append(lines, widget.WrapStyled(style, p.Title, width)...)
	return lines
}

// body is what follows the title, without the details.
func (p Problem) body(st *theme.Styles, width int) []string {
	facts := FactLines(st, p.Facts, width)
	if p.Diagnosis != nil {
		title := p.diagnosisTitle(st, width)
		if p.noResponse {
			return append(append(title, facts...), p.diagnosisLines(st, width)...)
		}
		return append(append(facts, title...), p.diagnosisLines(st, width)...)
	}
	lines := facts
	for i, l := range widget.Wrap(p.NextStep, max(1, width-2)) {
		if p.NextStep == "" {
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

// Brief draws the most important parts in at most height lines: what failed, the likeliest cause, and what to do; other
// causes where there is room. Where not all fits, the facts are cut.
func (p Problem) Brief(st *theme.Styles, width, height int) []string {
	head, middle := p.titleLines(st, width), FactLines(st, p.Facts, width)
	tail := FactLines(st, Facts("next", p.NextStep), width)
	if d := p.Diagnosis; d != nil {
		if middle = append(middle, p.diagnosisTitle(st, width)...); p.noResponse {
			middle = append(p.diagnosisTitle(st, width), FactLines(st, p.Facts, width)...)
		}
		tail = FactLines(st, causesAndNext(d, 1), width)
		for n := 2; n <= len(d.Causes); n++ {
			more := FactLines(st, causesAndNext(d, n), width)
			if len(head)+len(middle)+len(more) > height {
				break
			}
			tail = more
		}
	}
	room := height - len(head) - len(tail)
	return append(append(head, middle[:max(0, min(len(middle), room))]...), tail...)
}

// causesAndNext returns the n likeliest causes, and what to do next.
func causesAndNext(d *doctor.Diagnosis, n int) []Fact {
	var list []string
	for i, c := range d.Causes[:min(n, len(d.Causes))] {
		name := "why"
		if i > 0 {
			name = "or"
		}
		list = append(list, name, c.Text)
	}
	if len(d.Next) > 0 {
		list = append(list, "next", d.Next[0].Text)
	}
	return Facts(list...)
}

// Inline draws the problem briefly within a pane, with the key that shows the diagnosis.
func (p Problem) Inline(st *theme.Styles, width int) []string {
	const maxLines = 12
	does := "shows the diagnosis"
	if len(p.Remedies) > 0 {
		does += " and what fob can do"
	}
	return append(p.Brief(st, width, maxLines), "", KeyHint(st, keys.Advice, does))
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
