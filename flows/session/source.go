package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// authServer is an authorization server with its cached metadata and keys. It is immutable.
type authServer struct {
	client   *wire.Client
	metadata *provider.Metadata
	keys     *provider.Keys // nil: the metadata has no jwks_uri
}

// client returns the HTTP client for the TLS and proxy settings. Clients share one recorder.
func (s *Service) client(ctx context.Context, o wire.Options) (*wire.Client, error) {
	key := settingsKey(o)
	s.mu.Lock()
	c := s.clients[key]
	s.mu.Unlock()
	if c != nil {
		return c, nil
	}
	o.Now, o.Recorder = s.o.Now, s.o.Recorder
	made, err := wire.New(ctx, o) // may wait for a file
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[key]; c != nil { // made by another goroutine
		return c, nil
	}
	s.clients[key] = made
	return made, nil
}

func settingsKey(o wire.Options) string {
	return fmt.Sprintf("%q %q %q %q %t %t",
		o.CAFile, o.ClientCertFile, o.ClientKeyFile, o.Proxy, o.Insecure, o.InsecureHTTP)
}

// authServer returns the plan's server, from the cache if possible.
func (s *Service) authServer(ctx context.Context, p *plan) (*authServer, error) {
	s.mu.Lock()
	src := s.servers[p.serverKey()]
	s.mu.Unlock()
	if src != nil {
		return src, nil
	}
	return s.fetchAuthServer(ctx, p)
}

func (p *plan) serverKey() string {
	endpoints, _ := json.Marshal(p.endpoints)
	return fmt.Sprintf("%q %s %s", p.issuer, endpoints, settingsKey(p.wire))
}

// fetchAuthServer fetches the metadata of the plan's server and caches it.
func (s *Service) fetchAuthServer(ctx context.Context, p *plan) (*authServer, error) {
	client, err := s.client(ctx, p.wire)
	if err != nil {
		return nil, err
	}
	src := &authServer{client: client}
	if len(p.endpoints) > 0 {
		src.metadata, err = provider.Configured(p.issuer, p.endpoints)
	} else {
		src.metadata, err = provider.Discover(ctx, observedDoer{client}, p.issuer)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	old := s.servers[p.serverKey()]
	s.mu.Unlock()
	switch {
	case src.metadata.JWKSURI == "":
	case old != nil && old.keys != nil && old.metadata.JWKSURI == src.metadata.JWKSURI &&
		old.metadata.Issuer == src.metadata.Issuer:
		src.keys = old.keys // with the cached keys
	default:
		src.keys = provider.NewKeys(observedDoer{client}, src.metadata.JWKSURI, s.o.Now)
		s.storeKeysOnRead(p, src)
	}
	src.metadata.CheckSigned(withObservedStep(ctx, readKeysStep), src.keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers[p.serverKey()] = src
	return src, nil
}

// keySource returns the key source of a run; nil without keys, so that the run can report that.
func (src *authServer) keySource(run *flows.Run) flows.KeySource {
	if src.keys == nil {
		return nil
	}
	return stepKeys{keys: src.keys, run: run}
}

// stepKeys reports each fetch of keys as a step of the run that needs them.
type stepKeys struct {
	keys *provider.Keys
	run  *flows.Run
}

// Keys implements flows.KeySource.
func (k stepKeys) Keys(ctx context.Context, kid string) (jose.KeySet, error) {
	set, err := k.keys.Keys(withObserver(ctx, k.run, readKeysStep), kid)
	for _, c := range keySetChecks(set) {
		if !slices.Contains(k.run.Ledger, c) { // a run may need the keys more than once
			_ = k.run.Check(c) // never a MUST: an exposed key verifies nothing
		}
	}
	return set, err
}

// keySetChecks returns the failed checks of a server's key set.
func keySetChecks(set jose.KeySet) (checks []tokens.Check) {
	var exposed []string
	for _, e := range set.Exposed() {
		exposed = append(exposed, e.String())
	}
	if len(exposed) > 0 {
		checks = append(checks, tokens.CheckPublicKeys.Fail("public keys only",
			strings.Join(exposed[:min(len(exposed), 10)], "; "),
			"anyone who reads the key set can sign tokens of this issuer; fob verifies nothing with it"))
	}
	if len(set.Warnings()) > 0 {
		checks = append(checks, tokens.CheckAnswerJSON.Warn("a JSON object in UTF-8, each member once", "the key set",
			strings.Join(set.Warnings(), "; ")))
	}
	return checks
}

var readKeysStep = flows.Step{
	Title: "Read the server's keys", Spec: "RFC 7517 5",
	Meaning: "The key set has the public keys that verify the server's signatures.",
}

// observer makes a step of the run from each exchange.
type observer struct {
	run  *flows.Run
	step flows.Step
}

func (o observer) report(resp *wire.Response, err error) {
	shown := o.step
	shown.From, shown.To = flows.Fob, flows.AuthorizationServer
	if resp != nil {
		shown.Exchange = resp.Exchange
		if resp.Status >= 400 {
			shown.Err = fmt.Sprintf("HTTP %d", resp.Status)
		}
	}
	var network *wire.Error
	if errors.As(err, &network) {
		shown.Exchange = network.Exchange
	}
	if err != nil {
		shown.Err = err.Error()
	}
	o.run.Step(shown)
}

// observerKey is the context key of the observer.
type observerKey struct{}

// withObserver returns a context under which each exchange of an observedDoer becomes a step of the run.
func withObserver(ctx context.Context, run *flows.Run, step flows.Step) context.Context {
	return context.WithValue(ctx, observerKey{}, observer{run, step})
}

// withObservedStep returns a context whose observer, if any, makes this step of an exchange.
func withObservedStep(ctx context.Context, step flows.Step) context.Context {
	if o, ok := ctx.Value(observerKey{}).(observer); ok {
		return withObserver(ctx, o.run, step)
	}
	return ctx
}

// observedDoer reports each exchange to the observer in the context, if any.
type observedDoer struct{ next wire.Doer }

// Do implements wire.Doer.
func (w observedDoer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	resp, err := w.next.Do(ctx, r)
	if o, ok := ctx.Value(observerKey{}).(observer); ok {
		o.report(resp, err)
	}
	return resp, err
}

// Provider fetches the metadata and keys of an authorization server, given a profile or an issuer. For an issuer, the
// settings of the first profile that has it apply.
func (s *Service) Provider(ctx context.Context, nameOrIssuer string) (*ProviderView, error) {
	return s.ProviderWith(ctx, nameOrIssuer, wire.Options{})
}

// ProviderWith is Provider with TLS and proxy settings that override the profile's, as in LoginRequest.
func (s *Service) ProviderWith(ctx context.Context, nameOrIssuer string, tls wire.Options) (*ProviderView, error) {
	p, err := s.planForServer(nameOrIssuer)
	if err != nil {
		return nil, err
	}
	p.wire = mergeWire(p.wire, tls)
	src, err := s.fetchAuthServer(ctx, p)
	if err != nil {
		return nil, err
	}
	v := &ProviderView{Metadata: src.metadata}
	if src.keys == nil {
		v.KeysErr = errors.New("the metadata names no jwks_uri")
		return v, nil
	}
	v.Keys, v.KeysErr = src.keys.Keys(ctx, "")
	return v, nil
}

// planForServer returns a plan for a server, given a profile or an issuer. For an issuer, the TLS files, proxy and
// configured endpoints of the first profile that has it apply, if any.
func (s *Service) planForServer(nameOrIssuer string) (*plan, error) {
	p, err := s.o.Profiles.Get(nameOrIssuer)
	if err == nil {
		return s.planOfProfile(p), nil
	}
	if !errors.Is(err, profile.ErrNotFound) {
		return nil, err
	}
	if err := s.o.Profiles.Check(); err != nil {
		return nil, err
	}
	for _, p := range s.o.Profiles.List() {
		if p.Issuer == nameOrIssuer && nameOrIssuer != "" {
			return s.planOfProfile(p), nil
		}
	}
	if !tokens.IsWebURL(nameOrIssuer) {
		return nil, err
	}
	return &plan{issuer: nameOrIssuer}, nil
}
