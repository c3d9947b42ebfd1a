package vault

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/zalando/go-keyring"

	"fob/tokens"
)

// service is the service name of fob's items in the keyring.
const service = "fob"

// keyringAPI are the keyring functions that fob uses.
type keyringAPI interface {
	Get(service, item string) (string, error)
	Set(service, item, value string) error
	Delete(service, item string) error
}

// goKeyring accesses the keyring through the go-keyring library.
type goKeyring struct{}

func (goKeyring) Get(service, item string) (string, error) { return keyring.Get(service, item) }
func (goKeyring) Set(service, item, value string) error    { return keyring.Set(service, item, value) }
func (goKeyring) Delete(service, item string) error        { return keyring.Delete(service, item) }

// keyringBackend is the OS keyring: Secret Service, Keychain, Credential Manager. Its calls cannot be cancelled and
// ignore the end of ctx; the time limit of guard abandons them.
type keyringBackend struct{ keyring keyringAPI }

// NewKeyring returns the OS keyring. The first call finds out whether it works: see Store.Probe.
func NewKeyring() Backend {
	if runtime.GOOS == "darwin" {
		return keyringBackend{keychain{tool: securityTool}}
	}
	return keyringBackend{goKeyring{}}
}

// Name implements Backend.
func (keyringBackend) Name() string { return "keyring" }

// Get implements Backend.
func (k keyringBackend) Get(ctx context.Context, item string) ([]byte, error) {
	if err := checkReady(ctx, "reading from"); err != nil {
		return nil, err
	}
	text, err := k.keyring.Get(service, item)
	if maybeDeleted(err) {
		// The item may have been deleted between the search and the read: search again.
		text, err = k.keyring.Get(service, item)
	}
	if err != nil {
		return nil, classifyError("reading from", err)
	}
	return []byte(text), nil
}

// Set implements Backend.
func (k keyringBackend) Set(ctx context.Context, item string, value []byte) error {
	if err := checkReady(ctx, "writing to"); err != nil {
		return err
	}
	return classifyError("writing to", k.keyring.Set(service, item, string(value)))
}

// Delete implements Backend.
func (k keyringBackend) Delete(ctx context.Context, item string) error {
	if err := checkReady(ctx, "deleting from"); err != nil {
		return err
	}
	err := k.keyring.Delete(service, item)
	if maybeDeleted(err) {
		err = k.keyring.Delete(service, item)
	}
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return classifyError("deleting from", err)
	}
	return nil
}

func checkReady(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return checkReachable(doing)
}

// classifyError adds what an error of the keyring means and what to do about it. nil stays nil.
func classifyError(doing string, err error) error {
	if err == nil {
		return nil
	}
	text := tokens.VisibleLine(err.Error())
	switch {
	case errors.Is(err, ErrDamaged):
		return fmt.Errorf("%s the keyring: %w", doing, err)
	case errors.Is(err, keyring.ErrNotFound):
		return fail(ErrNotFound, err, "%s the keyring: no such item", doing)
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fail(ErrFull, err, "%s the keyring: the item is too large", doing)
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return fail(ErrUnavailable, err, "%s the keyring: this system has none that fob can use: %s",
			doing, memoryVaultHint)
	}
	hint, kind := classifySystemError(err)
	return fail(kind, err, "%s the keyring: %s: %s", doing, text, hint)
}

const memoryVaultHint = "FOB_VAULT=memory keeps tokens until fob ends"
