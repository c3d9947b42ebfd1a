package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fob/flows"
	"fob/tokens/vault"
	"fob/tokens/wwwauth"
)

// The challenge errors that another sign-in resolves.
const (
	needsStrongerSignIn = "insufficient_user_authentication" // RFC 9470 3
	needsMoreScope      = "insufficient_scope"               // RFC 6750 3.1
)

// StepUp prepares a new login that satisfies the challenge of an API: a stronger or fresher sign-in (acr_values and
// max_age, RFC 9470 4), or more scope (RFC 6750 3.1). Everything else is as in the session's login. Any other challenge
// is an error.
func (s *Service) StepUp(ctx context.Context, id string, c wwwauth.Challenge) (Draft, error) {
	rec, err := s.Load(ctx, id)
	if err != nil {
		return Draft{}, err
	}
	asked, err := StepUpValues(c, rec.Meta)
	if err != nil {
		return Draft{}, err
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		return Draft{}, err
	}
	grant, ok := grantAccepting(p.grant, asked)
	if !ok {
		return Draft{}, fmt.Errorf("stepping up %s: no grant with a sign-in has the input %s", rec.Meta.Label,
			strings.Join(slices.Sorted(maps.Keys(asked)), " and "))
	}
	d := Draft{Issuer: p.issuer, ClientID: p.clientID, AuthMethod: p.authMethod, Grant: grant,
		Values: mergeValues(grant), Params: flows.Params{}}
	if _, err := s.o.Profiles.Get(rec.Meta.Profile); rec.Meta.Profile != "" && err == nil {
		if d, err = s.Draft(ctx, rec.Meta.Profile, grant.ID); err != nil {
			return Draft{}, err
		}
		d.Issuer, d.ClientID, d.AuthMethod = p.issuer, p.clientID, p.authMethod
	}
	d.TLS, d.API = p.wire, p.api
	d.secret, d.key = rec.Secrets.ClientSecret, rec.Secrets.ClientKey
	d.HasSecret = d.HasSecret || !d.secret.IsZero()
	own := flows.Values{}
	if rec.Meta.AskedScope != "" {
		own["scope"] = rec.Meta.AskedScope
	}
	d.Values = mergeValues(grant, d.Values, own, p.values, asked)
	d.Params = mergeParams(d.Params, p.params)
	return d, nil
}

// StepUpValues returns the sign-in inputs that a challenge requires: acr_values and max_age (RFC 9470 3), or the scope
// added to the session's (RFC 6750 3.1). Any other challenge is an error.
func StepUpValues(c wwwauth.Challenge, m vault.Meta) (flows.Values, error) {
	asked := flows.Values{}
	switch code := c.Param("error"); code {
	case needsStrongerSignIn:
		for _, name := range []string{"acr_values", "max_age"} {
			if v := c.Param(name); v != "" {
				asked[name] = v
			}
		}
		if len(asked) == 0 {
			asked["prompt"] = "login" // the challenge names no requirement, so a fresh sign-in is the best guess
		}
	case needsMoreScope:
		asked["scope"] = addScopes(m.Scope, c.Param("scope"))
	default:
		return nil, &flows.InputError{Input: "challenge", Value: c.String(), Expected: "one whose error is " +
			needsStrongerSignIn + " or " + needsMoreScope + ", which another sign-in answers"}
	}
	return asked, nil
}

// grantAccepting returns the session's own grant if it has the inputs, else the first offered one that involves a user
// and has them.
func grantAccepting(own flows.Grant, asked flows.Values) (flows.Grant, bool) {
	takes := func(g flows.Grant) bool {
		for name := range asked {
			if !slices.ContainsFunc(g.Inputs, func(in flows.Input) bool { return in.Name == name }) {
				return false
			}
		}
		return true
	}
	if takes(own) {
		return own, true
	}
	for _, g := range flows.Grants() {
		if !g.Hidden && g.NeedsUser && g.Deprecated == "" && takes(g) {
			return g, true
		}
	}
	return flows.Grant{}, false
}
