package demo

import "time"

// polled is what a client polls for at the token endpoint: a device code (RFC 8628 3.4) or a backchannel authentication
// (OpenID Connect CIBA 11). It is changed under its table's lock, so that it is redeemed once.
type polled struct {
	Client    client
	Scopes    []string
	Resources []string
	Details   []map[string]any
	Expires   time.Time
	Interval  time.Duration // between polls; slow_down makes it longer
	LastPoll  time.Time
	Polls     int
	State     pollState
	By        signIn
}

type pollState int

const (
	pollPending pollState = iota
	pollApproved
	pollDenied
	pollRedeemed
)

const (
	pollInterval    = time.Second
	defaultInterval = 5 * time.Second // if the response has no interval (RFC 8628 3.5)
	slowDownBy      = 5 * time.Second
	// pollGrace is how much too early a poll may be: network latency varies.
	pollGrace = 250 * time.Millisecond
)

// pollFaults are the faults of one kind of polling.
type pollFaults struct{ expired, denied, slowDown string }

// poll handles one poll; what names the polled object in descriptions. auto is the sign-in that approves at the second
// poll if AutoConsent is on.
func (d *polled) poll(e *environment, c client, what string, auto signIn, f pollFaults) *oauthError {
	if d.Client.ID != c.ID {
		return oauthErrorf("invalid_grant", "the %s was issued to another client", what)
	}
	now := e.now()
	tooSoon := d.Polls > 0 && now.Sub(d.LastPoll) < d.Interval-pollGrace
	d.Polls++
	d.LastPoll = now
	if e.config.AutoConsent && d.State == pollPending && d.Polls >= 2 {
		d.State, d.By = pollApproved, auto
	}
	switch {
	case d.State == pollRedeemed:
		return oauthErrorf("invalid_grant", "the %s was used before", what)
	case e.on(f.expired) || !now.Before(d.Expires):
		return oauthErrorf("expired_token", "the %s has expired; begin again", what)
	case d.State == pollDenied || e.on(f.denied):
		return accessDenied()
	case tooSoon, e.on(f.slowDown) && d.Polls == 1:
		d.Interval += slowDownBy
		return oauthErrorf("slow_down", "polled too soon: wait %d seconds between polls from now on",
			int(d.Interval/time.Second))
	case d.State == pollPending:
		return oauthErrorf("authorization_pending", "the user has not decided yet")
	}
	d.State = pollRedeemed
	return nil
}

// issuePolled answers the poll after the approval. authReqID is that of a backchannel authentication.
func (ti *tokenIssuer) issuePolled(t *tokenRequest, rec polled, authReqID string) (*tokenResponse, *oauthError) {
	resource, err := ti.env.chooseResource(rec.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	f := family{Client: t.Client.ID, User: rec.By.User, SignIn: rec.By.ID, AuthTime: rec.By.AuthTime, ACR: rec.By.ACR,
		Scopes: rec.Scopes, Resources: rec.Resources, Details: rec.Details}
	return ti.issueFamily(t, f, issuance{Resource: resource, AuthReqID: authReqID})
}

// decide stores the user's decision, unless there is one already.
func (d *polled) decide(state pollState, by signIn) (decided bool) {
	if d.State != pollPending {
		return false
	}
	d.State, d.By = state, by
	return true
}
