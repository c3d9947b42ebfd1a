package provider

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/profile"
	"fob/flows/registration"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// registeredMsg is the registration of a profile's client.
type registeredMsg struct {
	n       int64
	profile string
	client  *registration.Client
	err     error
}

// clientsChangedMsg reports that a registration was changed or deleted: the list is read again.
type clientsChangedMsg struct{}

// selectedClient is the client under the cursor.
func (p *Pane) selectedClient() (session.ProfileClient, bool) {
	i := p.tables[viewClients].Cursor()
	if p.view != viewClients || i < 0 || i >= len(p.clients) {
		return session.ProfileClient{}, false
	}
	return p.clients[i], true
}

// clientsDisabled is the reason why an action on the clients cannot be performed.
func (p *Pane) clientsDisabled(a keys.Action) string {
	if p.ctx.ReadOnly {
		return pane.ReadOnlyReason
	}
	c, ok := p.selectedClient()
	switch {
	case p.loaded == nil:
		return "nothing has been read yet"
	case a == keys.ProviderRegister && p.loaded.Metadata.RegistrationEndpoint == "":
		return "the provider announces no registration endpoint"
	case a == keys.ProviderRegister:
		return ""
	case !ok:
		return "go to a client in the view " + viewClients
	case !c.Managed:
		return "it was registered elsewhere, and cannot be managed here"
	}
	return ""
}

// doClients performs an action on the clients.
func (p *Pane) doClients(a keys.Action) tea.Cmd {
	c, _ := p.selectedClient()
	switch a {
	case keys.ProviderRegister:
		r := newRegisterScreen(p.ctx, p.target, p.loaded.Metadata, "", "")
		r.then, r.thenDoes = func(name string) tea.Cmd {
			p.closeOverlay()
			return signIn(p.ctx, session.Draft{Profile: name}, "ready to sign in with "+name)
		}, "signs in with it"
		p.overlay = r
	case keys.ProviderChange:
		r, cmd := newChangeScreen(p.ctx, p.loaded.Metadata, c.Profile.Name)
		p.overlay = r
		return cmd
	case keys.ProviderUnregister:
		return p.unregister(c.Profile)
	}
	return nil
}

// unregister asks the user, then deletes a registration (RFC 7592 2.3).
func (p *Pane) unregister(f profile.Profile) tea.Cmd {
	svc, name := p.ctx.Service, f.Name
	what := "the registration of " + tokens.VisibleLine(name)
	text := "The provider is asked to delete the client " + tokens.VisibleLine(f.ClientID) +
		" (RFC 7592 2.3): it, its secret and its tokens become invalid. Its profile is removed here."
	return p.unregistering.Confirm("End "+what+"?", text, func() tea.Cmd {
		return p.unregistering.Run(p.ctx, "ending "+what, func(ctx context.Context) ([]tea.Msg, error) {
			if err := svc.Unregister(ctx, name); err != nil {
				return nil, err
			}
			done := pane.ToastMsg{Text: "the registration of " + name + " was deleted"}
			return []tea.Msg{done, clientsChangedMsg{}}, nil
		})
	})
}

// currentTarget is the target of the shown provider: its issuer, when its profile was removed.
func (p *Pane) currentTarget(target string) string {
	if _, err := p.ctx.Service.Profile(target); err != nil && p.loaded != nil && p.loaded.Metadata != nil {
		return p.loaded.Metadata.Issuer
	}
	return target
}

// readClient reads the registration of the client under the cursor, where fob can.
func (p *Pane) readClient() tea.Cmd {
	c, ok := p.selectedClient()
	if !ok || !c.Managed || p.registered[c.Profile.Name] != nil {
		return nil
	}
	svc, name := p.ctx.Service, c.Profile.Name
	return p.reading.Start(p.ctx, "asking what is registered of "+tokens.VisibleLine(name),
		func(ctx context.Context, n int64) tea.Msg {
			client, err := svc.Registration(ctx, name)
			return registeredMsg{n, name, client, err}
		})
}

// handleRegistered stores the registration that was read, or reports the error.
func (p *Pane) handleRegistered(m registeredMsg) tea.Cmd {
	if !p.reading.Done(m.n) {
		return nil
	}
	if m.err != nil {
		return pane.Send(pane.Failed("Reading the registration of "+tokens.VisibleLine(m.profile), m.err))
	}
	p.registered[m.profile] = m.client
	return nil
}

// clientFacts describes the client under the cursor.
func (p *Pane) clientFacts() []pane.Fact {
	c, ok := p.selectedClient()
	if !ok {
		return nil
	}
	if have := p.registered[c.Profile.Name]; have != nil {
		return registeredFacts(have, c.Profile.Name, p.ctx.Service.VaultName())
	}
	registered := "elsewhere: fob cannot read the registration"
	if registration.IsDocumentURL(c.Profile.ClientID) {
		registered = "by the metadata document at its client_id, where the provider reads one"
	} else if c.Managed {
		registered = "by fob: enter reads the registration"
	}
	return pane.Facts("profile", c.Profile.Name, "client_id", c.Profile.ClientID,
		"authenticates by", orAutomatic(c.Profile.AuthMethod), "registered", registered)
}

func orAutomatic(method string) string {
	if method == "" {
		return "what the metadata offers"
	}
	return method
}

func (p *Pane) clientRow(i int) []widget.Cell {
	st, c := p.ctx.Styles, p.clients[i]
	by := widget.Cell{Text: "elsewhere", Style: st.Dim}
	if c.Managed {
		by = widget.Cell{Text: "by fob", Style: st.Good}
	}
	return []widget.Cell{{Text: tokens.VisibleLine(c.Profile.Name), Style: st.Text},
		{Text: tokens.VisibleLine(c.Profile.ClientID), Style: st.Dim},
		{Text: orAutomatic(c.Profile.AuthMethod), Style: st.Dim}, by}
}
