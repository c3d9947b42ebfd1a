package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/widget"
)

// helpFor lists the actions of the focused pane, then those that work everywhere.
func (r *root) helpFor(s keys.Scope) *widget.Picker {
	var list []keys.Binding
	list = append(list, keys.In(s)...)
	for _, b := range keys.In(keys.Global) {
		if b.Action != keys.Help {
			list = append(list, b)
		}
	}
	return r.picker("Help: "+s.Name(), "?", s, list)
}

// palette lists every action of every pane.
func (r *root) palette() *widget.Picker {
	var list []keys.Binding
	list = append(list, keys.In(r.panes.focus)...)
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

func (r *root) picker(title, closes string, s keys.Scope, list []keys.Binding) *widget.Picker {
	p := &widget.Picker{Title: title, Close: closes}
	var shown []keys.Binding
	for _, b := range list {
		if r.ctx.ReadOnly && !b.ReadOnly() {
			continue
		}
		shown = append(shown, b)
		p.Items = append(p.Items, widget.Item{
			Group: b.Scope.Name(), Key: keyList(b, s), Label: b.Label, Text: b.Tooltip, Disabled: r.disabled(b),
			Danger: b.Dangerous,
		})
	}
	usableFirst(p.Items, shown)
	p.Choose = func(i int) tea.Cmd {
		b := shown[i]
		r.ctx.Request(actionMsg{b.Scope, b.Action})
		return nil
	}
	return p
}

// notNow is the group of disabled actions.
const notNow = "Not now"

// usableFirst moves disabled actions, with their reasons, after the others, in items and in their bindings.
func usableFirst(items []widget.Item, bindings []keys.Binding) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(min(1, len(items[a].Disabled)), min(1, len(items[b].Disabled)))
	})
	oldItems, oldBindings := slices.Clone(items), slices.Clone(bindings)
	for to, from := range order {
		items[to], bindings[to] = oldItems[from], oldBindings[from]
		if items[to].Disabled != "" {
			items[to].Group = notNow
		}
	}
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
