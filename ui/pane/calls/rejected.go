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

// stepUpValues are the inputs of the sign-in that a challenge of the shown response requires; empty without one
// (RFC 6750 3.1, RFC 9470 3).
func (p *Pane) stepUpValues() map[string]string {
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

// errRejected replaces the error of a response that names the reason itself.
var errRejected = errors.New("the API rejected the call")

// ShownError implements pane.ErrorReporter: why the call failed, or why the API rejected it.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	if p.shown == nil {
		return m, false
	}
	m = pane.ErrorMsg{What: "The call", Err: p.shown.err, About: session.ErrorContext{Session: p.session},
		Retry: pane.Send(retryMsg{}), Diagnosis: p.shown.diagnosis, SignInValues: p.stepUpValues()}
	if m.Diagnosis != nil {
		m.Err = errRejected
	}
	return m, m.Err != nil
}

// retryMsg sends the call once more.
type retryMsg struct{}

// whyLines are why the API rejected the call: by its challenges if they name an error, else by the whole response.
func (p *Pane) whyLines(r *calls.Response, width int) []string {
	st := p.ctx.Styles
	sentence, d := calls.Explain(r), p.shown.diagnosis
	if d != nil {
		sentence = d.Title
	}
	if r.Status < 300 || sentence == "" {
		return nil
	}
	var lines []string
	lines = append(lines, widget.WrapStyled(st.Warn, tokens.VisibleLine(sentence), width)...)
	if support := r.Support(); support != "" && r.Status >= 400 {
		lines = append(lines, widget.WrapStyled(st.Dim, "for support: "+support, width)...)
	}
	if r.Redirects() && r.NotFollowed == "" {
		hint := pane.KeyHint(st, keys.CallEdit, "edits the request: Follow redirects goes there")
		lines = append(lines, widget.Clip(hint, width))
	}
	if d == nil {
		return lines
	}
	for _, text := range mostLikely(*d) {
		lines = append(lines, widget.WrapStyled(st.Dim, text, width)...)
	}
	return append(lines, pane.KeyHint(st, keys.Advice, "why, and what to do"))
}

// mostLikely are the API's own words and the first cause.
func mostLikely(d doctor.Diagnosis) []string {
	var list []string
	if len(d.Messages) > 1 {
		list = append(list, "it says: "+d.Messages[1])
	}
	if len(d.Causes) > 0 {
		list = append(list, "likely: "+d.Causes[0].Text)
	}
	return list
}
