package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
)

// StartFromAPI prepares a login from an API's address alone, an MCP server's too (RFC 9728): it asks the API where its
// authorization servers are, takes the first that can be read, and fills in the resource and the scopes that the API asks
// for. Where a profile is of that server, its client is used; else the draft has no client: register one, or name one.
// The Resource in the draft says what was found. The errors are those of provider.DiscoverResource.
func (s *Service) StartFromAPI(ctx context.Context, address string) (Draft, error) {
	client, err := s.client(wire.Options{})
	if err != nil {
		return Draft{}, err
	}
	found, err := provider.DiscoverResource(ctx, client, address)
	if err != nil {
		return Draft{Resource: found}, err
	}
	server, err := firstServer(found)
	if err != nil {
		return Draft{Resource: found}, err
	}
	d := Draft{Issuer: server.Issuer, Values: flows.Values{}, Params: flows.Params{}}
	for _, p := range s.o.Profiles.List() {
		if p.Issuer == server.Issuer || server.Metadata.AcceptsIssuer(p.Issuer) {
			if d, err = s.Draft(ctx, p.Name, ""); err != nil {
				return Draft{Resource: found}, err
			}
			break
		}
	}
	if d.Grant.ID == "" {
		if d.Grant, err = chooseGrant(); err != nil {
			return Draft{}, err
		}
		d.Values = mergeValues(d.Grant)
	}
	d.Resource = found
	d.Values["resource"] = found.Resource
	if scope := scopeOf(found); scope != "" {
		d.Values["scope"] = scope
	}
	return d, nil
}

// scopeOf is the scope that the API asks for: that of its challenge before all that it knows (RFC 6750 3).
func scopeOf(r *provider.Resource) string {
	if r.Challenge != nil && r.Challenge.Param("scope") != "" {
		return r.Challenge.Param("scope")
	}
	return strings.Join(r.Scopes, " ")
}

// firstServer is the first authorization server of an API whose metadata could be read and which does not disown it.
func firstServer(r *provider.Resource) (provider.ResourceServer, error) {
	var problems []error
	for _, server := range r.Servers {
		switch {
		case server.Metadata == nil:
			problems = append(problems, fmt.Errorf("%s: %w", tokens.VisibleLine(server.Issuer), server.Err))
		case server.Disowned:
			problems = append(problems, fmt.Errorf("%s: it names the resources that it serves, and this is none of them (RFC 9728 4)", tokens.VisibleLine(server.Issuer)))
		default:
			return server, nil
		}
	}
	if len(problems) == 0 {
		return provider.ResourceServer{}, fmt.Errorf("finding who gives tokens for %s: its metadata names no authorization server; ask its operator which one", tokens.VisibleLine(r.Resource))
	}
	return provider.ResourceServer{}, fmt.Errorf("finding who gives tokens for %s: none of its authorization servers will do: %w", tokens.VisibleLine(r.Resource), errors.Join(problems...))
}
