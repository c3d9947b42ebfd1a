package main

import (
	"context"
	"strings"

	"fob/flows/session"
	"fob/tokens"
	"fob/ui"
	"fob/ui/theme"
)

// workbench opens the workbench on the person's own sessions.
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

// checkScreen refuses to open the workbench where there is nobody to see it, or in colours that are not known.
func (a *app) checkScreen() error {
	if t := a.global.theme; t != "" && t != "auto" && !contains(theme.Names(), t) {
		return usagef("--theme %q is not known: use auto, %s", tokens.VisibleLine(t), strings.Join(theme.Names(), ", "))
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
