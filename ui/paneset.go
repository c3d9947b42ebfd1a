package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/pane"
)

// paneSet is the panes, and which of them has the focus.
type paneSet struct {
	ctx   *pane.Context
	all   []pane.Pane // the list of sessions first, then in the order of their tabs
	focus keys.Scope
	shown keys.Scope // the pane in the main part: the focused one, or the last one while the list has the focus
}

func newPaneSet(ctx *pane.Context, all []pane.Pane) *paneSet {
	p := &paneSet{ctx: ctx, all: all, shown: keys.Token}
	p.setFocus(keys.Sessions)
	return p
}

func (p *paneSet) get(s keys.Scope) pane.Pane {
	for _, one := range p.all {
		if one.Scope() == s {
			return one
		}
	}
	return nil
}

func (p *paneSet) focused() pane.Pane { return p.get(p.focus) }

func (p *paneSet) setFocus(s keys.Scope) {
	p.focus, p.ctx.Focus = s, s
	if s != keys.Sessions {
		p.shown = s
	}
}

// focusOn shows and focuses a pane, and broadcasts that.
func (p *paneSet) focusOn(s keys.Scope) tea.Cmd {
	if p.get(s) == nil {
		return nil
	}
	p.setFocus(s)
	return p.broadcast(pane.FocusMsg{Scope: s})
}

// cycleFocus focuses the pane d places further on.
func (p *paneSet) cycleFocus(d int) tea.Cmd {
	for i, one := range p.all {
		if one.Scope() == p.focus {
			return p.focusOn(p.all[(i+d+len(p.all))%len(p.all)].Scope())
		}
	}
	return nil
}

// broadcast sends a message to every pane, visible or not.
func (p *paneSet) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, one := range p.all {
		if cmd := one.Update(msg); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return tea.Batch(cmds...)
}

// main is the pane in the main part of a screen of the width: a narrow one shows only the focused pane.
func (p *paneSet) main(width int) keys.Scope {
	if width < wideFrom {
		return p.focus
	}
	return p.shown
}

// fullWidth is the main pane, if it can have full-width lines; else nil.
func (p *paneSet) fullWidth(width int) pane.FullWidthLines {
	lines, _ := p.get(p.main(width)).(pane.FullWidthLines)
	return lines
}

// running describes the run in a pane: see pane.Runner.
func (p *paneSet) running(s keys.Scope) (what string, waits bool) {
	if one, ok := p.get(s).(pane.Runner); ok {
		return one.Running()
	}
	return "", false
}

// runningHint describes a run in a pane without the focus, with the key that shows it.
func (p *paneSet) runningHint() string {
	st := p.ctx.Styles
	for _, s := range keys.Panes() {
		if what, waits := p.running(s); what != "" && s != p.focus {
			style := st.Dim
			if waits {
				style = st.Warn
			}
			return st.Key.Render(tabKey(s)) + " " + style.Render(what)
		}
	}
	return ""
}

// needTick reports whether a pane counts time.
func (p *paneSet) needTick() bool {
	for _, one := range p.all {
		if t, ok := one.(pane.Ticker); ok && t.NeedsTick() {
			return true
		}
	}
	return false
}

// cancel cancels the work of the first pane that has some, and reports whether one had.
func (p *paneSet) cancel() bool {
	for _, one := range p.all {
		if c, ok := one.(pane.Canceller); ok && c.Cancel() {
			return true
		}
	}
	return false
}

// paste offers a pasted text to the panes, the focused one first, and reports whether one accepted it.
func (p *paneSet) paste(text string) (tea.Cmd, bool) {
	for _, one := range append([]pane.Pane{p.focused()}, p.all...) {
		if paster, ok := one.(pane.Paster); ok {
			if cmd, accepted := paster.Paste(text); accepted {
				return cmd, true
			}
		}
	}
	return nil, false
}
