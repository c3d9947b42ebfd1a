package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

const (
	resourcePath = "/.well-known/oauth-protected-resource"
	// maxServers limits how many of an API's authorization servers are asked for their metadata.
	maxServers = 10
)

// The sources of a resource's metadata URL.
const (
	FromChallenge = "challenge"  // resource_metadata of WWW-Authenticate (RFC 9728 5.1)
	FromWellKnown = "well-known" // the well-known URL of the API's own URL (RFC 9728 3.1)
	FromHost      = "host"       // the well-known URL of the API's host, which many servers below a path use
)

// ResourceMetadata is the metadata of a protected resource: an API or an MCP server (RFC 9728). Strings are as
// received.
type ResourceMetadata struct {
	Resource             string // its identifier: the resource parameter of a token request
	Name                 string
	AuthorizationServers []string // issuers
	Scopes               []string // scopes_supported; nil when missing
	BearerMethods        []string // header, body, query; nil when missing
	DPoPRequired         bool
	CertificateBound     bool
	JWKSURI              string
	SignedMetadata       bool // signed_metadata is present; see Checks

	Asked     string                     // the URL that DiscoverResource was called with
	Source    string                     // the URL of the metadata
	Found     string                     // FromChallenge, FromWellKnown or FromHost
	Status    int                        // of the response to a request without a token
	Challenge *wwwauth.Challenge         // with the metadata URL, or the first one; may be nil
	Raw       map[string]json.RawMessage // every member as received
	Checks    tokens.Ledger              // discovery.resource, and discovery.signed_metadata if SignedMetadata
	Servers   []ResourceServer           // the authorization servers, in the API's order
}

// ResourceServer is one of the authorization servers that a resource names.
type ResourceServer struct {
	Issuer   string
	Metadata *Metadata // nil when Err is set
	Err      error
	// NotListed is set when the server lists the resources that it issues tokens for (RFC 9728 4) and this one is not
	// among them: the API may name a server that does not know it.
	NotListed bool
}

// ResourceError means that no metadata of a resource was found.
type ResourceError struct {
	Resource string
	Status   int // of the response to a request without a token
	Attempts []Attempt
	Hint     string
}

func (e *ResourceError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b,
		"find the authorization servers of %s: it returned %s to a request without a token, and publishes no metadata",
		tokens.VisibleLine(e.Resource),
		strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "\n  %s: %s", tokens.VisibleLine(a.URL), tokens.VisibleLine(a.What))
	}
	if e.Hint != "" {
		b.WriteString("\n  " + e.Hint)
	}
	return b.String()
}

// DiscoverResource finds the metadata of an API. It sends a request without a token, fetches the metadata that the
// challenge names or that is at the well-known URLs, and compares its resource with the requested one.
//
// The error is a *tokens.CheckError (discovery.resource) when the metadata is another resource's, together with the
// metadata, so that it can be shown; a *wire.Error when the API cannot be reached; a *ResourceError when there is no
// metadata.
func DiscoverResource(ctx context.Context, client wire.Doer, resourceURL string) (*ResourceMetadata, error) {
	resource, err := parseResourceURL(resourceURL)
	if err != nil {
		return nil, err
	}
	status, challenges, err := askWithoutToken(ctx, client, resource)
	if err != nil {
		return nil, err
	}
	failure := &ResourceError{Resource: resource.String(), Status: status}
	tried := map[string]bool{}
	for _, location := range resourceLocations(resource, challenges) {
		if location.skipped != "" {
			failure.Attempts = append(failure.Attempts, Attempt{URL: location.url, What: location.skipped})
			continue
		}
		if tried[location.url] {
			continue
		}
		tried[location.url] = true
		r, attempt, err := fetchResource(ctx, client, location)
		if err != nil {
			return nil, err
		}
		if r == nil {
			failure.Attempts = append(failure.Attempts, attempt)
			continue
		}
		r.Asked, r.Status, r.Challenge = resource.String(), status, location.challenge
		if r.Challenge == nil && len(challenges) > 0 {
			r.Challenge = &challenges[0]
		}
		check := resourceCheck(location, r.Resource)
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
		return "It responds without a token: perhaps it needs none. Otherwise set the issuer."
	case status == http.StatusNotFound:
		return "There is nothing at this URL. Check its path."
	}
	return "Set the issuer of its authorization server yourself."
}

// parseResourceURL parses a resource identifier: an absolute http or https URL without a fragment (RFC 9728 1.2).
func parseResourceURL(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	bad := ""
	switch {
	case text == "":
		bad = "it is empty"
	case err != nil:
		bad = "it is not a URL"
	case u.Scheme != "https" && u.Scheme != "http":
		bad = fmt.Sprintf("its scheme is %q", tokens.VisibleLine(u.Scheme))
	case u.Host == "":
		bad = "its host is missing"
	case u.User != nil:
		bad = "it contains a user name or a password"
	}
	if bad != "" {
		return nil, fmt.Errorf("read the URL of the API: %s; expected a URL such as https://api.example.com/v1", bad)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// askWithoutToken sends a request without a token. An MCP server returns an event stream, or rejects it.
func askWithoutToken(ctx context.Context, client wire.Doer, resource *url.URL) (status int,
	challenges []wwwauth.Challenge,
	err error) {
	resp, err := client.Do(ctx, &wire.Request{Purpose: "API call without a token", Endpoint: wire.EndpointAPI,
		URL: resource.String(), MaxBody: 64 << 10,
		Header: http.Header{"Accept": {"application/json, text/event-stream"}}})
	if err != nil {
		return 0, nil, err
	}
	return resp.Status, wwwauth.Parse(resp.Header.Values("WWW-Authenticate")), nil
}

// resourceLocation is a URL where metadata can be, and the identifier that it must have.
type resourceLocation struct {
	url       string
	found     string
	resource  string // the resource that the metadata must have (RFC 9728 3.3)
	challenge *wwwauth.Challenge
	skipped   string // why it is not requested
}

// resourceLocations returns the URL that the challenge names, then the well-known ones.
func resourceLocations(resource *url.URL, challenges []wwwauth.Challenge) []resourceLocation {
	var locations []resourceLocation
	for i, c := range challenges {
		named := c.Param("resource_metadata")
		if named == "" {
			continue
		}
		location := resourceLocation{url: named, found: FromChallenge, resource: resource.String(),
			challenge: &challenges[i]}
		u, err := url.Parse(named)
		switch {
		case err != nil || !tokens.IsWebURL(named):
			location.skipped = "resource_metadata of the challenge is not an http or https URL"
		case u.Scheme == "http" && resource.Scheme == "https":
			location.skipped = "resource_metadata of the challenge is plain http, and the API is https"
		}
		locations = append(locations, location)
		break
	}
	own := *resource
	own.Path, own.RawPath = resourcePath+strings.TrimSuffix(resource.Path, "/"), ""
	if resource.RawPath != "" {
		own.RawPath = resourcePath + strings.TrimSuffix(resource.RawPath, "/")
	}
	locations = append(locations, resourceLocation{url: own.String(), found: FromWellKnown,
		resource: resource.String()})
	if strings.Trim(resource.Path, "/") != "" || resource.RawQuery != "" {
		host := url.URL{Scheme: resource.Scheme, Host: resource.Host}
		locations = append(locations, resourceLocation{url: host.String() + resourcePath, found: FromHost,
			resource: host.String()})
	}
	return locations
}

func fetchResource(ctx context.Context, client wire.Doer, location resourceLocation) (*ResourceMetadata, Attempt,
	error) {
	resp, attempt, err := fetchDocument(ctx, client, location.url)
	if resp == nil {
		return nil, attempt, err
	}
	r, err := ParseResourceMetadata(resp.Body, location.url)
	if err != nil {
		attempt.What = strings.TrimPrefix(err.Error(), "read the API's metadata: ")
		if resp.IsPage() {
			attempt.What = "200 with a web page instead of JSON"
		}
		return nil, attempt, nil
	}
	r.Found = location.found
	return r, attempt, nil
}

// ParseResourceMetadata parses the metadata of a protected resource (RFC 9728 2). source is its URL.
func ParseResourceMetadata(raw []byte, source string) (*ResourceMetadata, error) {
	if len(raw) > maxMetadata {
		return nil, fmt.Errorf("read the API's metadata: the document is larger than %d KiB", maxMetadata>>10)
	}
	m := &Metadata{}
	raw, err := m.readDocument(raw, "the API's metadata")
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

// resourceCheck compares the metadata's resource with the requested one (RFC 9728 3.3): they must be identical. Only a
// slash after the host is allowed, with a warning: it is the same URL by RFC 3986 6.2.3.
func resourceCheck(location resourceLocation, received string) tokens.Check {
	k := tokens.CheckResource
	asked, err1 := url.Parse(location.resource)
	got, err2 := url.Parse(received)
	switch {
	case received == location.resource && location.found == FromHost:
		c := k.Pass(location.resource, received)
		c.Because = "the metadata is that of the whole host"
		return c
	case received == location.resource:
		return k.Pass(location.resource, received)
	case received == "":
		return k.Fail(location.resource, "", "resource is missing in the metadata, so its owner is unknown")
	case err1 != nil || err2 != nil || got.Host == "":
		return k.Fail(location.resource, received, "the metadata's resource is not a URL")
	case strings.TrimRight(received, "/") == strings.TrimRight(location.resource, "/"):
		return k.Warn(location.resource, received, "only the trailing slash differs: use the API's spelling")
	case asked.Host == got.Host && asked.Scheme == got.Scheme && strings.HasPrefix(asked.Path,
		strings.TrimRight(got.Path, "/")+"/"):
		return k.Fail(location.resource, received, "the URL is below the resource: use the URL of the resource itself")
	case asked.Host == got.Host:
		return k.Fail(location.resource, received, "the metadata is that of another resource of the same host")
	}
	return k.Fail(location.resource, received,
		"the metadata belongs to another resource; with it tokens for that one would be sent here")
}

// FetchServers fetches the metadata of the first ten authorization servers, and validates the signed metadata of the
// resource with their keys.
func (r *ResourceMetadata) FetchServers(ctx context.Context, client wire.Doer) {
	for _, issuer := range r.AuthorizationServers[:min(len(r.AuthorizationServers), maxServers)] {
		s := ResourceServer{Issuer: issuer}
		s.Metadata, s.Err = Discover(ctx, client, issuer)
		if s.Metadata != nil {
			list, listed := s.Metadata.List("protected_resources")
			s.NotListed = listed && !slices.Contains(list, r.Resource)
		}
		r.Servers = append(r.Servers, s)
	}
	r.checkSigned(ctx, func(jwksURI string) *Keys { return NewKeys(client, jwksURI, nil) })
}
