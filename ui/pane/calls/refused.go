package calls

import (
	"errors"

	"fob/flows/calls"
	"fob/flows/explain/doctor"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// asked are the values of a sign-in that the shown answer's challenge asks for; none: it asks for nothing of the kind.
func (p *Pane) asked() map[string]string {
	if p.shown == nil || p.shown.response == nil {
		return nil
	}
	for _, c := range p.shown.response.Challenges {
		if values, err := session.StepUpValues(c, p.session); err == nil {
			return values
		}
	}
	return nil
}

// errRefused stands for the API's answer, which says itself why.
var errRefused = errors.New("the API refused the call")

// ShownError implements pane.ErrorReporter: why the call did not work, or why the API refused it.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	if p.shown == nil {
		return m, false
	}
	m = pane.ErrorMsg{What: "The call", Err: p.shown.err, About: session.ErrorContext{Session: p.session},
		Retry: pane.Send(againMsg{}), Diagnosis: p.shown.known, SignInValues: p.asked()}
	if m.Diagnosis != nil {
		m.Err = errRefused
	}
	return m, m.Err != nil
}

// againMsg sends the call once more.
type againMsg struct{}

// whyLines say why the API refused: by its challenges, as far as they name an error, else by the answer as a whole.
func (p *Pane) whyLines(r *calls.Response, width int) []string {
	st := p.ctx.Styles
	sentence, d := calls.Explain(r), p.shown.known
	if d != nil {
		sentence = d.Title
	}
	if r.Status < 300 || sentence == "" {
		return nil
	}
	var lines []string
	for _, l := range widget.Wrap(tokens.VisibleLine(sentence), width) {
		lines = append(lines, st.Warn.Render(l))
	}
	if support := r.Support(); support != "" && r.Status >= 400 {
		for _, l := range widget.Wrap("for support: "+support, width) {
			lines = append(lines, st.Dim.Render(l))
		}
	}
	if r.Redirects() && r.NotFollowed == "" {
		hint := pane.KeyHint(st, keys.CallEdit, "edits the request: Follow redirects goes there")
		lines = append(lines, widget.Clip(hint, width))
	}
	if d == nil {
		return lines
	}
	for _, said := range likeliest(*d) {
		for _, l := range widget.Wrap(said, width) {
			lines = append(lines, st.Dim.Render(l))
		}
	}
	return append(lines, pane.KeyHint(st, keys.Advice, "why, and what to do"))
}

// likeliest are the API's own words and the first cause.
func likeliest(d doctor.Diagnosis) []string {
	var list []string
	if len(d.Messages) > 1 {
		list = append(list, "it says: "+d.Messages[1])
	}
	if len(d.Causes) > 0 {
		list = append(list, "likely: "+d.Causes[0].Text)
	}
	return list
}
