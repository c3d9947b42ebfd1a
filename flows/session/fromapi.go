package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// ResourceMetadataRequest names the API whose metadata to fetch (RFC 9728).
type ResourceMetadataRequest struct {
	Address string
	Profile string       // whose TLS and proxy settings apply; may be empty
	TLS     wire.Options // overrides the profile's, as in LoginRequest
}

// APIDiscovery is an API's metadata, and the authorization servers that issue tokens for it.
type APIDiscovery struct {
	Address  string                     // the base URL of calls
	Resource *provider.ResourceMetadata // nil if none was found
	Scope    string                     // what the API asks for: the challenge's, else its metadata's (RFC 6750 3)
	Servers  []APIServer                // in the order of the API's metadata
	tls      wire.Options
}

// APIServer is an authorization server that an API's metadata names.
type APIServer struct {
	provider.ResourceServer
	RejectReason string            // why it issues no tokens for the API, in a sentence; "" if it does
	Profiles     []profile.Profile // the profiles of this server
}

// SupportsRegistration reports whether clients can be registered there (RFC 7591).
func (a APIServer) SupportsRegistration() bool {
	return a.Metadata != nil && a.Metadata.RegistrationEndpoint != ""
}

// SupportsClientDocuments reports whether the server announces that a client_id may be the URL of a client metadata
// document (draft-ietf-oauth-client-id-metadata-document 5).
func (a APIServer) SupportsClientDocuments() bool { return registration.SupportsDocuments(a.Metadata) }

// FetchResourceMetadata asks an API, or an MCP server, for its authorization servers (RFC 9728), and each of those for
// its metadata. observe is called with each exchange; it may be nil. The errors are those of provider.DiscoverResource;
// what was found before is returned with the error.
func (s *Service) FetchResourceMetadata(ctx context.Context, r ResourceMetadataRequest,
	observe func(flows.Step)) (*APIDiscovery, error) {
	start := &APIDiscovery{Address: r.Address, tls: r.TLS}
	settings := r.TLS
	if r.Profile != "" {
		p, err := s.o.Profiles.Get(r.Profile)
		if err != nil {
			return start, err
		}
		settings = mergeWire(s.planOfProfile(p).wire, r.TLS)
	}
	client, err := s.client(ctx, settings)
	if err != nil {
		return start, err
	}
	run := &flows.Run{Observe: observe, Now: s.o.Now}
	asking := stepReporter{next: client, run: run}
	if start.Resource, err = provider.DiscoverResource(ctx, asking, r.Address); err != nil {
		return start, err
	}
	found := start.Resource
	start.Address, start.Scope = found.Asked, requestedScope(found)
	asking.resourceFound = true
	found.FetchServers(ctx, asking)
	for _, server := range found.Servers {
		start.Servers = append(start.Servers, APIServer{server, rejectReason(server), s.ProfilesOf(server)})
	}
	if ctx.Err() != nil {
		return start, ctx.Err()
	}
	return start, nil
}

// stepReporter reports each exchange of the discovery as a step.
type stepReporter struct {
	next          wire.Doer
	run           *flows.Run
	resourceFound bool // the following requests go to the API's authorization servers
}

// Do implements wire.Doer.
func (n stepReporter) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	step := flows.Step{To: flows.API, Title: "Read the API's metadata", Spec: "RFC 9728 3",
		Meaning: "The metadata names the resource, its authorization servers and its scopes."}
	switch {
	case r.Endpoint == wire.EndpointAPI:
		step = flows.Step{To: flows.API, Title: "Ask the API without a token", Spec: "RFC 9728 5",
			Meaning: "The error response names the address of the API's metadata."}
	case r.Endpoint == wire.EndpointJWKS:
		step = flows.Step{To: flows.AuthorizationServer, Title: "Read the keys of an authorization server",
			Spec:    "RFC 9728 2.2",
			Meaning: "The API's metadata is signed; the key set has the key that verifies it."}
	case n.resourceFound:
		step = flows.Step{To: flows.AuthorizationServer, Title: "Read an authorization server's metadata",
			Spec:    "RFC 8414 3",
			Meaning: "The API names this server as an issuer of its tokens; the metadata has the endpoints."}
	}
	resp, err := n.next.Do(ctx, r)
	step.From = flows.Fob
	if resp != nil {
		step.Exchange = resp.Exchange
	}
	if err != nil {
		step.Err = err.Error()
	}
	n.run.Step(step)
	return resp, err
}

// rejectReason says why an authorization server issues no tokens for an API; "" if it does.
func rejectReason(server provider.ResourceServer) string {
	switch {
	case server.Metadata == nil && server.Err != nil:
		return server.Err.Error()
	case server.Metadata == nil:
		return "It was not asked: the API names too many servers."
	case server.NotListed:
		return "Its metadata lists the resources that it serves, without this one (RFC 9728 4)."
	}
	return ""
}

// Server returns the authorization server of the issuer, or, for "", the first that issues tokens for the API.
func (a *APIDiscovery) Server(issuer string) (APIServer, error) {
	var problems []error
	for _, server := range a.Servers {
		switch {
		case issuer != "" && server.Issuer != issuer:
		case server.RejectReason == "":
			return server, nil
		default:
			problems = append(problems, fmt.Errorf("%s: %s", tokens.VisibleLine(server.Issuer), server.RejectReason))
		}
	}
	resource := tokens.VisibleLine(a.Resource.Resource)
	if len(problems) == 0 && issuer == "" {
		return APIServer{}, fmt.Errorf("finding an authorization server for %s: its metadata names no authorization "+
			"server; ask its operator which one", resource)
	}
	if len(problems) == 0 {
		return APIServer{}, fmt.Errorf("finding an authorization server for %s: %s is not one of those that it names",
			resource, tokens.VisibleLine(issuer))
	}
	return APIServer{}, fmt.Errorf("finding an authorization server for %s: none of those that it names is usable: %w",
		resource, errors.Join(problems...))
}

// DraftFor prepares a login at one of the API's authorization servers: as a profile's client, or, without a profile, as
// the client with the ID, which may be empty or the URL of a client ID metadata document. The resource and whether
// tokens are bound are those of the API, its scope is added to the profile's, and the API is the base URL of calls with
// the session.
func (s *Service) DraftFor(ctx context.Context, a *APIDiscovery, server APIServer, profileName,
	clientID string) (Draft, error) {
	return s.draftFor(ctx, a, server, profileName, clientID, "")
}

// draftFor is DraftFor with another grant than the profile's; "" is the profile's.
func (s *Service) draftFor(ctx context.Context, a *APIDiscovery, server APIServer, profileName, clientID,
	grantID string) (Draft, error) {
	var d Draft
	var own profile.Profile
	var err error
	if profileName != "" {
		if own, err = s.o.Profiles.Get(profileName); err == nil {
			d, err = s.Draft(ctx, profileName, grantID)
		}
	} else {
		var g flows.Grant
		g, err = chooseGrant(grantID)
		d = draftOf(profile.Profile{Issuer: server.Issuer, ClientID: clientID}, g)
	}
	if err != nil {
		return Draft{}, err
	}
	d.Resource, d.API, d.TLS = a.Resource, a.Address, a.tls
	d.Values["resource"] = a.Resource.Resource
	if a.Scope != "" {
		d.Values["scope"] = addScopes(own.Values["scope"], a.Scope)
	}
	if a.Resource.DPoPRequired {
		d.Values["dpop"] = "true"
	}
	return d, nil
}

// addScopes returns scope with the values of more added.
func addScopes(scope, more string) string {
	words := tokens.SplitScope(scope)
	for _, w := range tokens.SplitScope(more) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// DraftFromAPI prepares a login at the authorization server of the named profile, else at the first that issues tokens
// for the API, with the most suitable profile there (see bestProfile). Without a suitable profile, the draft has no
// client: register one, or name one. A profile of a server that the API does not name is a *flows.InputError. grantID
// is the requested grant; "" is the profile's.
func (s *Service) DraftFromAPI(ctx context.Context, a *APIDiscovery, profileName, grantID string) (Draft, error) {
	for _, server := range a.Servers {
		isHere := func(p profile.Profile) bool { return p.Name == profileName }
		if profileName != "" && server.RejectReason == "" && slices.ContainsFunc(server.Profiles, isHere) {
			return s.draftFor(ctx, a, server, profileName, "", grantID)
		}
	}
	server, err := a.Server("")
	if err != nil {
		return Draft{Resource: a.Resource}, err
	}
	if profileName != "" {
		return Draft{Resource: a.Resource}, &flows.InputError{Input: "profile", Value: profileName,
			Expected: fmt.Sprintf("a profile of %s, which issues tokens for %s; or log in without the profile",
				tokens.VisibleLine(strings.Join(a.Resource.AuthorizationServers, ", ")), tokens.VisibleLine(a.Address))}
	}
	name := s.bestProfile(server.Profiles, a.Address, grantID).Name
	return s.draftFor(ctx, a, server, name, "", grantID)
}

// bestProfile returns the profile of one authorization server with which to log in for an API. It must support the
// grant. A profile that names the API comes first, then the default profile, then the first of the file. Without a
// requested grant, one with which a user signs in is preferred. The zero Profile means that none is suitable.
func (s *Service) bestProfile(profiles []profile.Profile, address, grantID string) (best profile.Profile) {
	most := 0
	for _, p := range profiles {
		n := clientRank(p, grantID)
		if n == 0 {
			continue
		}
		n *= 4
		if p.API != "" && strings.HasPrefix(address+"/", strings.TrimSuffix(p.API, "/")+"/") {
			n += 2
		}
		if p.Name == s.o.Profiles.Default() {
			n++
		}
		if n > most {
			most, best = n, p
		}
	}
	return best
}

// clientRank ranks how well a profile's client suits a grant, or its own grant if none is requested; 0 means that it
// does not.
func clientRank(p profile.Profile, grantID string) int {
	own, err := chooseGrant(p.Grant)
	if err != nil {
		return 0
	}
	g := own
	if grantID != "" {
		if g, err = chooseGrant(grantID); err != nil {
			return 0
		}
	}
	switch {
	case g.Confidential && isPublic(p):
		return 0
	case grantID == "" && !g.NeedsUser:
		return 1
	case g.ID == own.ID:
		return 3
	case p.Grant == "" && !isPublic(p), g.NeedsUser == own.NeedsUser:
		return 2
	}
	return 0 // a client of a machine seldom has a redirect URI, and one for users seldom acts without one
}

// requestedScope returns the scope that the API requests: that of its challenge, else all scopes of its metadata (RFC
// 6750 3).
func requestedScope(r *provider.ResourceMetadata) string {
	if r.Challenge != nil && r.Challenge.Param("scope") != "" {
		return r.Challenge.Param("scope")
	}
	return strings.Join(r.Scopes, " ")
}

// LoginAPI returns the API that a session's login started from; "" if there was no such API, or if it is the profile's.
func LoginAPI(m vault.Meta) string { return m.Settings[settingAPI] }

// APIBaseURL returns the base URL of calls with a session: the API that its login started from, else the API of its
// profile; "" without either.
func (s *Service) APIBaseURL(m vault.Meta) string {
	if api := LoginAPI(m); api != "" {
		return api
	}
	if p, err := s.o.Profiles.Get(m.Profile); m.Profile != "" && err == nil {
		return p.API
	}
	return ""
}
