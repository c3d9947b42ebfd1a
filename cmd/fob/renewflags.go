package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

// renewFlags are the flags of verbs that may renew a session.
type renewFlags struct{ retry, memoryOnly bool }

const renewHelp = `
If the response to a refresh never arrived, the refresh token may have been used: the
provider may treat a second use as theft. It is sent again only with --retry-refresh,
once. Renewed tokens that cannot be stored are an error (exit code 7): --memory-only
uses them anyway, and they are lost when the command ends.`

func (r *renewFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&r.retry, "retry-refresh", false,
		"send a refresh token again whose last use had no response: the provider may end the session")
	f.BoolVar(&r.memoryOnly, "memory-only", false,
		"use renewed tokens that cannot be stored: they are lost when the command ends")
	cmd.Long += "\n" + renewHelp
}

// requestMinTTL converts --min-ttl for the service: the default becomes 0, the default rule, and 0 becomes -1, any
// lifetime.
func requestMinTTL(minTTL time.Duration) time.Duration {
	switch minTTL {
	case session.DefaultMinTTL:
		return 0
	case 0:
		return -1
	}
	return minTTL
}

// validToken returns a valid token of the session. Renewed tokens that could not be stored are an error, unless
// --memory-only is set or storing them again works.
func (a *app) validToken(ctx context.Context, svc *session.Service, name string, r session.TokenRequest,
	how renewFlags) (tokens.Secret, vault.Meta, error) {
	r.Retry = how.retry
	token, meta, err := svc.Token(ctx, name, r)
	if meta.ID != "" {
		a.errContext.Session = meta
		a.warnInsecure(meta)
	}
	var unstored *session.NotStoredError
	if errors.As(err, &unstored) && !token.IsZero() {
		err = a.retryRenewedStore(ctx, svc, unstored.Result, how)
	}
	if err != nil {
		return tokens.Secret{}, meta, err
	}
	return token, meta, nil
}

// retryRenewedStore handles renewed tokens that could not be stored: the refresh token that they were obtained with is
// used up.
func (a *app) retryRenewedStore(ctx context.Context, svc *session.Service, r session.Result, how renewFlags) error {
	if how.memoryOnly {
		a.note("warning: the renewed tokens of %s could not be stored, and are lost when this command ends: %v",
			r.Meta.Label, r.StoreErr)
		return nil
	}
	return a.retryStore(ctx, svc, r, "The session was renewed")
}

// withNotes returns a context under which use cases print notes for the user, each only once.
func (a *app) withNotes(ctx context.Context) context.Context {
	var printed sync.Map
	return session.WithNotify(ctx, func(text string) {
		if _, before := printed.LoadOrStore(text, true); before {
			return
		}
		// The reader of standard error may be gone, as after ctrl+c in a pipeline. SIGPIPE must not end the program
		// here: the response to a refresh may be on its way.
		closed := make(chan os.Signal, 1)
		signal.Notify(closed, syscall.SIGPIPE)
		defer signal.Stop(closed)
		a.note("%s", text)
	})
}

// awaitRefreshes waits for the responses to refreshes that the workbench started, with a note.
func (a *app) awaitRefreshes(svc *session.Service) {
	if svc.RefreshInFlight() {
		a.note("storing the new token, up to 30 s")
	}
	svc.AwaitRefreshes()
}

// awaitRefreshesOnSignal waits for the responses to refreshes, so that they are stored.
func (a *app) awaitRefreshesOnSignal() {
	if svc := a.svcOnSignal.Load(); svc != nil {
		svc.AwaitRefreshes()
	}
}
