// Package session implements the use cases: log in, also from an API's address, get a valid token, refresh, revoke,
// introspect, query userinfo, call an API, inspect and mint tokens, register clients, and diagnose errors. The command
// line and the workbench use nothing below it; they differ only in how they ask and show. It owns the vault, the locks
// and the clock.
//
// Nothing here prints. Nothing is stored of a response that failed a check, but for a new refresh token (see
// PartlyStoredError).
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"fob/flows"
	"fob/flows/dpop"
	"fob/flows/profile"
	"fob/flows/provider"
	"fob/flows/redirect"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/vault"
)

// Errors on which a caller decides.
var (
	// ErrNeedsPerson means that there is no valid token and no way to get one without a user who signs in.
	ErrNeedsPerson = errors.New("a user has to sign in")
	// ErrNoSession means that no session has the name.
	ErrNoSession = errors.New("no such session")
	// ErrAmbiguous means that several sessions match the name.
	ErrAmbiguous = errors.New("several sessions match that name")
	// ErrNoToken means that the session has no token of the kind.
	ErrNoToken = errors.New("the session has no such token")
	// ErrNoSecret means that the secret to sign a token with is missing.
	ErrNoSecret = errors.New("there is no secret to sign with")
)

// NoSessionError is ErrNoSession for the name of a profile.
type NoSessionError struct{ Profile string }

func (e *NoSessionError) Error() string {
	return fmt.Sprintf("%v: the profile %q has none", ErrNoSession, tokens.VisibleLine(e.Profile))
}

// Unwrap returns ErrNoSession.
func (e *NoSessionError) Unwrap() error { return ErrNoSession }

// NotStoredError is returned with a valid result: the renewed tokens could not be stored and exist only in this
// process. The stored tokens may be invalid by now. RetryStore with Result tries again.
type NotStoredError struct {
	Result Result
	Err    error
}

func (e *NotStoredError) Error() string {
	return fmt.Sprintf("the renewed tokens of %s could not be stored and exist only in this process: %v",
		e.Result.Meta.Label, e.Err)
}

// Unwrap returns the cause.
func (e *NotStoredError) Unwrap() error { return e.Err }

// Options configure a Service. Store and Profiles are required.
type Options struct {
	Store    *vault.Store
	Profiles *profile.File
	Now      func() time.Time                                 // nil: time.Now
	Wait     func(ctx context.Context, d time.Duration) error // nil: a timer
	Rand     io.Reader                                        // nil: crypto/rand
	Browser  func(ctx context.Context, url string) error      // nil: redirect.Open
	Getenv   func(string) string                              // nil: os.Getenv; for secret references
	Recorder *wire.Recorder                                   // nil: a new recorder
	ReadOnly bool                                             // nothing stored is changed: see ErrReadOnly
}

// Service implements the use cases. It is safe for concurrent use.
type Service struct {
	o       Options
	mu      sync.Mutex
	clients map[string]*wire.Client // by settings; they share the recorder
	servers map[string]*authServer  // authorization servers by serverKey
	// unstored has the records that are newer than those in the vault, since storing them failed, by session ID.
	unstored map[string]vault.Record
	nonces   *dpop.Nonces
	inFlight int        // number of refresh tokens sent whose response is not stored yet
	idle     *sync.Cond // on mu: signalled when inFlight is 0 again
	runs     []pastRun  // the newest maxRuns of this process, oldest first
}

// LoginRequest describes a login. Empty fields come from the profile, then from the defaults that the grant declares.
type LoginRequest struct {
	Profile      string
	Issuer       string
	ClientID     string
	ClientSecret tokens.Secret
	AuthMethod   string
	Grant        string
	Values       flows.Values
	Params       flows.Params
	Redirect     redirect.Options
	TLS          wire.Options // CAFile, ClientCertFile, ClientKeyFile, Proxy, Insecure, InsecureHTTP are read
	Before       wire.Before  // called with each request before it is sent; may be nil
	Edits        []wire.Edit  // applied to the matching requests before Before is called
	NoBrowser    bool
	Unattended   bool // there is no user to open a page or to paste an address
	Paste        <-chan string
	Label        string
	API          string        // base URL of calls with the session; "" is the profile's
	PriorChecks  tokens.Ledger // checks made before the run (Draft.Resource); they precede the run's own
}

// Result is a session after a login or a refresh.
type Result struct {
	Meta vault.Meta
	Set  tokens.Set
	// StoreErr is set when the tokens could not be stored: they exist only in Set, and the user must know that.
	// RetryStore tries again.
	StoreErr error
}

// DefaultMinTTL is the remaining lifetime below which a token is renewed first: long enough for the next call.
const DefaultMinTTL = 60 * time.Second

// TokenRequest selects a token and its minimum remaining lifetime.
type TokenRequest struct {
	Kind tokens.Kind // "" is access
	// MinTTL is the minimum remaining lifetime; below it the token is renewed first. 0 is DefaultMinTTL, or half of the
	// token's lifetime where that is less; a negative value accepts any token that has not expired.
	MinTTL time.Duration
	Retry  bool // as in RefreshRequest
}

// unexpiredToken requests any token of the kind that has not expired.
func unexpiredToken(kind tokens.Kind) TokenRequest { return TokenRequest{Kind: kind, MinTTL: -1} }

// requiredTTL returns the minimum remaining lifetime of a token with the given lifetime.
func (r TokenRequest) requiredTTL(whole time.Duration) time.Duration {
	switch {
	case r.MinTTL < 0:
		return 0
	case r.MinTTL == 0:
		return min(DefaultMinTTL, max(whole, 0)/2)
	}
	return r.MinTTL
}

// RefreshRequest changes how a session's tokens are renewed. The zero value repeats the original request.
type RefreshRequest struct {
	Values flows.Values // inputs of flows.Refresh: scope, resource
	Params flows.Params // override the session's
	Before wire.Before  // as in LoginRequest
	Edits  []wire.Edit  // as in LoginRequest
	// Retry sends a refresh token again whose last use was not answered. Only the user may ask for that: the provider
	// may treat the second use as theft and end the session.
	Retry bool
}

func (r RefreshRequest) isPlain() bool {
	return len(r.Values) == 0 && len(r.Params) == 0 && len(r.Edits) == 0 && r.Before == nil
}

// EndpointResponse is the response of an endpoint about a token.
type EndpointResponse struct {
	ContentType  string
	Body         []byte         // as received
	RedactedJSON []byte         // Body, or what was signed or encrypted in it: in original order, secrets redacted
	JSON         map[string]any // decoded when it is a JSON object; numbers are json.Number
	Active       *bool          // introspection's "active"
	Notes        []string       // possible explanations of the response, one sentence each
	Ledger       tokens.Ledger
}

// ProviderView is an authorization server: its metadata, and its keys or why they could not be read.
type ProviderView struct {
	Metadata *provider.Metadata
	Keys     jose.KeySet
	KeysErr  error
}

// Findings returns the problems of the metadata and of the keys.
func (v *ProviderView) Findings() []provider.Finding {
	return append(provider.Lint(v.Metadata), provider.LintKeys(v.Keys)...)
}

// LogoutResult describes the outcome of a logout.
type LogoutResult struct {
	Revoked []tokens.Kind // revoked at the authorization server
	Notes   []string      // what failed at the server, and why
	// EndSessionURL ends the sign-in at the authorization server (OpenID Connect RP-Initiated Logout 1.0). It is safe
	// to show: it has no id_token_hint. Empty: the server has no such endpoint.
	EndSessionURL string
	Opened        bool   // a browser was started with EndSessionURL
	OpenErr       string // why no browser was started
}
