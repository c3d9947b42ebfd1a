package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/dpop"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/vault"
)

// keyInput is the input with the client's private keys, or with a reference to them.
const keyInput = "client_key"

// extractClientKey moves keys that the user entered out of the inputs: they are stored only with the session's secrets.
func (p *plan) extractClientKey() {
	value := strings.TrimSpace(p.values[keyInput])
	if _, _, named := flows.ParseSecretRef(value); value == "" || named {
		return
	}
	p.key = tokens.NewSecret(value)
	delete(p.values, keyInput)
}

// clientKeys returns the private keys of the plan's client; an empty set if it has no keys.
func (s *Service) clientKeys(ctx context.Context, p *plan) (jose.KeySet, error) {
	text, from := p.key, "as entered"
	if place, name, named := flows.ParseSecretRef(p.values[keyInput]); named {
		if place == flows.SecretFromSession {
			return jose.KeySet{}, &flows.InputError{Input: keyInput, Value: place +
				":", Expected: "env:VARIABLE, file:PATH or vault:NAME"}
		}
		var err error
		if text, err = s.resolveSecretRef(ctx, p, flows.Input{Name: keyInput}, place, name); err != nil {
			return jose.KeySet{}, fmt.Errorf("reading the client's private key: %w", err)
		}
		from = "from " + p.values[keyInput]
	}
	if text.IsZero() {
		return jose.KeySet{}, nil
	}
	set, err := jose.ParseKeys([]byte(text.Reveal()))
	if err != nil {
		return set, fmt.Errorf("reading the client's private key %s: %w", tokens.VisibleLine(from), err)
	}
	for _, k := range set.Keys() {
		if k.Private() && k.Type() != "oct" {
			return set, nil
		}
	}
	return set, fmt.Errorf("reading the client's private key %s: it has no private key: "+
		"expected a JWK, a JWK set or PEM with one", tokens.VisibleLine(from))
}

// NewClientKey generates a private key for a profile's client, stores it in the vault, and makes the profile refer to
// it. alg is a signature algorithm; "" is ES256. It returns the public keys as a JWK set, for registering. An earlier
// key of the profile stays in the set, after the new one, so that what was encrypted for it can still be read.
func (s *Service) NewClientKey(ctx context.Context, profileName, alg string) (publicJWKS []byte, err error) {
	if err := s.checkWritable("making a key"); err != nil {
		return nil, err
	}
	p, err := s.o.Profiles.Get(profileName)
	if err != nil {
		return nil, err
	}
	key, err := s.makeKey(alg)
	if err != nil {
		return nil, fmt.Errorf("making a key for the profile %s: %w", tokens.VisibleLine(profileName), err)
	}
	old, err := s.clientKeys(ctx, s.planOfProfile(p))
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		return nil, err
	}
	all := append([]jose.Key{key}, old.Keys()...)
	if err := s.storeClientKeys(ctx, profileName, jose.NewKeySet(all...)); err != nil {
		return nil, err
	}
	err = s.o.Profiles.Update(ctx, func() error {
		p, err := s.o.Profiles.Get(profileName) // read again: another process may have changed it
		if err != nil {
			return err
		}
		if p.Values == nil {
			p.Values = map[string]string{}
		}
		p.Values[keyInput] = keyRef(profileName)
		return s.o.Profiles.Put(p)
	})
	if err != nil {
		return nil, err
	}
	return jose.NewKeySet(all...).PublicJSON()
}

// makeKey generates a private key for a signature algorithm, "" for ES256, with a new ID.
func (s *Service) makeKey(alg string) (jose.Key, error) {
	if alg == "" {
		alg = "ES256"
	}
	id, err := vault.NewID(s.o.Rand)
	if err != nil {
		return jose.Key{}, fmt.Errorf("making the key's ID: %w", err)
	}
	key, err := jose.Generate(alg, id)
	if err != nil {
		return jose.Key{}, err
	}
	if key.Type() == "oct" {
		return jose.Key{}, &flows.InputError{Input: "alg", Value: alg,
			Expected: "an algorithm with a public and a private key, such as ES256 or PS256"}
	}
	return key, nil
}

// keySecretName is the name of a profile's keys in the vault, and keyRef the profile's reference to them.
func keySecretName(profileName string) string { return profileName + "/key" }
func keyRef(profileName string) string {
	return flows.SecretFromVault + ":" + keySecretName(profileName)
}

func (s *Service) storeClientKeys(ctx context.Context, profileName string, set jose.KeySet) error {
	text, err := set.PrivateJSON()
	if err == nil {
		err = s.o.Store.SetSecret(ctx, keySecretName(profileName), text)
	}
	if err != nil {
		return fmt.Errorf("storing the key of the profile %s: %w", tokens.VisibleLine(profileName), err)
	}
	return nil
}

// ClientKeys returns the public keys of a profile as a JWK set, for registering; an empty set if it has no keys.
func (s *Service) ClientKeys(ctx context.Context, profileName string) (publicJWKS []byte, err error) {
	p, err := s.o.Profiles.Get(profileName)
	if err != nil {
		return nil, err
	}
	set, err := s.clientKeys(ctx, s.planOfProfile(p))
	if err != nil {
		return nil, err
	}
	return set.PublicJSON()
}

// dpopDoer returns the client for calls with a session's access token. It adds DPoP proofs if the token is bound to the
// session's DPoP key. A zero token is not the session's: its proof is up to the caller.
func (s *Service) dpopDoer(client *wire.Client, rec vault.Record, token tokens.Secret) (wire.Doer, error) {
	if token.IsZero() || rec.Secrets.DPoPKey.IsZero() || !strings.EqualFold(rec.Meta.TokenType, dpop.Header) {
		return client, nil
	}
	key, err := dpop.ParseKey(rec.Secrets.DPoPKey)
	if err != nil {
		return nil, err
	}
	return &dpop.Doer{Prover: &dpop.Prover{Key: key, Nonces: s.nonces, Now: s.o.Now, Rand: s.o.Rand}, Token: token,
		Next: client}, nil
}
