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

// renewFlags say how far a renewal may go.
type renewFlags struct{ retry, memoryOnly bool }

const renewHelp = `
A refresh whose answer never arrived may have spent the refresh token: the provider
may take a second use for theft. It is sent again only with --retry-refresh, once.
Renewed tokens that cannot be stored are an error (exit code 7): --memory-only goes
on with them, and they are lost when the command ends.`

func (r *renewFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&r.retry, "retry-refresh", false,
		"send a refresh token once more whose last use was never answered: the provider may end the session for it")
	f.BoolVar(&r.memoryOnly, "memory-only", false,
		"go on with renewed tokens that cannot be stored: they end with this command")
	cmd.Long += "\n" + renewHelp
}

// requestMinTTL is --min-ttl as the service takes it: the default is the rule for every use, and 0 asks for any life.
func requestMinTTL(minTTL time.Duration) time.Duration {
	switch minTTL {
	case session.DefaultMinTTL:
		return 0
	case 0:
		return -1
	}
	return minTTL
}

// validToken asks the service for a token. Tokens that were renewed and could not be stored are given up, unless the
// person says otherwise.
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

// retryRenewedStore deals with renewed tokens that could not be stored. What was spent for them is gone.
func (a *app) retryRenewedStore(ctx context.Context, svc *session.Service, r session.Result, how renewFlags) error {
	if how.memoryOnly {
		a.note("warning: the renewed tokens of %s could not be stored, and are lost when this command ends: %v",
			r.Meta.Label, r.StoreErr)
		return nil
	}
	return a.retryStore(ctx, svc, r, "The session was renewed")
}

// telling is a context under which use cases tell the person what they should know, each thing once.
func (a *app) withNotes(ctx context.Context) context.Context {
	var said sync.Map
	return session.WithNotify(ctx, func(text string) {
		if _, before := said.LoadOrStore(text, true); before {
			return
		}
		// Whoever read standard error may be gone, as after ctrl+c in a pipeline. That must not end the program here:
		// the answer to a refresh may be on its way.
		closed := make(chan os.Signal, 1)
		signal.Notify(closed, syscall.SIGPIPE)
		defer signal.Stop(closed)
		a.note("%s", text)
	})
}

// settle waits for the answers to refreshes that the workbench has left on the wire, and says so.
func (a *app) awaitRefreshes(svc *session.Service) {
	if svc.RefreshInFlight() {
		a.note("storing the new token, up to 30 s")
	}
	svc.AwaitRefreshes()
}

// awaitRefreshesOnSignal waits for the answers that are still to be stored.
func (a *app) awaitRefreshesOnSignal() {
	if svc := a.svcOnSignal.Load(); svc != nil {
		svc.AwaitRefreshes()
	}
}
