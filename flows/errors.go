package flows

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// OAuthError is an error response of an authorization server (RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5), from an endpoint
// or in a redirect. Every text is cleaned, and secrets in it are redacted.
type OAuthError struct {
	Code        string       // "invalid_grant"
	Description string       // error_description
	URI         string       // error_uri
	Details     []wire.Field // further members in their order: hint, reason, message, details
	Support     []wire.Field // for the server's operators: request, correlation and trace IDs, the server's time
	Status      int          // HTTP status; 0 when the error came in a redirect
	// the response has tokens beside the error: the server may have replaced the tokens that were sent
	WithTokens bool
	Endpoint   string // "token", "device", "authorization" …: the name that Params use
	URL        string // of the endpoint
	Sent       []wire.Field
	// of the WWW-Authenticate header with the error (RFC 6750 3); nil when it came in a body
	Challenge  *wwwauth.Challenge
	RetryAfter time.Duration // Retry-After of the response (RFC 9110 10.2.3); 0 when it is missing
	// ClockOffset is how far the server's clock is ahead of this machine's, by the Date header; 0 when it is missing.
	ClockOffset time.Duration

	unmasked func() Unmasked // a closure, so that no printer shows it
}

// Unmasked is an error response as received, and the non-secret parameters of the request as sent. A diagnosis reads
// it, since a mask can hide what it looks for. Never print it.
type Unmasked struct {
	Code, Description string
	Sent              []wire.Field // as in OAuthError, without masks inside values
}

// Unmasked returns the error for a diagnosis; without WithUnmasked, the masked texts.
func (e *OAuthError) Unmasked() Unmasked {
	if e.unmasked != nil {
		return e.unmasked()
	}
	return Unmasked{Code: e.Code, Description: e.Description, Sent: e.Sent}
}

// WithUnmasked stores the unmasked texts in the error and returns it.
func (e *OAuthError) WithUnmasked(u Unmasked) *OAuthError {
	e.unmasked = func() Unmasked { return u }
	return e
}

// Error returns the endpoint and its error response, on several lines. Package doctor explains the error.
func (e *OAuthError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the %s endpoint rejected the request: %s", endpointLabel(e.Endpoint), e.Code)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	for _, line := range []string{e.Description, e.URI} {
		if line != "" {
			b.WriteString("\n  " + line)
		}
	}
	b.WriteString(detailLines(e.Details, e.Support))
	return b.String()
}

// detailLines returns an error's further members, a line each, and the support IDs.
func detailLines(details, support []wire.Field) string {
	var b strings.Builder
	for _, f := range details {
		b.WriteString("\n  " + f.Name + ": " + f.Value)
	}
	if len(support) > 0 {
		b.WriteString("\n  for support: " + fieldList(support))
	}
	return b.String()
}

func fieldList(list []wire.Field) string {
	var parts []string
	for _, f := range list {
		parts = append(parts, f.Name+" "+f.Value)
	}
	return strings.Join(parts, ", ")
}

// ResponseError means that an endpoint's response does not follow its protocol: an HTML page, an empty body, no JSON,
// no token.
type ResponseError struct {
	Endpoint string
	URL      string
	Status   int    // HTTP status; 0 when the response came in a redirect
	What     string // what the response is: "an HTML page instead of JSON"
	Excerpt  string // the beginning of the response, redacted and cleaned; may be empty
	NoObject bool   // the response was not a JSON object
	Empty    bool   // the response had no body, or an object without members
	// WithTokens means that the response has an access token or a refresh token: see OAuthError.
	WithTokens bool
	Details    []wire.Field // members of an error response that is not an OAuth error; then there is no Excerpt
	Support    []wire.Field // for the server's operators: request, correlation and trace IDs, the server's time
	Note       string       // a further remark, in one clause; may be empty
	// RetryAfter is Retry-After of the response (RFC 9110 10.2.3); 0 when it is missing.
	RetryAfter time.Duration
}

// Error returns the endpoint and what its response was.
func (e *ResponseError) Error() string {
	s := "the " + endpointLabel(e.Endpoint) + " endpoint"
	if e.URL != "" {
		s += " " + e.URL
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" returned HTTP %d with %s", e.Status, e.What)
	} else {
		s += " returned " + e.What
	}
	if e.Note != "" {
		s += "\n  " + e.Note
	}
	if e.Excerpt != "" {
		s += "\n  it begins: " + e.Excerpt
	}
	return s + detailLines(e.Details, e.Support)
}

// EndpointError means that the metadata lacks an endpoint, or that its value is not an http or https URL.
type EndpointError struct {
	Endpoint   string
	Issuer     string
	URL        string // the invalid value; "" when the endpoint is missing
	Suggestion string // the URL that is probably meant; may be ""
}

func (e *EndpointError) Error() string {
	who := "the authorization server"
	if e.Issuer != "" {
		who += " " + tokens.VisibleLine(e.Issuer)
	}
	if e.URL != "" {
		s := fmt.Sprintf("%s names %q as its %s endpoint, which is not an http or https URL", who,
			tokens.VisibleLine(e.URL), endpointLabel(e.Endpoint))
		if e.Suggestion != "" {
			s += "; probably " + tokens.VisibleLine(e.Suggestion) + " is meant"
		}
		return s
	}
	return fmt.Sprintf("%s names no %s endpoint: it does not offer this, or the profile's endpoints must name it (%s)",
		who, endpointLabel(e.Endpoint), e.Endpoint)
}

// InputError means that an input is missing or invalid: a usage error.
type InputError struct {
	Input    string
	Value    string // "" when it is missing or a secret
	Expected string
}

func (e *InputError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s is missing: expected %s", e.Input, e.Expected)
	}
	return fmt.Sprintf("%s: expected %s, received %q", e.Input, e.Expected, tokens.VisibleLine(e.Value))
}

// maxRetryAfter caps Retry-After.
const maxRetryAfter = 24 * time.Hour

// retryAfter returns Retry-After, which is seconds or a date (RFC 9110 10.2.3); 0 when it is missing or past.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		// Compare with the server's own clock if its Date is there: this machine's clock may differ.
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		wait = at.Sub(now).Round(time.Second)
	}
	return min(max(wait, 0), maxRetryAfter)
}
