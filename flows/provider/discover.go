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

// DiscoveryError means that no metadata was found. Attempts says what was tried, in order.
type DiscoveryError struct {
	Issuer   string
	Attempts []Attempt
	Hint     string
}

// Attempt is one URL that was asked for metadata.
type Attempt struct {
	URL    string
	Status int    // 0 when no answer came
	What   string // what was wrong with the answer
	Err    error  // the *wire.Error when no answer came
}

func (e *DiscoveryError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "find the metadata of %s: none of the places where it can be has it", tokens.VisibleLine(e.Issuer))
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "\n  %s: %s", tokens.VisibleLine(a.URL), tokens.VisibleLine(a.What))
	}
	if e.Hint != "" {
		b.WriteString("\n  " + e.Hint)
	}
	return b.String()
}

// Unwrap returns the errors of the attempts to which no answer came.
func (e *DiscoveryError) Unwrap() []error {
	var list []error
	for _, a := range e.Attempts {
		if a.Err != nil {
			list = append(list, a.Err)
		}
	}
	return list
}

// Discover finds and reads an authorization server's metadata and compares its issuer with the one asked for.
//
// issuer is the issuer identifier, with or without a trailing slash, or the whole URL of a metadata document. Looked
// at are, in this order and until one answers with metadata: the issuer with /.well-known/openid-configuration behind
// it (OpenID Connect Discovery 1.0, 4); /.well-known/oauth-authorization-server, then
// /.well-known/openid-configuration, put between host and path (RFC 8414, 3 and 5). A provider that publishes none
// and is among the presets (GitHub) gets its endpoints from there.
//
// The error is a *tokens.CheckError (discovery.issuer) when the metadata is somebody else's, a *wire.Error when the
// host cannot be reached, a *DiscoveryError when it has no metadata.
func Discover(ctx context.Context, http wire.Doer, issuer string) (*Metadata, error) {
	asked, err := readIssuer(issuer)
	if err != nil {
		return nil, err
	}
	failure := &DiscoveryError{Issuer: asked.issuer}
	for _, place := range asked.places {
		m, attempt, err := fetch(ctx, http, place)
		if err != nil {
			return nil, err
		}
		if m == nil {
			failure.Attempts = append(failure.Attempts, attempt)
			continue
		}
		m.Checks = append(m.Checks, m.transportCheck(asked.issuer))
		check := asked.compare(m.Issuer)
		m.Checks = append(m.Checks, check)
		if check.Outcome == tokens.Failed {
			return nil, &tokens.CheckError{Check: check}
		}
		m.Checks = append(m.Checks, m.originCheck(asked.issuer))
		return m, nil
	}
	if p, ok := PresetFor(asked.issuer); ok && p.Static() {
		return p.Metadata(asked.issuer)
	}
	failure.Hint = discoveryHint(failure.Attempts)
	return nil, failure
}

// asking is what was asked for: an issuer and the places where its metadata can be.
type asking struct {
	issuer  string
	derived bool // from the URL of a metadata document: nobody spelled the issuer out
	places  []string
}

// readIssuer understands what a person gives as an issuer.
func readIssuer(text string) (asking, error) {
	text = strings.TrimSpace(text)
	bad := func(why string) (asking, error) {
		return asking{}, fmt.Errorf("read the issuer: %s; an issuer is a URL such as https://login.example.com/tenant",
			why)
	}
	if text == "" {
		return bad("none is given")
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
		return bad("it names no host")
	case u.User != nil:
		return bad("it holds a name or a password")
	}
	u.Fragment, u.RawFragment = "", ""
	if base, ok := baseOf(u); ok {
		return asking{issuer: base, derived: true, places: []string{u.String()}}, nil
	}
	a := asking{issuer: u.String()}
	path := strings.TrimRight(u.EscapedPath(), "/")
	put := func(p string) {
		place := *u
		place.RawPath, place.Path = p, p
		if plain, err := url.PathUnescape(p); err == nil {
			place.Path = plain
		}
		a.places = append(a.places, place.String())
	}
	put(path + openidPath)
	put(oauthPath + path)
	if path != "" {
		put(openidPath + path)
	}
	return a, nil
}

// baseOf turns the URL of a metadata document into the issuer that it must be the metadata of. The query stays with the
// URL alone: some providers choose the policy there, and an issuer has none.
func baseOf(u *url.URL) (string, bool) {
	base := *u
	base.RawQuery, base.RawPath = "", ""
	path := u.EscapedPath()
	for _, known := range []string{openidPath, oauthPath} {
		if rest, ok := strings.CutSuffix(path, known); ok {
			path = rest
		} else if rest, ok := strings.CutPrefix(path, known+"/"); ok {
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

// get asks one place for a document. A nil Response with a nil error means that it is not there, and the attempt says
// why.
func get(ctx context.Context, client wire.Doer, place string) (*wire.Response, Attempt, error) {
	attempt := Attempt{URL: place}
	resp, err := client.Do(ctx, &wire.Request{Endpoint: wire.EndpointMetadata, URL: place,
		Header: http.Header{"Accept": {"application/json"}}, MaxBody: maxMetadata})
	if err != nil {
		return nil, attempt, err // which names the metadata and its address
	}
	attempt.Status = resp.Status
	switch {
	case resp.Status >= 300 && resp.Status < 400:
		attempt.What = fmt.Sprintf("%d, it sends on to %s", resp.Status, location(resp))
	case resp.Status != http.StatusOK:
		attempt.What = fmt.Sprintf("%d %s", resp.Status, http.StatusText(resp.Status)) + saidIn(resp) +
			supportLine(resp)
	case resp.Truncated:
		attempt.What = fmt.Sprintf("the document is larger than %d KiB", maxMetadata>>10)
	default:
		return resp, attempt, nil
	}
	return nil, attempt, nil
}

// saidIn is what a refusal says in its own words, as the end of a sentence; "" when it says nothing in JSON.
func saidIn(resp *wire.Response) string {
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

// fetch asks one place for a server's metadata. A nil Metadata with a nil error means that it is not there, and the
// attempt says why. No answer at all ends the search: the other places are on the same host.
func fetch(ctx context.Context, client wire.Doer, place string) (*Metadata, Attempt, error) {
	resp, attempt, err := get(ctx, client, place)
	if resp == nil {
		return nil, attempt, err
	}
	m, err := Parse(resp.Body, place)
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
		attempt.What = "200 with JSON that is no metadata: it has neither issuer nor endpoints"
		return nil, attempt, nil
	}
	return m, attempt, nil
}

func location(resp *wire.Response) string {
	if resp.Exchange != nil && resp.Exchange.Response != nil {
		if to := resp.Exchange.Response.Get("Location"); to != "" {
			return to // the record's: redacted and cleaned
		}
	}
	return "nowhere"
}

func discoveryHint(attempts []Attempt) string {
	redirects, down := 0, 0
	for _, a := range attempts {
		if a.Status >= 300 && a.Status < 400 {
			redirects++
		}
		if a.Status >= 500 {
			down++
		}
	}
	switch {
	case redirects > 0:
		return "Metadata is not followed through redirects: use the issuer at the place it sends to, if you trust it."
	case down > 0:
		return "The server has trouble of its own. Try again later."
	}
	return "Check the issuer (for a realm or a tenant its path belongs to it), or configure the endpoints by hand."
}
