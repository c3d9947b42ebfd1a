// Package session holds the use cases: log in, from an API's address too, get a valid token, refresh, revoke,
// introspect, ask userinfo, call an API, inspect and make tokens, register clients, and say why one of these did not
// work. It is the one door that the command line and the workbench go through; they differ only in how they ask and
// show. It holds the vault, the locks and the clock.
//
// Nothing here prints, and nothing a failed check has touched is stored.
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

// The failures a caller decides on.
var (
	// ErrNeedsPerson means that there is no valid token and no way to get one without somebody signing in.
	ErrNeedsPerson = errors.New("a person has to sign in")
	// ErrNoSession means that no session goes by the name.
	ErrNoSession = errors.New("no such session")
	// ErrAmbiguous means that the name fits several sessions.
	ErrAmbiguous = errors.New("several sessions go by that name")
	// ErrNoToken means that the session has no token of the kind.
	ErrNoToken = errors.New("the session has no such token")
	// ErrNoSecret means that a token was to be signed with a secret that nobody has.
	ErrNoSecret = errors.New("there is no secret to sign with")
)

// NotStoredError is returned beside a good result: renewed tokens could not be stored. They are in this process and
// nowhere else, and what is stored may be of no use any more. Keep with Result tries again.
type NotStoredError struct {
	Result Result
	Err    error
}

func (e *NotStoredError) Error() string {
	return fmt.Sprintf("the renewed tokens of %s could not be stored, and are in this process alone: %v",
		e.Result.Meta.Label, e.Err)
}

// Unwrap yields why.
func (e *NotStoredError) Unwrap() error { return e.Err }

// Options are what a Service is made of. Store and Profiles are required.
type Options struct {
	Store    *vault.Store
	Profiles *profile.File
	Now      func() time.Time                                 // nil: time.Now
	Wait     func(ctx context.Context, d time.Duration) error // nil: a timer
	Rand     io.Reader                                        // nil: crypto/rand
	Browser  func(ctx context.Context, url string) error      // nil: redirect.Open
	Getenv   func(string) string                              // nil: os.Getenv; for secret references
	Recorder *wire.Recorder                                   // nil: one of its own
	ReadOnly bool                                             // nothing that is kept is made, changed or ended: see ErrReadOnly
}

// Service is the one door. It is safe for concurrent use.
type Service struct {
	o       Options
	mu      sync.Mutex
	clients map[string]*wire.Client // by their settings; they share the recorder
	servers map[string]*authServer  // authorization servers by how they are reached
	// unstored are records that are newer than what the vault holds, since storing them failed: by session ID.
	unstored map[string]vault.Record
	nonces   *dpop.Nonces
	inFlight int        // refresh tokens that were sent and whose answer is not stored yet
	idle     *sync.Cond // with mu: told when inFlight is 0 again
	runs     []pastRun  // the newest maxRuns of this process, the oldest first
}

// LoginRequest says how to log in. What is empty comes from the profile, then from the grant's declared defaults.
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
	Before       wire.Before  // asked about every request before it leaves; nil: nobody is
	Edits        []wire.Edit  // made in the requests that they concern, before Before sees them
	NoBrowser    bool
	Unattended   bool // nobody is here to open a page or to paste an address
	Paste        <-chan string
	Label        string
	API          string        // where calls with the session begin; "" is where the profile says
	PriorChecks  tokens.Ledger // checks made before the run (Draft.Resource); they precede the run's own
}

// Result is a session after a login or a refresh.
type Result struct {
	Meta vault.Meta
	Set  tokens.Set
	// StoreErr is set when the tokens were obtained and could not be stored: they are in Set and nowhere else, and the
	// person must be told so. Service.Keep tries again.
	StoreErr error
}

// DefaultMinTTL is the life that a token must have left not to be renewed first: long enough for the call it is for.
const DefaultMinTTL = 60 * time.Second

// TokenRequest says which token, and how much life it must have left.
type TokenRequest struct {
	Kind tokens.Kind // "" is access
	// MinTTL is the life that must be left, else the token is renewed first. 0 is DefaultMinTTL, or half of the token's
	// whole life where that is less; below 0, any life will do.
	MinTTL time.Duration
	Retry  bool // as in RefreshRequest
}

// notExpired asks for a token of the kind that has not expired.
func notExpired(kind tokens.Kind) TokenRequest { return TokenRequest{Kind: kind, MinTTL: -1} }

// needed is the life that a token which lives for whole must have left.
func (r TokenRequest) requiredTTL(whole time.Duration) time.Duration {
	switch {
	case r.MinTTL < 0:
		return 0
	case r.MinTTL == 0:
		return min(DefaultMinTTL, max(whole, 0)/2)
	}
	return r.MinTTL
}

// RefreshRequest says how to renew a session's tokens in another way than they were got.
type RefreshRequest struct {
	Values flows.Values // inputs of flows.Refresh: scope, resource
	Params flows.Params // over the session's
	Before wire.Before  // as in LoginRequest
	Edits  []wire.Edit  // as in LoginRequest
	// Retry is a person's word that a refresh token whose last use was never answered is sent once more, although the
	// provider may take that for theft and end the session.
	Retry bool
}

func (r RefreshRequest) isPlain() bool {
	return len(r.Values) == 0 && len(r.Params) == 0 && len(r.Edits) == 0 && r.Before == nil
}

// Answer is what an endpoint said of a token.
type EndpointResponse struct {
	ContentType  string
	Body         []byte         // as received
	RedactedJSON []byte         // as JSON, in its own order, secrets redacted: Body, or what was signed or encrypted in it
	JSON         map[string]any // decoded when it is a JSON object; numbers are json.Number
	Active       *bool          // introspection's "active"
	Notes        []string       // what may explain the answer, one sentence each
	Ledger       tokens.Ledger
}

// ProviderView is what is known of an authorization server: metadata, its keys or why they could not be read.
type ProviderView struct {
	Metadata *provider.Metadata
	Keys     jose.KeySet
	KeysErr  error
}

// Findings say what is wrong or unwise in the metadata and about the keys.
func (v *ProviderView) Findings() []provider.Finding {
	return append(provider.Lint(v.Metadata), provider.LintKeys(v.Keys)...)
}

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
