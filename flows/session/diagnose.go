package session

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/explain/doctor"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens/vault"
)

// ErrorContext is what the caller knows about a failed use case. Every field is optional.
type ErrorContext struct {
	Session  vault.Meta // whose tokens
	Provider string     // the profile or the issuer, where there is no session
	Command  string     // the command line that failed, for proposals; "" is the login of the session or the profile
}

// Diagnose explains the error of a use case: what it means, the likeliest causes, what to do. ok is false for an error
// without an explanation.
func (s *Service) Diagnose(err error, about ErrorContext) (d doctor.Diagnosis, ok bool) {
	c := s.diagnosisContext(err, about)
	var public *IntrospectionError
	if errors.As(err, &public) {
		return public.diagnosis(about.Session.ID), true
	}
	var moved *EndpointMovedError
	if errors.As(err, &moved) {
		return moved.diagnosis(), true
	}
	var unanswered *UnansweredError
	if errors.As(err, &unanswered) {
		return unanswered.diagnosis(c.Command), true
	}
	if d, ok = doctor.Diagnose(err, c); !ok && errors.Is(err, ErrNeedsPerson) {
		d, ok = doctor.Diagnosis{Title: "This session needs a new sign-in.",
			Next: []doctor.Action{{Text: "Sign in again.", Do: map[string]string{doctor.DoCommand: c.Command}}}}, true
	}
	d.Command = c.Command
	return d, ok
}

// DiagnoseCall explains why an API rejected a call with a session's token, by the challenges of its response (RFC 6750
// 3, RFC 9449 7.1, RFC 9470 3). ok is false if no challenge names an error.
func (s *Service) DiagnoseCall(ctx context.Context, id string, r *calls.Response) (d doctor.Diagnosis, ok bool) {
	rec, err := s.Load(ctx, id)
	if r == nil || err != nil {
		return doctor.Diagnosis{}, false
	}
	c := s.contextOf(ErrorContext{Session: rec.Meta})
	c.DPoP = !rec.Secrets.DPoPKey.IsZero()
	if r.Exchange != nil {
		c.ClockOffset = doctor.ClockOffset(*r.Exchange)
	}
	d, ok = doctor.Challenge(r.Status, r.Challenges, r.RedactedChallenges(), c)
	d.Command = c.Command
	return d, ok
}

// diagnosisContext returns the context of an error: that of the run that it ended, else that of the caller, and what
// the failed request itself shows.
func (s *Service) diagnosisContext(err error, about ErrorContext) doctor.Context {
	c := s.contextOf(about)
	for _, r := range slices.Backward(s.pastRuns()) {
		if r.Failed != nil && errors.Is(err, r.Failed) {
			c = r.Context
			break
		}
	}
	if about.Command != "" {
		c.Command = about.Command
	}
	var refused *flows.OAuthError
	if errors.As(err, &refused) {
		c.AuthMethod = cmp.Or(c.AuthMethod, sentAuthMethod(refused))
		if c.ClockOffset == 0 {
			c.ClockOffset = refused.ClockOffset
		}
	}
	var network *wire.Error
	if errors.As(err, &network) && network.Exchange != nil && c.Edited == nil {
		c.Edited = network.Exchange.Edited
	}
	return c
}

// contextOf returns the context of a session, or of a provider.
func (s *Service) contextOf(about ErrorContext) doctor.Context {
	m := about.Session
	if m.ID == "" && about.Provider != "" {
		if p, err := s.o.Profiles.Get(about.Provider); err == nil {
			m.Profile, m.Issuer, m.ClientID, m.AuthMethod, m.Grant = p.Name, p.Issuer, p.ClientID, p.AuthMethod, p.Grant
		} else {
			m.Issuer = about.Provider
		}
	}
	return doctor.Context{Grant: m.Grant, ClientID: m.ClientID, AuthMethod: m.AuthMethod, Session: m.ID,
		Profile: m.Profile, Issuer: m.Issuer,
		Provider: s.metadataOf(m.Issuer), Command: cmp.Or(about.Command, loginCommandOf(s, m))}
}

// metadataOf returns the metadata that this process has read of an issuer; nil if there is no such metadata.
func (s *Service) metadataOf(issuer string) *provider.Metadata {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, src := range s.servers {
		if issuer != "" && src.metadata.Issuer == issuer {
			return src.metadata
		}
	}
	return nil
}

// sentAuthMethod returns the ID of the client authentication method of a rejected request, as far as the request shows
// it; else "".
func sentAuthMethod(refused *flows.OAuthError) string {
	for _, f := range refused.Sent {
		for _, m := range flows.AuthMethods() {
			if f.Name == "Authorization" && strings.Contains(f.Value, "("+m.ID+")") {
				return m.ID
			}
		}
	}
	return ""
}

// runContext returns the context of a run's error.
func runContext(s *Service, p *plan, run *flows.Run, steps []flows.Step) doctor.Context {
	m := vault.Meta{Profile: p.profile, Issuer: p.issuer, ClientID: p.clientID, Grant: p.grant.ID}
	c := doctor.Context{Grant: m.Grant, ClientID: m.ClientID, AuthMethod: p.authMethod,
		ProxySet: p.wire.Proxy != "" && p.wire.Proxy != "none",
		Command:  loginCommand(s, p), Profile: m.Profile, Issuer: m.Issuer}
	if run != nil {
		c.Provider, c.PKCE, c.DPoP, c.Edited = run.Provider, run.Values["pkce"], run.Values["dpop"] == "true",
			run.Edited()
		if c.Provider != nil {
			c.AuthMethod = authMethodOf(run)
		}
	}
	for endpoint, params := range p.params {
		for name := range params {
			c.Overrides = append(c.Overrides, endpoint+"."+name)
		}
	}
	slices.Sort(c.Overrides)
	addCodeEvidence(&c, steps)
	for _, s := range slices.Backward(steps) {
		if s.Exchange != nil && s.Exchange.Response != nil {
			c.ClockOffset = doctor.ClockOffset(*s.Exchange)
			break
		}
	}
	return c
}
