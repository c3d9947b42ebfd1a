package demo

// deviceRecord is the state of a device code (RFC 8628 3.2).
type deviceRecord struct {
	polled
	UserCode string
}

// redeem is the device grant at the token endpoint (RFC 8628 3.4, 3.5).
func (df *deviceFlow) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("device_code") {
		return nil, oauthErrorf("invalid_request", "device_code is missing")
	}
	var rec deviceRecord
	var refused *oauthError
	auto := signIn{ID: randomToken(), User: "alice", AuthTime: df.env.reportedTime(), ACR: acrPassword}
	known := df.devices.Update(t.Get("device_code"), func(d *deviceRecord) {
		refused = d.poll(df.env, t.Client, "device code", auto, pollFaults{faultDeviceExpired, faultAccessDenied,
			faultSlowDown})
		rec = *d
	})
	switch {
	case !known:
		return nil, oauthErrorf("invalid_grant", "the device code is not known")
	case refused != nil:
		return nil, refused
	}
	return df.tokens.issuePolled(t, rec.polled, "")
}
