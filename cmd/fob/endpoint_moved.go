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

// addAcceptEndpointFlag adds the flag with which the user accepts a moved token endpoint.
func addAcceptEndpointFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "accept-endpoint", "",
		"send the refresh token to this `URL` from now on: the token endpoint, which moved off the issuer's site")
}

// retryMovedEndpoint runs a verb. If the token endpoint moved off the issuer's site and the user accepts the new one,
// it runs the verb again: nothing was sent or printed before.
func (a *app) retryMovedEndpoint(ctx context.Context, run func() error) error {
	err := run()
	var moved *session.EndpointMovedError
	if !errors.As(err, &moved) || a.svc == nil || a.global.noInput || a.global.readOnly || !a.tty.in {
		return err
	}
	a.note("The token endpoint of %s was %s and is now %s. That is not on the site of the issuer %s.",
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
