// Package vault stores tokens: the secrets in the OS keyring (or in a file, or in memory), and beside them, in the
// state folder, one small metadata file per session without secrets, so that sessions can be listed without the
// keyring.
//
// It splits records that are too large for one keyring item, leaves either the old or the new record complete when it
// is killed at any point, has one lock per session across processes, and limits the time of every keyring call.
package vault

import (
	"context"
	"errors"
	"time"

	"fob/tokens"
)

// Backend stores small secrets by name. An item has at most ChunkSize bytes. Implementations: the OS keyring, memory,
// and a passphrase file. Every call returns when ctx ends.
type Backend interface {
	Name() string // "keyring", "memory", "file": what the status line and doctor show
	Get(ctx context.Context, item string) ([]byte, error)
	Set(ctx context.Context, item string, value []byte) error
	Delete(ctx context.Context, item string) error // no error when the item does not exist
}

// ChunkSize is the largest size of one item in bytes: Windows rejects more than 2,560, and macOS limits the length of
// the base64 command line.
const ChunkSize = 2000

// The kinds of failure that callers distinguish. Each is wrapped with what was being done and how to fix it.
var (
	ErrNotFound    = errors.New("no such item in the vault")
	ErrUnavailable = errors.New("the vault is not available") // no Secret Service, no daemon, no permission
	ErrLocked      = errors.New("the vault is locked")
	ErrFull        = errors.New("the item is too large for the vault")
	ErrTimeout     = errors.New("the vault did not answer in time")
	ErrDamaged     = errors.New("the record is damaged")
	// ErrForeign reports a record of a newer fob, or another kind of file at its path. It must not be removed.
	ErrForeign = errors.New("this version of fob cannot read the record")
	// ErrChanged reports a metadata file that another program has changed. The tokens of the record must not be sent.
	ErrChanged = errors.New("the file of the record was changed")
)

// Record is a stored session: Meta in a readable file, Secrets in the backend.
type Record struct {
	Meta    Meta
	Secrets Secrets
}

// Secrets are the parts of a record that are stored only in the backend.
type Secrets struct {
	Set          tokens.Set
	ClientSecret tokens.Secret // stored if the user entered it, so that a refresh can authenticate
	ClientKey    tokens.Secret // the client's private keys, stored if the user entered them: JWK, JWK set or PEM
	DPoPKey      tokens.Secret // the key that the tokens are bound to (RFC 9449): a private JWK
	// CertPassphrase decrypts the client certificate file; stored if the user entered it.
	CertPassphrase tokens.Secret
}

// Meta is the metadata of a session, which is read without opening the vault. It never contains a token or a secret.
type Meta struct {
	ID             string        `json:"id"` // 12 characters of Crockford base32, see NewID
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
	Kinds          []tokens.Kind `json:"kinds"`           // the tokens that are stored
	TokenFormat    string        `json:"token_format,omitempty"`
	TokenBytes     int           `json:"token_bytes,omitempty"` // of the access token
	CreatedAt      time.Time     `json:"created_at"`
	ReceivedAt     time.Time     `json:"received_at"` // of the newest set
	ExpiresAt      time.Time     `json:"expires_at,omitzero"`
	RefreshExpires time.Time     `json:"refresh_expires_at,omitzero"`
	Refreshes      int           `json:"refreshes"`
	// the refresh token must not be sent again; nil: it may
	RefreshInvalid *InvalidRefresh `json:"refresh_dead,omitempty"`
	Ledger         tokens.Ledger   `json:"ledger,omitempty"`
	// Settings are the values other than secrets that a later refresh or call needs: extra parameters, TLS files,
	// proxy, endpoints.
	Settings map[string]string `json:"settings,omitempty"`
}

// Has reports whether the session has a token of the kind.
func (m Meta) Has(k tokens.Kind) bool {
	for _, have := range m.Kinds {
		if have == k {
			return true
		}
	}
	return false
}

// Lock is an acquired lock on a session. Unlock may be called twice.
type Lock interface {
	Unlock()
	// Lost returns an error if the lock file was removed or replaced: another process may have the lock as well.
	Lost() error
}
