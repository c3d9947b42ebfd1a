package main

import (
	"context"
	"slices"

	"fob/flows/session"
	"fob/tokens"
)

// startFromAPI finds out from an API's address who gives tokens for it (RFC 9728), and with which resource and scope. It
// fills in the flags that were not given, and returns the profile to log in with and the values that the API asks for.
func (a *app) startFromAPI(ctx context.Context, svc *session.Service, name string, l *loginFlags) (string, map[string]string, error) {
	d, err := svc.StartFromAPI(ctx, l.api)
	if err != nil {
		return name, nil, err
	}
	l.found = d.Resource.Checks
	servers := d.Resource.AuthorizationServers
	if name != "" {
		p, err := svc.Profile(name)
		if err != nil {
			return name, nil, err
		}
		if p.Issuer != d.Issuer && !slices.Contains(servers, p.Issuer) {
			return name, nil, usagef("the profile %s is of %s, and %s takes tokens of %v: log in without the profile", tokens.VisibleLine(name), tokens.VisibleLine(p.Issuer), tokens.VisibleLine(l.api), servers)
		}
	} else {
		name = d.Profile
	}
	if l.issuer == "" && name == "" {
		l.issuer = d.Issuer
	}
	if name == "" && l.clientID == "" {
		return name, nil, usagef("%s takes tokens of %s, where no profile is a client: give --client-id ID, or register a client\n  fob provider register %s NAME --api %s, then fob login NAME --api %[4]s",
			tokens.VisibleLine(l.api), tokens.VisibleLine(d.Issuer), shellWord(d.Issuer), shellWord(l.api))
	}
	values := map[string]string{}
	for _, input := range []string{"resource", "scope"} {
		if v := d.Values[input]; v != "" {
			values[input] = v
		}
	}
	a.note("%s takes tokens of %s for the resource %s.", l.api, d.Issuer, d.Resource.Resource)
	return name, values, nil
}
