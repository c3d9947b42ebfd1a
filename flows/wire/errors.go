package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"fob/tokens"
)

// Error says what was being done, to what, in which phase it failed and why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Purpose != "" {
		b.WriteString(e.Purpose + ": ")
	}
	if e.URL != "" {
		fmt.Fprintf(&b, "%s %s: ", e.Method, e.URL)
	}
	b.WriteString(e.sentence())
	return b.String()
}

// sentence is the error without what it was done to: the cause and the hint.
func (e *Error) sentence() string {
	s := phaseWords[e.Phase]
	if e.Err != nil {
		if s != "" {
			s += ": "
		}
		s += e.Err.Error()
	}
	if e.Hint != "" {
		s += "\n  " + e.Hint
	}
	return s
}

var phaseWords = map[Phase]string{
	PhaseRequest:   "the request cannot be sent",
	PhaseSetup:     "the settings cannot be used",
	PhaseDNS:       "the host name was not found",
	PhaseConnect:   "no connection",
	PhaseProxy:     "the proxy did not let it through",
	PhaseTLS:       "no trusted TLS connection",
	PhaseTimeout:   "timed out",
	PhaseCancelled: "cancelled",
	PhaseAborted:   "aborted",
	PhaseCleartext: "no encryption",
	PhaseBody:      "the answer broke off",
	PhaseOther:     "no answer",
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// explain tells the phases apart and says what a person can do. answered is set when an answer had begun.
func (c *Client) explain(ctx context.Context, err error, t *tracer, answered bool) *Error {
	var refusal *proxyRefusal
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Phase: PhaseCancelled, Err: context.Canceled}
	case isTimeout(err), errors.Is(ctx.Err(),
		context.DeadlineExceeded): // net/http returns the cause that the context has
		return &Error{Phase: PhaseTimeout, Err: c.timeoutCause(ctx, t), Hint: timeoutHints[t.phase]}
	case errors.As(err, &refusal):
		return &Error{Phase: PhaseProxy, Err: refusal, Hint: proxyHint(refusal.Status)}
	case errors.As(err, &op) && (op.Op == "proxyconnect" || op.Op == "socks" || strings.HasPrefix(op.Op, "socks")):
		return &Error{Phase: PhaseProxy, Err: err,
			Hint: "The proxy itself could not be used. Check the proxy setting, or set it to none."}
	case errors.As(err, &dns):
		return &Error{Phase: PhaseDNS, Err: fmt.Errorf("%s: %w", tokens.VisibleLine(dns.Name), errors.New(dns.Err)),
			Hint: dnsHint(dns)}
	case answered:
		return &Error{Phase: PhaseBody, Err: err, Hint: bodyHint(err)}
	}
	if hint, ok := tlsHint(err); ok {
		return &Error{Phase: PhaseTLS, Err: err, Hint: hint}
	}
	if t.certificateAsked {
		// In TLS 1.3 a server refuses the client after the handshake is over for us, and with HTTP/2 its alert is lost.
		return &Error{Phase: PhaseTLS, Err: err, Hint: wantsCertificate}
	}
	if hint, ok := connectHint(err); ok {
		return &Error{Phase: PhaseConnect, Err: err, Hint: hint}
	}
	e := &Error{Phase: PhaseOther, Err: err}
	switch text := err.Error(); {
	case strings.Contains(text, "malformed HTTP"):
		e.Hint = "What answers there does not speak HTTP; when it speaks TLS, the URL must start with https://."
	case strings.Contains(text, "invalid header field"):
		e.Phase, e.Hint = PhaseRequest,
			"A header name or value holds a character that HTTP does not allow, such as a line break."
	case strings.Contains(text, "response headers exceeded"):
		e.Hint = "The answer's headers are larger than 256 KiB."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		tokens.IsSocketError(err, syscall.ECONNRESET, syscall.ECONNABORTED):
		e.Hint = "The server closed the connection without answering. Is it the right port, and does it speak this " +
			"protocol?"
	}
	return e
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

var timeoutWords = map[Phase]string{
	PhaseDNS:     "while looking up the host name",
	PhaseConnect: "while connecting",
	PhaseTLS:     "during the TLS handshake",
	PhaseRequest: "while sending the request",
	PhaseOther:   "while waiting for the answer",
	PhaseBody:    "while reading the answer",
}

var timeoutHints = map[Phase]string{
	PhaseDNS:     "The name server does not answer. Is this machine online?",
	PhaseConnect: "A firewall may drop the packets, or a proxy may be needed.",
	PhaseTLS:     "The host accepts connections and does not answer TLS. Is the port right?",
	PhaseOther:   "The server took the request and did not answer in time.",
}

func (c *Client) timeoutCause(ctx context.Context, t *tracer) error {
	waited := t.timing.Total.Round(time.Millisecond)
	if waited > time.Second {
		waited = waited.Round(100 * time.Millisecond)
	}
	what := "no whole answer within " + waited.String() + ", given up " + timeoutWords[t.phase]
	if t.phase == PhaseBody && t.timing.Total > c.o.Timeout+time.Second { // a stream: see patience
		what = "nothing more of the answer came for " + c.o.Timeout.String()
	}
	if ctx.Err() != nil {
		what = "the time for the whole run ended " + timeoutWords[t.phase]
	}
	return timeoutError(what)
}

func proxyHint(status int) string {
	switch status {
	case http.StatusProxyAuthRequired:
		return "It wants a name and a password: put them into the proxy's URL by reference, or use another proxy."
	case http.StatusForbidden:
		return "It does not allow this host. Ask who runs it, or set the proxy to none."
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "It could not reach the host for us. Is the host name right as seen from the proxy?"
	}
	return "Check the proxy setting, or set it to none."
}

func dnsHint(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "No such host name. Check its spelling; a name of an internal network needs that network or its VPN."
	case e.IsTimeout:
		return "The name server does not answer. Is this machine online?"
	}
	return "Is this machine online, and does it need a proxy?"
}

func connectHint(err error) (string, bool) {
	var op *net.OpError
	switch {
	case tokens.IsSocketError(err, syscall.ECONNREFUSED):
		return "Nothing listens there. Is it running, and is the port right?", true
	case tokens.IsSocketError(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH):
		return "No way leads there from this machine. Is the network or the VPN up?", true
	case tokens.IsSocketError(err, syscall.EACCES) && errors.As(err, &op) && op.Op == "dial":
		return "This machine does not allow the connection: a firewall or a security program blocks it.", true
	case errors.As(err, &op) && op.Op == "dial":
		return "", true
	}
	return "", false
}

// bodyHint explains an answer that began and did not end.
func bodyHint(err error) string {
	var broken *inflateError
	var full *streamError
	switch {
	case errors.As(err, &broken):
		return "The answer says that it is compressed and does not inflate. " +
			"Ask for it as it is, with the header Accept-Encoding: identity."
	case errors.As(err, &full):
		return "The answer is longer than what it is written to takes: what is there is its beginning."
	}
	return "The server or something between closed the connection before the answer was whole. Try again."
}

// tlsHint explains a handshake that failed; ok is false when the error is not one of TLS.
func tlsHint(err error) (hint string, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		roots     x509.SystemRootsError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		alert     tls.AlertError
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "What answers there speaks plain HTTP or something else, not TLS. Is it http:// instead of " +
			"https://, or another port?", true
	case errors.As(err, &authority):
		return "Its certificate is signed by an authority that this machine does not know. If it is your own, name " +
			"its certificate as the CA file.", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "Its certificate has expired or is not valid yet. Renew it there; if the dates look right, this " +
			"machine's clock is wrong.", true
	case errors.As(err, &host):
		return "Its certificate is for another name. Use the name that the certificate holds.", true
	case errors.As(err, &roots):
		return "This machine has no list of trusted authorities. Install its CA certificates, or name a CA file.", true
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "Its certificate cannot be trusted.", true
	case errors.As(err, &alert):
		return alertHint(alert), true
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "remote error: tls:"):
		return remoteAlertHint(text), true
	case strings.Contains(text, "no renegotiation"):
		return wantsRenegotiation, true
	case strings.Contains(text, "tls:"):
		return "The two sides found no common ground: fob speaks TLS 1.2 and 1.3.", true
	}
	return "", false
}

// wantsRenegotiation is what to do about a server that asks for the client certificate in the middle of a connection,
// where none is set: with one, it is given.
const wantsRenegotiation = "The server asked for a client certificate by renegotiation, after it had read " +
	"the request. Set the client certificate and its key; or have the server ask at once, in the first handshake " +
	"(IIS: netsh http … clientcertnegotiation=enable; Azure API Management: negotiate client certificate)."

const wantsCertificate = "The server wants a client certificate, or does not accept the one it got. Set the client " +
	"certificate and its key."

func alertHint(a tls.AlertError) string { return remoteAlertHint(a.Error()) }

// remoteAlertHint reads what the other side said when it gave up on the handshake.
func remoteAlertHint(text string) string {
	switch {
	case strings.Contains(text, "certificate required"), strings.Contains(text, "bad certificate"),
		strings.Contains(text, "unknown certificate authority"), strings.Contains(text, "unknown certificate"),
		strings.Contains(text, "certificate unknown"):
		return wantsCertificate
	case strings.Contains(text, "expired certificate"):
		return "The server says that the client certificate has expired."
	case strings.Contains(text, "protocol version"):
		return "The server speaks only TLS versions before 1.2, which are not safe any more."
	case strings.Contains(text, "unrecognized name"), strings.Contains(text, "internal error"):
		return "The server does not know this host name. Is the name right?"
	}
	return "The server broke off the TLS handshake."
}

// timeoutError is an error with a text of our own that errors.Is finds to be context.DeadlineExceeded.
type timeoutError string

func (e timeoutError) Error() string { return string(e) }
func (e timeoutError) Unwrap() error { return context.DeadlineExceeded }
