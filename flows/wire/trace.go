package wire

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// tracer measures one exchange and records the header fields that were sent. A connection attempt that lost the race
// may still call its hooks after the exchange: lock and done are for that.
type tracer struct {
	mu      sync.Mutex
	done    bool
	phase   Phase // the current phase, for the error of a time-out
	begun   time.Time
	dns     time.Time
	connect time.Time
	tls     time.Time
	wrote   time.Time
	timing  Timing
	remote  string
	reused  bool
	sent    []Field

	connected        bool // the request had a connection: bytes of it may have been sent
	certificateAsked bool // the server asked for a client certificate
}

// tracerKey is the context key of the tracer, for what the hooks do not report.
type tracerKey struct{}

func newTracer() *tracer { return &tracer{phase: PhaseConnect, begun: time.Now()} }

func (t *tracer) do(f func(now time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.done {
		f(time.Now())
	}
}

func (t *tracer) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { t.do(func(now time.Time) { t.phase, t.dns = PhaseDNS, now }) },
		DNSDone: func(httptrace.DNSDoneInfo) {
			t.do(func(now time.Time) { t.phase, t.timing.DNS = PhaseConnect, now.Sub(t.dns) })
		},
		ConnectStart: func(string, string) {
			t.do(func(now time.Time) {
				t.phase = PhaseConnect
				if t.connect.IsZero() {
					t.connect = now
				}
			})
		},
		ConnectDone: func(_, _ string, err error) {
			t.do(func(now time.Time) {
				if err == nil {
					t.timing.Connect = now.Sub(t.connect)
				}
			})
		},
		TLSHandshakeStart: func() { t.do(func(now time.Time) { t.phase, t.tls = PhaseTLS, now }) },
		TLSHandshakeDone: func(tls.ConnectionState, error) {
			t.do(func(now time.Time) { t.timing.TLS = now.Sub(t.tls) })
		},
		GotConn: func(info httptrace.GotConnInfo) {
			t.do(func(now time.Time) {
				// A request that is tried again on another connection is written again from its first field.
				t.phase, t.reused, t.sent, t.connected = PhaseRequest, info.Reused, nil, true
				if info.Conn != nil && info.Conn.RemoteAddr() != nil {
					t.remote = info.Conn.RemoteAddr().String()
				}
			})
		},
		WroteHeaderField: func(name string, values []string) {
			t.do(func(time.Time) {
				for _, v := range values {
					t.sent = append(t.sent, Field{Name: name, Value: v})
				}
			})
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			t.do(func(now time.Time) {
				t.phase, t.wrote = PhaseOther,
					now
			})
		},
		GotFirstResponseByte: func() {
			t.do(func(now time.Time) {
				t.phase = PhaseBody
				if !t.wrote.IsZero() {
					t.timing.FirstByte = now.Sub(t.wrote)
				}
			})
		},
	}
}

// stop ends the measurement; no later hook changes it.
func (t *tracer) stop() {
	t.do(func(now time.Time) { t.timing.Total = now.Sub(t.begun) })
	t.mu.Lock()
	t.done = true
	t.mu.Unlock()
}
