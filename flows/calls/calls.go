// Package calls sends API requests with a token and reads the responses: RFC 6750 (bearer), challenges (RFC 6750 3, RFC
// 9470), bodies of any size and type.
//
// It never decides which token to send: the caller gives it.
package calls

import (
	"io"
	"net/http"
	"strings"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// Request is a call to make.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Placement is where to send the token; the zero value is the Authorization header.
	Placement Placement
	// Follow follows redirects: within the origin with the token, to other origins without it and without any other
	// field that may be secret.
	Follow bool
	// InsecureHTTP allows sending the token over plain http to other machines.
	InsecureHTTP bool
	// MaxBody is the size limit of the response body in memory; 0 is the client's limit.
	MaxBody int64
	// Stream is called with the head of the response and returns the writer for its body, without a size limit. A nil
	// writer keeps the body in the Response. See wire.Request. A response that is followed or requested again is not
	// streamed.
	Stream func(head *Response) io.Writer
}

// Response is the API's response. Its body is decoded, unless Encoded says otherwise.
type Response struct {
	Status    int
	Proto     string
	Header    http.Header
	Body      []byte // only its beginning if Truncated
	Size      int64  // bytes of the body that were read
	Truncated bool
	Streamed  bool   // the whole body was written to Request.Stream
	Encoding  string // the content codings as received, cleaned; may be ""
	Encoded   bool   // the body still has its content codings: see wire.Response
	// EchoesSecret is set when the response repeats a secret that was sent: mask it unless the user asks for it. Only
	// the beginning of a streamed body is searched.
	EchoesSecret bool
	Secrets      []tokens.Secret // that were sent and must not be shown
	Challenges   []wwwauth.Challenge
	Hops         []Hop  // the followed redirects
	NotFollowed  string // why this redirect was not followed, when Follow is set
	Exchange     *wire.Exchange

	redact  func(string) string
	support func() []wire.Field
}

// Support returns what the API's operators need to find the request: request, correlation and trace IDs, and the
// server's time, on one line; may be "".
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

// Redact replaces in a text of the response the secrets that were sent or are known, and whatever has the form of a
// secret.
func (r *Response) Redact(text string) string {
	if r.redact == nil {
		return redact.Text(text)
	}
	return r.redact(text)
}

// RedactedChallenges returns the challenges with redacted values, for the user.
func (r *Response) RedactedChallenges() []wwwauth.Challenge {
	var list []wwwauth.Challenge
	for _, c := range r.Challenges {
		shown := wwwauth.Challenge{Scheme: c.Scheme, Params: map[string]string{}}
		for name, value := range c.Params {
			shown.Params[name] = tokens.VisibleLine(r.Redact(value))
		}
		list = append(list, shown)
	}
	return list
}

// Token is the token of a call.
type Token struct {
	Value tokens.Secret
	Type  string // token_type; "" is Bearer
}
