package session

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// Mint makes a token for tests: a new one, or a changed copy of the reported one. It is never stored. A token signed
// with a random shared secret would be useless, since no one could verify it: that is ErrNoSecret.
func Mint(from *inspect.Report, alg string, a inspect.Alteration) (made inspect.MintedToken, err error) {
	if from == nil {
		made, err = inspect.Mint(alg, a)
	} else {
		made, err = inspect.Alter(from, a)
	}
	if err != nil {
		return made, err
	}
	if strings.HasPrefix(made.Alg, "HS") && made.KeyGenerated {
		return made, fmt.Errorf("%w: a token signed with %s needs the shared secret", ErrNoSecret,
			made.Alg)
	}
	return made, nil
}

// ParseFirstKey returns the first key of a text: PEM, a JWK or a JWK set. where names the text in an error: a file, a
// flag.
func ParseFirstKey(data []byte, where string) (jose.Key, error) {
	set, err := jose.ParseKeys(data)
	if err != nil {
		return jose.Key{}, fmt.Errorf("%s: %w", where, err)
	}
	if len(set.Keys()) == 0 {
		return jose.Key{}, fmt.Errorf("%s: it has no usable key", where)
	}
	return set.Keys()[0], nil
}

// PublicJWKS returns the public key that verifies a minted token, as a JWK set for the API under test. ok is false
// without one: the token has a shared secret, or no signature.
func PublicJWKS(made inspect.MintedToken) (jwks []byte, ok bool) {
	if t := made.Key.Type(); t == "" || t == "oct" {
		return nil, false
	}
	data, err := jose.NewKeySet(made.Key).PublicJSON()
	return data, err == nil
}

// InspectMinted inspects a minted token with the key that signed it and the key that decrypts it.
func (s *Service) InspectMinted(token tokens.Secret, o inspect.Options, keys ...jose.Key) *inspect.Report {
	if o.Now.IsZero() {
		o.Now = s.o.Now()
	}
	var usable []jose.Key
	for _, k := range keys {
		if k.Type() != "" {
			usable = append(usable, k)
		}
	}
	o.Keys = jose.NewKeySet(usable...)
	return inspect.Inspect(token.Reveal(), o)
}
