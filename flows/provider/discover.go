package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

const (
	openidPath  = "/.well-known/openid-configuration"
	oauthPath   = "/.well-known/oauth-authorization-server"
	maxMetadata = 1 << 20
)

// DiscoveryError means that no metadata was found. Attempts are the requests, in order.
type DiscoveryError struct {
	Issuer   string
	Attempts []Attempt
	Hint     string
}

// Attempt is a failed request for metadata.
type Attempt struct {
	URL    string
	Status int    // 0 without a response
	What   string // what was wrong with the response
	Err    error  // the *wire.Error without a response
}

func (e *DiscoveryError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "find the metadata of %s: it is at none of the well-known URLs", tokens.VisibleLine(e.Issuer))
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "\n  %s: %s", tokens.VisibleLine(a.URL), tokens.VisibleLine(a.What))
	}
	if e.Hint != "" {
		b.WriteString("\n  " + e.Hint)
	}
	return b.String()
}

// Unwrap returns the errors of the attempts without a response.
func (e *DiscoveryError) Unwrap() []error {
	var list []error
	for _, a := range e.Attempts {
		if a.Err != nil {
			list = append(list, a.Err)
		}
	}
	return list
}

// Discover fetches an authorization server's metadata and compares its issuer with the requested one.
//
// issuer is the issuer identifier, with or without a trailing slash, or the whole URL of a metadata document. Discover
// tries these URLs in order: the issuer with /.well-known/openid-configuration appended (OpenID Connect Discovery 1.0,
// 4); with /.well-known/oauth-authorization-server, then /.well-known/openid-configuration, between host and path (RFC
// 8414, 3 and 5). A provider that publishes no metadata and is among the presets (GitHub) gets its endpoints from
// there.
//
// The error is a *tokens.CheckError (discovery.issuer) when the metadata is that of another issuer, a *wire.Error when
// the host cannot be reached, a *DiscoveryError when it has no metadata.
func Discover(ctx context.Context, http wire.Doer, issuer string) (*Metadata, error) {
	query, err := parseIssuer(issuer)
	if err != nil {
		return nil, err
	}
	failure := &DiscoveryError{Issuer: query.issuer}
	for _, documentURL := range query.urls {
		m, attempt, err := fetchMetadata(ctx, http, documentURL)
		if err != nil {
			return nil, err
		}
		if m == nil {
			failure.Attempts = append(failure.Attempts, attempt)
			continue
		}
		m.Checks = append(m.Checks, m.transportCheck(query.issuer))
		check := query.issuerCheck(m.Issuer)
		m.Checks = append(m.Checks, check)
		if check.Outcome == tokens.Failed {
			return nil, &tokens.CheckError{Check: check}
		}
		m.Checks = append(m.Checks, m.originCheck(query.issuer))
		return m, nil
	}
	if p, ok := PresetFor(query.issuer); ok && p.Static() {
		return p.Metadata(query.issuer)
	}
	failure.Hint = discoveryHint(failure.Attempts)
	return nil, failure
}

// issuerQuery is an issuer and the URLs where its metadata can be.
type issuerQuery struct {
	issuer  string
	derived bool // from the URL of a metadata document: the user did not type the issuer
	urls    []string
}

// parseIssuer parses what the user types as an issuer.
func parseIssuer(text string) (issuerQuery, error) {
	text = strings.TrimSpace(text)
	bad := func(why string) (issuerQuery, error) {
		return issuerQuery{},
			fmt.Errorf("read the issuer: %s; an issuer is a URL such as https://login.example.com/tenant",
				why)
	}
	if text == "" {
		return bad("it is empty")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return bad("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad(fmt.Sprintf("its scheme is %q", tokens.VisibleLine(u.Scheme)))
	case u.Host == "":
		return bad("its host is missing")
	case u.User != nil:
		return bad("it contains a user name or a password")
	}
	u.Fragment, u.RawFragment = "", ""
	if base, ok := issuerOfDocument(u); ok {
		return issuerQuery{issuer: base, derived: true, urls: []string{u.String()}}, nil
	}
	a := issuerQuery{issuer: u.String()}
	path := strings.TrimRight(u.EscapedPath(), "/")
	add := func(p string) {
		documentURL := *u
		documentURL.RawPath, documentURL.Path = p, p
		if plain, err := url.PathUnescape(p); err == nil {
			documentURL.Path = plain
		}
		a.urls = append(a.urls, documentURL.String())
	}
	add(path + openidPath)
	add(oauthPath + path)
	if path != "" {
		add(openidPath + path)
	}
	return a, nil
}

// issuerOfDocument returns the issuer of a metadata document's URL. The issuer has no query: some providers select a
// policy with a query of the URL.
func issuerOfDocument(u *url.URL) (string, bool) {
	base := *u
	base.RawQuery, base.RawPath = "", ""
	path := u.EscapedPath()
	for _, wellKnown := range []string{openidPath, oauthPath} {
		if rest, ok := strings.CutSuffix(path, wellKnown); ok {
			path = rest
		} else if rest, ok := strings.CutPrefix(path, wellKnown+"/"); ok {
			path = "/" + rest
		} else {
			continue
		}
		base.RawPath, base.Path = path, path
		if plain, err := url.PathUnescape(path); err == nil {
			base.Path = plain
		}
		return base.String(), true
	}
	return "", false
}

// fetchDocument requests a document. A nil Response with a nil error means that it is not there; the attempt has the
// reason.
func fetchDocument(ctx context.Context, client wire.Doer, documentURL string) (*wire.Response, Attempt, error) {
	attempt := Attempt{URL: documentURL}
	resp, err := client.Do(ctx, &wire.Request{Endpoint: wire.EndpointMetadata, URL: documentURL,
		Header: http.Header{"Accept": {"application/json"}}, MaxBody: maxMetadata})
	if err != nil {
		return nil, attempt, err // which names the metadata and its address
	}
	attempt.Status = resp.Status
	switch {
	case resp.Status >= 300 && resp.Status < 400:
		attempt.What = fmt.Sprintf("%d, a redirect to %s", resp.Status, location(resp))
	case resp.Status != http.StatusOK:
		attempt.What = fmt.Sprintf("%d %s", resp.Status, http.StatusText(resp.Status)) + errorMessageOf(resp) +
			supportLine(resp)
	case resp.Truncated:
		attempt.What = fmt.Sprintf("the document is larger than %d KiB", maxMetadata>>10)
	default:
		return resp, attempt, nil
	}
	return nil, attempt, nil
}

// errorMessageOf returns the message of a JSON error response, as the end of a sentence; may be "".
func errorMessageOf(resp *wire.Response) string {
	o, err := resp.Object()
	if err != nil {
		return ""
	}
	for _, name := range []string{"error_description", "message", "errorMessage", "detail", "error"} {
		var text string
		if json.Unmarshal(o.Members[name], &text) == nil && text != "" {
			return `, saying "` + clip(tokens.VisibleLine(resp.Redact(text))) + `"`
		}
	}
	return ""
}

// fetchMetadata requests a server's metadata. A nil Metadata with a nil error means that it is not there; the attempt
// has the reason. A request without a response ends the search: the other URLs are on the same host.
func fetchMetadata(ctx context.Context, client wire.Doer, documentURL string) (*Metadata, Attempt, error) {
	resp, attempt, err := fetchDocument(ctx, client, documentURL)
	if resp == nil {
		return nil, attempt, err
	}
	m, err := Parse(resp.Body, documentURL)
	if err != nil {
		attempt.What = strings.TrimPrefix(err.Error(), "read metadata: ")
		if resp.IsPage() {
			attempt.What = "200 with a web page instead of JSON"
		}
		var broken *json.SyntaxError
		if m == nil && (errors.As(err, &broken) || resp.IsPage()) {
			return nil, attempt, nil
		}
		return nil, attempt, err
	}
	if m.Issuer == "" && m.TokenEndpoint == "" && m.AuthorizationEndpoint == "" {
		attempt.What = "200 with JSON that is not metadata: it has neither issuer nor endpoints"
		return nil, attempt, nil
	}
	return m, attempt, nil
}

func location(resp *wire.Response) string {
	if resp.Exchange != nil && resp.Exchange.Response != nil {
		if to := resp.Exchange.Response.Get("Location"); to != "" {
			return to // from the record: redacted and cleaned
		}
	}
	return "nowhere"
}

func discoveryHint(attempts []Attempt) string {
	redirects, serverErrors := 0, 0
	for _, a := range attempts {
		if a.Status >= 300 && a.Status < 400 {
			redirects++
		}
		if a.Status >= 500 {
			serverErrors++
		}
	}
	switch {
	case redirects > 0:
		return "fob does not follow redirects for metadata: use the issuer at the target, if you trust it."
	case serverErrors > 0:
		return "The server has an internal error. Try again later."
	}
	return "Check the issuer (the path of a realm or a tenant is part of it), or configure the endpoints by hand."
}
