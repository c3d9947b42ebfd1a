package session

import (
	"context"
	"strings"

	"fob/flows/calls"
	"fob/flows/explain/doctor"
	"fob/tokens/vault"
)

// DiagnoseCall explains why an API refused a call with a session's token, by the challenges of its answer (RFC 6750 3,
// RFC 9449 7.1, RFC 9470 3). ok is false for an answer whose challenges name no error.
func (s *Service) DiagnoseCall(ctx context.Context, id string, r *calls.Response) (d doctor.Diagnosis, ok bool) {
	rec, err := s.Load(ctx, id)
	if r == nil || err != nil {
		return doctor.Diagnosis{}, false
	}
	c := callContext(rec)
	if r.Exchange != nil {
		c.ClockOffset = doctor.ClockOffset(*r.Exchange)
	}
	return doctor.Challenge(r.Status, r.Challenges, c)
}

func callContext(rec vault.Record) doctor.Context {
	m := rec.Meta
	return doctor.Context{Grant: m.Grant, ClientID: m.ClientID, AuthMethod: m.AuthMethod, Command: strings.TrimSpace("fob login " + m.Profile),
		Session: m.ID, Profile: m.Profile, DPoP: !rec.Secrets.DPoPKey.IsZero()}
}
