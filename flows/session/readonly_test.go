package session

import (
	"errors"
	"testing"
	"time"

	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/registration"
	"fob/tokens"
)

func TestAReadOnlyServiceChangesNothing(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	m := b.login(LoginRequest{Profile: "demo"}).Meta
	before, err := b.Load(ctx, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.o.ReadOnly = true
	for name, do := range map[string]func() error{
		"Login":         func() error { _, err := b.Login(ctx, LoginRequest{Profile: "demo"}, nil); return err },
		"Refresh":       func() error { _, err := b.Refresh(ctx, m.ID, nil); return err },
		"Revoke":        func() error { _, err := b.Revoke(ctx, m.ID, tokens.Access); return err },
		"Logout":        func() error { _, err := b.Logout(ctx, m.ID, false); return err },
		"Remove":        func() error { return b.Remove(ctx, m.ID) },
		"Rename":        func() error { return b.Rename(ctx, m.ID, "other") },
		"Keep":          func() error { return b.RetryStore(ctx, Result{Meta: m}) },
		"AddProfile":    func() error { return b.AddProfile(ctx, profile.Profile{Name: "new"}, tokens.Secret{}) },
		"RemoveProfile": func() error { return b.RemoveProfile(ctx, "new") },
		"Register":      func() error { _, err := b.Register(ctx, RegisterRequest{}); return err },
		"UpdateRegistration": func() error {
			_, err := b.UpdateRegistration(ctx, "new", func(registration.Metadata) {})
			return err
		},
		"Unregister":   func() error { return b.Unregister(ctx, "new") },
		"NewClientKey": func() error { _, err := b.NewClientKey(ctx, "new", "ES256"); return err },
	} {
		if err := do(); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v, want %v", name, err, ErrReadOnly)
		}
	}
	after, err := b.Load(ctx, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := mustJSON(t, after.Meta), mustJSON(t, before.Meta); got != want {
		t.Errorf("the session was changed:\n got %s\nwant %s", got, want)
	}
	if got, want := after.Secrets.Set.RefreshToken, before.Secrets.Set.RefreshToken; got.Reveal() != want.Reveal() {
		t.Errorf("the refresh token was changed: got %s, want %s", got, want)
	}
}

// A valid token is used, whatever its remaining lifetime; an expired one is not renewed.
func TestAReadOnlyServiceCallsButDoesNotRenew(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	m := b.login(LoginRequest{Profile: "demo"}).Meta
	b.o.ReadOnly = true
	if token, _, err := b.Token(ctx, m.ID, TokenRequest{MinTTL: 24 * time.Hour}); err != nil || token.IsZero() {
		t.Errorf("the valid token: %v", err)
	}
	if res, err := b.Call(ctx, m.ID, calls.Request{Method: "GET", URL: b.server.API() + "/orders"}); err != nil ||
		res.Status != 200 {
		t.Errorf("a call: %+v, %v", res, err)
	}
	if a, err := b.Introspect(ctx, m.ID, tokens.Access, "service"); err != nil || a.Active == nil || !*a.Active {
		t.Errorf("introspection: %+v, %v", a, err)
	}
	b.clock.Advance(48 * time.Hour)
	if _, _, err := b.Token(ctx, m.ID, TokenRequest{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("the token that has ended: %v, want %v", err, ErrReadOnly)
	}
}
