package vault

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/zalando/go-keyring"

	"fob/tokens"
)

// service is the name under which fob's items stand in the keyring.
const service = "fob"

// items is what is used of a keyring.
type items interface {
	Get(service, item string) (string, error)
	Set(service, item, value string) error
	Delete(service, item string) error
}

// library is the keyring as the library reaches it.
type library struct{}

func (library) Get(service, item string) (string, error) { return keyring.Get(service, item) }
func (library) Set(service, item, value string) error    { return keyring.Set(service, item, value) }
func (library) Delete(service, item string) error        { return keyring.Delete(service, item) }

// keyringBackend is the OS keyring: Secret Service, Keychain, Credential Manager. Its calls cannot be stopped, so they
// do not end with ctx: the Store's time-out leaves them behind.
type keyringBackend struct{ items items }

// NewKeyring returns the OS keyring. Whether there is one is found out by the first call: see Store.Probe.
func NewKeyring() Backend {
	if runtime.GOOS == "darwin" {
		return keyringBackend{keychain{tool: securityTool}}
	}
	return keyringBackend{library{}}
}

// Name implements Backend.
func (keyringBackend) Name() string { return "keyring" }

// Get implements Backend.
func (k keyringBackend) Get(ctx context.Context, item string) ([]byte, error) {
	if err := ready(ctx, "reading from"); err != nil {
		return nil, err
	}
	text, err := k.items.Get(service, item)
	if perhapsGone(err) {
		// The item may have been deleted between the search for it and the reading of it: a new search tells.
		text, err = k.items.Get(service, item)
	}
	if err != nil {
		return nil, classify("reading from", err)
	}
	return []byte(text), nil
}

// Set implements Backend.
func (k keyringBackend) Set(ctx context.Context, item string, value []byte) error {
	if err := ready(ctx, "writing to"); err != nil {
		return err
	}
	return classify("writing to", k.items.Set(service, item, string(value)))
}

// Delete implements Backend.
func (k keyringBackend) Delete(ctx context.Context, item string) error {
	if err := ready(ctx, "deleting from"); err != nil {
		return err
	}
	err := k.items.Delete(service, item)
	if perhapsGone(err) {
		err = k.items.Delete(service, item)
	}
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return classify("deleting from", err)
	}
	return nil
}

func ready(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return reachable(doing)
}

// classify says what an error of the keyring means and what to do about it. nil stays nil.
func classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	said := tokens.VisibleLine(err.Error())
	switch {
	case errors.Is(err, ErrDamaged):
		return fmt.Errorf("%s the keyring: %w", doing, err)
	case errors.Is(err, keyring.ErrNotFound):
		return fail(ErrNotFound, err, "%s the keyring: no such item", doing)
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fail(ErrFull, err, "%s the keyring: it refused the item for its size", doing)
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return fail(ErrUnavailable, err, "%s the keyring: this system has none that fob can use: %s", doing, otherVault)
	}
	todo, kind := systemFault(err)
	return fail(kind, err, "%s the keyring: %s: %s", doing, said, todo)
}

const otherVault = "FOB_VAULT=memory keeps tokens until fob ends"
