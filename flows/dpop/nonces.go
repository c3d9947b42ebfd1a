package dpop

import (
	"net/url"
	"strings"
	"sync"
)

// Nonces are the newest nonces that servers gave, by origin (RFC 9449 8.2 and 9). It is safe for concurrent use; a nil
// *Nonces keeps nothing.
type Nonces struct {
	mu       sync.Mutex
	byOrigin map[string]string
}

// NewNonces keeps nonces for as long as the process lives: they are short-lived anyhow.
func NewNonces() *Nonces { return &Nonces{byOrigin: map[string]string{}} }

const (
	maxNonce   = 4 << 10 // bytes of a nonce that is kept
	maxOrigins = 256     // servers whose nonces are kept
)

func (n *Nonces) get(target string) string {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byOrigin[originOf(target)]
}

// put keeps the nonce of an answer's header fields; false when there is not exactly one that can be used.
func (n *Nonces) put(target string, fields []string) bool {
	if n == nil || len(fields) != 1 || !isNonce(fields[0]) {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	origin := originOf(target)
	if _, known := n.byOrigin[origin]; !known && len(n.byOrigin) >= maxOrigins {
		clear(n.byOrigin) // a server whose nonce is forgotten gives a new one
	}
	n.byOrigin[origin] = fields[0]
	return true
}

// isNonce holds a value against the grammar of RFC 9449 8.1: 1*NQCHAR.
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

// originOf is scheme, host and port, the default port written out (RFC 6454 4).
func originOf(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
