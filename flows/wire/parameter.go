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

// Mask replaces the secrets that stand in a text by what may be shown of them. Those that are not Sought are left
// alone.
func Mask(text string, secrets ...tokens.Secret) string {
	k := newKnown()
	for _, s := range secrets {
		k.add(s, true)
	}
	return k.replace(text)
}

// Redact takes out of a text what is a secret by its name or its form (code=…, "access_token": "…", Bearer …, a JWT, the
// password of a URL) and makes the rest fit for a terminal. It knows no values: it is for text that is no part of an
// exchange, such as a URL that a browser was sent to.
func Redact(text string) string {
	s := &scrubber{known: newKnown(), sent: true}
	return tokens.Visible(s.known.replace(s.text(text, 0)))
}

// RedactHeader is Redact for the value of a header field, which counts as a secret where the name says so. Of a cookie
// the name and the attributes stay.
func RedactHeader(name, value string) string {
	return (&scrubber{known: newKnown(), sent: true}).header(name, value)
}

// RedactURL is Redact for a whole URL, on one line.
func RedactURL(raw string) string {
	return (&scrubber{known: newKnown(), sent: true}).url(raw)
}
