// Package keys is the table of key bindings. Footer, help, palette and the README's table are made from it.
//
// A binding names an action; the owner of the binding's scope performs it, and says why it cannot be
// performed now. No other package of ui compares key names.
package keys

// Action is what a key requests: "session.refresh".
type Action string

// Scope is where a binding applies.
type Scope string

// The scopes. Global bindings apply wherever no text field has the focus; a pane's own binding of the same key wins.
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

// Panes lists the scopes of the panes with a number, in the order of their tabs.
func Panes() []Scope { return []Scope{Token, Expiry, Calls, Flow, Provider, Trace} }

// Name returns the scope's display name: "Token".
func (s Scope) Name() string {
	if s == "" {
		return ""
	}
	if s == Global {
		return "Everywhere"
	}
	return string(s[0]-'a'+'A') + string(s[1:])
}

// Short returns the name where there is little room: "Tok".
func (s Scope) Short() string {
	switch s {
	case Sessions:
		return "Sess"
	case Token:
		return "Tok"
	case Expiry:
		return "Exp"
	case Calls:
		return "Call"
	case Provider:
		return "Prov"
	}
	return s.Name()
}

// Binding is one row of the table.
type Binding struct {
	Action    Action
	Keys      []string // as Bubble Tea names them: "enter", "ctrl+p", "r"; the first is shown
	Scope     Scope
	Label     string // one or two words for the footer: "refresh"
	Tooltip   string // one sentence for help: what it does and to what
	Dangerous bool   // ends something that cannot be restored: it asks first
	// Stores marks what creates, changes or removes something stored: a session, a token, a registration, the
	// configuration. It is disabled with --read-only; so is what is Dangerous.
	Stores bool
	Footer bool // shown on the footer while its scope has the focus
	// Pane marks a global binding that the focused pane performs (moving, opening, filtering).
	Pane bool
}

// In returns the bindings of the scope, in the table's order, without the global ones.
func In(s Scope) []Binding {
	var list []Binding
	for _, b := range table {
		if b.Scope == s {
			list = append(list, b)
		}
	}
	return list
}

// Find returns the binding of a key in the scope: the scope's own, else a global one.
func Find(s Scope, key string) (Binding, bool) {
	var global Binding
	found := false
	for _, b := range table {
		if b.Scope != s && b.Scope != Global {
			continue
		}
		for _, k := range b.Keys {
			if k != key {
				continue
			}
			if b.Scope == s {
				return b, true
			}
			global, found = b, true
		}
	}
	return global, found
}

// ByAction returns the binding of an action.
func ByAction(a Action) (Binding, bool) {
	for _, b := range table {
		if b.Action == a {
			return b, true
		}
	}
	return Binding{}, false
}

// AppliesIn reports whether the key triggers this binding while the scope has the focus: a pane's own binding of the
// same key hides a global one.
func (b Binding) AppliesIn(s Scope) bool {
	for _, k := range b.Keys {
		if found, ok := Find(s, k); ok && found.Action == b.Action {
			return true
		}
	}
	return false
}

// ReadOnly reports whether the binding is available with --read-only.
func (b Binding) ReadOnly() bool { return !b.Stores && !b.Dangerous }

// Key returns the first key as it is shown: "ctrl+p", "enter", "↑".
func (b Binding) Key() string {
	if len(b.Keys) == 0 {
		return ""
	}
	return Show(b.Keys[0])
}

// Show returns a key's display name.
func Show(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case " ":
		return "space"
	}
	return key
}
