// Package calls makes requests to an API with a token and reads its answers: RFC 6750 (bearer), challenges
// (RFC 6750 3, RFC 9470), bodies of any size and kind.
//
// It never decides which token to send; a session hands it in.
package calls

import (
	"net/http"

	"fob/flows/wire"
	"fob/tokens"
)

// Request is a call to make.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Response is what the API said.
type Response struct {
	Status    int
	Proto     string
	Header    http.Header
	Body      []byte
	Truncated bool
	// Repeats is set when the answer repeats a secret that was sent: mask it unless the person asks.
	Repeats    bool
	Challenges []Challenge
	Exchange   *wire.Exchange
}

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110 11.6.1), cleaned.
type Challenge struct {
	Scheme string            // as received: "Bearer", "DPoP"
	Params map[string]string // error, error_description, scope, resource_metadata, acr_values …
}

// Token is what a call authenticates with.
type Token struct {
	Value tokens.Secret
	Type  string // "Bearer" unless the session says otherwise
}
