package flows

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
)

// random returns 32 random bytes as 43 characters of base64url: more than RFC 6749 10.10 requires, and the length that
// RFC 7636 4.1 recommends for a verifier.
func (r *Run) random() (string, error) {
	source := r.Rand
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, 32)
	if _, err := io.ReadFull(source, b); err != nil {
		return "", fmt.Errorf("read random bytes for the request: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
