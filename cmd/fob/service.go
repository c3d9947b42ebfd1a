package main

import (
	"context"
	"fmt"

	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

// service returns the door to the use cases. It is created on first use: a verb that does not need it reads neither the
// configuration nor the keyring.
func (a *app) service(ctx context.Context) (*session.Service, error) {
	if a.svc != nil {
		return a.svc, nil
	}
	store, err := a.vault()
	if err != nil {
		return nil, err
	}
	profiles, err := a.profiles(ctx)
	if err != nil {
		return nil, err
	}
	svc, err := session.New(session.Options{
		Store:    store,
		Profiles: profiles,
		Now:      a.now,
		Getenv:   a.getenv,
		Browser:  a.browser,
		ReadOnly: a.global.readOnly,
	})
	if err != nil {
		return nil, err
	}
	a.svc = svc
	a.svcOnSignal.Store(svc)
	return svc, nil
}

// vault opens the store that FOB_VAULT and FOB_STATE select. Opening reads no keyring item.
func (a *app) vault() (*vault.Store, error) {
	if a.store != nil {
		return a.store, nil
	}
	backend, persistent, err := a.vaultBackend()
	if err != nil {
		return nil, err
	}
	config := vault.Config{Backend: backend, Now: a.now}
	if a.tty.err && !a.global.noInput {
		// A user can answer the keyring's dialog.
		config.Timeout, config.Waiting = vault.PersonTimeout, a.noteWaiting
	}
	if persistent {
		if config.Dir, err = vault.DefaultDir(a.getenv); err != nil {
			return nil, err
		}
	}
	store, err := vault.Open(config)
	if err != nil {
		return nil, err
	}
	a.exposed = store.Protect(!a.global.readOnly)
	for _, text := range a.exposed {
		a.note("warning: %s", text)
	}
	a.store = store
	return store, nil
}

// noteWaiting prints what the keyring may be waiting for. The workbench shows long waits itself.
func (a *app) noteWaiting(hint string) {
	if !a.onScreen.Load() {
		a.note("waiting for the keyring: %s", hint)
	}
}

// memoryVault reports whether what is stored is lost when this process ends.
func memoryVault(a *app) bool { return a.backend == nil && a.getenv("FOB_VAULT") == "memory" }

// vaultBackend returns the backend that FOB_VAULT selects; persistent reports whether it outlives this process.
func (a *app) vaultBackend() (backend vault.Backend, persistent bool, err error) {
	if a.backend != nil {
		return a.backend, true, nil
	}
	switch name := a.getenv("FOB_VAULT"); name {
	case "", "keyring":
		return vault.NewKeyring(), true, nil
	case "memory":
		return vault.NewMemory(), false, nil
	case "file":
		return nil, false, fmt.Errorf("FOB_VAULT=file: %w: this version does not support it\n"+
			"  use keyring, or memory to keep tokens only until the process ends", vault.ErrUnavailable)
	default:
		return nil, false, usagef("FOB_VAULT=%s is unsupported: use keyring or memory", tokens.VisibleLine(name))
	}
}

// allProfiles opens the profile file and checks all profiles; the error is that of the first invalid one.
func (a *app) allProfiles(ctx context.Context) (*profile.File, error) {
	file, err := a.profiles(ctx)
	if err != nil {
		return nil, err
	}
	return file, file.Check()
}

// profiles opens the profile file that FOB_CONFIG selects. Each profile is parsed when it is used.
func (a *app) profiles(ctx context.Context) (*profile.File, error) {
	path, err := profile.DefaultPath(a.getenv)
	if err != nil {
		return nil, err
	}
	return profile.Open(ctx, path, session.Schema())
}
