package flows

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// The bounds of polling.
const (
	defaultInterval = 5 * time.Second // RFC 8628 3.2, CIBA 7.3: when the server says nothing
	slowDownBy      = 5 * time.Second // RFC 8628 3.5, CIBA 11
	maxBackOff      = time.Minute
	maxFailures     = 3 // answers in a row that are no answer
	// maxNotices is how many notifications cut the waiting short: a server that sends more is not waited for less.
	maxNotices = 20
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
	notice <-chan notice
}

// poll asks until the person has decided or the request has expired.
func (r *Run) poll(ctx context.Context, p *polling) (tokens.Set, error) {
	failures := 0
	for attempt := 1; ; attempt++ {
		if !r.now().Add(p.interval).Before(p.expires) {
			return tokens.Set{}, r.pollExpired(p)
		}
		if err := r.waitFor(ctx, p, attempt); err != nil {
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
			failures = 0
		case errors.As(err, &refused) && refused.Code == "slow_down":
			failures = 0
			p.interval += slowDownBy
		case passing(err) && failures+1 < maxFailures:
			failures++
			p.interval = min(2*p.interval, max(maxBackOff, p.interval))
		default:
			return tokens.Set{}, err
		}
	}
}

// waitFor waits for the interval, or until the server says that it is time.
func (r *Run) waitFor(ctx context.Context, p *polling, attempt int) error {
	if p.notice == nil || attempt > maxNotices {
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
		case n := <-p.notice:
			if r.noticeStep(p, n) {
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
	step := Step{Title: fmt.Sprintf("Ask whether the person has approved (%d)", attempt), Spec: p.spec, Meaning: "They have: here are the tokens."}
	var refused *OAuthError
	shown := err
	switch {
	case errors.As(err, &refused) && refused.Code == "authorization_pending":
		step.Meaning, shown = fmt.Sprintf("Not yet. fob asks again in %s.", tokens.Span(p.interval)), nil
	case errors.As(err, &refused) && refused.Code == "slow_down":
		step.Meaning, shown = fmt.Sprintf("Not yet, and fob asks too often: from now on it waits %s.", tokens.Span(p.interval+slowDownBy)), nil
	case errors.As(err, &refused):
		step.Meaning = "The authorization server ended the sign-in."
	case err != nil && passing(err):
		step.Meaning = "No usable answer came. fob waits longer before it asks again."
	case err != nil:
		step.Meaning = "No usable answer came."
	}
	r.exchangeStep(step, x, shown)
	return set, err
}

// passing reports whether a failure can go away by itself: a time-out, a lost connection, a server that is overloaded.
func passing(err error) bool {
	var w *wire.Error
	if errors.As(err, &w) {
		switch w.Phase {
		case wire.PhaseTimeout, wire.PhaseConnect, wire.PhaseDNS, wire.PhaseBody, wire.PhaseOther:
			return true
		}
		return false
	}
	var bad *ResponseError
	return errors.As(err, &bad) && (bad.Status >= 500 || bad.Status == 429)
}

// pollExpired is what the server would say if it were asked once more.
func (r *Run) pollExpired(p *polling) error {
	e := &OAuthError{Code: "expired_token", Endpoint: p.endpoint, URL: tokens.VisibleLine(r.Provider.Endpoint(p.endpoint)),
		Description: "nobody approved the sign-in before the request for it expired"}
	r.Step(Step{From: Fob, To: Fob, Title: "The request has expired", Spec: p.spec, Err: e.Error(),
		Meaning: "Nobody approved the sign-in in time, so fob stops asking."})
	return e
}
