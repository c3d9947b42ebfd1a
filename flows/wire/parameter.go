package wire

import "fob/tokens"

// SecretParameter wraps the value of a request parameter that is a secret by its name; ok is false when it is none, and
// may be shown and kept in the open.
func SecretParameter(name, value string) (s tokens.Secret, ok bool) {
	switch classOf(name) {
	case open:
		return tokens.Secret{}, false
	case guessable:
		return tokens.NewGuessable(value), true
	}
	return tokens.NewSecret(value), true
}
