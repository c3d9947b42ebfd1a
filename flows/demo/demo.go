package demo

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"fob/tokens"
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
	env       *environment
	authority *authority // issued the certificates of the TLS listener and of the client demo-tls
	out       *sender
	keys      *keyring
	clients   *clients
	dpop      *dpop
	store     *tokenStore

	sessions     *browserSessions
	interactions *interactions
	endpoints    []endpoint

	http    *http.Server
	stop    context.CancelFunc
	serving sync.WaitGroup
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
	s.out.ctx, s.stop = ctx, stop
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
	env, err := newEnvironment(c)
	if err != nil {
		return nil, err
	}
	s := &Server{env: env, keys: newKeyring(env), dpop: newDPoP(env), sessions: newBrowserSessions(env)}
	if s.authority, err = newAuthority(env.now()); err != nil {
		return nil, err
	}
	s.out = newSender(s.authority.pool())
	if s.clients, err = newClients(env, s.out, s.authority); err != nil {
		return nil, err
	}
	s.store, s.interactions = newTokenStore(env, s.keys), newInteractions(s.sessions)
	s.endpoints = newEndpoints(s)
	return s, nil
}

// listen opens the listener of the issuer and, unless that uses TLS itself, a second one that does: a client
// certificate needs TLS (RFC 8705).
func (s *Server) listen() ([]net.Listener, error) {
	config, err := s.authority.tlsConfig()
	if err != nil {
		return nil, err
	}
	plain, err := listen(s.env.config.Addr)
	if err != nil {
		return nil, err
	}
	if s.env.config.TLS {
		s.env.issuer = "https://" + plain.Addr().String()
		s.env.tlsBase = s.env.issuer
		return []net.Listener{tls.NewListener(plain, config)}, nil
	}
	host, _, _ := net.SplitHostPort(plain.Addr().String())
	second, err := listen(net.JoinHostPort(host, "0"))
	if err != nil {
		_ = plain.Close()
		return nil, err
	}
	s.env.issuer, s.env.tlsBase = "http://"+plain.Addr().String(), "https://"+second.Addr().String()
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
func (s *Server) Issuer() string { return s.env.issuer }

// API returns the base URL of the API, which is the resource of its JWT access tokens.
func (s *Server) API() string { return s.env.api() }

// OpaqueResource returns the resource whose access tokens are opaque (RFC 8707).
func (s *Server) OpaqueResource() string { return s.env.opaqueResource() }

// MCP returns the URL and identifier of the resource for clients that know only its URL.
func (s *Server) MCP() string { return s.env.mcp() }

// SetFault switches a fault; the error is an *UnknownFaultError.
func (s *Server) SetFault(name string, on bool) error { return s.env.faults.set(name, on) }

// Faults lists the catalogue with what is on.
func (s *Server) Faults() []FaultState { return s.env.faults.states() }

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
	s.out.tasks.Wait()
	return err
}

// Description is what a client needs to know about a running server: the JSON line of `fob demo --serve`.
type Description struct {
	Issuer   string       `json:"issuer"`
	API      string       `json:"api"`
	Clients  []ClientInfo `json:"clients"`
	Users    []string     `json:"users"`
	Password string       `json:"password"` // of every user; the sign-in page shows it as well
	Faults   string       `json:"faults"`   // URL of the fault API
	Opaque   string       `json:"opaque"`   // the resource whose access tokens are opaque
	MCP      string       `json:"mcp"`      // a resource for clients that know only its URL (RFC 9728 5)
	TLS      TLSInfo      `json:"tls"`      // where client certificates are accepted (RFC 8705)
}

// ClientInfo describes a registered client.
type ClientInfo struct {
	ClientID     string
	AuthMethod   string        // none, client_secret_basic, client_secret_post
	ClientSecret tokens.Secret // zero for a public client
	Grants       []string      // grant types
	IDTokenAlg   string        // id_token_signed_response_alg
	Certificate  string        // PEM, of a client that authenticates with it; "" for none
	PrivateKey   tokens.Secret // PEM, of the certificate
	Keys         tokens.Secret // a JWK set with the private keys of a client that has some; zero for none
	Needs        string        // what the client is required to use, in a word or two; "" for nothing
}

// MarshalJSON writes the client secret in the clear: the line exists to give it to the caller who started the server.
func (c ClientInfo) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ClientID     string          `json:"client_id"`
		AuthMethod   string          `json:"auth_method"`
		ClientSecret string          `json:"client_secret,omitempty"`
		Grants       []string        `json:"grants"`
		IDTokenAlg   string          `json:"id_token_signed_response_alg"`
		Keys         json.RawMessage `json:"jwks,omitempty"`
		Certificate  string          `json:"certificate,omitempty"`
		PrivateKey   string          `json:"private_key,omitempty"`
		Needs        string          `json:"needs,omitempty"`
	}{c.ClientID, c.AuthMethod, c.ClientSecret.Reveal(), c.Grants, c.IDTokenAlg, json.RawMessage(c.Keys.Reveal()),
		c.Certificate,
		c.PrivateKey.Reveal(), c.Needs})
}

// Client finds a client by its ID; the zero ClientInfo if it does not exist.
func (d Description) Client(id string) ClientInfo {
	for _, c := range d.Clients {
		if c.ClientID == id {
			return c
		}
	}
	return ClientInfo{}
}

// needs returns what the registration of a client requires.
func (c client) needs() string {
	var needs []string
	for _, n := range []struct {
		on   bool
		what string
	}{{c.RequirePAR, needsPAR}, {c.RequireSignedRequest, needsJAR}, {c.DPoPBound, needsDPoP},
		{c.CertificateBound, needsMTLS}} {
		if n.on {
			needs = append(needs, n.what)
		}
	}
	return strings.Join(needs, ", ")
}

// Description describes the server.
func (s *Server) Description() Description {
	d := Description{Issuer: s.Issuer(), API: s.API(), Password: Password, Faults: s.env.issuer + faultsPath,
		Opaque: s.OpaqueResource(), MCP: s.MCP(),
		TLS: TLSInfo{Base: s.env.tlsBase, API: s.env.tlsBase + "/api", CA: s.authority.pem}}
	for _, c := range s.clients.list() {
		d.Clients = append(d.Clients, ClientInfo{ClientID: c.ID, AuthMethod: c.AuthMethod, ClientSecret: c.Secret,
			Grants: c.Grants, IDTokenAlg: c.IDTokenAlg, Keys: c.PrivateKeys, Certificate: c.Identity.Certificate,
			PrivateKey: tokens.NewSecret(c.Identity.PrivateKey), Needs: c.needs()})
	}
	for _, u := range users {
		d.Users = append(d.Users, u.Name)
	}
	return d
}

// TLSInfo locates the endpoints that accept client certificates.
type TLSInfo struct {
	Base string `json:"base"` // https://127.0.0.1:PORT
	API  string `json:"api"`  // the API at that base; its resource identifier remains Description.API
	CA   string `json:"ca"`   // the certificate authority, as PEM
}
