package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// IntrospectionError means that the server rejected the introspection request of a public client: the endpoint requires
// an authenticated caller (RFC 7662 2.1). Others are the profiles whose client could introspect: see Introspect.
type IntrospectionError struct {
	Client string
	Others []string
	Err    error // the server's error
}

func (e *IntrospectionError) Error() string {
	s := fmt.Sprintf("the client %s is public: it cannot authenticate, and the introspection endpoint must "+
		"reject such a caller, which could be scanning for tokens (RFC 7662 2.1). ", tokens.VisibleLine(e.Client))
	if len(e.Others) > 0 {
		s += "Ask as the client of another profile at the same server: " +
			tokens.VisibleLine(strings.Join(e.Others, ", "))
	} else {
		s += "No other profile has a client with a secret at the same server: add one, often that of the API, and " +
			"ask as it"
	}
	return s + "\n  " + strings.ReplaceAll(e.Err.Error(), "\n", "\n  ")
}

// Unwrap returns the server's error.
func (e *IntrospectionError) Unwrap() error { return e.Err }

// diagnosis proposes other clients: no authentication method helps a client without credentials.
func (e *IntrospectionError) diagnosis(sessionID string) doctor.Diagnosis {
	d := doctor.Diagnosis{Title: "The introspection endpoint requires an authenticated client, and this one is public.",
		Spec:   "RFC 7662 2.1",
		About:  &doctor.About{Name: "client_id", Value: tokens.VisibleLine(e.Client)},
		Causes: []doctor.Cause{{Text: "The client is public: it cannot authenticate.", Likely: 97}}}
	for _, name := range e.Others {
		a := doctor.Action{Text: "Ask as the client of the profile " + tokens.VisibleLine(name) + "."}
		if sessionID != "" {
			a.Do = map[string]string{doctor.DoCommand: "fob introspect " + shell.Word(sessionID) + " --as " +
				shell.Word(name)}
		}
		d.Next = append(d.Next, a)
	}
	if len(e.Others) == 0 {
		d.Next = []doctor.Action{{Text: "Add a profile of a client with a secret at the same server, often that of " +
			"the API, and ask as it.",
			Do: map[string]string{doctor.DoCommand: "fob profile add NAME --issuer ISSUER --client-id ID " +
				"--client-secret-env VAR"}}}
	}
	return d
}

// Introspect introspects a token of a session (RFC 7662) as the client of a profile at the same server; "" is the
// session's own client. An empty kind is the access token. The token is sent as it is, expired or not. A rejected
// public client is an *IntrospectionError.
func (s *Service) Introspect(
	ctx context.Context, id string, kind tokens.Kind, profileName string,
) (EndpointResponse, error) {
	if kind == "" {
		kind = tokens.Access
	}
	rec, run, err := s.openSession(ctx, id)
	if err != nil {
		return EndpointResponse{}, err
	}
	token, err := tokenOf(rec, kind)
	if err != nil {
		return EndpointResponse{}, err
	}
	ownRun := run
	if profileName != "" {
		if run, err = s.runAsProfile(ctx, profileName, run); err != nil {
			return EndpointResponse{}, fmt.Errorf("introspecting the %s token of %s: %w", kind, rec.Meta.Label, err)
		}
	}
	resp, claims, err := run.Introspect(ctx, token, kind)
	if err != nil {
		return EndpointResponse{Ledger: run.Ledger}, fmt.Errorf("introspecting the %s token of %s: %w", kind,
			rec.Meta.Label, s.explainIntrospection(run, err))
	}
	if kind == tokens.Access {
		if err := run.CheckBinding(claims, ownRun); err != nil {
			return EndpointResponse{Ledger: run.Ledger}, fmt.Errorf("introspecting the %s token of %s: %w", kind,
				rec.Meta.Label, err)
		}
	}
	a := introspectionResponse(run, resp, claims)
	if a.Active != nil && !*a.Active {
		a.Notes = s.inactiveNotes(run, kind, rec.Secrets.Set)
	}
	return a, nil
}

// introspectionResponse returns the response of an introspection endpoint with its "active" (RFC 7662 2.2).
func introspectionResponse(run *flows.Run, resp *wire.Response, claims []byte) EndpointResponse {
	a := newEndpointResponse(run, resp, claims)
	if active, ok := a.JSON["active"].(bool); ok {
		a.Active = &active
	}
	return a
}

// runAsProfile returns a run as the client of a profile, at the session's own server only: a token must not be sent to
// another.
func (s *Service) runAsProfile(ctx context.Context, profileName string, own *flows.Run) (*flows.Run, error) {
	p, err := s.o.Profiles.Get(profileName)
	if err != nil {
		return nil, err
	}
	run, err := s.runWithProvider(ctx, s.planOfProfile(p), nil)
	if err != nil {
		return nil, err
	}
	if run.Provider.Issuer != own.Provider.Issuer ||
		run.Provider.IntrospectionEndpoint != own.Provider.IntrospectionEndpoint {
		return nil, &flows.InputError{Input: "as", Value: profileName,
			Expected: "a profile of the session's own authorization server " +
				tokens.VisibleLine(own.Provider.Issuer) + ", since a token must not be sent to another server"}
	}
	return run, nil
}

// explainIntrospection returns an IntrospectionError if the server rejected a public client, else err.
func (s *Service) explainIntrospection(run *flows.Run, err error) error {
	var refused *flows.OAuthError
	var bad *flows.ResponseError
	status := 0
	switch {
	case errors.As(err, &refused):
		status = refused.Status
	case errors.As(err, &bad):
		status = bad.Status
	}
	if !run.Client.Secret.IsZero() || status < http.StatusBadRequest || status >= http.StatusInternalServerError {
		return err
	}
	if m, e := run.AuthMethodAt("introspection"); e != nil || m.Metadata != "none" {
		return err
	}
	return &IntrospectionError{Client: run.Client.ID, Others: s.otherConfidentialProfiles(run), Err: err}
}

// otherConfidentialProfiles returns the profiles of other, confidential clients at the run's server.
func (s *Service) otherConfidentialProfiles(run *flows.Run) []string {
	var names []string
	for _, p := range s.o.Profiles.List() {
		same := p.Issuer == run.Provider.Issuer || run.Provider.AcceptsIssuer(p.Issuer)
		if same && p.ClientID != run.Client.ID && p.ClientSecret != nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// inactiveNotes says what "active": false may mean for a token that has not expired.
func (s *Service) inactiveNotes(run *flows.Run, kind tokens.Kind, set tokens.Set) []string {
	if !hasMinTTL(set, TokenRequest{Kind: kind}, s.o.Now()) {
		return nil
	}
	note := "The token has not expired. It was revoked, or the client " +
		tokens.VisibleLine(run.Client.ID) +
		" may not introspect it: the response is the same (RFC 7662 2.2)."
	if others := s.otherConfidentialProfiles(run); len(others) > 0 {
		note += " Ask as another client: " + tokens.VisibleLine(strings.Join(others, ", ")) + "."
	}
	return []string{note}
}
