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

// KeySource yields an authorization server's keys. Keys returns the set that may hold kid, fetching again once when a
// kid is unknown; kid may be empty.
type KeySource interface {
	Keys(ctx context.Context, kid string) (jose.KeySet, error)
}

// Run is what a grant is handed. The zero value of an optional field is noted beside it.
type Run struct {
	Provider *provider.Metadata
	Keys     KeySource
	Client   Client
	Values   Values
	Params   Params
	HTTP     wire.Doer
	Now      func() time.Time
	// Wait sleeps until the duration is over or ctx ends; handed in so that tests do not sleep.
	Wait func(ctx context.Context, d time.Duration) error
	Rand io.Reader     // crypto/rand.Reader but in tests
	Skew time.Duration // how far clocks may differ; 0 is tokens.DefaultSkew

	Redirect redirect.Options                            // where to listen
	Browser  func(ctx context.Context, url string) error // nil: do not open one
	// Unattended says that nobody is here: what needs a person at a page that cannot be opened ends with ErrUnattended.
	Unattended bool
	Paste      <-chan string // redirect URLs that the person pasted; nil: none

	EditRequest EditRequest // nil: the browser is sent off at once

	Observe func(Step) // called for each step as it happens, from the run's goroutine; nil: nobody watches

	Current tokens.Set // for Refresh: the set so far
	// set by Refresh: what came for Current, before it was checked; empty: nothing that could be read
	RefreshResponse tokens.Set

	// Spending is called when a request that spends a refresh token or a code is about to leave; an error keeps it
	// here. nil: nobody notes it.
	BeforeSpend func() error

	Ledger tokens.Ledger

	// DPoPKey is the key to which the tokens are bound, as a private JWK. A run that the inputs ask for DPoP and that
	// has none makes one and leaves it here.
	DPoPKey tokens.Secret
	Nonces  *dpop.Nonces // DPoP nonces that servers gave so far; nil: the run keeps its own

	prover       *dpop.Prover // nil until it is needed
	steps        int
	edited       []string  // what a person changed in requests
	serverDate   time.Time // Date header of the newest token response, and when that came: to tell a clock difference
	dateReceived time.Time
}
