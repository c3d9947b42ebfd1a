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

// ResourceMetadataRequest says which API to start from (RFC 9728).
type ResourceMetadataRequest struct {
	Address string
	Profile string       // whose TLS and proxy settings are used; "" for none
	TLS     wire.Options // over the profile's, as in LoginRequest
}

// APIDiscovery is what an API says of itself, and who gives tokens for it.
type APIDiscovery struct {
	Address  string                     // where calls begin
	Resource *provider.ResourceMetadata // nil when nothing was found
	Scope    string                     // what the API asks for: the challenge's, else its metadata's (RFC 6750 3)
	Servers  []APIServer                // in the API's order
	tls      wire.Options
}

// APIServer is an authorization server that an API names.
type APIServer struct {
	provider.ResourceServer
	RejectReason string            // why it gives no tokens for the API, in a sentence; "" when it does
	Profiles     []profile.Profile // the clients that are known there
}

// Registers reports whether clients can be registered there (RFC 7591).
func (a APIServer) SupportsRegistration() bool {
	return a.Metadata != nil && a.Metadata.RegistrationEndpoint != ""
}

// SupportsClientDocuments reports whether it says that a client can be the URL of its metadata document
// (draft-ietf-oauth-client-id-metadata-document 5).
func (a APIServer) SupportsClientDocuments() bool { return registration.SupportsDocuments(a.Metadata) }

// FetchResourceMetadata asks an API, an MCP server too, where its authorization servers are (RFC 9728), and each of
// those what it supports. observe is told of each exchange; it may be nil. The errors are those of
// provider.DiscoverResource; what was found until then comes beside them.
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

// stepReporter tells of the exchanges by which an API's metadata is found.
type stepReporter struct {
	next          wire.Doer
	run           *flows.Run
	resourceFound bool // the API has said what it is: what is asked now are its authorization servers
}

// Do implements wire.Doer.
func (n stepReporter) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	step := flows.Step{To: flows.API, Title: "Read what the API says of itself", Spec: "RFC 9728 3",
		Meaning: "The metadata names the resource, its authorization servers and its scopes."}
	switch {
	case r.Endpoint == wire.EndpointAPI:
		step = flows.Step{To: flows.API, Title: "Ask the API without a token", Spec: "RFC 9728 5",
			Meaning: "The refusal says where the API's metadata stands."}
	case r.Endpoint == wire.EndpointJWKS:
		step = flows.Step{To: flows.AuthorizationServer, Title: "Read the keys of an authorization server",
			Spec:    "RFC 9728 2.2",
			Meaning: "The API's metadata is signed; the key set holds the key that it is verified with."}
	case n.resourceFound:
		step = flows.Step{To: flows.AuthorizationServer, Title: "Ask an authorization server what it supports",
			Spec:    "RFC 8414 3",
			Meaning: "The API names who gives tokens for it; its metadata says where and how to ask."}
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

// unfit says why an authorization server gives no tokens for an API.
func rejectReason(server provider.ResourceServer) string {
	switch {
	case server.Metadata == nil && server.Err != nil:
		return server.Err.Error()
	case server.Metadata == nil:
		return "It was not asked: there are too many before it."
	case server.NotListed:
		return "It names the resources that it serves, and this is none of them (RFC 9728 4)."
	}
	return ""
}

// Server is the authorization server of the issuer, else, for "", the first one that gives tokens for the API.
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
		return APIServer{}, fmt.Errorf("finding who gives tokens for %s: its metadata names no authorization "+
			"server; ask its operator which one", resource)
	}
	if len(problems) == 0 {
		return APIServer{}, fmt.Errorf("finding who gives tokens for %s: %s is none of its authorization servers",
			resource, tokens.VisibleLine(issuer))
	}
	return APIServer{}, fmt.Errorf("finding who gives tokens for %s: none of its authorization servers will do: %w",
		resource, errors.Join(problems...))
}

// DraftFor prepares the login at one of the API's authorization servers, as a profile's client, or, with no profile, as
// the client of an ID, which may be empty and the URL of a client ID metadata document. Resource and whether tokens are
// bound are as the API asks for it, its scope comes to that of the profile, and calls with the session begin at the
// API.
func (s *Service) DraftFor(ctx context.Context, a *APIDiscovery, server APIServer, profileName,
	clientID string) (Draft, error) {
	return s.draftFor(ctx, a, server, profileName, clientID, "")
}

// draftFor is DraftFor with another grant than that of the profile; "": that one.
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

// addScopes is a scope with the words of another added to it.
func addScopes(scope, more string) string {
	words := tokens.SplitScope(scope)
	for _, w := range tokens.SplitScope(more) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// DraftFromAPI prepares a login at the named profile's authorization server, else at the first one that gives tokens
// for the API, as the client of the profile there that fits best (see bestProfile). Where none fits, the draft has no
// client: register one, or name one. A profile of a server that the API does not name is a *flows.InputError. grantID
// is the grant that was asked for; "" is that of the profile.
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
			Expected: fmt.Sprintf("one of %s, who give tokens for %s; or log in without the profile",
				tokens.VisibleLine(strings.Join(a.Resource.AuthorizationServers, ", ")), tokens.VisibleLine(a.Address))}
	}
	name := s.bestProfile(server.Profiles, a.Address, grantID).Name
	return s.draftFor(ctx, a, server, name, "", grantID)
}

// bestProfile is the profile, of those at one authorization server, with which to log in for an API: one that can do
// the grant, and of those one that names the API, then the default profile, then the first of the file. Where no grant
// was asked for, one with which a person signs in comes first. The zero Profile: none can.
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

// fitness says how well a profile does a grant, or its own where none is asked for; 0: it cannot.
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
	return 0 // a client for a machine seldom has a redirect URI, and one for people seldom acts by itself
}

// requestedScope is the scope that the API asks for: that of its challenge before all that it knows (RFC 6750 3).
func requestedScope(r *provider.ResourceMetadata) string {
	if r.Challenge != nil && r.Challenge.Param("scope") != "" {
		return r.Challenge.Param("scope")
	}
	return strings.Join(r.Scopes, " ")
}

// LoginAPI is the API that a session's login started from; "" when it did not start from one, or from that of its
// profile.
func LoginAPI(m vault.Meta) string { return m.Settings[settingAPI] }

// APIBaseURL is where calls with a session begin: the API that its login started from, else the one of its profile; ""
// when neither is known.
func (s *Service) APIBaseURL(m vault.Meta) string {
	if api := LoginAPI(m); api != "" {
		return api
	}
	if p, err := s.o.Profiles.Get(m.Profile); m.Profile != "" && err == nil {
		return p.API
	}
	return ""
}
