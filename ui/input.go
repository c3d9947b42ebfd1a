package ui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
)

// key handles typed and pasted keys.
func (r *root) key(k tea.KeyMsg) tea.Cmd {
	p := r.panes.focused()
	if k.Paste {
		// Terminals send the line breaks of a paste as the enter key does.
		k.Runes = []rune(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(k.Runes)))
	}
	if b, ok := keys.Find(keys.Global, k.String()); ok && b.Action == keys.Suspend {
		return r.runAction(keys.Global, keys.Suspend) // also in a field: it is the shell's key, not text
	}
	modals := r.notices.modals
	switch {
	case modals.Len() > 0 && (k.Paste || len(k.Runes) < 2 || r.notices.acceptsBurst()):
		return modals.Update(k)
	case k.Paste:
		return r.paste(k)
	case modals.Len() == 0 && p.Editing():
		return r.editingKey(p, k)
	case modals.Len() == 0 && r.burst.accepts(k, r.ctx.Now()):
		return r.paste(tea.KeyMsg{Type: tea.KeyRunes, Runes: r.burst.text, Paste: true})
	}
	// A burst is handled key by key: the first may open a field that the next are for.
	list := terminal.SplitKeys(k)
	if len(list) > 1 {
		var cmds []tea.Cmd
		for _, one := range list {
			cmds = append(cmds, r.key(one), r.drainRequests())
		}
		return tea.Batch(cmds...)
	}
	b, ok := keys.Find(r.panes.focus, k.String())
	if !ok {
		return nil
	}
	return r.runAction(b.Scope, b.Action)
}

// burst collects a paste in a terminal that does not mark pastes: it arrives as keys, faster than a person types, and
// would run the actions that its letters are bound to.
type burst struct {
	text []rune
	last time.Time
}

const (
	burstFrom   = 24                     // keys in one read
	burstKinds  = 8                      // different ones among them: a key that is kept down sends bursts too
	burstPause  = 150 * time.Millisecond // a key after it was typed
	burstAtMost = 1 << 20                // characters
)

// accepts reports whether the key belongs to a paste, and adds it.
func (b *burst) accepts(k tea.KeyMsg, now time.Time) bool {
	continues := len(b.text) > 0 && now.Sub(b.last) < burstPause
	if !continues {
		b.text = nil
	}
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
	case tea.KeyEnter, tea.KeyTab:
		k.Runes = []rune{'\n'}
		if !continues {
			return false
		}
	default:
		return false
	}
	if !continues && (k.Alt || len(k.Runes) < burstFrom || distinct(k.Runes) < burstKinds) {
		return false
	}
	b.text = append(b.text, k.Runes[:min(len(k.Runes), burstAtMost-len(b.text))]...)
	b.last = now
	return true
}

// distinct is the number of different characters.
func distinct(runes []rune) int {
	seen := map[rune]bool{}
	for _, r := range runes {
		seen[r] = true
	}
	return len(seen)
}

// editingKey passes a key to the pane with a text field, except the few that no field handles.
func (r *root) editingKey(p pane.Pane, k tea.KeyMsg) tea.Cmd {
	b, ok := keys.Find(keys.Global, k.String())
	if ok && k.Type != tea.KeyRunes {
		switch b.Action {
		case keys.Back, keys.Cancel, keys.Palette, keys.Help:
			return r.runAction(keys.Global, b.Action)
		}
	}
	return p.Update(k)
}

// paste handles a paste without a dialog: it goes to a field, else to a pane that expects one, else it is inspected as
// a token.
func (r *root) paste(k tea.KeyMsg) tea.Cmd {
	p := r.panes.focused()
	if p.Editing() {
		return p.Update(k)
	}
	text := string(k.Runes)
	if cmd, accepted := r.panes.paste(text); accepted {
		return cmd
	}
	return pane.Send(pane.InspectMsg{Raw: tokens.NewSecret(text)})
}

// click handles the mouse: a click focuses and reaches the pane, the wheel scrolls the pane under it.
func (r *root) click(m tea.MouseMsg) tea.Cmd {
	if !r.mouse || r.w < minWidth {
		return nil
	}
	wheel, isWheel := map[tea.MouseButton]tea.KeyMsg{
		tea.MouseButtonWheelUp: {Type: tea.KeyUp}, tea.MouseButtonWheelDown: {Type: tea.KeyDown}}[m.Button]
	if r.notices.modals.Len() > 0 {
		if !isWheel {
			return nil
		}
		return r.notices.modals.Update(wheel)
	}
	l := r.layout()
	p, area := r.panes.get(keys.Sessions), l.List
	if !area.Has(m.X, m.Y) {
		p, area = r.panes.get(r.panes.shown), l.Main
	}
	switch {
	case !area.Has(m.X, m.Y):
		return nil
	case m.Button == tea.MouseButtonWheelUp:
		return scroll(p, keys.Up)
	case m.Button == tea.MouseButtonWheelDown:
		return scroll(p, keys.Down)
	case m.Action != tea.MouseActionPress || m.Button != tea.MouseButtonLeft:
		return nil
	}
	if m.Y == area.Y {
		if s, ok := r.tabs.at(m.X); ok {
			return r.panes.focusOn(s)
		}
	}
	var cmd tea.Cmd
	if r.panes.focus != p.Scope() {
		cmd = r.panes.focusOn(p.Scope())
	}
	in := content(area, p.Scope())
	if !in.Has(m.X, m.Y) {
		return cmd
	}
	return tea.Batch(cmd, p.Update(pane.ClickMsg{X: m.X - in.X, Y: m.Y - in.Y}))
}

// wheelLines is how far one notch of the wheel scrolls.
const wheelLines = 3

func scroll(p pane.Pane, a keys.Action) tea.Cmd {
	if p.Disabled(a) != "" {
		return nil
	}
	var cmds []tea.Cmd
	for range wheelLines {
		cmds = append(cmds, p.Do(a))
	}
	return tea.Batch(cmds...)
}
