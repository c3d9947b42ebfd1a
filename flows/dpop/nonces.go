package dpop

import (
	"sync"

	"fob/tokens"
)

// Nonces stores the newest nonce of each server, by origin (RFC 9449 8.2 and 9). It is safe for concurrent use; a nil
// *Nonces stores nothing.
type Nonces struct {
	mu       sync.Mutex
	byOrigin map[string]string
}

// NewNonces returns an empty Nonces. It is only in memory: nonces are short-lived.
func NewNonces() *Nonces { return &Nonces{byOrigin: map[string]string{}} }

const (
	maxNonce   = 4 << 10 // bytes of a nonce that is stored
	maxOrigins = 256     // origins whose nonces are stored
)

func (n *Nonces) get(target string) string {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byOrigin[tokens.Origin(target)]
}

// put stores the nonce of a response's header fields. It returns false if there is not exactly one valid nonce.
func (n *Nonces) put(target string, fields []string) bool {
	if n == nil || len(fields) != 1 || !isNonce(fields[0]) {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	origin := tokens.Origin(target)
	if _, known := n.byOrigin[origin]; !known && len(n.byOrigin) >= maxOrigins {
		clear(n.byOrigin) // a server whose nonce is lost sends a new one
	}
	n.byOrigin[origin] = fields[0]
	return true
}

// isNonce checks a value against the grammar of RFC 9449 8.1: 1*NQCHAR.
func isNonce(s string) bool {
	if s == "" || len(s) > maxNonce {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
