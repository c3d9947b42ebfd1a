package flows

import (
	"fmt"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// OAuthError is an error response of an authorization server (RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5), from the token
// endpoint or another one, or from the redirect. Every text is cleaned, and what repeated a secret is redacted.
type OAuthError struct {
	Code        string // "invalid_grant"
	Description string // error_description
	URI         string // error_uri
	Status      int    // of the answer; 0 when the error came with the redirect
	Endpoint    string // "token", "device", "authorization" …: the name under which Params address it
	URL         string // of the endpoint
	Sent        []wire.Field
	Hint        string // what it most likely means and what to do, in plain words; may be empty
}

// Error says what was asked of which endpoint, what came back, and what to do. It is more than one line.
func (e *OAuthError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the %s endpoint refused: %s", endpointLabel(e.Endpoint), e.Code)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	for _, line := range []string{e.Description, e.URI, e.Hint} {
		if line != "" {
			b.WriteString("\n  " + line)
		}
	}
	return b.String()
}

// ResponseError means that an endpoint answered with something that is no answer of its protocol: an HTML page, an empty
// body, no JSON, no token (exit code 6).
type ResponseError struct {
	Endpoint string
	URL      string
	Status   int    // HTTP status
	What     string // what is wrong with the answer: "an HTML page instead of JSON"
	Excerpt  string // the beginning of the answer, redacted and cleaned; may be empty
}

// Error says what was asked of which endpoint and what came back instead.
func (e *ResponseError) Error() string {
	s := fmt.Sprintf("the %s endpoint %s answered HTTP %d with %s", endpointLabel(e.Endpoint), e.URL, e.Status, e.What)
	if e.Excerpt != "" {
		s += "\n  it begins: " + e.Excerpt
	}
	return tokens.Visible(s)
}
