package flows

import (
	"context"
	"io"
	"time"

	"fob/flows/dpop"
	"fob/flows/provider"
	"fob/flows/redirect"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// KeySource returns an authorization server's keys. Keys fetches the set again once if it lacks kid; kid may be empty.
type KeySource interface {
	Keys(ctx context.Context, kid string) (jose.KeySet, error)
}

// Run is the input and the state of a run of a grant. Optional fields say what their zero value means.
type Run struct {
	Provider *provider.Metadata
	Keys     KeySource
	Client   Client
	Values   Values
	Params   Params
	HTTP     wire.Doer
	Now      func() time.Time
	// Wait waits for the duration or until ctx ends, so that tests do not sleep; nil is a timer.
	Wait func(ctx context.Context, d time.Duration) error
	Rand io.Reader     // nil is crypto/rand.Reader
	Skew time.Duration // allowed clock difference; 0 is tokens.DefaultSkew

	Redirect redirect.Options                            // where to listen
	Browser  func(ctx context.Context, url string) error // opens a URL; nil: no browser
	// Unattended means that no user is present: a page that cannot be opened ends the run with ErrUnattended.
	Unattended bool
	Paste      <-chan string // redirect URLs that the user pasted; may be nil

	EditRequest EditRequest // nil: the browser opens the request unchanged

	Observe func(Step) // called for each step as it happens, on the run's goroutine; may be nil

	Current tokens.Set // for Refresh: the set to refresh
	// set by Refresh: the token response before its checks; empty when it could not be parsed
	RefreshResponse tokens.Set

	// BeforeSpend is called before a request with a one-time refresh token or code is sent; an error stops it. May be
	// nil.
	BeforeSpend func() error

	Ledger tokens.Ledger

	// DPoPKey is the key that the tokens are bound to, as a private JWK. If the inputs ask for DPoP and it is zero, the
	// run generates a key and sets it.
	DPoPKey tokens.Secret
	Nonces  *dpop.Nonces // DPoP nonces of servers so far; nil: the run's own

	prover       *dpop.Prover // nil until needed
	steps        int
	edited       []string  // the user's changes in requests
	serverDate   time.Time // Date header of the last token response, and when it was received
	dateReceived time.Time
}
