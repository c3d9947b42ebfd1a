package demo

// deviceRecord is the state of a device code (RFC 8628 3.2).
type deviceRecord struct {
	polled
	UserCode string
}

// pollDevice is the device grant at the token endpoint (RFC 8628 3.4, 3.5).
func (s *Server) pollDevice(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("device_code") {
		return nil, oauthErrorf("invalid_request", "device_code is missing")
	}
	var rec deviceRecord
	var refused *oauthError
	auto := signIn{ID: randomToken(), User: "alice", AuthTime: s.reportedTime(), ACR: acrPassword}
	known := s.store.devices.Update(t.Get("device_code"), func(d *deviceRecord) {
		refused = s.poll(&d.polled, t.Client, "device code", auto, pollFaults{faultDeviceExpired, faultAccessDenied,
			faultSlowDown})
		rec = *d
	})
	switch {
	case !known:
		return nil, oauthErrorf("invalid_grant", "the device code is not known")
	case refused != nil:
		return nil, refused
	}
	return s.issuePolled(t, rec.polled, "")
}
