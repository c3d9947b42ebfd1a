// Package vault keeps tokens: the secrets in the OS keyring (or in memory), and beside them, in the state folder, one
// small file a session with what a list needs and nothing secret.
//
// It splits what a keyring would refuse for its size, survives being killed at any point with the old or the new
// record whole, holds a lock a session across processes, and gives every keyring call a time-out.
package vault

import (
	"context"
	"errors"
	"time"

	"fob/tokens"
)

// Backend keeps small secrets by name. An item is at most ChunkSize bytes. Implementations: the OS keyring, memory, and
// a passphrase file. Every call ends when ctx does.
type Backend interface {
	Name() string // "keyring", "memory", "file": what the status line and doctor show
	Get(ctx context.Context, item string) ([]byte, error)
	Set(ctx context.Context, item string, value []byte) error
	Delete(ctx context.Context, item string) error // no error when there is none
}

// ChunkSize is the most bytes of one item: Windows refuses more than 2,560, and macOS caps a base64 command line.
const ChunkSize = 2000

// The kinds of failure a caller decides on. Each is wrapped with what was being done and what to do about it.
var (
	ErrNotFound    = errors.New("no such item in the vault")
	ErrUnavailable = errors.New("the vault is not available") // no Secret Service, no daemon, no permission
	ErrLocked      = errors.New("the vault is locked")
	ErrFull        = errors.New("the vault refused the size")
	ErrTimeout     = errors.New("the vault did not answer in time")
	ErrDamaged     = errors.New("the record is damaged")
	// ErrForeign is about a record of a newer fob, or what stands in the place of its file: it is not to be removed.
	ErrForeign = errors.New("the record is not one that this fob reads")
	// ErrChanged is about a record whose file something else than fob has changed: its tokens are not to be sent.
	ErrChanged = errors.New("the file of the record was changed")
)

// Record is a session as it is kept: Meta in the open, Secrets in the backend.
type Record struct {
	Meta    Meta
	Secrets Secrets
}

// Secrets are the parts of a record that only the backend sees.
type Secrets struct {
	Set          tokens.Set
	ClientSecret tokens.Secret // kept when it was given by hand, so that a refresh can authenticate
	ClientKey    tokens.Secret // the client's private keys, kept when they were given by hand: JWK, JWK set or PEM
	DPoPKey      tokens.Secret // the key to which the tokens are bound (RFC 9449): a private JWK
	// CertPassphrase opens the file of the client certificate; kept when it was given by hand.
	CertPassphrase tokens.Secret
}

// Meta is what is known of a session without opening the vault. It never holds a token or a secret.
type Meta struct {
	ID             string        `json:"id"` // 12 characters of Crockford base32, made here
	Label          string        `json:"label"`
	Profile        string        `json:"profile,omitempty"`
	Issuer         string        `json:"issuer"`
	TokenEndpoint  string        `json:"token_endpoint,omitempty"` // where the tokens came from
	ClientID       string        `json:"client_id"`
	AuthMethod     string        `json:"auth_method,omitempty"`
	Grant          string        `json:"grant"`
	Subject        string        `json:"subject,omitempty"`
	TokenType      string        `json:"token_type,omitempty"`
	AskedScope     string        `json:"asked_scope,omitempty"`
	Scope          string        `json:"scope,omitempty"` // granted
	Kinds          []tokens.Kind `json:"kinds"`           // the tokens it holds
	TokenFormat    string        `json:"token_format,omitempty"`
	TokenBytes     int           `json:"token_bytes,omitempty"` // of the access token
	CreatedAt      time.Time     `json:"created_at"`
	ReceivedAt     time.Time     `json:"received_at"` // of the newest set
	ExpiresAt      time.Time     `json:"expires_at,omitzero"`
	RefreshExpires time.Time     `json:"refresh_expires_at,omitzero"`
	Refreshes      int           `json:"refreshes"`
	RefreshDead    *DeadRefresh  `json:"refresh_dead,omitempty"` // the refresh token must not be sent again; nil: it may
	Ledger         tokens.Ledger `json:"ledger,omitempty"`
	// Settings are what a later refresh or call needs and is no secret: extra parameters, TLS files, proxy, endpoints.
	Settings map[string]string `json:"settings,omitempty"`
}

// Has reports whether the session holds a token of the kind.
func (m Meta) Has(k tokens.Kind) bool {
	for _, have := range m.Kinds {
		if have == k {
			return true
		}
	}
	return false
}

// Lock is a lock on a session that the caller has. Unlock is safe to call twice.
type Lock interface {
	Unlock()
	// Lost reports that the lock file was removed or replaced: another process may have the lock as well.
	Lost() error
}
