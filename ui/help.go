package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/widget"
)

// helpFor lists the actions of the focused pane, then those that work everywhere.
func (r *root) helpFor(s keys.Scope) *widget.Picker {
	list := keys.In(s)
	for _, b := range keys.In(keys.Global) {
		if b.Action != keys.Help {
			list = append(list, b)
		}
	}
	return r.picker("Help: "+s.Name(), "?", s, list)
}

// palette lists every action of every pane.
func (r *root) palette() *widget.Picker {
	list := keys.In(r.panes.focus)
	for _, p := range r.panes.all {
		if p.Scope() != r.panes.focus {
			list = append(list, keys.In(p.Scope())...)
		}
	}
	for _, b := range keys.In(keys.Global) {
		// Moving and closing are done by the keys themselves: they are not commands.
		if !b.Pane && b.Action != keys.Palette && b.Action != keys.Back {
			list = append(list, b)
		}
	}
	return r.picker("Commands", "", r.panes.focus, list)
}

// picker lists actions, the usable ones first, the disabled ones with their reasons.
func (r *root) picker(title, closes string, s keys.Scope, list []keys.Binding) *widget.Picker {
	p := &widget.Picker{Title: title, Close: closes}
	var shown []keys.Binding
	for _, usable := range []bool{true, false} {
		for _, b := range list {
			why := r.disabled(b)
			if (why == "") != usable || r.ctx.ReadOnly && !b.ReadOnly() {
				continue
			}
			group := b.Scope.Name()
			if !usable {
				group = "Not now"
			}
			shown = append(shown, b)
			p.Items = append(p.Items, widget.Item{Group: group, Key: keyList(b, s), Label: b.Label, Text: b.Tooltip,
				Disabled: why, Danger: b.Dangerous})
		}
	}
	p.Choose = func(i int) tea.Cmd {
		r.ctx.Request(actionMsg{shown[i].Scope, shown[i].Action})
		return nil
	}
	return p
}

// keyList is the keys of a binding that work while the scope has the focus, or those of another pane.
func keyList(b keys.Binding, s keys.Scope) string {
	var list []string
	for _, k := range b.Keys {
		if b.Scope == keys.Global {
			if found, ok := keys.Find(s, k); !ok || found.Action != b.Action {
				continue
			}
		}
		list = append(list, keys.Show(k))
	}
	return strings.Join(list, " ")
}
