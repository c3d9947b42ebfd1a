package demo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Config configures a server. The zero value works.
type Config struct {
	Addr           string        // host:port on loopback; "" is 127.0.0.1:0
	Faults         []string      // names from Catalogue, on from the start
	AutoConsent    bool          // sign in alice (or the user of login_hint) and approve, without a page
	TLS            bool          // use TLS only: the issuer is https, with a certificate of the server's own authority
	AccessLifetime time.Duration // of access tokens; 0 is two minutes
	Now            func() time.Time
	// Wait sleeps until the duration is over or ctx ends; nil uses a timer. Only the slow-answer fault uses it.
	Wait func(ctx context.Context, d time.Duration) error
	// BeforeTokenResponse is called after the token endpoint handled a request and before it responds: while it blocks,
	// the client waits. nil is not called.
	BeforeTokenResponse func(ctx context.Context, e TokenEvent)
}

// Lifetimes of everything but access tokens.
const (
	defaultAccessLifetime = 2 * time.Minute
	idTokenLifetime       = 5 * time.Minute
	codeLifetime          = time.Minute
	deviceLifetime        = 5 * time.Minute
	refreshLifetime       = time.Hour
	interactionLifetime   = 10 * time.Minute
	signInLifetime        = 8 * time.Hour
)

// Server is a running demo provider.
type Server struct {
	config  Config
	issuer  string
	faults  faultSwitches
	clients *clients
	keys    *keyring
	store   *store
	http    *http.Server
	stop    context.CancelFunc
	// nonceKey signs DPoP nonces; usedMu guards the check and the record of single-use identifiers.
	nonceKey []byte
	usedMu   sync.Mutex
	// What the server itself sends: the HTTP client, the context of its tasks, and the tasks in progress.
	outgoing    *http.Client
	baseContext context.Context
	tasks       sync.WaitGroup
	serving     sync.WaitGroup
	// authority issued the certificates of the TLS listener and of the client demo-tls; tlsBase is the listener's URL.
	authority *authority
	tlsBase   string
}

// Start listens and serves until Close. The error names an unusable address or an unknown fault.
func Start(c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	listeners, err := s.listen()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.baseContext, s.stop = ctx, stop
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		// The workbench may own the terminal: print nothing onto it.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	for _, listener := range listeners {
		s.serving.Add(1)
		go func() {
			defer s.serving.Done()
			_ = s.http.Serve(listener)
		}()
	}
	return s, nil
}

// newServer creates everything but the network.
func newServer(c Config) (*Server, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.AccessLifetime <= 0 {
		c.AccessLifetime = defaultAccessLifetime
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	s := &Server{config: c, keys: newKeyring(), store: newStore(c.Now), nonceKey: []byte(randomToken())}
	var err error
	if s.authority, err = newAuthority(c.Now()); err != nil {
		return nil, err
	}
	if s.clients, err = newClients(s.authority); err != nil {
		return nil, err
	}
	s.outgoing, s.baseContext = newOutgoing(s.authority.pool()), context.Background() // replaced by Start
	for _, name := range c.Faults {
		if err := s.SetFault(name, true); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// listen opens the listener of the issuer and, unless that uses TLS itself, a second one that does: a client
// certificate needs TLS (RFC 8705).
func (s *Server) listen() ([]net.Listener, error) {
	config, err := s.authority.tlsConfig()
	if err != nil {
		return nil, err
	}
	plain, err := listen(s.config.Addr)
	if err != nil {
		return nil, err
	}
	if s.config.TLS {
		s.issuer = "https://" + plain.Addr().String()
		s.tlsBase = s.issuer
		return []net.Listener{tls.NewListener(plain, config)}, nil
	}
	host, _, _ := net.SplitHostPort(plain.Addr().String())
	second, err := listen(net.JoinHostPort(host, "0"))
	if err != nil {
		_ = plain.Close()
		return nil, err
	}
	s.issuer, s.tlsBase = "http://"+plain.Addr().String(), "https://"+second.Addr().String()
	return []net.Listener{plain, tls.NewListener(second, config)}, nil
}

// listen rejects every address that is not loopback, by name or by number.
func listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the demo provider's address %q: expected host:port: %w", addr, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() || ip.Zone() != "" {
		return nil, fmt.Errorf("the demo provider listens on loopback only, not on %q: use 127.0.0.1:PORT, "+
			"[::1]:PORT or localhost:PORT", addr)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("starting the demo provider on %s: %w (choose another with --addr, or port 0 for any "+
			"free one)", addr, err)
	}
	return listener, nil
}

// Issuer returns the issuer identifier: http://127.0.0.1:PORT.
func (s *Server) Issuer() string { return s.issuer }

// API returns the base URL of the API, which is the resource of its JWT access tokens.
func (s *Server) API() string { return s.issuer + "/api" }

// OpaqueResource returns the resource whose access tokens are opaque (RFC 8707).
func (s *Server) OpaqueResource() string { return s.API() + "/opaque" }

// Close stops serving; requests in progress have half a second to finish.
func (s *Server) Close() error {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.serving.Wait()
	s.tasks.Wait()
	return err
}

// now returns the time at which codes, sessions and polls expire.
func (s *Server) now() time.Time { return s.config.Now() }

// reportedTime is the time in tokens and Date headers: a fault can make it wrong.
func (s *Server) reportedTime() time.Time {
	switch {
	case s.on(faultClockAhead):
		return s.now().Add(10 * time.Minute)
	case s.on(faultClockBehind):
		return s.now().Add(-time.Hour)
	}
	return s.now()
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
