package session

import (
	"context"
	"errors"
	"io"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
)

var (
	// ErrNoSession means that no session goes by the name.
	ErrNoSession = errors.New("no such session")
	// ErrAmbiguous means that the name fits several sessions.
	ErrAmbiguous = errors.New("several sessions go by that name")
	errComing    = errors.New("not yet")
)

// LogoutResult says what a logout did.
type LogoutResult struct {
	Revoked []tokens.Kind // revoked at the authorization server
	Notes   []string      // what could not be done there, and why
	// EndSessionURL ends the sign-in at the authorization server (OpenID Connect RP-Initiated Logout 1.0). It can be
	// shown: it holds no id_token_hint. Empty: the server has none.
	EndSessionURL string
	Opened        bool   // a browser was started for it
	OpenErr       string // why none was
}

// NotStoredError is returned beside a good token: the renewed tokens could not be stored.
type NotStoredError struct {
	Result Result
	Err    error
}

func (e *NotStoredError) Error() string { return e.Err.Error() }

// Schema is what a profile file may name. Hand it to profile.Load.
func Schema() profile.Schema { return profile.Schema{} }

func New(o Options) (*Service, error) { return nil, errComing }

func (s *Service) Login(ctx context.Context, r LoginRequest, observe func(flows.Step)) (Result, error) {
	return Result{}, errComing
}
func (s *Service) Keep(ctx context.Context, r Result) error           { return errComing }
func (s *Service) Sessions(ctx context.Context) ([]vault.Meta, error) { return nil, errComing }
func (s *Service) Find(ctx context.Context, name string) (vault.Meta, error) {
	return vault.Meta{}, errComing
}
func (s *Service) Load(ctx context.Context, id string) (vault.Record, error) {
	return vault.Record{}, errComing
}
func (s *Service) Token(ctx context.Context, name string, r TokenRequest) (tokens.Secret, vault.Meta, error) {
	return tokens.Secret{}, vault.Meta{}, errComing
}
func (s *Service) Refresh(ctx context.Context, id string, observe func(flows.Step)) (Result, error) {
	return Result{}, errComing
}
func (s *Service) Revoke(ctx context.Context, id string, kind tokens.Kind) error { return errComing }
func (s *Service) Logout(ctx context.Context, id string, browser bool) (LogoutResult, error) {
	return LogoutResult{}, errComing
}
func (s *Service) Remove(ctx context.Context, id string) error        { return errComing }
func (s *Service) Rename(ctx context.Context, id, label string) error { return errComing }
func (s *Service) Introspect(ctx context.Context, id string, kind tokens.Kind) (Answer, error) {
	return Answer{}, errComing
}
func (s *Service) Userinfo(ctx context.Context, id string) (Answer, error) {
	return Answer{}, errComing
}
func (s *Service) Call(ctx context.Context, id string, r calls.Request) (*calls.Response, error) {
	return nil, errComing
}
func (s *Service) Inspect(ctx context.Context, id string, kind tokens.Kind) (*inspect.Report, error) {
	return nil, errComing
}
func (s *Service) InspectRaw(ctx context.Context, raw string, o inspect.Options, issuer string) *inspect.Report {
	return nil
}
func (s *Service) Provider(ctx context.Context, nameOrIssuer string) (*ProviderView, error) {
	return nil, errComing
}
func (s *Service) Profiles() []profile.Profile                  { return nil }
func (s *Service) Profile(name string) (profile.Profile, error) { return profile.Profile{}, errComing }

// AddProfile adds or replaces a profile and saves the file. A secret that is not zero goes to the vault under the
// profile's name, and the profile refers to it.
func (s *Service) AddProfile(ctx context.Context, p profile.Profile, secret tokens.Secret) error {
	return errComing
}

// RemoveProfile removes a profile, and the client secret that the vault keeps for it.
func (s *Service) RemoveProfile(ctx context.Context, name string) error { return errComing }
func (s *Service) Draft(ctx context.Context, profileName, grantID string) (Draft, error) {
	return Draft{}, errComing
}
func (s *Service) Exchanges() []wire.Exchange           { return nil }
func (s *Service) Export(w io.Writer) error             { return errComing }
func (s *Service) VaultName() string                    { return "" }
func (s *Service) ProbeVault(ctx context.Context) error { return errComing }
func (s *Service) Now() time.Time                       { return time.Now() }
