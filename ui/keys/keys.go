// Package keys is the one table of key bindings. Footer, help, palette and the README's table are made from it.
//
// A binding names an action; whoever owns the binding's scope carries the action out and says why it cannot be
// carried out now. Nothing else in ui compares key names.
package keys

// Action is what a key asks for: "session.refresh".
type Action string

// Scope says where a binding holds.
type Scope string

// The scopes. Global bindings hold wherever no text field has the focus.
const (
	Global   Scope = "global"
	Sessions Scope = "sessions"
	Token    Scope = "token"
	Expiry   Scope = "expiry"
	Calls    Scope = "calls"
	Flow     Scope = "flow"
	Provider Scope = "provider"
	Trace    Scope = "trace"
)

// Binding is one row of the table.
type Binding struct {
	Action    Action
	Keys      []string // as Bubble Tea names them: "enter", "ctrl+p", "r"; the first is shown
	Scope     Scope
	Label     string // one or two words for the footer: "refresh"
	Tooltip   string // one sentence for help: what it does and to what
	Dangerous bool   // changes or ends something that cannot be brought back; gone with --read-only
	Footer    bool   // shown on the footer while its scope has the focus
}
