package session

import (
	"errors"
	"fmt"

	"fob/tokens"
	"fob/tokens/vault"
)

// ErrReadOnly means that the service is read-only, and the use case would create, change or remove something stored: a
// session, its tokens, a client's registration or keys, the profile file.
var ErrReadOnly = errors.New("fob runs read-only")

// checkWritable returns ErrReadOnly if the service is read-only; doing names the use case: "logging in".
func (s *Service) checkWritable(doing string) error {
	if s.o.ReadOnly {
		return fmt.Errorf("%s: %w: nothing stored is created, changed or removed", doing, ErrReadOnly)
	}
	return nil
}

// checkRenewable is checkWritable for tokens that must be renewed before use.
func (s *Service) checkRenewable(m vault.Meta) error {
	if s.o.ReadOnly {
		return fmt.Errorf("the tokens of %s have to be renewed first: %w", tokens.VisibleLine(m.Label), ErrReadOnly)
	}
	return nil
}
