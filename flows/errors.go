package flows

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
)

// OAuthError is an error response of an authorization server (RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5), from the token
// endpoint or another one, or from the redirect. Every text is cleaned, and what repeated a secret is redacted.
type OAuthError struct {
	Code        string       // "invalid_grant"
	Description string       // error_description
	URI         string       // error_uri
	Details     []wire.Field // what else the server said: hint, reason, message, details, in its order
	Support     []wire.Field // what its operators ask for: request, correlation and trace IDs, the server's time
	Status      int          // of the answer; 0 when the error came with the redirect
	WithTokens  bool         // the answer has tokens beside the error: the server may have replaced what was sent
	Endpoint    string       // "token", "device", "authorization" …: the name under which Params address it
	URL         string       // of the endpoint
	Sent        []wire.Field
	// of the WWW-Authenticate header that it came in (RFC 6750 3); nil when it came in a body
	Challenge  *calls.Challenge
	RetryAfter time.Duration // how long the server wants to be left alone (RFC 9110 10.2.3); 0 when it does not say
	// ClockOffset is how far the server's clock is ahead of this machine's, by the Date of the answer; 0 when it does
	// not say.
	ClockOffset time.Duration

	unmasked func() Unmasked // a closure, so that no printer shows it
}

// Unmasked is a refusal as it was received, and the open parameters of the request as they were sent: what a diagnosis
// reads, since a mask can hide what it looks for. It is not shown.
type Unmasked struct {
	Code, Description string
	Sent              []wire.Field // as in OAuthError, but for masks inside values
}

// Unmasked is the refusal for a diagnosis; where nothing else is known, it is as it is shown.
func (e *OAuthError) Unmasked() Unmasked {
	if e.unmasked != nil {
		return e.unmasked()
	}
	return Unmasked{Code: e.Code, Description: e.Description, Sent: e.Sent}
}

// Keep has the error remember how it was received.
func (e *OAuthError) WithUnmasked(u Unmasked) *OAuthError {
	e.unmasked = func() Unmasked { return u }
	return e
}

// Error says what was asked of which endpoint, and what came back. It is more than one line. What it means and what to
// do is the doctor's to say.
func (e *OAuthError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the %s endpoint refused: %s", endpointLabel(e.Endpoint), e.Code)
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

// detailLines are what a server said beside an error's own members, a line each, and what its operators ask for.
func detailLines(words, support []wire.Field) string {
	var b strings.Builder
	for _, f := range words {
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

// ResponseError means that an endpoint answered with something that is no answer of its protocol: an HTML page, an
// empty body, no JSON, no token.
type ResponseError struct {
	Endpoint string
	URL      string
	Status   int          // HTTP status; 0 when the answer came with the redirect
	What     string       // what is wrong with the answer: "an HTML page instead of JSON"
	Excerpt  string       // the beginning of the answer, redacted and cleaned; may be empty
	NoObject bool         // the answer was no JSON object at all
	Empty    bool         // the answer had no body, or an object without members
	Details  []wire.Field // what a refusal that is no OAuth error says, member by member; then there is no Excerpt
	Support  []wire.Field // what the server's operators ask for: request, correlation and trace IDs, the server's time
	Note     string       // what else is known of the answer, in one clause; may be empty
	// RetryAfter is how long the server wants to be left alone (RFC 9110 10.2.3); 0 when it does not say.
	RetryAfter time.Duration
}

// Error says what was asked of which endpoint and what came back instead.
func (e *ResponseError) Error() string {
	s := "the " + endpointLabel(e.Endpoint) + " endpoint"
	if e.URL != "" {
		s += " " + e.URL
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" answered HTTP %d with %s", e.Status, e.What)
	} else {
		s += " answered with " + e.What
	}
	if e.Note != "" {
		s += "\n  " + e.Note
	}
	if e.Excerpt != "" {
		s += "\n  it begins: " + e.Excerpt
	}
	return s + detailLines(e.Details, e.Support)
}

// EndpointError means that the authorization server has no such endpoint, or one that is no web address.
type EndpointError struct {
	Endpoint   string
	Issuer     string
	URL        string // what was named and is no URL; "" when nothing was
	Suggestion string // the URL that is probably meant by it; "" when that cannot be told
}

func (e *EndpointError) Error() string {
	who := "the authorization server"
	if e.Issuer != "" {
		who += " " + tokens.VisibleLine(e.Issuer)
	}
	if e.URL != "" {
		s := fmt.Sprintf("%s names %q as its %s endpoint, which is not an http or https URL", who,
			tokens.VisibleLine(e.URL),
			endpointLabel(e.Endpoint))
		if e.Suggestion != "" {
			s += "; probably " + tokens.VisibleLine(e.Suggestion) + " is meant"
		}
		return s
	}
	return fmt.Sprintf("%s names no %s endpoint: it does not offer this, or the profile's endpoints must name it (%s)",
		who, endpointLabel(e.Endpoint), e.Endpoint)
}

// InputError means that an input has a value that cannot be used: a usage error.
type InputError struct {
	Input    string
	Value    string // "" when it was missing or is a secret
	Expected string
}

func (e *InputError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s is missing: expected %s", e.Input, e.Expected)
	}
	return fmt.Sprintf("%s: expected %s, received %q", e.Input, e.Expected, tokens.VisibleLine(e.Value))
}

// maxRetryAfter bounds what is believed of a Retry-After.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads Retry-After, which is seconds or a date (RFC 9110 10.2.3); 0 when there is none, or it is over.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		// Against the server's own clock, where it tells it: this machine's may be another.
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		wait = at.Sub(now).Round(time.Second)
	}
	return min(max(wait, 0), maxRetryAfter)
}
