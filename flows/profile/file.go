package profile

import (
	"context"
	"errors"

	"fob/tokens"
)

// Schema is what the file may name; the caller hands it in, so that this package knows no grant.
type Schema struct {
	Grants      []string
	Inputs      []string
	Endpoints   []string
	AuthMethods []string
}

// File is a configuration file.
type File struct{}

// ErrNotFound means that the file has no profile of the name.
var ErrNotFound = errors.New("no such profile")

// ParseError says where the file is wrong and what was expected there.
type ParseError struct {
	File     string
	Line     int
	Column   int
	Message  string
	Expected string
	Excerpt  string
}

func (e *ParseError) Error() string { return e.Message }

// VaultLookup yields a secret that the vault keeps under a name.
type VaultLookup func(ctx context.Context, name string) (tokens.Secret, error)

func (r Ref) Resolve(ctx context.Context, getenv func(string) string, vault VaultLookup) (tokens.Secret, error) {
	return tokens.Secret{}, errNotYet
}

var errNotYet = errors.New("profile: not there yet")

func Load(path string, s Schema) (*File, error)              { return nil, errNotYet }
func NewMemory(profiles ...Profile) *File                    { return &File{} }
func DefaultPath(getenv func(string) string) (string, error) { return "", errNotYet }
func (f *File) Path() string                                 { return "" }
func (f *File) Default() string                              { return "" }
func (f *File) List() []Profile                              { return nil }
func (f *File) Get(name string) (Profile, error)             { return Profile{}, errNotYet }
func (f *File) Put(p Profile) error                          { return errNotYet }
func (f *File) Remove(name string) error                     { return errNotYet }
func (f *File) Save() error                                  { return errNotYet }
