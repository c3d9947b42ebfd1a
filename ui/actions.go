package ui

import (
	"os"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/terminal/background"
	"fob/ui/theme"
	"fob/ui/widget"
)

// actionMsg carries out an action chosen in help or palette.
type actionMsg struct {
	scope  keys.Scope
	action keys.Action
}

// act carries out an action, or says why it cannot be carried out.
func (r *root) act(scope keys.Scope, a keys.Action) tea.Cmd {
	b, ok := keys.ByAction(a)
	if !ok {
		return nil
	}
	if why := r.disabled(b); why != "" {
		return r.say(b.Label + ": " + why)
	}
	if scope == keys.Global && !b.Pane {
		return r.global(a)
	}
	if scope != keys.Global && scope != r.focus {
		// Chosen in the palette: the pane that owns the action shows what comes of it.
		return tea.Batch(r.focusOn(scope), r.pane(scope).Do(a))
	}
	return r.focused().Do(a)
}

// disabled says why an action cannot be carried out now; "" when it can.
func (r *root) disabled(b keys.Binding) string {
	switch {
	case r.ctx.ReadOnly && !b.ReadOnly():
		return pane.ReadOnlyReason
	case b.Action == keys.Suspend && !terminal.CanSuspend:
		return "this system does not suspend programs"
	case b.Action == keys.CopyFile && r.copied.IsZero():
		return "nothing was copied yet"
	case b.Scope == keys.Global && !b.Pane:
		return ""
	case b.Scope == keys.Global:
		return r.focused().Disabled(b.Action)
	}
	p := r.pane(b.Scope)
	if p == nil {
		return "there is no such pane"
	}
	return p.Disabled(b.Action)
}

// global carries out what is the root's own.
func (r *root) global(a keys.Action) tea.Cmd {
	switch a {
	case keys.Quit:
		return tea.Quit
	case keys.Cancel:
		return r.cancel()
	case keys.Back:
		return r.back()
	case keys.Help:
		r.modals.Push(r.helpFor(r.focus))
	case keys.Palette:
		r.modals.Push(r.palette())
	case keys.NextPane:
		return r.turn(1)
	case keys.PrevPane:
		return r.turn(-1)
	case keys.ShowList:
		return r.focusOn(keys.Sessions)
	case keys.Pane1, keys.Pane2, keys.Pane3, keys.Pane4, keys.Pane5, keys.Pane6:
		return r.focusOn(keys.Panes()[a[len(a)-1]-'1'])
	case keys.NewLogin:
		return r.newLogin()
	case keys.FromAPI:
		return tea.Batch(r.focusOn(keys.Provider), r.pane(keys.Provider).Do(a))
	case keys.PasteIn:
		r.modals.Push(pastePrompt())
	case keys.Reload:
		return tea.Batch(r.reload(), r.say("reading the sessions again"))
	case keys.NextTheme:
		return r.nextTheme()
	case keys.Mouse:
		return r.switchMouse()
	case keys.CopyFile:
		return r.save()
	case keys.Advice:
		return r.advise()
	case keys.Suspend:
		return r.suspend(suspension{stop: true, group: true})
	}
	return nil
}

// cancel leaves a field; else it stops what is running, and with nothing running it quits.
func (r *root) cancel() tea.Cmd {
	if r.focused().Editing() {
		return r.back()
	}
	for _, p := range r.panes {
		if c, ok := p.(pane.Canceller); ok && c.Cancel() {
			return r.say("cancelled; ctrl+c again quits")
		}
	}
	return tea.Quit
}

// back goes one level back: within the pane, then to the list of sessions. It never quits.
func (r *root) back() tea.Cmd {
	if r.focused().Back() {
		return nil
	}
	if r.focus != keys.Sessions {
		return r.focusOn(keys.Sessions)
	}
	return nil
}

// turn gives the focus to the pane d places on.
func (r *root) turn(d int) tea.Cmd {
	for i, p := range r.panes {
		if p.Scope() == r.focus {
			return r.focusOn(r.panes[(i+d+len(r.panes))%len(r.panes)].Scope())
		}
	}
	return nil
}

// newLogin goes to the form of the Flow pane, leaving a run that has ended.
func (r *root) newLogin() tea.Cmd {
	cmd := r.focusOn(keys.Flow)
	if p := r.pane(keys.Flow); p != nil && p.Disabled(keys.FlowAgain) == "" {
		return tea.Batch(cmd, p.Do(keys.FlowAgain))
	}
	return cmd
}

// pastePrompt asks for a token; what is pasted into it is inspected as it is, line breaks and all.
func pastePrompt() *widget.Prompt {
	p := &widget.Prompt{
		Title:       "Inspect a token",
		Help:        "Paste a token, a token response, a request or a curl command that holds one. Nothing leaves this machine.",
		PasteEnters: true,
		Enter: func(text string) tea.Cmd {
			return pane.Send(pane.InspectMsg{Raw: tokens.NewSecret(text)})
		},
	}
	p.Input.Mask = true
	return p
}

// nextTheme changes the styles in place: everybody holds the same ones.
func (r *root) nextTheme() tea.Cmd {
	names := theme.Names()
	next := names[0]
	for i, n := range names {
		if n == r.ctx.Styles.Name {
			next = names[(i+1)%len(names)]
		}
	}
	*r.ctx.Styles = *theme.New(next, background.Dark(os.Getenv), os.Getenv("NO_COLOR") != "")
	return r.say("theme: " + r.ctx.Styles.Name)
}

func (r *root) switchMouse() tea.Cmd {
	r.mouse = !r.mouse
	if r.mouse {
		return tea.Batch(tea.EnableMouseCellMotion, r.say("mouse on: click and wheel"))
	}
	return tea.Batch(tea.DisableMouse, r.say("mouse off: the terminal selects text"))
}
