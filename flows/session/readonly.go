package session

import (
	"errors"
	"fmt"

	"fob/tokens"
	"fob/tokens/vault"
)

// ErrReadOnly means that the use case makes, changes or ends something that is kept, and the service was made not to: a
// session, its tokens, a client's registration or keys, the profile file.
var ErrReadOnly = errors.New("fob runs read-only")

// writes refuses a use case where the service is read-only; doing says which: "logging in".
func (s *Service) checkWritable(doing string) error {
	if s.o.ReadOnly {
		return fmt.Errorf("%s: %w: nothing that is kept is made, changed or ended", doing, ErrReadOnly)
	}
	return nil
}

// renews is writes for tokens that have to be renewed before they can be used.
func (s *Service) checkRenewable(m vault.Meta) error {
	if s.o.ReadOnly {
		return fmt.Errorf("the tokens of %s have to be renewed first: %w", tokens.VisibleLine(m.Label), ErrReadOnly)
	}
	return nil
}
