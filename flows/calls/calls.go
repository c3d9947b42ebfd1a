// Package calls makes requests to an API with a token and reads its answers: RFC 6750 (bearer), challenges
// (RFC 6750 3, RFC 9470), bodies of any size and kind.
//
// It never decides which token to send; a session hands it in.
package calls

import (
	"io"
	"net/http"
	"strings"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// Request is a call to make.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Placement says where the token goes; the zero value is the Authorization header.
	Placement Placement
	// Follow follows redirects: within the origin with the token, and elsewhere without it and without any other field
	// that may be secret.
	Follow bool
	// InsecureHTTP lets the token go over plain http beyond this machine.
	InsecureHTTP bool
	// MaxBody bounds the body that is kept, in bytes; 0 is the client's bound.
	MaxBody int64
	// Stream is called with the head of the answer and returns where its body goes as it comes, without a limit; nil:
	// nowhere. See wire.Request. An answer that is followed, or asked for again, is not streamed.
	Stream func(head *Response) io.Writer
}

// Response is what the API said. Its body has no content coding any more, but where Encoded says so.
type Response struct {
	Status    int
	Proto     string
	Header    http.Header
	Body      []byte // its beginning, where Truncated says so
	Size      int64  // bytes of the body that were read
	Truncated bool
	Streamed  bool   // the whole body went to Request.Stream
	Encoding  string // the content codings that it came with, cleaned; "" for none
	Encoded   bool   // it was handed on with them: see wire.Response
	// Repeats is set when the answer repeats a secret that was sent: mask it unless the person asks. Of a streamed body
	// only the beginning was searched.
	EchoesSecret bool
	Secrets      []tokens.Secret // what was sent and must not be shown
	Challenges   []Challenge
	Hops         []Hop  // the redirects that were followed
	NotFollowed  string // why this redirect was not, where redirects are followed
	Exchange     *wire.Exchange

	redact  func(string) string
	support func() []wire.Field
}

// Support is what the API's operators ask for when they are told of this answer: request, correlation and trace IDs,
// and the server's time, on one line; "" when there is nothing of the kind.
func (r *Response) Support() string {
	if r.support == nil {
		return ""
	}
	var parts []string
	for _, f := range r.support() {
		parts = append(parts, f.Name+" "+f.Value)
	}
	return strings.Join(parts, ", ")
}

// Redact takes out of a text of the answer the secrets that were sent or are known, and whatever has the shape of one.
func (r *Response) Redact(text string) string {
	if r.redact == nil {
		return redact.Text(text)
	}
	return r.redact(text)
}

// RedactedChallenges are the challenges with their values redacted, for showing.
func (r *Response) RedactedChallenges() []Challenge {
	var list []Challenge
	for _, c := range r.Challenges {
		shown := Challenge{Scheme: c.Scheme, Params: map[string]string{}}
		for name, value := range c.Params {
			shown.Params[name] = tokens.VisibleLine(r.Redact(value))
		}
		list = append(list, shown)
	}
	return list
}

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110 11.6.1), cleaned. It may repeat what was sent.
type Challenge struct {
	Scheme string            // as received: "Bearer", "DPoP"
	Params map[string]string // error, error_description, scope, resource_metadata, acr_values …
}

// Token is what a call authenticates with.
type Token struct {
	Value tokens.Secret
	Type  string // "Bearer" unless the session says otherwise
}
