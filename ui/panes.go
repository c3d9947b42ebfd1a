package ui

import (
	"os"

	"fob/ui/pane"
	"fob/ui/pane/calls"
	"fob/ui/pane/expiry"
	"fob/ui/pane/flow"
	"fob/ui/pane/provider"
	"fob/ui/pane/sessions"
	"fob/ui/pane/token"
	"fob/ui/pane/trace"
	"fob/ui/terminal/background"
	"fob/ui/theme"
)

// panesFor makes the context and the panes, the list of sessions first, then in the order of their tabs.
func panesFor(c Config) (*pane.Context, []pane.Pane) {
	shared := &pane.Context{
		Service:  c.Service,
		Styles:   theme.New(c.Theme, background.Dark(os.Getenv), os.Getenv("NO_COLOR") != ""),
		Now:      c.Now,
		Profile:  c.Profile,
		ReadOnly: c.ReadOnly,
	}
	return shared, []pane.Pane{
		sessions.New(shared), token.New(shared), expiry.New(shared), calls.New(shared),
		flow.New(shared), provider.New(shared), trace.New(shared),
	}
}
