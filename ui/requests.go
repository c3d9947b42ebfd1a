package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/widget"
)

// The results of the root's own commands.
type (
	toastOverMsg struct{ n int }
	copiedMsg    struct {
		what, how string
		err       error
	}
	savedMsg struct {
		path string
		err  error
	}
	vaultMsg struct{ err error }
)

// say shows a short notice for as long as it takes to read.
func (r *root) say(text string) tea.Cmd {
	n := r.toast.Show(tokens.VisibleLine(text))
	read := 3*time.Second + time.Duration(len(text))*25*time.Millisecond
	return tea.Tick(min(read, 8*time.Second), func(time.Time) tea.Msg { return toastOverMsg{n} })
}

// noticeWidth is how wide the text of a notice is laid out.
const noticeWidth = 84

// fail shows an error until it is dismissed. It opens by itself.
func (r *root) fail(m pane.ErrorMsg) {
	p, does := r.ctx.Explain(m), map[string]tea.Cmd{}
	text := p.Text(noticeWidth)
	if text == "" {
		text = "no reason was given"
	}
	for _, remedy := range p.Remedies {
		does[remedy.Key] = remedy.Do
	}
	push := r.modals.PushUnasked
	if m.Requested {
		push = r.modals.Push
	}
	push(&widget.Notice{
		What: tokens.VisibleLine(m.What),
		Text: text,
		Keys: does,
		Copy: func(text string) tea.Cmd { return pane.Send(pane.CopyMsg{What: "error", Text: text}) },
	})
}

// reload reads the list of sessions.
func (r *root) reload() tea.Cmd {
	svc := r.svc
	return func() tea.Msg {
		list, err := svc.Sessions(context.Background())
		return pane.SessionsMsg{Sessions: list, Err: err}
	}
}

// takeSessions puts a new list in and keeps the selection on the same session, or on the nearest that is left.
func (r *root) takeSessions(m pane.SessionsMsg) tea.Cmd {
	before := r.list.selected
	r.list.all, r.list.read, r.list.counted = m.Sessions, true, 0
	cmds := []tea.Cmd{r.broadcast(m)}
	if m.Err != nil && len(m.Sessions) == 0 {
		r.fail(pane.ErrorMsg{What: "reading the list of sessions", Err: m.Err})
	}
	want := before.ID
	if r.list.wanted != "" {
		want = r.list.wanted
	}
	now, found := r.find(want)
	if found {
		r.list.wanted = ""
	} else if now, found = r.find(before.ID); !found && len(m.Sessions) > 0 {
		now = m.Sessions[0]
	}
	r.list.selected = now
	// Also when it is the same session: its times may have changed.
	return tea.Batch(append(cmds, r.broadcast(pane.SelectedMsg{Meta: now}))...)
}

func (r *root) find(id string) (vault.Meta, bool) {
	for _, m := range r.list.all {
		if m.ID == id && id != "" {
			return m, true
		}
	}
	return vault.Meta{}, false
}

// selectSession selects a session, or remembers to once the list holds it.
func (r *root) selectSession(m pane.SelectMsg) tea.Cmd {
	var cmds []tea.Cmd
	if meta, ok := r.find(m.ID); ok {
		r.list.selected, r.list.wanted = meta, ""
		cmds = append(cmds, r.broadcast(pane.SelectedMsg{Meta: meta}))
	} else {
		r.list.wanted = m.ID
	}
	if m.Open {
		cmds = append(cmds, r.focusOn(keys.Token))
	}
	return tea.Batch(cmds...)
}

// probe finds out whether the vault works, before anybody is sent to sign in.
func (r *root) probe() tea.Cmd {
	svc := r.svc
	return func() tea.Msg { return vaultMsg{svc.ProbeVault(context.Background())} }
}

func (r *root) afterProbe(m vaultMsg) tea.Cmd {
	r.list.vault = "ok"
	if m.err == nil {
		return nil
	}
	r.list.vault = "not working"
	first, _, _ := strings.Cut(pane.ErrorText(m.err), "\n")
	return r.say("tokens cannot be stored: " + first)
}

// copy puts text on the clipboard; a secret is not shown for it.
func (r *root) copy(m pane.CopyMsg) tea.Cmd {
	secret := m.Secret
	if secret.IsZero() {
		secret = tokens.NewSecret(m.Text)
	}
	if secret.IsZero() {
		return r.say("there is nothing to copy")
	}
	r.copied = secret
	clip := r.copier
	return func() tea.Msg {
		how, err := clip.Copy(context.Background(), secret.Reveal())
		return copiedMsg{what: m.What, how: how, err: err}
	}
}

func (r *root) afterCopy(m copiedMsg) tea.Cmd {
	key := ""
	if b, ok := keys.ByAction(keys.CopyFile); ok {
		key = b.Key()
	}
	switch {
	case errors.Is(m.err, terminal.ErrNoClipboard):
		return r.say("the " + m.what + " could not be copied; " + key + " writes it to a file that only you can read")
	case m.err != nil:
		r.fail(pane.ErrorMsg{What: "copying the " + m.what, Err: m.err})
		return nil
	case m.how == "through the terminal":
		return r.say(m.what + " sent to the clipboard; did it not arrive, " + key + " writes it to a file")
	}
	if strings.HasSuffix(m.how, "tmux") && !r.toldOfTmux {
		r.toldOfTmux = true
		return r.say(m.what + " copied; tmux keeps it: tmux delete-buffer removes it")
	}
	return r.say(m.what + " copied " + m.how)
}

// save writes what was copied last to a file.
func (r *root) save() tea.Cmd {
	secret, copies := r.copied, r.copies
	return func() tea.Msg {
		path, err := copies.Save(secret.Reveal())
		return savedMsg{path, err}
	}
}

func (r *root) afterSave(m savedMsg) tea.Cmd {
	if m.err != nil {
		r.fail(pane.ErrorMsg{What: "writing the copy to a file", Err: m.err})
		return nil
	}
	return r.say("written to " + m.path + ", until fob ends")
}

// wait counts down before something is done.
func (r *root) wait(m pane.WaitMsg) {
	r.modals.Push(&widget.Countdown{What: m.What, Over: r.ctx.Now().Add(m.For), Do: m.Do, Now: r.ctx.Now})
}

// counting is the countdown on top; nil when there is none.
func (r *root) counting() *widget.Countdown {
	c, _ := r.modals.Top().(*widget.Countdown)
	return c
}

// overdue does what a countdown on top has waited for.
func (r *root) overdue() tea.Cmd {
	c := r.counting()
	if c == nil || r.ctx.Now().Before(c.Over) {
		return nil
	}
	r.modals.Pop()
	return c.Do
}

// chooseSession asks for another session.
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
		return r.say("there is no other session")
	}
	r.modals.Push(&widget.Picker{Title: "With whose token?", Items: items, Choose: func(i int) tea.Cmd {
		return tea.Batch(pane.Send(pane.SelectMsg{ID: list[i].ID}), pane.Send(pane.ToastMsg{Text: m.Why}))
	}})
	return nil
}

// advise shows all that is known of the error in the focused pane.
func (r *root) advise() tea.Cmd {
	if f, ok := r.focused().(pane.ErrorReporter); ok {
		if m, failed := f.ShownError(); failed {
			if errors.Is(m.Err, context.Canceled) {
				p := pane.Explain(m.What, m.Err)
				return r.say(p.Title + ". " + p.NextStep)
			}
			m.Requested = true
			r.fail(m)
			return nil
		}
	}
	return r.say("nothing has failed here")
}
