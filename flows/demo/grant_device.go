package demo

import "time"

// deviceRecord is what a device code stands for (RFC 8628 3.2).
type deviceRecord struct {
	Client    client
	Scopes    []string
	Resources []string
	UserCode  string
	Expires   time.Time
	Interval  time.Duration // between polls; slow_down makes it longer
	LastPoll  time.Time
	Polls     int
	State     deviceState
	By        signIn
}

type deviceState int

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDenied
	deviceDone
)

const (
	pollInterval    = time.Second
	defaultInterval = 5 * time.Second // when the answer has no interval (RFC 8628 3.5)
	slowDownBy      = 5 * time.Second
	// pollGrace is how much too early a poll may be: networks are not that even.
	pollGrace = 250 * time.Millisecond
)

// pollDevice is the device grant at the token endpoint (RFC 8628 3.4, 3.5).
func (s *Server) pollDevice(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("device_code") {
		return nil, oauthErrorf("invalid_request", "device_code is missing")
	}
	var rec deviceRecord
	var refused *oauthError
	known := s.store.devices.Update(t.Get("device_code"), func(d *deviceRecord) {
		refused = s.poll(d, t.Client)
		rec = *d
	})
	switch {
	case !known:
		return nil, oauthErrorf("invalid_grant", "the device code is not known")
	case refused != nil:
		return nil, refused
	}
	resource, err := s.chooseResource(rec.Resources, t.All("resource"))
	if err != nil {
		return nil, err
	}
	f := family{Client: t.Client.ID, User: rec.By.User, SignIn: rec.By.ID, AuthTime: rec.By.AuthTime, ACR: rec.By.ACR,
		Scopes: rec.Scopes, Resources: rec.Resources}
	id := s.newFamily(f)
	return s.issueTo(t, issuance{Family: id, Of: f, Scopes: f.Scopes, Resource: resource,
		Refresh: s.newRefresh(t, id, f.Scopes)})
}

// poll judges one poll and notes it. It runs under the table's lock, so that a code is redeemed once.
func (s *Server) poll(d *deviceRecord, c client) *oauthError {
	if d.Client.ID != c.ID {
		return oauthErrorf("invalid_grant", "the device code was issued to another client")
	}
	now := s.now()
	tooSoon := d.Polls > 0 && now.Sub(d.LastPoll) < d.Interval-pollGrace
	d.Polls++
	d.LastPoll = now
	if s.config.AutoConsent && d.State == devicePending && d.Polls >= 2 {
		d.State, d.By = deviceApproved, signIn{ID: randomToken(), User: "alice", AuthTime: s.toldTime(), ACR: acrPassword}
	}
	switch {
	case d.State == deviceDone:
		return oauthErrorf("invalid_grant", "the device code was used before")
	case s.on(faultDeviceExpired) || !now.Before(d.Expires):
		return oauthErrorf("expired_token", "the device code has expired; begin again")
	case d.State == deviceDenied || s.on(faultAccessDenied):
		return accessDenied()
	case tooSoon, s.on(faultSlowDown) && d.Polls == 1:
		d.Interval += slowDownBy
		return oauthErrorf("slow_down", "polled too soon: wait %d seconds between polls from now on", int(d.Interval/time.Second))
	case d.State == devicePending:
		return oauthErrorf("authorization_pending", "the person has not decided yet")
	}
	d.State = deviceDone
	return nil
}
