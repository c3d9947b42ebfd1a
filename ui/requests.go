package ui

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// reload reads the list of sessions.
func (r *root) reload() tea.Cmd {
	svc := r.svc
	return func() tea.Msg {
		list, err := svc.Sessions(context.Background())
		return pane.SessionsMsg{Sessions: list, Err: err}
	}
}

// setSessions shows a new list. The selection is broadcast although it is the same session: its times may have changed.
func (r *root) setSessions(m pane.SessionsMsg) tea.Cmd {
	r.list.replace(m.Sessions)
	cmd := r.panes.broadcast(m)
	if m.Err != nil && len(m.Sessions) == 0 {
		r.notices.showError(pane.ErrorMsg{What: "reading the list of sessions", Err: m.Err})
	}
	return tea.Batch(cmd, r.panes.broadcast(pane.SelectedMsg{Meta: r.list.selected}))
}

// selectSession selects a session, now or once the list has it.
func (r *root) selectSession(m pane.SelectMsg) tea.Cmd {
	var cmds []tea.Cmd
	if r.list.choose(m.ID) {
		cmds = append(cmds, r.panes.broadcast(pane.SelectedMsg{Meta: r.list.selected}))
	}
	if m.Open {
		cmds = append(cmds, r.panes.focusOn(keys.Token))
	}
	return tea.Batch(cmds...)
}

type vaultMsg struct{ err error }

// probeVault finds out whether the vault works, before a user signs in.
func (r *root) probeVault() tea.Cmd {
	svc := r.svc
	return func() tea.Msg { return vaultMsg{svc.ProbeVault(context.Background())} }
}

func (r *root) reportVault(err error) tea.Cmd {
	r.list.vault = "ok"
	if err == nil {
		return nil
	}
	r.list.vault = "not working"
	first, _, _ := strings.Cut(pane.ErrorText(err), "\n")
	return r.notices.showToast("tokens cannot be stored: " + first)
}

// copy puts text on the clipboard without showing it.
func (r *root) copy(m pane.CopyMsg) tea.Cmd {
	text := m.Secret
	if text.IsZero() {
		text = tokens.NewSecret(m.Text)
	}
	if text.IsZero() {
		return r.notices.showToast("there is nothing to copy")
	}
	return r.clip.copy(m.What, text)
}

func (r *root) reportCopy(m copiedMsg) tea.Cmd {
	text, err := r.clip.report(m)
	if err != nil {
		r.notices.showError(pane.ErrorMsg{What: "copying the " + m.what, Err: err})
		return nil
	}
	return r.notices.showToast(text)
}

func (r *root) reportSave(m savedMsg) tea.Cmd {
	if m.err != nil {
		r.notices.showError(pane.ErrorMsg{What: "writing the copy to a file", Err: m.err})
		return nil
	}
	return r.notices.showToast("written to " + m.path + "; fob deletes it at exit")
}

// chooseSession asks the user to select another session.
func (r *root) chooseSession(m pane.ChooseSessionMsg) tea.Cmd {
	var list []vault.Meta
	var items []widget.Item
	for _, s := range r.list.all {
		if s.ID != r.list.selected.ID {
			list = append(list, s)
			items = append(items, widget.Item{Group: "Another session", Label: pane.SessionName(s),
				Text: tokens.VisibleLine(s.Profile + "  " + s.Scope)})
		}
	}
	if len(list) == 0 {
		return r.notices.showToast("there is no other session")
	}
	r.notices.choose("With whose token?", items, func(i int) tea.Cmd {
		return tea.Batch(pane.Send(pane.SelectMsg{ID: list[i].ID}), pane.Send(pane.ToastMsg{Text: m.Why}))
	})
	return nil
}

// showDiagnosis shows the diagnosis of the error in the focused pane.
func (r *root) showDiagnosis() tea.Cmd {
	var m pane.ErrorMsg
	reporter, ok := r.panes.focused().(pane.ErrorReporter)
	if ok {
		m, ok = reporter.ShownError()
	}
	if !ok {
		return r.notices.showToast("nothing has failed here")
	}
	if errors.Is(m.Err, context.Canceled) {
		p := pane.Explain(m.What, m.Err)
		return r.notices.showToast(p.Title + ". " + p.NextStep)
	}
	m.Requested = true
	r.notices.showError(m)
	return nil
}
