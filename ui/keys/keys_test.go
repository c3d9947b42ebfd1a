package keys

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryBindingIsWhole(t *testing.T) {
	seen := map[Action]bool{}
	for _, b := range table {
		if seen[b.Action] {
			t.Errorf("%s is in the table twice", b.Action)
		}
		seen[b.Action] = true
		if len(b.Keys) == 0 || b.Label == "" || b.Scope == "" {
			t.Errorf("%s lacks keys, label or scope: %+v", b.Action, b)
		}
		if !strings.HasSuffix(b.Tooltip, ".") {
			t.Errorf("%s: tooltip %q is not a sentence", b.Action, b.Tooltip)
		}
		if b.Pane != (b.Scope == Global && strings.HasPrefix(string(b.Action), "nav.")) {
			t.Errorf("%s: Pane is %v, but only the global nav. actions are a pane's", b.Action, b.Pane)
		}
	}
}

// What looks, asks and calls stays; what makes, changes or ends something that is kept goes.
func TestWhatIsLeftReadOnly(t *testing.T) {
	stays := map[Action]bool{}
	for _, b := range table {
		stays[b.Action] = b.ReadOnly()
	}
	for _, a := range []Action{
		NewLogin, SessionRefresh, SessionRename, SessionRevoke, SessionLogout, SessionRemove, TokenRefresh,
		TokenRenewed, TokenRevoke,
		ExpiryRefresh, CallStepUp, FlowKeep, ProviderRegister, ProviderChange, ProviderUnregister, ProviderSend,
	} {
		if stays[a] {
			t.Errorf("%s stays", a)
		}
		delete(stays, a)
	}
	for a, there := range stays {
		if !there {
			t.Errorf("%s is gone", a)
		}
	}
}

func TestNoKeyMeansTwoThingsInAScope(t *testing.T) {
	for _, s := range append(Panes(), Sessions, Global) {
		taken := map[string]Action{}
		for _, b := range In(s) {
			for _, k := range b.Keys {
				if other, ok := taken[k]; ok {
					t.Errorf("%s: %q means %s and %s", s, k, other, b.Action)
				}
				taken[k] = b.Action
			}
		}
	}
}

// Prefix keys of tmux and screen, and keys that terminals take for enter, backspace, stop and suspend.
func TestAvoidedKeysAreNotBound(t *testing.T) {
	for _, b := range table {
		for _, k := range b.Keys {
			for _, bad := range []string{"j", "h", "s", "q", "z", "b", "a"} {
				if k == "ctrl+"+bad && b.Action != Suspend { // which does what the terminal would
					t.Errorf("%s is bound to %s", b.Action, k)
				}
			}
		}
	}
}

func TestFindPrefersThePanesOwn(t *testing.T) {
	for _, c := range []struct {
		scope Scope
		key   string
		want  Action
	}{
		{Sessions, "r", SessionRefresh},
		{Token, "r", TokenRefresh},
		{Flow, "p", FlowPaste},
		{Token, "p", PasteIn},
		{Trace, "j", Down},
		{Calls, "ctrl+p", Palette},
	} {
		got, ok := Find(c.scope, c.key)
		if !ok || got.Action != c.want {
			t.Errorf("Find(%s, %q) = %s, want %s", c.scope, c.key, got.Action, c.want)
		}
	}
	if got, ok := Find(Token, "ctrl+y"); ok {
		t.Errorf("an unbound key found %s", got.Action)
	}
}

func TestHoldsWhereNoOtherHidesIt(t *testing.T) {
	paste, _ := ByAction(PasteIn)
	if paste.AppliesIn(Flow) {
		t.Error("paste holds in Flow, whose own p hides it")
	}
	if !paste.AppliesIn(Token) {
		t.Error("paste does not hold in Token")
	}
}

// The help and the README list the bindings by these scopes.
func TestEveryBindingHasAListedScope(t *testing.T) {
	listed := append([]Scope{Global, Sessions}, Panes()...)
	for _, b := range table {
		if !slices.Contains(listed, b.Scope) {
			t.Errorf("%s is in no listed scope", b.Action)
		}
	}
}
