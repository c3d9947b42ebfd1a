package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/session"
	"fob/tokens"
)

// addAcceptEndpointFlag gives a command the person's yes to a token endpoint that has moved.
func addAcceptEndpointFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "accept-endpoint", "",
		"send the refresh token to this `URL` from now on: the token endpoint, which has left the issuer's site")
}

// retryMovedEndpoint runs a verb, and once more when it ended because the token endpoint has left the issuer's site and the
// person says yes to the new one. Nothing has been sent or printed by then.
func (a *app) retryMovedEndpoint(ctx context.Context, run func() error) error {
	err := run()
	var moved *session.EndpointMovedError
	if !errors.As(err, &moved) || a.svc == nil || a.global.noInput || a.global.readOnly || !a.tty.in {
		return err
	}
	a.note("The token endpoint of %s was %s, and the provider now names %s. That is not on the site of the issuer %s.",
		moved.Session.Label, moved.Old, moved.New, moved.Session.Issuer)
	question := fmt.Sprintf("Send the refresh token to %s from now on? [y/N] ", tokens.VisibleLine(moved.New))
	answer, askErr := a.askLine(ctx, question)
	if askErr != nil || !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
		return err
	}
	if err := a.svc.AcceptEndpoint(ctx, moved.Session.ID, moved.New); err != nil {
		return err
	}
	return run()
}
