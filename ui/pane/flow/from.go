package flow

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/profile"
	"fob/flows/session"
)

// prepareFrom opens the form of a sign-in that was prepared elsewhere: from an API's address, or for a client that was just
// registered.
func (p *Pane) prepareFrom(d session.Draft) tea.Cmd {
	p.start() // the profiles may be others by now
	p.choose(profile.Profile{})
	for _, f := range p.profiles {
		if f.Name == d.Profile {
			p.choose(f)
		}
	}
	p.from = &d
	grant := d.Grant.ID
	if p.profile.Grant != "" {
		grant = p.profile.Grant
	}
	if cmd := p.goTo(grant); p.stage == filling {
		return cmd
	}
	for _, g := range p.grants {
		if g.NeedsUser {
			return p.goTo(g.ID)
		}
	}
	return nil
}

// fillFrom fills a form that was opened for a prepared sign-in, where nothing was typed yet.
func (p *Pane) fillFrom(d session.Draft) {
	set := func(name, value string) {
		if value != "" && p.form.Has(name) && !p.form.Touched(name) {
			p.form.SetValue(name, value)
			p.form.Focus(name)
		}
	}
	for _, in := range p.grant.Inputs {
		if v, ok := d.Values[in.Name]; ok && v != in.Default {
			set(in.Name, v)
		}
	}
	if p.profile.Name == "" {
		set(fieldIssuer, d.Issuer)
		set(fieldClient, d.ClientID)
		if d.ClientID == "" {
			p.form.Focus(fieldClient)
		}
	}
}
