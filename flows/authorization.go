package flows

import (
	"context"

	"fob/flows/redirect"
	"fob/tokens"
)

// authorize sends the user's browser to the authorization endpoint and reads the authorization response, for the code,
// implicit and hybrid grants. finish makes a token set of the response. The browser waits for its page until finish
// returns, so that the page shows the result.
func (r *Run) authorize(ctx context.Context, responseType string,
	finish func(*authorization, *frontChannel) (tokens.Set, error)) (set tokens.Set, err error) {
	if _, err := r.requireEndpoint("authorization"); err != nil {
		return tokens.Set{}, err
	}
	var a *authorization
	options := r.Redirect
	options.State = r.stateFinder(func() string { return a.params.Get("state") })
	listener, err := redirect.Listen(options)
	if err != nil {
		return tokens.Set{}, err
	}
	defer func() { _ = listener.Close() }()
	if a, err = r.newAuthorizationRequest(listener.URI(), responseType); err != nil {
		return tokens.Set{}, err
	}
	if a.hasResponseType("code") {
		if err := r.checkAll(r.pkceChecks(a.method)...); err != nil {
			return tokens.Set{}, err
		}
	}
	if err := r.buildAuthorizationURL(ctx, a); err != nil {
		return tokens.Set{}, err
	}
	if err := r.openBrowser(ctx, a); err != nil {
		return tokens.Set{}, err
	}
	callback, err := r.awaitCallback(ctx, listener, a)
	if err != nil {
		return tokens.Set{}, err
	}
	defer func() { listener.Finish(redirectOutcome(err)) }()
	front, err := r.validateCallback(ctx, callback, a)
	if err != nil {
		return tokens.Set{}, err
	}
	if err := r.checkFrontChannelTokens(ctx, front, a); err != nil {
		return tokens.Set{}, err
	}
	return finish(a, front)
}
