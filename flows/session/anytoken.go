package session

import (
	"context"
	"fmt"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/provider"
	"fob/tokens"
)

// IntrospectToken introspects any token at the authorization server of a profile, as the profile's client (RFC 7662).
// The token is sent as it is: the caller ensures that the server may see it.
func (s *Service) IntrospectToken(
	ctx context.Context, token tokens.Secret, profileName string,
) (EndpointResponse, error) {
	run, err := s.runAtProvider(ctx, profileName)
	if err != nil {
		return EndpointResponse{}, fmt.Errorf("introspecting the token: %w", err)
	}
	resp, claims, err := run.Introspect(ctx, token, "")
	if err != nil {
		return EndpointResponse{Ledger: run.Ledger}, fmt.Errorf("introspecting the token: %w",
			s.explainIntrospection(run, err))
	}
	a := introspectionResponse(run, resp, claims)
	if a.Active != nil && !*a.Active {
		a.Notes = []string{"It has expired, was revoked, or may not be introspected by the client " +
			tokens.VisibleLine(run.Client.ID) +
			": the response is the same for all three (RFC 7662 2.2)."}
	}
	return a, nil
}

// UserinfoForToken queries the userinfo endpoint of a profile's server, or of an issuer, with any token (OpenID Connect
// Core 5.3). There is no id_token to compare the subject with.
func (s *Service) UserinfoForToken(
	ctx context.Context, token tokens.Secret, nameOrIssuer string,
) (EndpointResponse, error) {
	run, err := s.runAtProvider(ctx, nameOrIssuer)
	if err != nil {
		return EndpointResponse{}, fmt.Errorf("requesting the userinfo of the token: %w", err)
	}
	resp, claims, err := run.Userinfo(ctx, tokens.Set{AccessToken: token, TokenType: "Bearer"})
	if err != nil {
		return EndpointResponse{Ledger: run.Ledger}, fmt.Errorf("requesting the userinfo of the token: %w", err)
	}
	return newEndpointResponse(run, resp, claims), nil
}

// runAtProvider returns a run at the server of a profile, or at an issuer without a client.
func (s *Service) runAtProvider(ctx context.Context, nameOrIssuer string) (*flows.Run, error) {
	p, err := s.planForServer(nameOrIssuer)
	if err != nil {
		return nil, err
	}
	return s.runWithProvider(ctx, p, nil)
}

// Metadata fetches the metadata of an authorization server, given a profile or an issuer (RFC 8414, OpenID Connect
// Discovery 4). It does not fetch the keys: see Provider.
func (s *Service) Metadata(ctx context.Context, nameOrIssuer string) (*provider.Metadata, error) {
	p, err := s.planForServer(nameOrIssuer)
	if err != nil {
		return nil, err
	}
	src, err := s.fetchAuthServer(ctx, p)
	if err != nil {
		return nil, err
	}
	return src.metadata, nil
}

// CallWithToken calls an API with any token, such as one minted or pasted for a test. With a session ID, the TLS and
// proxy settings and the API's address are those of the session. Nothing is renewed or stored.
func (s *Service) CallWithToken(ctx context.Context, id string, token tokens.Secret,
	r calls.Request) (*calls.Response, error) {
	if id != "" {
		rec, err := s.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		r.Header = r.Header.Clone()
		r.Header.Del("Authorization") // replaced by the given token
		return s.callAs(ctx, rec, calls.Token{Value: token, Type: "Bearer"}, r)
	}
	client, err := s.client(ctx, (&plan{}).wire)
	if err != nil {
		return nil, err
	}
	return calls.Do(ctx, client, calls.Token{Value: token}, r)
}
