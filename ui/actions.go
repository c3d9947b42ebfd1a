package ui

import (
	"os"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/terminal/background"
	"fob/ui/theme"
	"fob/ui/widget"
)

// actionMsg performs an action that was chosen in help or palette.
type actionMsg struct {
	scope  keys.Scope
	action keys.Action
}

// runAction performs an action, or says why it is disabled.
func (r *root) runAction(scope keys.Scope, a keys.Action) tea.Cmd {
	b, ok := keys.ByAction(a)
	if !ok {
		return nil
	}
	if why := r.disabled(b); why != "" {
		return r.notices.showToast(b.Label + ": " + why)
	}
	if scope == keys.Global && !b.Pane {
		return r.global(a)
	}
	if scope != keys.Global && scope != r.panes.focus {
		// Chosen in the palette: the pane of the action shows its effect.
		return tea.Batch(r.panes.focusOn(scope), r.panes.get(scope).Do(a))
	}
	return r.panes.focused().Do(a)
}

// disabled is the reason why an action cannot be performed now; "" when it can.
func (r *root) disabled(b keys.Binding) string {
	switch {
	case r.ctx.ReadOnly && !b.ReadOnly():
		return pane.ReadOnlyReason
	case b.Action == keys.Suspend && !terminal.CanSuspend:
		return "this system does not suspend programs"
	case b.Action == keys.CopyFile && r.clip.last.IsZero():
		return "nothing was copied yet"
	case b.Scope == keys.Global && !b.Pane:
		return ""
	case b.Scope == keys.Global:
		return r.panes.focused().Disabled(b.Action)
	}
	p := r.panes.get(b.Scope)
	if p == nil {
		return "there is no such pane"
	}
	return p.Disabled(b.Action)
}

// global performs an action of the root.
func (r *root) global(a keys.Action) tea.Cmd {
	switch a {
	case keys.Quit:
		return tea.Quit
	case keys.Cancel:
		return r.cancel()
	case keys.Back:
		return r.back()
	case keys.Help:
		r.notices.modals.Push(r.helpFor(r.panes.focus))
	case keys.Palette:
		r.notices.modals.Push(r.palette())
	case keys.NextPane:
		return r.panes.cycleFocus(1)
	case keys.PrevPane:
		return r.panes.cycleFocus(-1)
	case keys.ShowList:
		return r.panes.focusOn(keys.Sessions)
	case keys.Pane1, keys.Pane2, keys.Pane3, keys.Pane4, keys.Pane5, keys.Pane6:
		return r.panes.focusOn(keys.Panes()[a[len(a)-1]-'1'])
	case keys.NewLogin:
		return r.newLogin()
	case keys.FromAPI:
		return tea.Batch(r.panes.focusOn(keys.Provider), r.panes.get(keys.Provider).Do(a))
	case keys.PasteIn:
		r.notices.modals.Push(pastePrompt())
	case keys.Reload:
		return tea.Batch(r.reload(), r.notices.showToast("reading the sessions again"))
	case keys.NextTheme:
		return r.notices.showToast("theme: " + nextTheme(r.ctx.Styles))
	case keys.Mouse:
		return r.switchMouse()
	case keys.CopyFile:
		return r.clip.save()
	case keys.Advice:
		return r.showDiagnosis()
	case keys.Suspend:
		return r.suspend(suspension{stop: true, group: true})
	}
	return nil
}

// cancel leaves a field, or cancels what is running, or quits.
func (r *root) cancel() tea.Cmd {
	if r.panes.focused().Editing() {
		return r.back()
	}
	if r.panes.cancel() {
		return r.notices.showToast("cancelled; ctrl+c again quits")
	}
	return tea.Quit
}

// back goes back one level: within the pane, then to the list of sessions. It never quits.
func (r *root) back() tea.Cmd {
	if r.panes.focused().Back() {
		return nil
	}
	if r.panes.focus != keys.Sessions {
		return r.panes.focusOn(keys.Sessions)
	}
	return nil
}

// newLogin shows the form of the Flow pane, in place of a run that has ended.
func (r *root) newLogin() tea.Cmd {
	cmd := r.panes.focusOn(keys.Flow)
	if p := r.panes.get(keys.Flow); p != nil && p.Disabled(keys.FlowAgain) == "" {
		return tea.Batch(cmd, p.Do(keys.FlowAgain))
	}
	return cmd
}

// pastePrompt asks for a token; what is pasted is inspected unchanged, including line breaks.
func pastePrompt() *widget.Prompt {
	p := &widget.Prompt{
		Title:       "Inspect a token",
		Help:        "Paste a token, a token response, a request or a curl command. Nothing leaves this machine.",
		PasteEnters: true,
		Enter: func(text string) tea.Cmd {
			return pane.Send(pane.InspectMsg{Raw: tokens.NewSecret(text)})
		},
	}
	p.Input.Mask = true
	return p
}

// nextTheme changes the styles in place, because all panes share them, and returns the name of the theme.
func nextTheme(st *theme.Styles) string {
	names := theme.Names()
	next := names[(slices.Index(names, st.Name)+1)%len(names)]
	*st = *theme.New(next, background.Dark(os.Getenv), os.Getenv("NO_COLOR") != "")
	return st.Name
}

func (r *root) switchMouse() tea.Cmd {
	r.mouse = !r.mouse
	if r.mouse {
		return tea.Batch(tea.EnableMouseCellMotion, r.notices.showToast("mouse on: click and wheel"))
	}
	return tea.Batch(tea.DisableMouse, r.notices.showToast("mouse off: the terminal selects text"))
}
