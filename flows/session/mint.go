package session

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// Mint makes a token for tests: from nothing, or from the one that a report is of, with something changed. It is never
// stored. A token that a made secret signs could be accepted by nobody: that is refused with ErrNoSecret.
func Mint(from *inspect.Report, alg string, a inspect.Alteration) (made inspect.Made, err error) {
	if from == nil {
		made, err = inspect.Make(alg, a)
	} else {
		made, err = inspect.Alter(from, a)
	}
	if err != nil {
		return made, err
	}
	if strings.HasPrefix(made.Alg, "HS") && made.KeyMade {
		return made, fmt.Errorf("%w: a token with %s needs the secret that it is to be signed with", ErrNoSecret,
			made.Alg)
	}
	return made, nil
}

// ParseFirstKey is the first key of a text: PEM, a JWK or a JWK set. where names the text in an error: a file, a flag.
func ParseFirstKey(data []byte, where string) (jose.Key, error) {
	set, err := jose.ParseKeys(data)
	if err != nil {
		return jose.Key{}, fmt.Errorf("%s: %w", where, err)
	}
	if len(set.Keys()) == 0 {
		return jose.Key{}, fmt.Errorf("%s: there is no key in it that can be used", where)
	}
	return set.Keys()[0], nil
}

// PublicJWKS is the public half of the key that signed a made token, as a JWK set: what whoever is to accept the token
// must be given. ok is false when there is none: a shared secret, or no signature.
func PublicJWKS(made inspect.Made) (jwks []byte, ok bool) {
	if t := made.Key.Type(); t == "" || t == "oct" {
		return nil, false
	}
	data, err := jose.NewKeySet(made.Key).PublicJSON()
	return data, err == nil
}

// InspectMinted reads a token that was made here, with the key that signed it and the one that can open it.
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
