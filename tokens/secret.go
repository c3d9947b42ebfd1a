package tokens

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// Hidden replaces a secret that could be guessed: a short hash of a short secret reveals it.
const Hidden = "hidden"

// minFingerprinted is the length in bytes from which a secret has a fingerprint. Anything shorter (passwords, user
// codes, PINs, short client secrets) is shown as Hidden.
const minFingerprinted = 24

// Secret is a value that must not be shown: a token, a client secret, a password, a code.
//
// Printing, logging and marshalling return its fingerprint; only Reveal returns the value, so that a search for that
// name finds every place that lets one out. The zero Secret is "none".
type Secret struct {
	// A closure, not a string: fmt and reflection-based printers that reach an unexported field without calling
	// its methods show an address, never the text.
	reveal    func() string
	guessable bool
}

// NewSecret wraps a machine-made value (a token, a key, a generated secret).
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return value }}
}

// NewGuessable wraps a value that a user chose or can type: a password, a user code, a PIN. It has no fingerprint, of
// any length.
func NewGuessable(value string) Secret {
	s := NewSecret(value)
	s.guessable = true
	return s
}

// Reveal returns the value. Call it only where the value is sent, stored or requested by the user.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the value is missing.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Len returns the length of the value in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal compares two secrets in time that does not depend on where they differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Fingerprint returns what may be shown: "sha256:ab12cd34 812 B", Hidden for what could be guessed, "none" for the zero
// Secret.
func (s Secret) Fingerprint() string {
	switch {
	case s.IsZero():
		return "none"
	case s.guessable || s.Len() < minFingerprinted:
		return Hidden
	}
	sum := sha256.Sum256([]byte(s.Reveal()))
	return "sha256:" + hex.EncodeToString(sum[:4]) + " " + strconv.Itoa(s.Len()) + " B"
}

// String implements fmt.Stringer with the fingerprint.
func (s Secret) String() string { return s.Fingerprint() }

// GoString implements fmt.GoStringer with the fingerprint.
func (s Secret) GoString() string { return "tokens.Secret(" + s.Fingerprint() + ")" }

// Format implements fmt.Formatter, so that no verb (%x, %d, %s …) reaches the value.
func (s Secret) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'v' && f.Flag('#'):
		_, _ = io.WriteString(f, s.GoString())
	case verb == 'q':
		_, _ = io.WriteString(f, strconv.Quote(s.Fingerprint()))
	default:
		_, _ = io.WriteString(f, s.Fingerprint())
	}
}

// MarshalJSON implements json.Marshaler with the fingerprint.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(s.Fingerprint())), nil }

// MarshalText implements encoding.TextMarshaler with the fingerprint.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.Fingerprint()), nil }

// MarshalYAML implements the YAML marshaller's interface with the fingerprint.
func (s Secret) MarshalYAML() (any, error) { return s.Fingerprint(), nil }

// LogValue implements slog.LogValuer with the fingerprint.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Fingerprint()) }

var errSecretNotRead = errors.New("tokens: a secret is not read from a document: name where it comes from (env, " +
	"file, command, vault)")

// UnmarshalJSON returns an error: what was marshalled is a fingerprint, and reading it back would make it the secret.
func (s *Secret) UnmarshalJSON([]byte) error { return errSecretNotRead }

// UnmarshalText returns an error, as UnmarshalJSON does.
func (s *Secret) UnmarshalText([]byte) error { return errSecretNotRead }
