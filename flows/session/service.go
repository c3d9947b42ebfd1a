package session

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"fob/flows"
	"fob/flows/dpop"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/wire"
	"fob/tokens/vault"
)

// New returns a Service. It accesses neither the vault nor the network.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Profiles == nil {
		return nil, errors.New("making the session service: a store and a profile file are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Browser == nil {
		o.Browser = redirect.Open
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Recorder == nil {
		o.Recorder = wire.NewRecorder(0)
	}
	s := &Service{o: o, clients: map[string]*wire.Client{}, servers: map[string]*authServer{},
		unstored: map[string]vault.Record{}, nonces: dpop.NewNonces()}
	s.idle = sync.NewCond(&s.mu)
	return s, nil
}

// Schema returns the names that a profile file may use, as the grants declare them. It is for profile.Load.
func Schema() profile.Schema {
	s := profile.Schema{Endpoints: append(flows.EndpointNames(), wire.EndpointJWKS)}
	seen := map[string]bool{}
	for _, g := range flows.Grants() {
		if !g.Hidden {
			s.Grants = append(s.Grants, g.ID)
		}
		for _, in := range g.Inputs {
			if !seen[in.Name] && in.Kind != flows.Password {
				seen[in.Name] = true
				s.Inputs = append(s.Inputs, in.Name)
			}
		}
	}
	s.AuthMethods = flows.AuthMethodIDs()
	return s
}

// VaultName returns the vault's backend: "keyring", "memory", "file".
func (s *Service) VaultName() string { return s.o.Store.Backend() }

// ProbeVault returns an error if the vault does not work.
func (s *Service) ProbeVault(ctx context.Context) error {
	return s.o.Store.Probe(ctx)
}

// Exchanges returns the recorded exchanges, redacted, oldest first.
func (s *Service) Exchanges() []wire.Exchange { return s.o.Recorder.Exchanges() }

// Export writes the recorded exchanges as an HTTP archive (HAR 1.2), redacted.
func (s *Service) Export(w io.Writer) error { return wire.WriteHAR(w, s.Exchanges()) }

// OpenBrowser opens a page again, such as the sign-in page of a pending run, in the browser that runs use. The error
// says why no browser was started.
func (s *Service) OpenBrowser(ctx context.Context, url string) error { return s.o.Browser(ctx, url) }
