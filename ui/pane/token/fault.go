package token

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/ui/pane"
)

// retryMsg asks once more what an answer of that name came of.
type retryMsg struct{ name string }

// Fault implements pane.Faulty: why an endpoint that was asked about the token did not say.
func (p *Pane) Fault() (m pane.ErrorMsg, ok bool) {
	a, _ := p.response(p.view)
	return p.errorOf(a), a.err != nil
}

// errorOf is what has failed, and what it was about.
func (p *Pane) errorOf(a endpointResponse) pane.ErrorMsg {
	m := pane.ErrorMsg{What: a.name, Err: a.err, About: session.Concern{Session: p.meta}, Again: pane.Send(retryMsg{a.name})}
	if !p.pasted.IsZero() {
		m.About = session.Concern{Provider: issuerOf(p.report)}
	}
	return m
}

func (p *Pane) retry(name string) tea.Cmd {
	switch name {
	case viewIntrospection:
		return p.introspect()
	case viewUserinfo:
		return p.userinfo()
	}
	return p.discover()
}
