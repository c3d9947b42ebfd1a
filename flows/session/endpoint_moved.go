package session

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/tokens"
	"fob/tokens/shell"
	"fob/tokens/vault"
)

// EndpointMovedError means that the authorization server's metadata names another token endpoint than when the session
// was made, on another site than the issuer's. The refresh token and the client secret are not sent there until the
// user accepts it: see Service.AcceptEndpoint.
type EndpointMovedError struct {
	Session  vault.Meta
	Old, New string // the addresses as in the metadata
}

func (e *EndpointMovedError) Error() string {
	return fmt.Sprintf("the token endpoint of %s has moved from %s to %s, which is not on the site of its issuer %s: "+
		"nothing was sent there", e.Session.Label, tokens.VisibleLine(e.Old), tokens.VisibleLine(e.New),
		tokens.VisibleLine(e.Session.Issuer))
}

// Unwrap returns ErrNeedsPerson.
func (e *EndpointMovedError) Unwrap() error { return ErrNeedsPerson }

func (e *EndpointMovedError) diagnosis() doctor.Diagnosis {
	return doctor.Diagnosis{
		Title: "The provider names a token endpoint on another site than when this session was made.",
		Causes: []doctor.Cause{
			{Text: "The provider has moved.", Likely: 60, HowToTell: "Its documentation or its status page says so."},
			{Text: "An attacker responds in its place, to get the refresh token and the client secret.",
				Likely:    40,
				HowToTell: "You do not know the owner of the new address."},
		},
		Next: []doctor.Action{{
			Text: "If the new address is the provider's, accept it: " + tokens.VisibleLine(e.New),
			Do: map[string]string{
				doctor.DoCommand: "fob refresh " + e.Session.ID + " --accept-endpoint " + shell.Word(e.New),
			},
		}},
	}
}

// checkEndpoint checks, just before a refresh token is used, that the session's lock is not lost and that the token
// endpoint is the one that the record is bound to. An endpoint that has moved within the issuer's site is reported and
// replaces it; else the error is an *EndpointMovedError. A record without an endpoint, of an earlier fob, is bound to
// the current one.
func (s *Service) checkEndpoint(ctx context.Context, lock vault.Lock, rec vault.Record,
	run *flows.Run) (vault.Record, error) {
	if err := lock.Lost(); err != nil {
		return rec, fmt.Errorf("renewing the session %s: %w", rec.Meta.Label, err)
	}
	oldURL, newURL := rec.Meta.TokenEndpoint, run.TokenEndpoint()
	if newURL == "" || newURL == oldURL {
		return rec, nil
	}
	if oldURL != "" {
		if !onSite(newURL, rec.Meta.Issuer) && !sameHost(newURL, oldURL) {
			return rec, &EndpointMovedError{Session: rec.Meta, Old: oldURL, New: newURL}
		}
		notifyf(ctx, "the token endpoint of %s has moved from %s to %s, on the same site", rec.Meta.Label, oldURL,
			newURL)
	}
	rec.Meta.TokenEndpoint = newURL
	return rec, nil
}

// onSite reports whether an address is on the issuer's host or a subdomain of it, and not in clear if the issuer is
// not.
func onSite(address, issuer string) bool {
	a, err := url.Parse(address)
	i, issuerErr := url.Parse(issuer)
	if err != nil || issuerErr != nil || i.Hostname() == "" || a.Scheme != i.Scheme && a.Scheme != "https" {
		return false
	}
	host, site := strings.ToLower(a.Hostname()), strings.ToLower(i.Hostname())
	return host == site && a.Port() == i.Port() || strings.HasSuffix(host, "."+site)
}

// sameHost reports whether two addresses have the same scheme and host.
func sameHost(a, b string) bool {
	x, err := url.Parse(a)
	y, otherErr := url.Parse(b)
	return err == nil && otherErr == nil && x.Scheme == y.Scheme && x.Host != "" && strings.EqualFold(x.Host, y.Host)
}

// AcceptEndpoint binds the session to a token endpoint that has moved, after the user has accepted it.
func (s *Service) AcceptEndpoint(ctx context.Context, id, endpoint string) error {
	if err := s.checkWritable("changing a session's token endpoint"); err != nil {
		return err
	}
	if !tokens.IsWebURL(endpoint) {
		return &flows.InputError{Input: "token endpoint", Value: endpoint, Expected: "an http or https address"}
	}
	lock, err := s.o.Store.Lock(ctx, id)
	if err != nil {
		return fmt.Errorf("waiting to change the token endpoint of the session %s: %w", tokens.VisibleLine(id), err)
	}
	defer lock.Unlock()
	rec, err := s.Load(ctx, id)
	if err != nil || rec.Meta.TokenEndpoint == endpoint {
		return err
	}
	rec.Meta.TokenEndpoint = endpoint
	return s.store(ctx, rec).StoreErr
}
