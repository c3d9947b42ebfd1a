package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/widget"
)

// modalTakesText reports whether the topmost modal wants what is typed in a burst in one piece. Pickers do not: a key
// among them may close one.
func (r *root) modalTakesText() bool {
	_, ok := r.modals.Top().(*widget.Prompt)
	return ok
}

// helpFor lists what can be done where the focus is: the pane's own actions, then what holds everywhere.
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
	for _, s := range append([]keys.Scope{r.focus}, r.scopes()...) {
		list = append(list, keys.In(s)...)
	}
	for _, b := range keys.In(keys.Global) {
		// What is done by the keys themselves (moving, closing) is no command.
		if !b.Pane && b.Action != keys.Palette && b.Action != keys.Back {
			list = append(list, b)
		}
	}
	return r.picker("Commands", "", r.focus, list)
}

// scopes are the scopes of the panes without the focused one.
func (r *root) scopes() []keys.Scope {
	var list []keys.Scope
	for _, p := range r.panes {
		if p.Scope() != r.focus {
			list = append(list, p.Scope())
		}
	}
	return list
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

// notNow is the group of what cannot be done at the moment.
const notNow = "Not now"

// usableFirst puts what cannot be carried out now, with its reason, behind what can, in items as in the bindings that
// they stand for.
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

// keyList is the binding's keys that reach it while the scope has the focus; those of another pane's actions are shown
// as they are there.
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
