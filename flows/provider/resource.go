package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
)

const (
	resourcePath = "/.well-known/oauth-protected-resource"
	// maxServers bounds how many of an API's authorization servers are asked for their metadata.
	maxServers = 10
)

// The ways in which a resource's metadata is found.
const (
	FromChallenge = "challenge"  // resource_metadata of WWW-Authenticate (RFC 9728 5.1)
	FromWellKnown = "well-known" // the well-known place of the API's own URL (RFC 9728 3.1)
	FromHost      = "host"       // that of the API's host, which many servers below a path publish
)

// Resource is what a protected resource, an API or an MCP server, says of itself (RFC 9728). Strings are as received.
type ResourceMetadata struct {
	Resource             string // its identifier: what a request for a token names as resource
	Name                 string
	AuthorizationServers []string // issuers
	Scopes               []string // scopes_supported; nil when not said
	BearerMethods        []string // header, body, query; nil when not said
	DPoPRequired         bool
	CertificateBound     bool
	JWKSURI              string
	SignedMetadata       bool // there is some; Checks say whether it is good

	Asked     string                     // the URL that it was asked for by
	Source    string                     // the URL of the metadata
	Found     string                     // FromChallenge, FromWellKnown or FromHost
	Status    int                        // of the answer to a request without a token
	Challenge *calls.Challenge           // that named the metadata, or the first one; nil when there was none
	Raw       map[string]json.RawMessage // every member as received
	Checks    tokens.Ledger              // discovery.resource, and discovery.signed_metadata where there is some
	Servers   []ResourceServer           // the authorization servers, in the API's order
}

// ResourceServer is one of the authorization servers that a resource names.
type ResourceServer struct {
	Issuer   string
	Metadata *Metadata // nil: Err says why
	Err      error
	// Disowned is set when the server publishes the resources that it issues tokens for (RFC 9728 4) and this is none
	// of them: the API may lead to a server that knows nothing of it.
	NotListed bool
}

// ResourceError means that no metadata of a resource was found.
type ResourceError struct {
	Resource string
	Status   int // of the answer to a request without a token
	Attempts []Attempt
	Hint     string
}

func (e *ResourceError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b,
		"find the authorization servers of %s: it answered a request without a token with %s, and publishes no "+
			"metadata", tokens.VisibleLine(e.Resource),
		strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "\n  %s: %s", tokens.VisibleLine(a.URL), tokens.VisibleLine(a.What))
	}
	if e.Hint != "" {
		b.WriteString("\n  " + e.Hint)
	}
	return b.String()
}

// DiscoverResource starts from the URL of an API: it asks without a token, reads the metadata that the refusal names or
// that stands at the well-known places, and compares its resource with what was asked for.
//
// The error is a *tokens.CheckError (discovery.resource) when the metadata is another resource's, with the Resource so
// that it can be shown; a *wire.Error when the API cannot be reached; a *ResourceError when there is no metadata.
func DiscoverResource(ctx context.Context, client wire.Doer, resourceURL string) (*ResourceMetadata, error) {
	asked, err := readResource(resourceURL)
	if err != nil {
		return nil, err
	}
	status, challenges, err := askWithoutToken(ctx, client, asked)
	if err != nil {
		return nil, err
	}
	failure := &ResourceError{Resource: asked.String(), Status: status}
	tried := map[string]bool{}
	for _, place := range resourcePlaces(asked, challenges) {
		if place.refused != "" {
			failure.Attempts = append(failure.Attempts, Attempt{URL: place.url, What: place.refused})
			continue
		}
		if tried[place.url] {
			continue
		}
		tried[place.url] = true
		r, attempt, err := fetchResource(ctx, client, place)
		if err != nil {
			return nil, err
		}
		if r == nil {
			failure.Attempts = append(failure.Attempts, attempt)
			continue
		}
		r.Asked, r.Status, r.Challenge = asked.String(), status, place.challenge
		if r.Challenge == nil && len(challenges) > 0 {
			r.Challenge = &challenges[0]
		}
		check := compareResource(place, r.Resource)
		r.Checks = append(r.Checks, check)
		if check.Outcome == tokens.Failed {
			return r, &tokens.CheckError{Check: check}
		}
		return r, nil
	}
	failure.Hint = resourceHint(status)
	return nil, failure
}

func resourceHint(status int) string {
	switch {
	case status >= 200 && status < 300:
		return "It answers without a token: perhaps nothing has to be done. Otherwise name the issuer."
	case status == http.StatusNotFound:
		return "There is nothing at this address. Check its path."
	}
	return "Name the issuer of its authorization server by hand."
}

// readResource reads a resource identifier: an absolute http or https URL without a fragment (RFC 9728 1.2).
func readResource(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	bad := ""
	switch {
	case text == "":
		bad = "none is given"
	case err != nil:
		bad = "it is not a URL"
	case u.Scheme != "https" && u.Scheme != "http":
		bad = fmt.Sprintf("its scheme is %q", tokens.VisibleLine(u.Scheme))
	case u.Host == "":
		bad = "it names no host"
	case u.User != nil:
		bad = "it holds a name or a password"
	}
	if bad != "" {
		return nil, fmt.Errorf("read the API's address: %s; it is a URL such as https://api.example.com/v1", bad)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// askWithoutToken asks the API without credentials. An MCP server answers a GET with an event stream, or refuses it.
func askWithoutToken(ctx context.Context, client wire.Doer, asked *url.URL) (status int, challenges []calls.Challenge,
	err error) {
	resp, err := client.Do(ctx, &wire.Request{Purpose: "API call without a token", Endpoint: wire.EndpointAPI,
		URL: asked.String(), MaxBody: 64 << 10, Header: http.Header{"Accept": {"application/json, text/event-stream"}}})
	if err != nil {
		return 0, nil, err
	}
	return resp.Status, calls.ParseChallenges(resp.Header.Values("WWW-Authenticate")), nil
}

// resourcePlace is a place where metadata can be, and the identifier that it must then have.
type resourcePlace struct {
	url       string
	found     string
	want      string // the resource that the metadata must name (RFC 9728 3.3)
	challenge *calls.Challenge
	refused   string // why it is not asked
}

// resourcePlaces lists the places: what the challenge names, then the well-known ones.
func resourcePlaces(asked *url.URL, challenges []calls.Challenge) []resourcePlace {
	var places []resourcePlace
	for i, c := range challenges {
		named := c.Param("resource_metadata")
		if named == "" {
			continue
		}
		place := resourcePlace{url: named, found: FromChallenge, want: asked.String(), challenge: &challenges[i]}
		u, err := url.Parse(named)
		switch {
		case err != nil || !tokens.IsWebURL(named):
			place.refused = "resource_metadata of the challenge is no http or https URL"
		case u.Scheme == "http" && asked.Scheme == "https":
			place.refused = "resource_metadata of the challenge is plain http, and the API is https"
		}
		places = append(places, place)
		break
	}
	own := *asked
	own.Path, own.RawPath = resourcePath+strings.TrimSuffix(asked.Path, "/"), ""
	if asked.RawPath != "" {
		own.RawPath = resourcePath + strings.TrimSuffix(asked.RawPath, "/")
	}
	places = append(places, resourcePlace{url: own.String(), found: FromWellKnown, want: asked.String()})
	if strings.Trim(asked.Path, "/") != "" || asked.RawQuery != "" {
		host := url.URL{Scheme: asked.Scheme, Host: asked.Host}
		places = append(places, resourcePlace{url: host.String() + resourcePath, found: FromHost, want: host.String()})
	}
	return places
}

func fetchResource(ctx context.Context, client wire.Doer, place resourcePlace) (*ResourceMetadata, Attempt, error) {
	resp, attempt, err := get(ctx, client, place.url)
	if resp == nil {
		return nil, attempt, err
	}
	r, err := ParseResourceMetadata(resp.Body, place.url)
	if err != nil {
		attempt.What = strings.TrimPrefix(err.Error(), "read the API's metadata: ")
		if resp.IsPage() {
			attempt.What = "200 with a web page instead of JSON"
		}
		return nil, attempt, nil
	}
	r.Found = place.found
	return r, attempt, nil
}

// ParseResourceMetadata reads the metadata of a protected resource (RFC 9728 2). source is the URL it was read from.
func ParseResourceMetadata(raw []byte, source string) (*ResourceMetadata, error) {
	if len(raw) > maxMetadata {
		return nil, fmt.Errorf("read the API's metadata: the document is larger than %d KiB", maxMetadata>>10)
	}
	m := &Metadata{}
	raw, err := m.readForm(raw, "the API's metadata")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &m.Raw); err != nil || m.Raw == nil {
		return nil, fmt.Errorf("read the API's metadata: it is not a JSON object")
	}
	r := &ResourceMetadata{Source: source, Raw: m.Raw, SignedMetadata: m.has("signed_metadata"), Checks: m.Checks}
	for name, field := range map[string]*string{"resource": &r.Resource, "resource_name": &r.Name,
		"jwks_uri": &r.JWKSURI} {
		value, err := m.text(name)
		if err != nil {
			return nil, fmt.Errorf("read the API's metadata: %s is not a string", name)
		}
		*field = value
	}
	if r.Resource == "" && !m.has("authorization_servers") {
		return nil, fmt.Errorf("read the API's metadata: it has neither resource nor authorization_servers")
	}
	r.AuthorizationServers, _ = m.List("authorization_servers")
	r.Scopes, _ = m.List("scopes_supported")
	r.BearerMethods, _ = m.List("bearer_methods_supported")
	r.DPoPRequired, _ = m.Bool("dpop_bound_access_tokens_required")
	r.CertificateBound, _ = m.Bool("tls_client_certificate_bound_access_tokens")
	return r, nil
}

// compareResource compares the metadata's resource with the one it must be (RFC 9728 3.3): they must be identical. Only
// a slash at the end of a host is let through, with a warning: it is the same URL by RFC 3986 6.2.3.
func compareResource(place resourcePlace, received string) tokens.Check {
	k := tokens.CheckResource
	asked, err1 := url.Parse(place.want)
	got, err2 := url.Parse(received)
	switch {
	case received == place.want && place.found == FromHost:
		c := k.Pass(place.want, received)
		c.Because = "the metadata is that of the whole host"
		return c
	case received == place.want:
		return k.Pass(place.want, received)
	case received == "":
		return k.Fail(place.want, "", "the metadata names no resource, so that nothing says whose it is")
	case err1 != nil || err2 != nil || got.Host == "":
		return k.Fail(place.want, received, "the metadata's resource is not a URL")
	case strings.TrimRight(received, "/") == strings.TrimRight(place.want, "/"):
		return k.Warn(place.want, received, "only the trailing slash differs: name the resource as the API does")
	case asked.Host == got.Host && asked.Scheme == got.Scheme && strings.HasPrefix(asked.Path,
		strings.TrimRight(got.Path, "/")+"/"):
		return k.Fail(place.want, received, "the address is below the resource: start from the resource itself")
	case asked.Host == got.Host:
		return k.Fail(place.want, received, "the metadata is that of another resource of the same host")
	}
	return k.Fail(place.want, received,
		"the metadata belongs to another resource; believing it would send tokens for that one here")
}

// Follow reads the metadata of the authorization servers, of the first ten of them, and judges with their keys the
// signed metadata of the resource, where there is some.
func (r *ResourceMetadata) FetchServers(ctx context.Context, client wire.Doer) {
	for _, issuer := range r.AuthorizationServers[:min(len(r.AuthorizationServers), maxServers)] {
		s := ResourceServer{Issuer: issuer}
		s.Metadata, s.Err = Discover(ctx, client, issuer)
		if s.Metadata != nil {
			list, said := s.Metadata.List("protected_resources")
			s.NotListed = said && !slices.Contains(list, r.Resource)
		}
		r.Servers = append(r.Servers, s)
	}
	r.checkSigned(ctx, func(jwksURI string) *Keys { return NewKeys(client, jwksURI, nil) })
}
