package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"fob/tokens"
)

// secretID returns the ID of a secret: a hash, because its name may contain characters that a file name cannot.
func secretID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return secretPrefix + hex.EncodeToString(sum[:10])
}

// maxSecretName limits the length of a secret's name in bytes.
const maxSecretName = 256

func checkSecretName(name string) error {
	if name == "" || len(name) > maxSecretName {
		return fail(ErrNotFound, nil, "a secret's name has 1 to %d bytes, and this one has %d",
			maxSecretName, len(name))
	}
	return nil
}

// SetSecret stores a secret under a name and replaces the old one: a profile's client secret or key.
func (s *Store) SetSecret(ctx context.Context, name string, v tokens.Secret) error {
	if err := checkSecretName(name); err != nil {
		return err
	}
	if v.IsZero() {
		return fmt.Errorf("storing the secret %q: it is empty", tokens.VisibleLine(name))
	}
	id := secretID(name)
	text, err := encodeSecrets(Secrets{ClientSecret: v}, nil, s.rand)
	if err == nil {
		err = s.storeBlob(ctx, id, text, metadataFile{Name: name})
	}
	if err != nil {
		return fmt.Errorf("storing the secret %q: %w", tokens.VisibleLine(name), err)
	}
	return nil
}

// Secret reads a secret that SetSecret stored. ErrNotFound: there is no secret of that name.
func (s *Store) Secret(ctx context.Context, name string) (tokens.Secret, error) {
	if err := checkSecretName(name); err != nil {
		return tokens.Secret{}, err
	}
	id := secretID(name)
	text, err := s.guard.readCurrent(ctx, id, func() (manifest, error) { return s.manifest(id) })
	var secrets Secrets
	if err == nil {
		secrets, _, err = decodeSecrets(text)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return tokens.Secret{}, fail(ErrNotFound, err, "the vault has no secret %q", tokens.VisibleLine(name))
	case err != nil:
		return tokens.Secret{}, fmt.Errorf("reading the secret %q: %w", tokens.VisibleLine(name), err)
	}
	return secrets.ClientSecret, nil
}

// DeleteSecret removes a secret that SetSecret stored. It is no error if there is no such secret.
func (s *Store) DeleteSecret(ctx context.Context, name string) error {
	if err := checkSecretName(name); err != nil {
		return err
	}
	if err := s.delete(ctx, secretID(name)); err != nil {
		return fmt.Errorf("removing the secret %q: %w", tokens.VisibleLine(name), err)
	}
	return nil
}
