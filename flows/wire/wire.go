// Package wire sends every HTTP request of fob through a Client, which records it, redacts the record, bounds sizes and
// times, measures, and applies the TLS and proxy settings of a profile.
//
// It never follows a redirect by itself, never sends a cookie, never keeps a secret in a record, and knows nothing
// of OAuth but the names of secrets.
//
// Specs: RFC 9110 (HTTP), RFC 6749 10 (what must not leak), RFC 9449 11 (proofs are secrets while they are valid).
package wire

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Options are the settings of a Client. The zero value works.
type Options struct {
	CAFile         string // PEM bundle trusted beside the system's
	ClientCertFile string // certificate for mutual TLS: PEM, DER or PKCS#12
	ClientKeyFile  string // its key, PEM or DER; "": it is in ClientCertFile too
	// ClientCertPassphrase opens a PKCS#12 file that needs a passphrase. It is asked at most once, and only then.
	ClientCertPassphrase func() (tokens.Secret, error)
	Proxy                string        // URL; empty: from the environment; "none": no proxy at all
	Insecure             bool          // accept any certificate; every exchange says so
	InsecureHTTP         bool          // send secrets over plain http beyond this machine
	Timeout              time.Duration // of a whole exchange; 0: 30 s
	MaxBody              int64         // bytes of a response body that are read; 0: 4 MiB
	UserAgent            string        // "" is "fob"
	Now                  func() time.Time
	Recorder             *Recorder // where exchanges are kept; nil: nowhere
	Before               Before    // called for every request before it is sent; may be nil. See WithBefore
}

// Request is one request to send.
type Request struct {
	Purpose string // in the words of the specs; "" is the label of Endpoint: "token endpoint", "API call"
	// Endpoint is the name under which parameters and edits address it: one of Endpoints.
	Endpoint string
	Method   string // "" is GET
	URL      string
	Header   http.Header
	Body     []byte
	// Secrets are values in this request that must not be recorded. What is secret by its name (client_secret,
	// code, refresh_token, Authorization …) need not be listed. They stay in the Client's Index, so that an answer
	// which repeats one is redacted too.
	Secrets []tokens.Secret
	// InsecureHTTP is Options.InsecureHTTP for this request alone.
	InsecureHTTP bool
	MaxBody      int64 // bytes; 0: the Client's
	// Leaving is called just before the request is sent, after every approval: the request may use a token that works
	// once. On an error the request is not sent and Do returns the error. It may be nil.
	Leaving func() error
	// Stream is called with the head of the answer, and returns where its body goes as it comes: all of it, of any
	// length, for as long as more of it arrives. Stream and its Writer may be nil. Response.Body is the beginning of
	// the body either way.
	Stream func(head *Response) io.Writer
}

// Response is what came back. Header and Body are as received, but for the content codings of the body, which are
// undone (RFC 9110 8.4): clean them before they are shown.
type Response struct {
	Status    int
	Proto     string
	Header    http.Header
	Body      []byte
	Truncated bool   // the body was longer than the limit; Body is its beginning
	Size      int64  // bytes of the body that were read
	Encoding  string // the content codings of the body, cleaned: "gzip", "deflate, br"; "" for none
	// Encoded is set where the body was handed on with its codings: one that fob cannot undo, a part of an encoded
	// body, or a body that goes to a Stream and that the request asked for with an Accept-Encoding of its own.
	Encoded  bool
	Exchange *Exchange

	index *redact.Index // the secrets of the Client that received it; nil for one that a caller made
}

// Redact removes from a text of the answer the secrets of the Client, those in sent, and what has the form of a secret.
// It cleans the text for a terminal and does not bound its length.
func (r *Response) Redact(text string, sent ...tokens.Secret) string {
	text = redact.Values(text, sent...)
	if r != nil && r.index != nil {
		text = r.index.Replace(text)
	}
	return redact.Answer(text)
}

// IsPage reports whether a web page came where a client wants data: the body begins as one, or is called one and is no
// JSON.
func (r *Response) IsPage() bool {
	start := strings.ToLower(strings.TrimSpace(string(r.Body[:min(len(r.Body), 256)])))
	if strings.HasPrefix(start, "<!doctype") || strings.HasPrefix(start, "<html") {
		return true
	}
	return strings.Contains(strings.ToLower(r.Header.Get("Content-Type")), "html") && !json.Valid(r.Body)
}

// Doer sends requests: a Client, or what wraps one.
type Doer interface {
	// Do sends the request. The error is an *Error when no answer came; an answer of any status is no error.
	Do(ctx context.Context, r *Request) (*Response, error)
}

// Exchange is the record of a request and its answer: redacted, cleaned for a terminal and bounded, so that it can
// be shown, printed and exported as it is.
type Exchange struct {
	ID       int       `json:"id"`
	Purpose  string    `json:"purpose"`
	Endpoint string    `json:"endpoint,omitempty"` // as in Request
	Started  time.Time `json:"started"`
	Request  Message   `json:"request"`
	Response *Message  `json:"response,omitempty"` // nil: none came
	Timing   Timing    `json:"timing"`
	TLS      *TLS      `json:"tls,omitempty"`
	Remote   string    `json:"remote,omitempty"` // address that was connected to
	Proxy    string    `json:"proxy,omitempty"`  // without its password
	Reused   bool      `json:"reused,omitempty"` // the connection was open already
	Insecure bool      `json:"insecure,omitempty"`
	// Edited says what was changed in the request before it left, a change a line, as ParseEdit reads it where it is an
	// edit; nil when it was sent as it was made.
	Edited []string `json:"edited,omitempty"`
	Err    string   `json:"error,omitempty"`
}

// Message is one side of an exchange, redacted.
type Message struct {
	Method    string  `json:"method,omitempty"`
	URL       string  `json:"url,omitempty"`
	Status    int     `json:"status,omitempty"`
	Proto     string  `json:"proto,omitempty"`
	Header    []Field `json:"header,omitempty"` // in the order in which they are shown: as sent, or sorted
	Body      string  `json:"body,omitempty"`
	BodySize  int     `json:"body_size"` // bytes of the whole body, before redaction
	Truncated bool    `json:"truncated,omitempty"`
	// Date is the answer's Date header, for telling a clock difference; zero when there was none.
	Date time.Time `json:"-"`
}

// Field is a header field.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Timing says where the time went. A phase that did not happen (connection reused, no TLS) is 0.
type Timing struct {
	DNS       time.Duration `json:"dns_ns"`
	Connect   time.Duration `json:"connect_ns"`
	TLS       time.Duration `json:"tls_ns"`
	FirstByte time.Duration `json:"first_byte_ns"` // from the request written to the first byte of the answer
	Total     time.Duration `json:"total_ns"`
}

// TLS describes the connection's security.
type TLS struct {
	Version    string    `json:"version"`
	Cipher     string    `json:"cipher"`
	ServerName string    `json:"server_name"`
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	NotAfter   time.Time `json:"not_after"`
}

// Phase is where an exchange without an answer failed.
type Phase string

// The phases of an exchange.
const (
	PhaseRequest Phase = "request" // it could not be built: bad URL, bad header
	PhaseSetup   Phase = "setup"   // CA file, client certificate, proxy setting
	PhaseDNS     Phase = "dns"
	PhaseConnect Phase = "connect"
	PhaseProxy   Phase = "proxy"
	PhaseTLS     Phase = "tls"
	PhaseTimeout Phase = "timeout"
	PhaseBody    Phase = "body"
	PhaseOther   Phase = "other"
	// PhaseCleartext is a request that was not sent, since a secret in it would cross the network unencrypted.
	PhaseCleartext Phase = "cleartext"
	// PhaseCancelled is the caller's own wish: its context was cancelled.
	PhaseCancelled Phase = "cancelled"
)

// Error means that no answer came. It says what we were doing, to what, in which phase it failed, and what to do.
type Error struct {
	Purpose string
	Method  string
	URL     string // redacted
	Phase   Phase
	Hint    string // what a person can do; may be empty
	Err     error  // the cause, its text redacted; context.Canceled is found with errors.Is
	Unsent  bool   // no byte of the request left: there was no connection to send it on

	// Exchange is the record of what was tried; nil when nothing was (PhaseSetup).
	Exchange *Exchange
}
