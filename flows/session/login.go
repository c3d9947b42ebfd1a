package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/vault"
)

// storeLimit bounds the storing of tokens, which goes on after the caller has given up: a rotated refresh token that is
// not stored is lost. It also bounds the wait for the response to a request that has used one.
const (
	storeLimit = 30 * time.Second
	storeWords = "30 s"
)

// Login runs a grant and stores the tokens if every check passed. The result of a failed run has only the ledger, in
// its Meta. observe is called with each step; it may be nil.
//
// The error is a *flows.InputError for an invalid request, profile.ErrNotFound, a vault error (before a user is sent to
// sign in), a *wire.Error, a *flows.OAuthError, a *flows.ResponseError, a *flows.EndpointError or a *tokens.CheckError.
// A failure to store the tokens is not an error: see Result.StoreErr.
func (s *Service) Login(ctx context.Context, r LoginRequest, observe func(flows.Step)) (Result, error) {
	if err := s.checkWritable("logging in"); err != nil {
		return Result{}, err
	}
	p, err := s.planLogin(r)
	if err != nil {
		return Result{}, err
	}
	if err := s.ProbeVault(ctx); err != nil {
		return Result{}, err
	}
	w := s.recordRun(p, observe)
	run, err := s.newRun(ctx, p, w.step)
	if err != nil {
		return Result{}, err
	}
	if !r.NoBrowser {
		run.Browser = s.o.Browser
	}
	run.Paste, run.Unattended = r.Paste, r.Unattended
	result, err := s.runLogin(ctx, p, run, r)
	w.finish(p, run, result, err)
	return result, err
}

// runLogin runs the grant and stores the tokens.
func (s *Service) runLogin(ctx context.Context, p *plan, run *flows.Run, r LoginRequest) (Result, error) {
	var err error
	for _, c := range r.PriorChecks {
		if err := run.Check(c); err != nil {
			return failedResult(p, run), err
		}
	}
	if run.Values, err = s.resolveSecretInputs(ctx, p); err != nil {
		return Result{}, err
	}
	id, err := vault.NewID(s.o.Rand)
	if err != nil {
		return Result{}, fmt.Errorf("making the session's ID: %w", err)
	}
	use := &singleUse{s: s, mark: vault.Mark{ID: id, Kind: vault.MarkCode, Issuer: p.issuer, ClientID: p.clientID}}
	defer use.unlock()
	run.BeforeSpend = use.begin
	approvalCtx, end := withApproval(ctx, run, r.Before, r.Edits)
	set, err := s.discoverAndRun(approvalCtx, p, run)
	end()
	checkKeySet(ctx, run, err)
	if err != nil {
		if provesUnused(err) || isCheckFailure(err) {
			use.rollback()
		}
		return failedResult(p, run), err
	}
	rec := s.newRecord(ctx, id, p, run, set, r.Label)
	result := s.store(ctx, rec)
	use.finish(result.StoreErr)
	s.addStoreStep(run, result)
	return result, nil
}

// checkKeySet checks the key set of an OpenID provider also in a run that had no signature to verify. It makes no
// request if the keys are cached, or if the provider did not respond before.
func checkKeySet(ctx context.Context, run *flows.Run, err error) {
	var check *tokens.CheckError
	ended := ctx.Err() != nil || err != nil && !errors.As(err, &check)
	if ended || run.Keys == nil || !slices.Contains(strings.Fields(run.Values["scope"]), "openid") {
		return
	}
	_, _ = run.Keys.Keys(ctx, "") // its warnings are recorded in the ledger
}

func (s *Service) discoverAndRun(ctx context.Context, p *plan, run *flows.Run) (tokens.Set, error) {
	if err := wire.Cleartext("the redirect with the code", p.redirect.URI); err != nil && !p.wire.InsecureHTTP {
		return tokens.Set{}, err
	}
	if err := s.discover(ctx, p, run); err != nil {
		return tokens.Set{}, err
	}
	noteWeakSecrets(p, run)
	if err := s.checkClientDocument(ctx, p, run); err != nil {
		return tokens.Set{}, err
	}
	return p.grant.Run(ctx, run)
}

// noteWeakSecrets adds a notice for secrets of the run that are too short or common to be searched for in texts.
func noteWeakSecrets(p *plan, run *flows.Run) {
	var names []string
	if s := run.Client.Secret; !s.IsZero() && !redact.Searchable(s) {
		names = append(names, "client secret")
	}
	for _, in := range p.grant.Inputs {
		if value := run.Values[in.Name]; in.Kind.Masked() && value != "" &&
			!redact.Searchable(tokens.NewSecret(value)) {
			names = append(names, strings.ReplaceAll(in.Name, "_", " "))
		}
	}
	if len(names) == 0 {
		return
	}
	what := "The " + strings.Join(names, " and the ") + " is short or an ordinary word: "
	run.Step(flows.Step{
		From: flows.Fob, To: flows.Fob, Notice: true, Spec: "RFC 6749 10.10",
		Title: what + "it is masked in its own field, not in texts",
		Meaning: "It is easy to guess. Masking it in error messages and responses would hide ordinary words and so " +
			"reveal it. Use a secret of at least 8 characters that is not a word of the protocol.",
	})
}

func failedResult(p *plan, run *flows.Run) Result {
	return Result{Meta: vault.Meta{Profile: p.profile, Issuer: p.issuer, ClientID: p.clientID, Grant: p.grant.ID,
		Ledger: run.Ledger}}
}

// newRun returns a run for the plan, which has no provider yet: see discover.
func (s *Service) newRun(ctx context.Context, p *plan, observe func(flows.Step)) (*flows.Run, error) {
	secret, err := s.clientSecret(ctx, p)
	if err != nil {
		return nil, err
	}
	client, err := s.client(ctx, p.wire)
	if err != nil {
		return nil, err
	}
	if !secret.IsZero() {
		client.Know(secret)
	}
	c := flows.Client{ID: p.clientID, Secret: secret, AuthMethod: p.authMethod, Certificate: client.Certificate()}
	if err := c.Configure(p.values); err != nil {
		return nil, err
	}
	if c.Keys, err = s.clientKeys(ctx, p); err != nil {
		return nil, err
	}
	return &flows.Run{
		Client: c, DPoPKey: p.dpop, Nonces: s.nonces,
		Values: p.values, Params: p.params, HTTP: presetOf(p.issuer).Doer(client),
		Now: s.o.Now, Wait: s.o.Wait, Rand: s.o.Rand, Redirect: p.redirect, Observe: observe,
	}, nil
}

// discover fetches the server's metadata for the run: a login always uses the current metadata.
func (s *Service) discover(ctx context.Context, p *plan, run *flows.Run) error {
	src, err := s.fetchAuthServer(withObserver(ctx, run, flows.Step{
		Title: "Read the server's metadata", Spec: "OpenID Connect Discovery 4, RFC 8414 3",
		Meaning: "The metadata says where the endpoints are and what the server supports.",
	}), p)
	if err != nil {
		return recordFailedCheck(run, err)
	}
	return attachProvider(p, run, src)
}

// attachProvider sets the run's provider and records the checks of its metadata in the run's ledger.
func attachProvider(p *plan, run *flows.Run, src *authServer) error {
	run.Provider, run.Keys = src.metadata, src.keySource(run)
	for _, c := range src.metadata.Checks {
		if p.wire.Insecure && c.ID == tokens.CheckTransport && c.Outcome == tokens.Passed &&
			strings.HasPrefix(p.issuer, "https:") {
			c = tokens.CheckTransport.Warn("https, the certificate verified", "https, any certificate",
				"verification is switched off (insecure): anyone on the network path can impersonate the server")
		}
		if c.ID == tokens.CheckTransport && c.Outcome == tokens.Failed && p.wire.InsecureHTTP {
			c.Outcome = tokens.Warned // the user allowed it
		}
		if err := run.Check(c); err != nil {
			return err
		}
	}
	return nil
}

// newRecord returns the record of a new session.
func (s *Service) newRecord(ctx context.Context, id string, p *plan, run *flows.Run, set tokens.Set,
	name string) vault.Record {
	m := vault.Meta{
		ID: id, Profile: p.profile, Issuer: run.Provider.Issuer, ClientID: p.clientID, AuthMethod: authMethodOf(run),
		Grant:         p.grant.ID,
		TokenEndpoint: run.TokenEndpoint(),
		AskedScope:    p.values["scope"], CreatedAt: s.o.Now(), Ledger: run.Ledger,
		Settings: p.settings(run.Provider.Issuer),
	}
	applySet(&m, set)
	m.Label = shortLine(name)
	if m.Label == "" {
		m.Label = s.freeLabel(ctx, m, set)
	}
	secrets := vault.Secrets{Set: set, ClientSecret: p.secret, ClientKey: p.key, DPoPKey: run.DPoPKey}
	if client, err := s.client(ctx, p.wire); err == nil && p.passphraseGiven {
		secrets.CertPassphrase = client.CertificatePassphrase()
	}
	return vault.Record{Meta: m, Secrets: secrets}
}

// authMethodOf returns the client authentication method of the run, so that a refresh uses the same.
func authMethodOf(run *flows.Run) string {
	m, err := run.AuthMethodAt("token")
	if err != nil {
		return run.Client.AuthMethod
	}
	return m.ID
}

// store stores a record in the vault. A record that cannot be stored is kept in memory and precedes the stored one.
func (s *Service) store(ctx context.Context, rec vault.Record) Result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	err := s.o.Store.Put(ctx, rec)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.unstored[rec.Meta.ID] = rec
		err = fmt.Errorf("storing the session %s: %w", rec.Meta.Label, err)
	} else {
		delete(s.unstored, rec.Meta.ID)
	}
	return Result{Meta: rec.Meta, Set: rec.Secrets.Set, StoreErr: err}
}

func (s *Service) addStoreStep(run *flows.Run, r Result) {
	step := flows.Step{
		From: flows.Fob, To: flows.Fob, Title: "Store the tokens in the vault (" + s.VaultName() + ")",
		Spec:    "RFC 8252 8.12",
		Meaning: "Only tokens that passed their checks are stored.",
	}
	if r.StoreErr != nil {
		step.Err = r.StoreErr.Error()
		step.Meaning = "The tokens are valid but could not be stored: they exist only in this process."
	}
	run.Step(step)
}

// RetryStore stores the tokens of a result whose StoreErr is set.
func (s *Service) RetryStore(ctx context.Context, r Result) error {
	if err := s.checkWritable("storing tokens"); err != nil {
		return err
	}
	s.mu.Lock()
	rec, ok := s.unstored[r.Meta.ID]
	s.mu.Unlock()
	if !ok {
		// Stored in the meantime, or obtained by another Service.
		if _, err := s.o.Store.Meta(ctx, r.Meta.ID); err == nil {
			return nil
		}
		rec = vault.Record{Meta: r.Meta, Secrets: vault.Secrets{Set: r.Set}}
	}
	if err := s.store(ctx, rec).StoreErr; err != nil {
		return err
	}
	return s.o.Store.DropMark(rec.Meta.ID)
}

// recordFailedCheck adds the failed check that ended a run, unless the run has done so.
func recordFailedCheck(run *flows.Run, err error) error {
	var failed *tokens.CheckError
	if errors.As(err, &failed) {
		_ = run.Check(failed.Check)
	}
	return err
}
