package main

import (
	"context"
	"slices"
	"strings"

	"fob/flows/session"
	"fob/tokens"
	"fob/ui"
	"fob/ui/theme"
)

// workbench opens the workbench with the user's sessions.
func (a *app) workbench(ctx context.Context) error {
	if err := a.checkScreen(); err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	file, err := a.allProfiles(ctx)
	if err != nil {
		return err
	}
	return a.openWorkbench(ctx, svc, file.Default(), "")
}

// checkScreen returns an error if the workbench cannot be shown: without a terminal, or with an unknown theme.
func (a *app) checkScreen() error {
	if t := a.global.theme; t != "" && t != "auto" && !slices.Contains(theme.Names(), t) {
		return usagef("--theme %q does not exist: use auto, %s", tokens.VisibleLine(t),
			strings.Join(theme.Names(), ", "))
	}
	if !a.tty.out {
		return ui.ErrNoTerminal
	}
	return nil
}

func (a *app) openWorkbench(ctx context.Context, svc *session.Service, profile, banner string) error {
	a.onScreen.Store(true)
	defer a.onScreen.Store(false)
	a.svcOnSignal.Store(svc)
	defer a.awaitRefreshes(svc)
	return ui.Run(ctx, ui.Config{
		Service:  svc,
		Profile:  profile,
		ReadOnly: a.global.readOnly,
		NoMouse:  a.global.noMouse,
		Theme:    a.global.theme,
		Now:      a.now,
		Banner:   banner,
		Guardian: a.guardian,
	})
}
