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

// The bounds of polling.
const (
	defaultInterval = 5 * time.Second // RFC 8628 3.2, CIBA 7.3: when the server says nothing
	slowDownStep    = 5 * time.Second // RFC 8628 3.5, CIBA 11
	maxBackOff      = time.Minute
	// maxFailures bounds the pages and texts in a row with a status of success: a wrong endpoint answers like that.
	maxFailures = 3
	// maxNotifications is how many notifications cut the waiting short: a server that sends more is not waited for
	// less.
	maxNotifications = 20
)

// polling is asking the token endpoint again and again until a person has decided elsewhere (RFC 8628 3.4, CIBA 10.1).
type polling struct {
	form     func() url.Values // the request, made afresh for each time
	secret   tokens.Secret     // what in it must not be seen
	interval time.Duration
	expires  time.Time
	endpoint string // where the request was started, for the error when it expires: "device", "ciba"
	spec     string
	// notice brings what the server says of itself: that it is time to ask ends a wait early. nil: it never does.
	notifications <-chan notification
}

// poll asks until the person has decided or the request has expired. What can go away by itself does not end it: the
// person may have approved already.
func (r *Run) poll(ctx context.Context, p *polling) (tokens.Set, error) {
	failures := 0
	var failed error // of the last request
	for attempt := 1; ; attempt++ {
		if !r.now().Add(p.interval).Before(p.expires) {
			if failed != nil {
				return tokens.Set{}, fmt.Errorf("the request expired after %d failures in a row: %w", failures, failed)
			}
			return tokens.Set{}, r.pollExpired(p)
		}
		if err := r.waitInterval(ctx, p, attempt); err != nil {
			return tokens.Set{}, fmt.Errorf("waiting for the person to approve the sign-in: %w", err)
		}
		set, err := r.pollOnce(ctx, p, attempt)
		if err == nil {
			return set, nil
		}
		if ctx.Err() != nil {
			return tokens.Set{}, err
		}
		var refused *OAuthError
		switch {
		case errors.As(err, &refused) && refused.Code == "authorization_pending":
			failures, failed = 0, nil
		case errors.As(err, &refused) && refused.Code == "slow_down":
			failures, failed = 0, nil
			p.interval += slowDownStep
		case isTransient(err) && (failures+1 < maxFailures || !isNonProtocolSuccess(err)):
			failures, failed = failures+1, err
			longest := max(maxBackOff, p.interval)
			p.interval = min(max(2*p.interval, retryAfterOf(err)), longest)
		default:
			return tokens.Set{}, err
		}
	}
}

// waitInterval waits for the interval, or until the server says that it is time.
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

// pollOnce asks the token endpoint once. What the answer means for the polling is part of the step.
func (r *Run) pollOnce(ctx context.Context, p *polling, attempt int) (tokens.Set, error) {
	x, err := r.send(ctx, "token", p.form(), p.secret)
	var set tokens.Set
	if err == nil {
		set, err = r.readTokens(x)
	}
	step := Step{Title: fmt.Sprintf("Ask whether the person has approved (%d)", attempt), Spec: p.spec,
		Meaning: "They have: here are the tokens."}
	var refused *OAuthError
	shown := err
	switch {
	case errors.As(err, &refused) && refused.Code == "authorization_pending":
		step.Meaning, shown = fmt.Sprintf("Not yet. fob asks again in %s.", tokens.Span(p.interval)), nil
	case errors.As(err, &refused) && refused.Code == "slow_down":
		step.Meaning, shown = fmt.Sprintf("Not yet, and fob asks too often: from now on it waits %s.",
			tokens.Span(p.interval+slowDownStep)), nil
	case err != nil && isTransient(err):
		step.Meaning = "No usable answer came. fob waits longer before it asks again."
	case errors.As(err, &refused):
		step.Meaning = "The authorization server ended the sign-in."
	case err != nil:
		step.Meaning = "No usable answer came."
	}
	r.exchangeStep(step, x, shown)
	return set, err
}

// definite are the error codes that end a request whatever the status they come with (RFC 6749 5.2, RFC 8628 3.5).
var permanentErrorCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
	"invalid_scope",
	"access_denied", "expired_token",
}

// transient reports whether a failure can go away by itself: a time-out, a lost connection, a server that is overloaded
// or restarting, whatever form it says that in.
func isTransient(err error) bool {
	var w *wire.Error
	if errors.As(err, &w) {
		switch w.Phase {
		case wire.PhaseTimeout, wire.PhaseConnect, wire.PhaseDNS, wire.PhaseBody, wire.PhaseOther:
			return true
		}
		return false
	}
	var refused *OAuthError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "server_error", "temporarily_unavailable": // RFC 6749 4.1.2.1 calls them temporary
			return true
		}
		return transientStatus(refused.Status) && !slices.Contains(permanentErrorCodes, refused.Code)
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

// isNonProtocolSuccess reports whether an answer had a status of success and is none of the protocol: a page, a text.
func isNonProtocolSuccess(err error) bool {
	var bad *ResponseError
	return errors.As(err, &bad) && bad.NoObject && !bad.Empty && bad.Status >= 200 && bad.Status < 300
}

// retryAfterOf is how long the server wants to be left alone; 0 when it does not say.
func retryAfterOf(err error) time.Duration {
	var refused *OAuthError
	var bad *ResponseError
	switch {
	case errors.As(err, &refused):
		return refused.RetryAfter
	case errors.As(err, &bad):
		return bad.RetryAfter
	}
	return 0
}

// pollExpired is what the server would say if it were asked once more.
func (r *Run) pollExpired(p *polling) error {
	e := &OAuthError{Code: "expired_token", Endpoint: p.endpoint,
		URL:         tokens.VisibleLine(r.Provider.Endpoint(p.endpoint)),
		Description: "nobody approved the sign-in before the request for it expired"}
	r.Step(Step{From: Fob, To: Fob, Title: "The request has expired", Spec: p.spec, Err: e.Error(),
		Meaning: "Nobody approved the sign-in in time, so fob stops asking."})
	return e
}
