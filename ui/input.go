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

// key takes what was typed or pasted.
func (r *root) key(k tea.KeyMsg) tea.Cmd {
	p := r.focused()
	if k.Paste {
		// Terminals send the line breaks of a paste as the enter key would.
		k.Runes = []rune(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(k.Runes)))
	}
	if b, ok := keys.Find(keys.Global, k.String()); ok && b.Action == keys.Suspend {
		return r.act(keys.Global, keys.Suspend) // wherever the focus is: the shell's key, not one for text
	}
	switch {
	case r.modals.Len() > 0 && (k.Paste || len(k.Runes) < 2 || r.modalTakesText()):
		return r.modals.Update(k)
	case k.Paste:
		return r.paste(k)
	case r.modals.Len() == 0 && p.Editing():
		return r.editing(p, k)
	case r.modals.Len() == 0 && r.burst.takes(k, r.ctx.Now()):
		return r.paste(tea.KeyMsg{Type: tea.KeyRunes, Runes: r.burst.text, Paste: true})
	}
	// What was typed in a burst is taken key by key: the first may open a field that the next are for.
	list := terminal.SplitKeys(k)
	if len(list) > 1 {
		var cmds []tea.Cmd
		for _, one := range list {
			cmds = append(cmds, r.key(one), r.settle())
		}
		return tea.Batch(cmds...)
	}
	b, ok := keys.Find(r.focus, k.String())
	if !ok {
		return nil
	}
	return r.act(b.Scope, b.Action)
}

// burst gathers what is pasted in a terminal that does not mark pastes: it comes as keys, faster than anybody types, and
// would run whatever its letters are bound to.
type burst struct {
	text []rune
	last time.Time
}

const (
	burstFrom   = 24                     // keys in one read
	burstKinds  = 8                      // different ones among them: a key that is held down comes in bursts too
	burstPause  = 150 * time.Millisecond // after which a key is typed again
	burstAtMost = 1 << 20                // characters
)

// takes reports whether the key belongs to a paste, and adds it.
func (b *burst) takes(k tea.KeyMsg, now time.Time) bool {
	goesOn := len(b.text) > 0 && now.Sub(b.last) < burstPause
	if !goesOn {
		b.text = nil
	}
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
	case tea.KeyEnter, tea.KeyTab:
		k.Runes = []rune{'\n'}
		if !goesOn {
			return false
		}
	default:
		return false
	}
	if !goesOn && (k.Alt || len(k.Runes) < burstFrom || kinds(k.Runes) < burstKinds) {
		return false
	}
	b.text = append(b.text, k.Runes[:min(len(k.Runes), burstAtMost-len(b.text))]...)
	b.last = now
	return true
}

// kinds is how many different characters there are.
func kinds(runes []rune) int {
	seen := map[rune]bool{}
	for _, r := range runes {
		seen[r] = true
	}
	return len(seen)
}

// editing passes keys to the pane with a text field, but for the few that no field takes.
func (r *root) editing(p pane.Pane, k tea.KeyMsg) tea.Cmd {
	b, ok := keys.Find(keys.Global, k.String())
	if ok && k.Type != tea.KeyRunes {
		switch b.Action {
		case keys.Back, keys.Cancel, keys.Palette, keys.Help:
			return r.act(keys.Global, b.Action)
		}
	}
	return p.Update(k)
}

// paste takes a text pasted while no modal is open: a field has it, else the pane that waits for one, else it is
// inspected as a token.
func (r *root) paste(k tea.KeyMsg) tea.Cmd {
	p := r.focused()
	if p.Editing() {
		return p.Update(k)
	}
	text := string(k.Runes)
	for _, q := range append([]pane.Pane{p}, r.panes...) {
		if taker, ok := q.(pane.Paster); ok {
			if cmd, took := taker.Paste(text); took {
				return cmd
			}
		}
	}
	return pane.Send(pane.InspectMsg{Raw: tokens.NewSecret(text)})
}

// click takes the mouse: a click gives the focus and reaches the pane, the wheel scrolls what is under it.
func (r *root) click(m tea.MouseMsg) tea.Cmd {
	if !r.mouse || r.w < leastWidth {
		return nil
	}
	if r.modals.Len() > 0 {
		return r.clickModal(m)
	}
	l := r.layout()
	p, area := r.under(l, m.X, m.Y)
	if p == nil {
		return nil
	}
	switch {
	case m.Button == tea.MouseButtonWheelUp:
		return r.repeat(p, keys.Up)
	case m.Button == tea.MouseButtonWheelDown:
		return r.repeat(p, keys.Down)
	case m.Action != tea.MouseActionPress || m.Button != tea.MouseButtonLeft:
		return nil
	}
	if m.Y == area.Y {
		if s, ok := r.tabAt(m.X); ok {
			return r.focusOn(s)
		}
	}
	var cmd tea.Cmd
	if r.focus != p.Scope() {
		cmd = r.focusOn(p.Scope())
	}
	in := content(area, p.Scope())
	if !in.Has(m.X, m.Y) {
		return cmd
	}
	return tea.Batch(cmd, p.Update(pane.ClickMsg{X: m.X - in.X, Y: m.Y - in.Y}))
}

func (r *root) clickModal(m tea.MouseMsg) tea.Cmd {
	switch m.Button {
	case tea.MouseButtonWheelUp:
		return r.modals.Update(tea.KeyMsg{Type: tea.KeyUp})
	case tea.MouseButtonWheelDown:
		return r.modals.Update(tea.KeyMsg{Type: tea.KeyDown})
	}
	return nil
}

// under is the pane at a cell and its rectangle.
func (r *root) under(l Layout, x, y int) (pane.Pane, Rect) {
	switch {
	case l.List.Has(x, y):
		return r.pane(keys.Sessions), l.List
	case l.Main.Has(x, y):
		return r.pane(r.shown), l.Main
	}
	return nil, Rect{}
}

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

func (r *root) repeat(p pane.Pane, a keys.Action) tea.Cmd {
	if p.Disabled(a) != "" {
		return nil
	}
	var cmds []tea.Cmd
	for range wheelLines {
		cmds = append(cmds, p.Do(a))
	}
	return tea.Batch(cmds...)
}
