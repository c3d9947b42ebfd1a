package jose

import (
	"encoding/json"
	"errors"

	"fob/tokens"
)

// (signatures first; the bodies follow)
var errNotYet = errors.New("jose: not there yet")

func (k Key) Kid() string                         { return k.k.kid }
func (k Key) Type() string                        { return k.k.kty }
func (k Key) Alg() string                         { return k.k.alg }
func (k Key) Use() string                         { return k.k.use }
func (k Key) Curve() string                       { return k.k.crv }
func (k Key) Bits() int                           { return k.k.bits }
func (k Key) Private() bool                       { return k.k.private != nil }
func (k Key) Thumbprint() (string, error)         { return "", errNotYet }
func (k Key) PublicJWK() (json.RawMessage, error) { return nil, errNotYet }

type KeySet struct {
	keys     []Key
	skipped  []string
	explicit bool
}

func (s KeySet) Keys() []Key                  { return s.keys }
func (s KeySet) Skipped() []string            { return s.skipped }
func (s KeySet) Has(kid string) bool          { return false }
func (s KeySet) PublicJSON() ([]byte, error)  { return nil, errNotYet }
func NewKeySet(keys ...Key) KeySet            { return KeySet{keys: keys} }
func ParseKeySet(data []byte) (KeySet, error) { return KeySet{}, errNotYet }
func ParseKeys(data []byte) (KeySet, error)   { return KeySet{}, errNotYet }
func SecretKey(secret []byte) Key             { return Key{} }
func Generate(alg, kid string) (Key, error)   { return Key{}, errNotYet }

type Result struct {
	Verdict          tokens.Verdict
	Alg, Kid, Reason string
	Key              *Key
	Warnings         []string
}
type VerifyOptions struct {
	Payload []byte
	Algs    []string
}

func Verify(token string, keys KeySet, o VerifyOptions) Result { return Result{} }

type Header map[string]any

func Sign(payload []byte, h Header, key Key) (string, error) { return "", errNotYet }

type DecryptOptions struct {
	Algs []string
}
type Decrypted struct {
	Verdict               tokens.Verdict
	Alg, Enc, Kid, Reason string
	Key                   *Key
	Plaintext             []byte
	Warnings              []string
}

func Decrypt(token string, keys KeySet, o DecryptOptions) Decrypted { return Decrypted{} }
func HalfHash(alg, value string) (string, error)                    { return "", errNotYet }
