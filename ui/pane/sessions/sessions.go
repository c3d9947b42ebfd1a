// Package sessions is the list of sessions at the left of the workbench: whose tokens are stored, and when they expire.
//
// It does no I/O: the root reads the list and broadcasts it.
package sessions

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// Pane is the list of sessions.
type Pane struct {
	ctx      *pane.Context
	table    *widget.Table
	sessions []vault.Meta
	names    map[string]string // in the list, by session ID
	read     bool              // the list was read
	damaged  error             // records that could not be read
	selected string
	work     pane.Work // refresh, revoke, remove …
	copying  pane.Work
	label    widget.Input // the new label, while renaming
	renaming string       // ID of the session that is renamed; "" for none
	problem  string       // why the label was rejected
	width    int
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	p := &Pane{ctx: ctx, table: widget.NewTable(ctx.Styles)}
	p.table.Lines = 2
	return p
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Sessions }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Sessions" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool { return p.renaming != "" || p.table.Editing() }

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SessionsMsg:
		p.setSessions(m)
		return nil
	case pane.SelectedMsg:
		p.selected = m.Meta.ID
		p.followSelection()
		return nil
	case pane.RefreshMsg:
		return pane.RefreshSession(&p.work, p.ctx, m.Session)
	case pane.ClickMsg:
		if p.table.Click(m.Y) {
			p.requestSelection()
		}
		return nil
	case tea.KeyMsg:
		return p.key(m)
	case renamedMsg:
		return p.handleRenamed(m)
	}
	return tea.Batch(p.work.Update(msg), p.copying.Update(msg))
}

// setSessions shows a new list; the same session stays selected.
func (p *Pane) setSessions(m pane.SessionsMsg) {
	p.sessions, p.damaged, p.read = m.Sessions, m.Err, true
	p.names = uniqueNames(m.Sessions)
	p.table.SetRows(len(p.sessions), p.row, p.filterText)
	p.followSelection()
	p.requestSelection()
}

// followSelection moves the cursor to the selected session.
func (p *Pane) followSelection() {
	for i, s := range p.sessions {
		if s.ID == p.selected {
			p.table.Select(i)
			return
		}
	}
}

// requestSelection asks the root to select the session under the cursor, if it is another one.
func (p *Pane) requestSelection() {
	if m, _ := p.current(); m.ID != p.selected {
		p.selected = m.ID
		p.ctx.Request(pane.SelectMsg{ID: m.ID})
	}
}

// current is the session under the cursor.
func (p *Pane) current() (vault.Meta, bool) {
	i := p.table.Cursor()
	if i < 0 || i >= len(p.sessions) {
		return vault.Meta{}, false
	}
	return p.sessions[i], true
}

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	if p.renaming == "" {
		p.table.Update(k)
		p.requestSelection()
		return nil
	}
	if k.Type != tea.KeyEnter {
		if p.label.Update(k) {
			p.problem = ""
		}
		if p.label.Refused {
			p.problem = widget.NoTokenHere
		}
		return nil
	}
	id, label := p.renaming, strings.TrimSpace(p.label.Value())
	if p.label.Refuses(label) {
		p.problem = widget.NoTokenHere
		return nil
	}
	if p.work.Running() {
		return nil
	}
	svc := p.ctx.Service
	return p.work.Start(p.ctx, "renaming", func(ctx context.Context, n int64) tea.Msg {
		return renamedMsg{n, svc.Rename(ctx, id, label)}
	})
}

// renamedMsg is the result of a renaming.
type renamedMsg struct {
	n   int64
	err error
}

// handleRenamed ends the renaming. A rejected label stays in its field, with the reason below it.
func (p *Pane) handleRenamed(m renamedMsg) tea.Cmd {
	if !p.work.Done(m.n) {
		return nil
	}
	if m.err != nil {
		if p.problem = pane.ErrorText(m.err); p.renaming == "" {
			return pane.Send(pane.Failed("Renaming the session", m.err))
		}
		return nil
	}
	p.renaming, p.problem = "", ""
	return pane.Send(pane.ReloadMsg{})
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	switch {
	case p.renaming != "" && p.work.Cancel():
	case p.renaming != "":
		p.renaming, p.problem = "", ""
	case p.work.Cancel(), p.copying.Cancel(), p.table.Back():
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool { return p.work.Cancel() }

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	m, ok := p.current()
	if a == keys.Filter && len(p.sessions) == 0 {
		return "there is nothing to filter"
	}
	if !ok {
		switch a {
		case keys.SessionRefresh, keys.SessionCopy, keys.SessionRename, keys.SessionRevoke, keys.SessionLogout,
			keys.SessionRemove, keys.Open:
			return "no session is selected"
		}
		return ""
	}
	switch a {
	case keys.SessionRefresh:
		return pane.RefreshDisabled(&p.work, m)
	case keys.SessionRename, keys.SessionRevoke, keys.SessionLogout, keys.SessionRemove:
		if p.work.Running() {
			return p.work.Busy()
		}
	case keys.SessionCopy:
		if !m.Has(tokens.Access) {
			return "this session has no access token"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	if p.table.Do(a) {
		p.requestSelection()
		return nil
	}
	m, ok := p.current()
	if !ok {
		return nil
	}
	switch a {
	case keys.Open:
		p.ctx.Request(pane.SelectMsg{ID: m.ID, Open: true})
	case keys.SessionRefresh:
		return pane.RefreshSession(&p.work, p.ctx, m)
	case keys.SessionCopy:
		return pane.CopyToken(&p.copying, p.ctx, m, tokens.Access)
	case keys.SessionRename:
		p.renaming = m.ID
		p.label, p.problem = widget.Input{Placeholder: "label", Refuses: tokens.LooksUnlikeName}, ""
		p.label.SetValue(m.Label)
	case keys.SessionRevoke:
		kind := tokens.Access
		if m.Has(tokens.Refresh) {
			kind = tokens.Refresh
		}
		return pane.RevokeToken(&p.work, p.ctx, m, kind)
	case keys.SessionLogout:
		return p.logout(m)
	case keys.SessionRemove:
		return p.remove(m)
	}
	return nil
}

func (p *Pane) remove(m vault.Meta) tea.Cmd {
	svc, name := p.ctx.Service, pane.SessionName(m)
	const text = "Its tokens are deleted from the vault. They are not revoked at the provider: they stay valid until " +
		"they expire."
	return p.work.Confirm("Remove "+name+"?", text, func() tea.Cmd {
		return p.work.Run(p.ctx, "removing "+name, func(ctx context.Context) ([]tea.Msg, error) {
			if err := svc.Remove(ctx, m.ID); err != nil {
				return []tea.Msg{pane.ReloadMsg{}}, err
			}
			return []tea.Msg{pane.ToastMsg{Text: name + " is removed"}, pane.ReloadMsg{}}, nil
		})
	})
}

func (p *Pane) logout(m vault.Meta) tea.Cmd {
	svc, name := p.ctx.Service, pane.SessionName(m)
	const text = "Its tokens are revoked, the sign-in is ended at the provider if it supports that, and the session " +
		"is removed."
	return p.work.Confirm("Log out "+name+"?", text, func() tea.Cmd {
		return p.work.Run(p.ctx, "logging out "+name, func(ctx context.Context) ([]tea.Msg, error) {
			done, err := svc.Logout(ctx, m.ID, true)
			if err != nil {
				return []tea.Msg{pane.FailedOn("Logging out "+name, err, session.ErrorContext{Session: m}, nil),
					pane.ReloadMsg{}}, nil
			}
			result := name + " is logged out"
			if len(done.Notes) > 0 {
				result += ": " + strings.Join(done.Notes, "; ")
			}
			return []tea.Msg{pane.ToastMsg{Text: tokens.VisibleLine(result)}, pane.ReloadMsg{}}, nil
		})
	})
}
