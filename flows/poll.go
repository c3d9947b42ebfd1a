package flows

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// The limits of polling.
const (
	defaultInterval = 5 * time.Second // without interval (RFC 8628 3.2, CIBA 7.3)
	slowDownStep    = 5 * time.Second // RFC 8628 3.5, CIBA 11
	maxBackOff      = time.Minute
	// maxFailures limits the pages and texts in a row with a success status: they come from a wrong endpoint.
	maxFailures = 3
	// maxNotifications limits how many notifications can shorten the wait.
	maxNotifications = 20
)

// polling is the state of polling the token endpoint until a user has decided on another device (RFC 8628 3.4, CIBA
// 10.1).
type polling struct {
	form     func() url.Values // makes each request
	secret   tokens.Secret     // in the request
	interval time.Duration
	expires  time.Time
	endpoint string // that started the request, for the error when it expires: "device", "ciba"
	spec     string
	// notifications of the server end a wait early; may be nil.
	notifications <-chan notification
}

// poll polls until the user has decided or the request has expired. It goes on after a transient failure, since the
// user may have approved already.
func (r *Run) poll(ctx context.Context, p *polling) (tokens.Set, error) {
	failures := 0
	var lastErr error
	for attempt := 1; ; attempt++ {
		if !r.now().Add(p.interval).Before(p.expires) {
			if lastErr != nil {
				return tokens.Set{}, fmt.Errorf("the request expired after %d failures in a row: %w", failures, lastErr)
			}
			return tokens.Set{}, r.pollExpired(p)
		}
		if err := r.waitInterval(ctx, p, attempt); err != nil {
			return tokens.Set{}, fmt.Errorf("waiting for the user to approve the sign-in: %w", err)
		}
		set, err := r.pollOnce(ctx, p, attempt)
		if err == nil {
			return set, nil
		}
		if ctx.Err() != nil {
			return tokens.Set{}, err
		}
		var oauthErr *OAuthError
		switch {
		case errors.As(err, &oauthErr) && oauthErr.Code == "authorization_pending":
			failures, lastErr = 0, nil
		case errors.As(err, &oauthErr) && oauthErr.Code == "slow_down":
			failures, lastErr = 0, nil
			p.interval += slowDownStep
		case isTransient(err) && (failures+1 < maxFailures || !isNonProtocolSuccess(err)):
			failures, lastErr = failures+1, err
			longest := max(maxBackOff, p.interval)
			p.interval = min(max(2*p.interval, retryAfterOf(err)), longest)
		default:
			return tokens.Set{}, err
		}
	}
}

// waitInterval waits for the interval, or until the server sends a notification.
func (r *Run) waitInterval(ctx context.Context, p *polling, attempt int) error {
	if p.notifications == nil || attempt > maxNotifications {
		return r.wait(ctx, p.interval)
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() { over <- r.wait(waiting, p.interval) }()
	for {
		select {
		case err := <-over:
			return err
		case n := <-p.notifications:
			if r.acceptNotification(p, n) {
				stop()
				<-over
				return ctx.Err()
			}
		}
	}
}

// pollOnce sends one token request. Its step explains what the response means for the polling.
func (r *Run) pollOnce(ctx context.Context, p *polling, attempt int) (tokens.Set, error) {
	x, err := r.send(ctx, "token", p.form(), p.secret)
	var set tokens.Set
	if err == nil {
		set, err = r.readTokens(x)
	}
	step := Step{Title: fmt.Sprintf("Ask whether the user has approved (%d)", attempt), Spec: p.spec,
		Meaning: "The user has approved, and the server returns the tokens."}
	var oauthErr *OAuthError
	shown := err
	switch {
	case errors.As(err, &oauthErr) && oauthErr.Code == "authorization_pending":
		step.Meaning, shown = fmt.Sprintf("Not yet. fob asks again in %s.", tokens.Span(p.interval)), nil
	case errors.As(err, &oauthErr) && oauthErr.Code == "slow_down":
		step.Meaning, shown = fmt.Sprintf("Not yet, and fob polls too often: from now on it waits %s.",
			tokens.Span(p.interval+slowDownStep)), nil
	case err != nil && isTransient(err):
		step.Meaning = "There was no valid response. fob waits longer before it asks again."
	case errors.As(err, &oauthErr):
		step.Meaning = "The authorization server ended the sign-in."
	case err != nil:
		step.Meaning = "There was no valid response."
	}
	r.exchangeStep(step, x, shown)
	return set, err
}

// permanentErrorCodes end a request with any HTTP status (RFC 6749 5.2, RFC 8628 3.5).
var permanentErrorCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
	"invalid_scope", "access_denied", "expired_token",
}

// isTransient reports whether a retry can succeed: after a timeout, a lost connection, an overloaded or restarting
// server.
func isTransient(err error) bool {
	var w *wire.Error
	if errors.As(err, &w) {
		switch w.Phase {
		case wire.PhaseTimeout, wire.PhaseConnect, wire.PhaseDNS, wire.PhaseBody, wire.PhaseOther:
			return true
		}
		return false
	}
	var oauthErr *OAuthError
	if errors.As(err, &oauthErr) {
		switch oauthErr.Code {
		case "server_error", "temporarily_unavailable": // temporary by RFC 6749 4.1.2.1
			return true
		}
		return transientStatus(oauthErr.Status) && !slices.Contains(permanentErrorCodes, oauthErr.Code)
	}
	var bad *ResponseError
	return errors.As(err, &bad) && (transientStatus(bad.Status) || isNonProtocolSuccess(err) || bad.Empty &&
		bad.Status < 300)
}

func transientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// isNonProtocolSuccess reports whether a response has a success status and is not a token response: a page, a text.
func isNonProtocolSuccess(err error) bool {
	var bad *ResponseError
	return errors.As(err, &bad) && bad.NoObject && !bad.Empty && bad.Status >= 200 && bad.Status < 300
}

// retryAfterOf returns Retry-After of a failed response; 0 when it is missing.
func retryAfterOf(err error) time.Duration {
	var oauthErr *OAuthError
	var bad *ResponseError
	switch {
	case errors.As(err, &oauthErr):
		return oauthErr.RetryAfter
	case errors.As(err, &bad):
		return bad.RetryAfter
	}
	return 0
}

// pollExpired returns the error that the server would return to one more request.
func (r *Run) pollExpired(p *polling) error {
	e := &OAuthError{Code: "expired_token", Endpoint: p.endpoint,
		URL:         tokens.VisibleLine(r.Provider.Endpoint(p.endpoint)),
		Description: "no user approved the sign-in before the request expired"}
	r.Step(Step{From: Fob, To: Fob, Title: "The request has expired", Spec: p.spec, Err: e.Error(),
		Meaning: "The user did not approve the sign-in in time, so fob stops polling."})
	return e
}
