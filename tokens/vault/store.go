package vault

import (
	"context"
	"errors"
	"io"
	"time"

	"fob/tokens"
)

// Config says what a Store is made of. Backend is required.
type Config struct {
	Dir     string // state folder; "" keeps the metadata in memory as well
	Backend Backend
	Now     func() time.Time // nil: time.Now
	Timeout time.Duration    // of one call to the backend; 0: 5 s
}

// Store keeps records. It is safe for concurrent use, and several processes may share a Dir.
type Store struct{ c Config }

var errNotYet = errors.New("vault: not there yet")

func Open(c Config) (*Store, error)                                                { return &Store{c}, nil }
func (s *Store) Backend() string                                                   { return s.c.Backend.Name() }
func (s *Store) Probe(ctx context.Context) error                                   { return errNotYet }
func (s *Store) Put(ctx context.Context, r Record) error                           { return errNotYet }
func (s *Store) Get(ctx context.Context, id string) (Record, error)                { return Record{}, errNotYet }
func (s *Store) Delete(ctx context.Context, id string) error                       { return errNotYet }
func (s *Store) List(ctx context.Context) ([]Meta, error)                          { return nil, errNotYet }
func (s *Store) Meta(ctx context.Context, id string) (Meta, error)                 { return Meta{}, errNotYet }
func (s *Store) PutMeta(ctx context.Context, m Meta) error                         { return errNotYet }
func (s *Store) Lock(ctx context.Context, id string) (Lock, error)                 { return nil, errNotYet }
func (s *Store) DeleteSecret(ctx context.Context, name string) error               { return errNotYet }
func (s *Store) Sweep(ctx context.Context) (n int, err error)                      { return 0, errNotYet }
func NewKeyring() Backend                                                          { return nil }
func NewMemory() Backend                                                           { return nil }
func NewID(rand io.Reader) (string, error)                                         { return "", errNotYet }
func DefaultDir(getenv func(string) string) (string, error)                        { return "", errNotYet }
func (s *Store) SetSecret(ctx context.Context, name string, v tokens.Secret) error { return errNotYet }
func (s *Store) Secret(ctx context.Context, name string) (tokens.Secret, error) {
	return tokens.Secret{}, errNotYet
}
