package main

import (
	"context"
	"errors"
	"fmt"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui"
)

// The exit codes. Scripts rely on them: they never change.
const (
	exitDone        = 0
	exitFailed      = 1 // anything else
	exitUsage       = 2 // usage, or a config file that does not parse
	exitPerson      = 3 // no valid token and no way to get one without signing in; inspect --check: cannot tell
	exitRejected    = 4 // the provider rejected the request: an OAuth error response
	exitNetwork     = 5 // network, TLS or proxy
	exitChecks      = 6 // a token or a response failed its checks
	exitVault       = 7 // keyring missing, locked, full, or a record damaged
	exitInterrupted = 130
)

// exitHelp is the table of exit codes in help and docs.
const exitHelp = `  0    done
  1    anything else
  2    usage, or a config file that does not parse
  3    needs a user: no valid token and no way to get one without signing in
  4    the provider rejected the request (an OAuth error response)
  5    network, TLS or proxy
  6    a token or a response failed its checks
  7    the vault: keyring missing, locked, full, or a record damaged
  130  interrupted`

// usageError is an error in the arguments. use is the usage line of the verb, if the error is in its own arguments.
type usageError struct {
	err error
	use string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{err: fmt.Errorf(format, args...)} }

// exitError sets the exit code of an error. With a nil err nothing is printed: the verb has printed it.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitCode returns the exit code of an error. No other code chooses one.
func exitCode(err error) int {
	var (
		chosen   *exitError
		usage    *usageError
		input    *flows.InputError
		parse    *profile.ParseError
		rejected *flows.OAuthError
		network  *wire.Error
		check    *tokens.CheckError
		response *flows.ResponseError
		placed   *calls.PlacementError
		unstored *session.NotStoredError
		late     *session.LateError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &chosen):
		return chosen.code
	case errors.Is(err, context.Canceled), errors.Is(err, wire.ErrAborted):
		return exitInterrupted
	case errors.As(err, &usage), errors.As(err, &input), errors.As(err, &parse), errors.As(err, &placed),
		errors.Is(err, session.ErrAmbiguous), errors.Is(err, session.ErrReadOnly),
		errors.Is(err, profile.ErrNotFound), errors.Is(err, ui.ErrNoTerminal):
		return exitUsage
	case errors.Is(err, vault.ErrDamaged), errors.Is(err, vault.ErrForeign), errors.Is(err, vault.ErrChanged):
		// Also if no session has the given name: the unreadable one may be it.
		return exitVault
	case errors.As(err, &unstored):
		return exitVault
	case errors.As(err, &late): // timed out while waiting for the provider
		return exitNetwork
	case errors.Is(err, session.ErrNeedsPerson), errors.Is(err, session.ErrNoSession),
		errors.Is(err, flows.ErrUnattended), errors.Is(err, redirect.ErrPasteOnly):
		return exitPerson
	case errors.As(err, &check), errors.As(err, &response), errors.Is(err, wire.ErrCleartext):
		return exitChecks
	case errors.As(err, &rejected):
		return exitRejected
	case errors.As(err, &network):
		return exitNetwork
	case isVaultError(err):
		return exitVault
	case errors.Is(err, context.DeadlineExceeded):
		// A timeout without a network error was waiting for the user.
		return exitPerson
	}
	return exitFailed
}

func isVaultError(err error) bool {
	for _, kind := range []error{vault.ErrNotFound, vault.ErrUnavailable, vault.ErrLocked, vault.ErrFull,
		vault.ErrTimeout, vault.ErrDamaged, vault.ErrForeign, vault.ErrChanged} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
